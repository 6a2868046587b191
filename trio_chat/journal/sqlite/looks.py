"""What a transaction finds out for the judge."""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from trio_chat.journal.clearings import Clearing
from trio_chat.journal.sqlite import queries, sealing, states, unused
from trio_chat.journal.sqlite.messages import Messages
from trio_chat.journal.sqlite.progress import Progress, RoomsProgress
from trio_chat.journal.views import Changes
from trio_chat.protocol.events import AnyStoredEvent


class Looks:
    """``journal.judge.Looks`` into a file.

    Args:
        database: Where the events are.
        rooms: How far they have come.
        messages: Those that are there.
    """

    def __init__(
        self, database: sqlite3.Connection, rooms: RoomsProgress, messages: Messages
    ) -> None:
        self._database = database
        self.room: Callable[[str], Progress] = rooms.of
        self.message = messages.find
        self.changes: Callable[[int, int], Changes] = messages.changes_of

    def later(self, room: int, seq: int) -> Callable[[int], Iterable[AnyStoredEvent]]:
        """Return what reads the changes of a message from a number on."""
        return partial(states.changes_in(self._database, room), seq)

    def clearings(self, room: int) -> Sequence[Clearing]:
        """Return the clearings of a room that can be taken back."""
        return sealing.find(self._database, room)

    def first(self, room: int) -> int:
        """Return the first number that is left in a room."""
        return queries.first(self._database, room)

    def event(self, room: int | None, seq: int) -> object:
        """Return an event as it is kept; ``None`` if it is not there."""
        query = "SELECT data FROM events WHERE room = ? AND seq = ?"
        row = self._database.execute(query, (room, seq)).fetchone()
        return row and row[0]

    def topic(self, room: int | None, _: str) -> str | None:
        """Return the topic of a room; ``None`` if the room is not there."""
        found: tuple[str] | None = self._database.execute(
            "SELECT topic FROM rooms WHERE id = ?", (room,)
        ).fetchone()
        return found[0] if found else None

    def is_unused(self, name: str, since_ts: int) -> bool:
        """Whether nothing was kept in a room that was made since a time, and nothing is left."""
        return unused.is_unused(self._database, name, since_ts)
