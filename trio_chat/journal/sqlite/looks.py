"""What a transaction finds out for the judge."""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from trio_chat.journal.clearings import Clearing
from trio_chat.journal.sqlite import queries, sealing, states, unused
from trio_chat.journal.sqlite.messages import Messages
from trio_chat.journal.sqlite.progress import Progress, RoomsProgress
from trio_chat.journal.views import Changes
from trio_chat.protocol.events import AnyStoredEvent, Topic


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

    def topics(self, room: int, name: str) -> Iterable[Topic]:
        """Return the latest topics of a room, the latest first."""
        return sealing.topics(self._database, room, name)

    def is_unused(self, name: str, since_ts: int) -> bool:
        """Whether nothing was kept in a room that was made since a time, and nothing is left."""
        return unused.is_unused(self._database, name, since_ts)
