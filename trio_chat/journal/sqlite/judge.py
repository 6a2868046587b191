"""The judge: what may be kept, by what is there already."""

import sqlite3

from trio_chat.journal.clearings import is_cleared, shown_reactions
from trio_chat.journal.sqlite import queries, sealing, states, unused
from trio_chat.journal.sqlite.messages import Messages
from trio_chat.journal.sqlite.progress import Progress, RoomsProgress
from trio_chat.journal.sqlite.stored import understood
from trio_chat.journal.types import (
    NO_SUCH_MESSAGE,
    NOT_YOURS,
    ROOM_TAKEN,
    STILL_USED,
    STORAGE_FULL,
    TOO_LATE,
    Rejected,
    Write,
    judge_new_room,
)
from trio_chat.journal.views import ChangeLimits
from trio_chat.protocol.acts import Reported
from trio_chat.protocol.events import (
    ActKept,
    AnyStoredEvent,
    Clear,
    Delete,
    Message,
    Restore,
    Topic,
    target_of,
)


class Judge:
    """Refuses writes; it changes none.

    Args:
        database: Where the events are.
        rooms: How far they have come.
        messages: Those that are there.
        limits: What changes are judged by.
        is_full: Whether nothing is taken but deletions.
    """

    def __init__(
        self,
        database: sqlite3.Connection,
        rooms: RoomsProgress,
        messages: Messages,
        limits: ChangeLimits,
        *,
        is_full: bool,
    ) -> None:
        self._database = database
        self._rooms = rooms
        self._messages = messages
        self._limits = limits
        self._is_full = is_full

    def judge(self, room: Progress, write: Write) -> Rejected | None:
        """Return why something may not be kept in a room, if so."""
        if self._is_full and not isinstance(write.event, Delete | Clear | ActKept):
            return STORAGE_FULL
        if room.id is None and (refused := judge_new_room(write)):
            return refused
        if write.must_begin and room.id is not None:
            return ROOM_TAKEN
        if isinstance(write.event, Restore):
            return self._judge_restore(room.id, write.event.key)
        if isinstance(write.event, Message):
            return self._judge_reply(room.id, write.event.reply)
        return self._judge_change(room, write)

    def topic_of(self, room: int | None, name: str, seq: int) -> str:
        """Return what an event has set as the topic; empty if it is not there, or without text."""
        query = "SELECT data FROM events WHERE room = ? AND seq = ?"
        row = self._database.execute(query, (room, seq)).fetchone()
        event = understood(name, seq, row[0]) if row else None
        return event.text if isinstance(event, Topic) else ""

    def is_there(self, report: Reported) -> bool:
        """Whether the message that a report is about has not been deleted."""
        found = self._messages.find(self._rooms.of(report.about).id, report.target)
        message = found and understood(report.about, report.target, found[1])
        return isinstance(message, Message) and not message.deleted

    def _judge_restore(self, room: int | None, key: str) -> Rejected | None:
        """Refuse to take back what was taken back already, or is gone for good."""
        found = room is not None and any(
            one.key == key for one in sealing.find(self._database, room)
        )
        return None if found else TOO_LATE

    def _judge_reply(self, room: int | None, seq: int | None) -> Rejected | None:
        """Refuse a reply to what is no message; what retention has deleted may have been one."""
        if seq is None or self._messages.find(room, seq):
            return None
        is_pruned = room is not None and 0 < seq < queries.first(self._database, room)
        return None if is_pruned else NO_SUCH_MESSAGE

    def _judge_change(self, room: Progress, write: Write) -> Rejected | None:
        target = target_of(write.event)
        if target is None:
            return self._judge_topic(room.id, write) or self._judge_act(write)
        row = self._messages.find(room.id, target)
        if room.id is None or row is None:
            return NO_SUCH_MESSAGE
        author, data = row
        message = understood(write.event.room, target, data)
        if not isinstance(message, Message) or message.deleted:
            return NO_SUCH_MESSAGE
        clearings = sealing.find(self._database, room.id)
        if is_cleared(clearings, target, author):
            return NO_SUCH_MESSAGE
        if write.target_author not in (None, author):
            return NOT_YOURS
        changes = self._messages.changes_of(room.id, target)
        later = states.changes_in(self._database, room.id)
        shown = shown_reactions(
            clearings, target, changes.state.reactions, lambda first: later(target, first)
        )
        return changes.refuse(write.event, self._limits, shown)

    def _judge_topic(self, room: int | None, write: Write) -> Rejected | None:
        """Refuse a topic that is for the place of another one than there is, or that is gone."""
        if write.topic_of is not None and not self.topic_of(room, write.event.room, write.topic_of):
            return TOO_LATE
        if write.if_topic is None:
            return None
        row = self._database.execute("SELECT topic FROM rooms WHERE id = ?", (room,)).fetchone()
        return None if row == (write.if_topic,) else TOO_LATE

    def _judge_act(self, write: Write) -> Rejected | None:
        """Refuse to forget a room that somebody has used, or a report of what is no message."""
        if write.forgets is None:
            return self._judge_report(write.event)
        name, since_ts = write.forgets, write.unused_since
        is_used = self._rooms.of(name).ts >= since_ts
        if is_used or not unused.is_unused(self._database, name, since_ts):
            return STILL_USED
        return None

    def _judge_report(self, event: AnyStoredEvent) -> Rejected | None:
        """Refuse to report what is no message; other events have nothing that they are about."""
        if not isinstance(event, ActKept) or not isinstance(event.act, Reported):
            return None
        found = self._messages.find(self._rooms.of(event.act.about).id, event.act.target)
        return None if found else NO_SUCH_MESSAGE
