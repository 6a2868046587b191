"""The judge: what may be kept, by what is there already."""

from collections.abc import Callable, Iterable, Sequence

from trio_chat.journal.clearings import Clearing, is_cleared, shown_reactions
from trio_chat.journal.postgres import queries, sealing, states, unused
from trio_chat.journal.postgres.link import Link
from trio_chat.journal.postgres.messages import Found, Messages
from trio_chat.journal.postgres.rooms import Progress, Rooms
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
        link: To the database.
        rooms: How far they have come.
        messages: Those that are there.
        limits: What changes are judged by.
        flush: Writes what the turn has kept so far.
        is_full: Whether nothing is taken but deletions.
    """

    def __init__(
        self,
        link: Link,
        rooms: Rooms,
        messages: Messages,
        limits: ChangeLimits,
        flush: Callable[[], None],
        *,
        is_full: bool,
    ) -> None:
        self._link = link
        self._rooms = rooms
        self._messages = messages
        self._limits = limits
        self._flush = flush
        self._is_full = is_full
        self._clearings: dict[int, Sequence[Clearing]] = {}

    def judge(self, room: Progress, write: Write) -> Rejected | None:
        """Return why something may not be kept in a room, if so."""
        if self._is_full and not isinstance(write.event, Delete | Clear | ActKept):
            return STORAGE_FULL
        if room.id is None and (refused := judge_new_room(write)):
            return refused
        if write.must_begin and room.id is not None:
            return ROOM_TAKEN
        if isinstance(write.event, Restore):
            is_there = any(one.key == write.event.key for one in self._clearings_of(room.id))
            return None if is_there else TOO_LATE
        if isinstance(write.event, Message):
            return self._judge_reply(room.id, write.event.reply)
        return self._judge_change(room, write)

    def look_again(self) -> None:
        """Take in that clearings have changed."""
        self._clearings.clear()

    def topic_of(self, room: int | None, name: str, seq: int) -> str:
        """Return what an event has set as the topic; empty if it is not there, or without text."""
        query = "SELECT data FROM events WHERE room = %s AND seq = %s"
        row = self._link.one(query, (room, seq))
        event = understood(name, seq, row[0]) if row else None
        return event.text if isinstance(event, Topic) else ""

    def is_there(self, report: Reported) -> bool:
        """Whether the message that a report is about has not been deleted."""
        found = self._messages.find(self._rooms.of(report.about).id, report.target)
        return found is not None and _read(report.about, report.target, found) is not None

    def _clearings_of(self, room: int | None) -> Sequence[Clearing]:
        if room is None:
            return ()
        if room not in self._clearings:
            self._clearings[room] = sealing.find(self._link, room)
        return self._clearings[room]

    def _judge_reply(self, room: int | None, seq: int | None) -> Rejected | None:
        """Refuse a reply to what is no message; what retention has deleted may have been one."""
        if seq is None or self._messages.find(room, seq):
            return None
        is_pruned = room is not None and 0 < seq < queries.first(self._link, room)
        return None if is_pruned else NO_SUCH_MESSAGE

    def _judge_change(self, room: Progress, write: Write) -> Rejected | None:
        target = target_of(write.event)
        if target is None:
            return self._judge_topic(room, write) or self._judge_act(write)
        found = self._messages.find(room.id, target)
        if found is None or _read(write.event.room, target, found) is None:
            return NO_SUCH_MESSAGE
        clearings = self._clearings_of(room.id)
        if is_cleared(clearings, target, found.author):
            return NO_SUCH_MESSAGE
        if write.target_author not in (None, found.author):
            return NOT_YOURS
        assert room.id
        later = self._later(room.id, target)
        shown = shown_reactions(clearings, target, found.changes.state.reactions, later)
        return found.changes.refuse(write.event, self._limits, shown)

    def _later(self, room: int, target: int) -> Callable[[int], Iterable[AnyStoredEvent]]:
        """Return what reads the changes of a message, also those of this turn."""

        def read(first: int) -> Iterable[AnyStoredEvent]:
            self._flush()
            return states.changes_in(self._link, room)(target, first)

        return read

    def _judge_topic(self, room: Progress, write: Write) -> Rejected | None:
        """Refuse a topic that is for the place of another one than there is, or that is gone."""
        event = write.event
        if write.topic_of is not None and not self.topic_of(room.id, event.room, write.topic_of):
            return TOO_LATE
        if write.if_topic is None or (room.id and room.topic == write.if_topic):
            return None
        return TOO_LATE

    def _judge_act(self, write: Write) -> Rejected | None:
        """Refuse to forget a room that somebody has used, or a report of what is no message."""
        if write.forgets is None:
            return self._judge_report(write.event)
        name, since_ts = write.forgets, write.unused_since
        is_used = self._rooms.of(name).ts >= since_ts
        if is_used or not unused.is_unused(self._link, name, since_ts):
            return STILL_USED
        return None

    def _judge_report(self, event: AnyStoredEvent) -> Rejected | None:
        """Refuse to report what is no message; other events have nothing that they are about."""
        if not isinstance(event, ActKept) or not isinstance(event.act, Reported):
            return None
        found = self._messages.find(self._rooms.of(event.act.about).id, event.act.target)
        return None if found else NO_SUCH_MESSAGE


def _read(room: str, seq: int, found: Found) -> Message | None:
    """Return a message that is not deleted."""
    message = understood(room, seq, found.data)
    return message if isinstance(message, Message) and not message.deleted else None
