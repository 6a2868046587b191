"""What a turn finds out for the judge."""

from collections.abc import Callable, Iterable, Sequence

from trio_chat.journal.clearings import Clearing
from trio_chat.journal.postgres import queries, sealing, states, unused
from trio_chat.journal.postgres.link import Link
from trio_chat.journal.postgres.messages import Messages
from trio_chat.journal.postgres.rooms import Progress, Rooms
from trio_chat.journal.views import Changes
from trio_chat.protocol.events import AnyStoredEvent, Topic


class Looks:
    """``journal.judge.Looks`` into a PostgreSQL database.

    Args:
        link: To the database.
        rooms: How far they have come.
        messages: Those that are there.
        flush: Writes what the turn has kept so far.
    """

    def __init__(
        self, link: Link, rooms: Rooms, messages: Messages, flush: Callable[[], None]
    ) -> None:
        self._link = link
        self._messages = messages
        self._flush = flush
        self._clearings: dict[int, Sequence[Clearing]] = {}
        self.room: Callable[[str], Progress] = rooms.of

    def look_again(self) -> None:
        """Take in that clearings have changed."""
        self._clearings.clear()

    def message(self, room: int | None, seq: int) -> tuple[str | None, bytes] | None:
        """Return the author of a message, and the message as it is kept."""
        found = self._messages.find(room, seq)
        return found and (found.author, found.data)

    def changes(self, room: int, seq: int) -> Changes:
        """Return the changes of a message."""
        found = self._messages.find(room, seq)
        assert found
        return found.changes

    def later(self, room: int, seq: int) -> Callable[[int], Iterable[AnyStoredEvent]]:
        """Return what reads the changes of a message from a number on, also those of this turn."""

        def read(first: int) -> Iterable[AnyStoredEvent]:
            self._flush()
            return states.changes_in(self._link, room)(seq, first)

        return read

    def clearings(self, room: int) -> Sequence[Clearing]:
        """Return the clearings of a room that can be taken back."""
        if room not in self._clearings:
            self._clearings[room] = sealing.find(self._link, room)
        return self._clearings[room]

    def first(self, room: int) -> int:
        """Return the first number that is left in a room."""
        return queries.first(self._link, room)

    def topics(self, room: int, name: str) -> Iterable[Topic]:
        """Return the latest topics of a room, the latest first."""
        return sealing.topics(self._link, room, name, self.room(name).last)

    def is_unused(self, name: str, since_ts: int) -> bool:
        """Whether nothing was kept in a room that was made since a time, and nothing is left."""
        return unused.is_unused(self._link, name, since_ts)
