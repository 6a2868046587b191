"""Progress: how far rooms have come, as a transaction sees them."""

import sqlite3
from collections.abc import Mapping

from trio_chat.journal.sqlite import forgotten


class Progress:
    """What the writer needs to know of a room."""

    __slots__ = ("id", "last", "ts", "unordered")

    def __init__(self, room: int | None, last: int, ts: int, unordered: int) -> None:
        self.id = room  # ``None``: it is not there
        self.last = last  # behind which the next event is numbered
        self.ts = ts
        self.unordered = unordered  # the last number with an earlier time than the one before it

    def copy(self) -> "Progress":
        """Return another one that has come as far."""
        return Progress(self.id, self.last, self.ts, self.unordered)

    def go_on(self, seq: int, ts: int) -> None:
        """Take in the number and the time of the next event."""
        if ts < self.ts:
            self.unordered = seq
        self.last, self.ts = seq, ts


class RoomsProgress:
    """The progress of the rooms that a transaction is about.

    Args:
        database: Where they are.
        known: Those of transactions before, which stay as they are.
    """

    def __init__(self, database: sqlite3.Connection, known: Mapping[str, Progress]) -> None:
        self._database = database
        self._known = known
        self.seen: dict[str, Progress] = {}

    def of(self, name: str) -> Progress:
        """Return that of a room."""
        seen = self.seen.get(name)
        if seen is None:
            known = self._known.get(name)
            seen = self.seen[name] = known.copy() if known else self._find(name)
        return seen

    def _find(self, name: str) -> Progress:
        row: tuple[int, int, int, int] | None = self._database.execute(
            "SELECT id, last, ts, unordered FROM rooms WHERE name = ?", (name,)
        ).fetchone()
        return Progress(*(row or (None, forgotten.last_of(self._database, name), 0, 0)))

    def begin(self, name: str) -> int:
        """Make a room; return its id."""
        added = self._database.execute("INSERT INTO rooms (name) VALUES (?)", (name,)).lastrowid
        assert added
        return added

    def look_again(self, name: str) -> None:
        """Take in that a room is not there any more."""
        self.seen[name] = self._find(name)

    def save(self) -> None:
        """Write down how far they have come."""
        self._database.executemany(
            "UPDATE rooms SET last = ?, ts = ?, unordered = ? WHERE id = ?",
            [
                (room.last, room.ts, room.unordered, room.id)
                for room in self.seen.values()
                if room.id
            ],
        )
