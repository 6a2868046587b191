"""The export format: lines of JSON, each an object whose ``t`` says what it is.

The first is the header. Then, for each room, a line about it and its events in order, as the v1
protocol tells them.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import chain

import msgspec

from trio_chat.commands.room_rules import RoomRules, Unlimited
from trio_chat.errors import Failed
from trio_chat.journal.sqlite import scrubs, sealing
from trio_chat.journal.sqlite.stored import readable, stand_in
from trio_chat.protocol.acts import LEDGER
from trio_chat.protocol.events import AnyStoredEvent, decode

FORMAT = 1


class Header(msgspec.Struct, tag_field="t", tag="export", kw_only=True):
    """The first line; ``ts`` is when it was written, in milliseconds since 1970."""

    format: int
    ts: int
    epoch: str
    rooms: int
    events: int


class RoomLine(msgspec.Struct, tag_field="t", tag="room", kw_only=True):
    """The line before the events of a room, which are those from ``first`` to ``last``.

    If there are none, ``first`` is one more than ``last``. ``ts`` is the time of the last one.
    """

    room: str
    first: int
    last: int
    ts: int
    topic: str = ""

    @property
    def events(self) -> int:
        """How many events follow."""
        return self.last - self.first + 1


Line = Header | RoomLine | AnyStoredEvent

encode = msgspec.json.Encoder().encode


def epoch_of(database: sqlite3.Connection) -> str:
    """Return the name of a database's numbers."""
    (value,) = database.execute("SELECT value FROM meta WHERE key = 'epoch'").fetchone()
    return str(bytes(value).hex()[:16])


def survey(database: sqlite3.Connection, names: Sequence[str]) -> list[RoomLine]:
    """Return what there is of these rooms, or of all if none is named.

    Raises:
        Failed: there is no such room.
    """
    rows = database.execute(
        "SELECT name, (SELECT min(seq) FROM events WHERE room = id), last, ts, topic FROM rooms"
        " WHERE name <> ? ORDER BY name",
        (LEDGER,),
    ).fetchall()
    rooms = {
        name: RoomLine(room=name, first=first or last + 1, last=last, ts=ts, topic=topic)
        for name, first, last, ts, topic in rows
    }
    for name in names:
        if name not in rooms:
            raise Failed(f"there is no room {name!r}")
    return [room for name, room in rooms.items() if not names or name in names]


def events(
    database: sqlite3.Connection, room: RoomLine, report: Callable[[str, int], None]
) -> Iterator[AnyStoredEvent]:
    """Yield the events of a room, by today's rules.

    In the place of one that is damaged or missing, and reported, there is a deleted message.
    """
    (number,) = database.execute("SELECT id FROM rooms WHERE name = ?", (room.room,)).fetchone()
    rows = database.execute(
        "SELECT seq, ts, data FROM events WHERE room = ? ORDER BY seq", (number,)
    )
    told = readable(
        rows, room.room, scrubs.pending(database, number), sealing.find(database, number), report
    )
    with closing(sqlite3.connect("")) as scratch:  # a file of its own if it gets large
        rules = RoomRules(scratch, Unlimited(), room.first)
        for seq, data in _without_gaps(told, room, report):
            event = decode(data) if data else None
            yield rules.mend(event or stand_in(room.room, seq, room.ts))


def _without_gaps(
    told: Iterator[tuple[int, bytes]], room: RoomLine, report: Callable[[str, int], None]
) -> Iterator[tuple[int, bytes]]:
    """Yield encoded events, and nothing for those that are missing."""
    expected = room.first
    for seq, data in chain(told, [(room.last + 1, b"")]):
        for gap in range(expected, seq):
            report(room.room, gap)
            yield gap, b""
        if data:
            yield seq, data
        expected = seq + 1
