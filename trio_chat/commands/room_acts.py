"""The acts of rooms, as exports have them: each with the number that it has among its room's."""

import sqlite3
from collections.abc import Callable, Iterator
from typing import NamedTuple

import msgspec

from trio_chat.commands.act_rules import ActRules
from trio_chat.commands.rule_checks import BadEvent, Unlimited
from trio_chat.commands.stores import Store
from trio_chat.core.registry import SERVER
from trio_chat.journal.stored import understood
from trio_chat.protocol import acts
from trio_chat.protocol.acts import LEDGER, AnyAct
from trio_chat.protocol.events import ActKept, decode
from trio_chat.protocol.names import is_private

CREATE = """
CREATE TABLE acts (seq INTEGER PRIMARY KEY, room TEXT NOT NULL, data BLOB NOT NULL);
CREATE INDEX acts_of_rooms ON acts (room, seq);
CREATE TABLE links (name TEXT PRIMARY KEY, room TEXT NOT NULL) WITHOUT ROWID;
"""

Report = Callable[[str, int], None]


def report_nothing(room: str, seq: int) -> None:
    """Be told of a damaged act, and do nothing."""


class Numbered(NamedTuple):
    """An act as an export has it, and its number in the ledger."""

    kept: ActKept
    seq: int


class RoomActs:
    """Sorts the acts of a ledger by their rooms.

    What holds on the whole server is of no room. If an operator has undone an act of a room there,
    it is that room's all the same. A room that was forgotten has none of before that.

    Args:
        scratch: An empty database for what has to be remembered.
    """

    def __init__(self, scratch: sqlite3.Connection) -> None:
        scratch.executescript(CREATE)
        self._scratch = scratch
        self._last = 0  # the number of the last act that was read

    def follow(self, store: Store, report: Report = report_nothing) -> set[str]:
        """Read the acts that are new in a ledger.

        Args:
            store: What has the ledger; the same one each time, by whichever connection.
            report: Called with the ledger and the number of each act that is damaged.

        Returns:
            The rooms that they are about.
        """
        rooms = set()
        for seq, _, data in store.events(store.room_id(LEDGER), self._last + 1):
            self._last = seq
            kept = understood(LEDGER, seq, data)
            if isinstance(kept, ActKept):
                rooms.add(self._add(seq, kept.act, data))
            else:
                report(LEDGER, seq)
        return rooms

    def _add(self, seq: int, act: AnyAct, data: bytes) -> str:
        """Take in an act; return its room."""
        room = act.about
        if isinstance(act, acts.Undone) and room == SERVER:
            row = self._scratch.execute("SELECT room FROM acts WHERE seq = ?", (act.target,))
            (room,) = row.fetchone() or (SERVER,)
        if isinstance(act, acts.Forgotten):
            self._scratch.execute("DELETE FROM acts WHERE room = ?", (room,))
            self._scratch.execute("DELETE FROM links WHERE room = ?", (room,))
            return room
        self._scratch.execute("INSERT INTO acts VALUES (?, ?, ?)", (seq, room, data))
        if isinstance(act, acts.LinkMade):
            self._scratch.executemany(
                "INSERT OR IGNORE INTO links VALUES (?, ?)",
                [(act.link, room), (act.digest, room)],
            )
        return room

    def rooms(self) -> list[str]:
        """Return the rooms that have acts."""
        rows = self._scratch.execute("SELECT DISTINCT room FROM acts WHERE room <> ''")
        return [room for (room,) in rows]

    def count_private(self) -> int:
        """Return how many private rooms have acts."""
        return sum(map(is_private, self.rooms()))

    def room_of(self, act: acts.LinkMade) -> str | None:
        """Return to which room there is, or was, a link with the id or the secret of another."""
        row = self._scratch.execute(
            "SELECT room FROM links WHERE name IN (?, ?)", (act.link, act.digest)
        ).fetchone()
        return row and str(row[0])

    def of(self, room: str, report: Report = report_nothing) -> Iterator[Numbered]:
        """Yield the acts of a room; those that no import would take are reported and left out."""
        rules = ActRules(room, Unlimited())
        numbers: dict[int, int] = {}
        rows = self._scratch.execute(
            "SELECT seq, data FROM acts WHERE room = ? ORDER BY seq", (room,)
        )
        for seq, data in rows:
            kept = _exported(decode(data), room, numbers)
            try:
                rules.take(kept)
            except BadEvent:
                report(LEDGER, seq)
            else:
                numbers[seq] = kept.seq
                yield Numbered(kept, seq)


def _exported(kept: object, room: str, numbers: dict[int, int]) -> ActKept:
    """Return an act with the number that follows, without what would bring back what is cleared.

    Args:
        kept: As the ledger has it.
        room: The room's name.
        numbers: Of those before it in the room, by their numbers in the ledger.
    """
    assert isinstance(kept, ActKept)  # ``follow`` has seen that
    act = kept.act
    if isinstance(act, acts.Cleared | acts.Raided):
        act = msgspec.structs.replace(act, keys={})
    elif isinstance(act, acts.Undone):
        act = acts.Undone(about=room, target=numbers.get(act.target, 0))
    return ActKept(room=room, seq=len(numbers) + 1, ts=kept.ts, who=kept.who, act=act)
