"""The export format: lines of JSON, each an object whose ``t`` says what it is.

The first is the header. Then, for each room, a line about it, its acts, and its events in order, as
the v1 protocol tells them. Acts are those of the ledger that are about the room, numbered from 1.
"""

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from itertools import chain, count

import msgspec

from trio_chat.commands.room_acts import Report, RoomActs
from trio_chat.commands.room_rules import RoomRules
from trio_chat.commands.rule_checks import Unlimited
from trio_chat.commands.stores import Store
from trio_chat.errors import Failed
from trio_chat.journal.sqlite.comparison import Head, sound
from trio_chat.journal.stored import readable, stand_in
from trio_chat.protocol.acts import Reported
from trio_chat.protocol.events import ActKept, AnyStoredEvent, decode
from trio_chat.protocol.names import BadName, check_room
from trio_chat.protocol.request_base import LAST_TIME

FORMAT = 2  # since this one there are acts
MISSING = 10_000  # events at the end of a room; if more lack, its last number is wrong


class Header(msgspec.Struct, tag_field="t", tag="export", kw_only=True):
    """The first line; ``ts`` is when it was written, in milliseconds since 1970."""

    format: int
    ts: int
    epoch: str
    rooms: int
    events: int


class RoomLine(msgspec.Struct, tag_field="t", tag="room", kw_only=True):
    """The line before the acts and the events of a room; these are from ``first`` to ``last``.

    If there are none, ``first`` is one more than ``last``. ``ts`` is the time of the last event,
    and ``acts`` how many acts there are.
    """

    room: str
    first: int
    last: int
    ts: int
    topic: str = ""
    acts: int = 0

    @property
    def events(self) -> int:
        """How many events follow."""
        return self.last - self.first + 1


Line = Header | RoomLine | AnyStoredEvent

encode = msgspec.json.Encoder().encode


def survey(store: Store, names: Sequence[str], acts: RoomActs, report: Report) -> list[RoomLine]:
    """Return what there is of these rooms, or of all if none is named.

    Args:
        store: What there is.
        names: Of rooms.
        acts: The acts there are, by their rooms.
        report: Called with the ledger and the number of each act that is damaged.

    Raises:
        Failed: there is no such room.
    """
    rooms = {
        found.name: _room(found.name, found.first, found.newest, found.head)
        for found in store.survey()
    }
    for name in acts.rooms():  # where nothing was said yet, or which were forgotten
        rooms.setdefault(name, RoomLine(room=name, first=1, last=0, ts=0))
    told = {name: told_as(name) for name in rooms}
    for name in names:
        if name not in told.values():
            raise Failed(f"there is no room {name!r}")
    wanted = [rooms[name] for name in sorted(rooms, key=str) if not names or told[name] in names]
    for room in wanted:
        room.acts = sum(1 for _ in acts.of(room.room, report))
    return wanted


def told_as(name: str, others: Collection[str] = ()) -> str:
    """Return what a room is called in a file.

    Earlier releases kept some names that have another normal form (of ``ß`` with an accent, say).

    Args:
        name: As it is kept.
        others: What other rooms of the file are called.
    """
    try:
        name = check_room(name, len(name))
    except BadName:
        return name
    ends = (f"-{number}" if number > 1 else "" for number in count(1))
    return next(name + end for end in ends if name + end not in others)


def call(line: AnyStoredEvent, room: str) -> AnyStoredEvent:
    """Return an act or an event with what its room is called in a file."""
    if isinstance(line, ActKept) and line.act.about == line.room:
        line.act.about = room
    line.room = room
    return line


def acts_of(store: Store, room: RoomLine, acts: RoomActs) -> Iterator[ActKept]:
    """Yield the acts of a room.

    What somebody has said about a message, to report it, may repeat it: it goes with the message.
    """
    number = store.room_id(room.room) or 0
    clearings = store.clearings(number)
    for kept, _ in acts.of(room.room):
        act = kept.act
        if isinstance(act, Reported) and not store.is_there(number, act.target, clearings):
            act.why = ""
        yield kept


def _room(name: str, first: int | None, newest: int | None, kept: Head) -> RoomLine:
    """Return the line of a room; it has all events, and what is missing behind them, if few are."""
    head = sound(kept)
    last = max(head.last, newest or 0)
    if newest and last > newest + MISSING:
        last = newest
    ts = min(max(head.ts, 0), LAST_TIME)
    return RoomLine(room=name, first=first or last + 1, last=last, ts=ts, topic=head.topic)


def events(store: Store, room: RoomLine, report: Report) -> Iterator[AnyStoredEvent]:
    """Yield the events of a room, by today's rules.

    In the place of one that is damaged or missing, and reported, there is a deleted message.
    """
    number = store.room_id(room.room) or 0
    pending, clearings = store.pending(number), store.clearings(number)
    told = readable(store.events(number, 1), room.room, pending, clearings, report)
    with closing(sqlite3.connect("")) as scratch:  # a file of its own if it gets large
        rules = RoomRules(scratch, Unlimited(), room.first)
        for seq, data in _without_gaps(told, room, report):
            event = decode(data) if data else None
            yield rules.mend(event or stand_in(room.room, seq, room.ts))


def _without_gaps(
    told: Iterator[tuple[int, bytes]], room: RoomLine, report: Report
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
