"""Messages as a transaction sees them: which there are, and what changes of them add up to."""

import sqlite3

from trio_chat.journal.sqlite import states
from trio_chat.journal.views import Changes
from trio_chat.protocol.events import AnyStoredEvent, target_of


class Messages:
    """The messages that a transaction is about, with the changes that it makes."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._changes: dict[states.Key, Changes] = {}  # as far as they were looked at
        self._changed: set[states.Key] = set()

    def find(self, room: int | None, seq: int) -> tuple[str | None, bytes] | None:
        """Return the author of a message, and the message as it is kept."""
        row: tuple[str | None, bytes] | None = self._database.execute(
            "SELECT author, data FROM events WHERE room = ? AND seq = ? AND is_message",
            (room, seq),
        ).fetchone()
        return row

    def changes_of(self, room: int, target: int) -> Changes:
        """Return the changes of a message."""
        key = room, target
        if key not in self._changes:
            self._changes[key] = states.load(self._database, room, target)
        return self._changes[key]

    def change(self, room: int, event: AnyStoredEvent) -> None:
        """Add a change to what is kept of its message, if that is there."""
        target = target_of(event)
        if target is not None and self.find(room, target):
            self.changes_of(room, target).apply(event)
            self._changed.add((room, target))

    def save(self) -> None:
        """Write down how they stand."""
        states.save(self._database, [(key, self._changes[key]) for key in self._changed])
