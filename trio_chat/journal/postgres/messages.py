"""Messages as a turn sees them: which there are, and what changes of them add up to."""

from collections.abc import Collection
from typing import NamedTuple

from trio_chat.journal.keys import author_of
from trio_chat.journal.postgres.link import Link
from trio_chat.journal.sqlite.states import decode_state, encode_state
from trio_chat.journal.views import Changes
from trio_chat.protocol.events import AnyStoredEvent, Message, target_of

FIND = (
    "SELECT events.room, events.seq, author, events.data, states.changes, states.data"
    " FROM unnest(%s::integer[], %s::bigint[]) AS wanted (room, seq)"
    " JOIN events ON events.room = wanted.room AND events.seq = wanted.seq AND kind = 1"
    " LEFT JOIN states ON states.room = events.room AND states.seq = events.seq"
)
SAVE = (
    "INSERT INTO states (room, seq, changes, data)"
    " SELECT * FROM unnest(%s::integer[], %s::bigint[], %s::integer[], %s::bytea[])"
    " ON CONFLICT (room, seq) DO UPDATE SET changes = excluded.changes, data = excluded.data"
)

Key = tuple[int, int]  # a room's id, and the number of a message


class Found(NamedTuple):
    """A message: who said it, as it is kept, and its changes."""

    author: str | None
    data: bytes
    changes: Changes


class Messages:
    """The messages that a turn is about, with the changes that it makes.

    Args:
        link: To the database.
    """

    def __init__(self, link: Link) -> None:
        self._link = link
        self._found: dict[Key, Found | None] = {}
        self._changed: set[Key] = set()

    def fetch(self, keys: Collection[Key]) -> None:
        """Look up messages at once."""
        wanted = [key for key in keys if key not in self._found]
        if not wanted:
            return
        self._found.update(dict.fromkeys(wanted))
        rooms, numbers = zip(*wanted, strict=True)
        rows = self._link.all(FIND, (list(rooms), list(numbers)))
        for room, seq, author, data, count, state in rows:
            changes = Changes(count or 0, decode_state(state))
            self._found[room, seq] = Found(author, data, changes)

    def find(self, room: int | None, seq: int) -> Found | None:
        """Return a message, if there is one with this number."""
        if room is None:
            return None
        self.fetch([(room, seq)])
        return self._found[room, seq]

    def add(self, room: int, event: AnyStoredEvent, data: bytes) -> None:
        """Take in an event that the turn keeps: it may be a message, or change one."""
        if isinstance(event, Message):
            self._found[room, event.seq] = Found(author_of(event), data, Changes())
        target = target_of(event)
        if target is not None and (message := self.find(room, target)):
            message.changes.apply(event)
            self._changed.add((room, target))

    def save(self) -> None:
        """Write down how they stand."""
        rows = [
            (*key, found.changes.count, encode_state(found.changes.state))
            for key in self._changed
            if (found := self._found[key])
        ]
        if rows:
            self._link.execute(SAVE, [list(column) for column in zip(*rows, strict=True)])
        self._changed.clear()

    def look_again(self) -> None:
        """Take in that messages have changed otherwise; all changes must be saved."""
        self._found.clear()
