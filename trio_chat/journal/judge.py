"""The judge of what a database may keep, by what is there already."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from trio_chat.journal.clearings import Clearing, is_cleared, shown_reactions
from trio_chat.journal.stored import understood
from trio_chat.journal.topics import before, taken
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
from trio_chat.journal.views import ChangeLimits, Changes
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


class Room(Protocol):
    """How far a room has come; without an ``id`` it is not there."""

    id: int | None
    ts: int  # of its last event


class Looks(Protocol):
    """What a transaction finds out, with what it has changed; rooms are known by their id."""

    def room(self, name: str) -> Room:
        """Return a room that the transaction is about."""
        ...

    def message(self, room: int | None, seq: int) -> tuple[str | None, bytes] | None:
        """Return the author of a message, and the message as it is kept."""
        ...

    def changes(self, room: int, seq: int) -> Changes:
        """Return the changes of a message."""
        ...

    def later(self, room: int, seq: int) -> Callable[[int], Iterable[AnyStoredEvent]]:
        """Return what reads the changes of a message from a number on."""
        ...

    def clearings(self, room: int) -> Sequence[Clearing]:
        """Return the clearings of a room that can be taken back."""
        ...

    def first(self, room: int) -> int:
        """Return the first number that is left in a room."""
        ...

    def topics(self, room: int, name: str) -> Iterable[Topic]:
        """Return the latest topics of a room, the latest first."""
        ...

    def is_unused(self, name: str, since_ts: int) -> bool:
        """Whether nothing was kept in a room that was made since a time, and nothing is left."""
        ...


class Judge:
    """Refuses writes; it changes none.

    Args:
        looks: Find out what is there.
        limits: What changes are judged by.
        is_full: Whether nothing is taken but deletions.
    """

    def __init__(self, looks: Looks, limits: ChangeLimits, *, is_full: bool) -> None:
        self._looks = looks
        self._limits = limits
        self._is_full = is_full

    def judge(self, room: int | None, write: Write) -> Rejected | None:
        """Return why something may not be kept in a room, if so."""
        is_clearing = isinstance(write.event, Delete | Clear | ActKept) or write.takes_topic
        if self._is_full and not is_clearing:
            return STORAGE_FULL
        if room is None and (refused := judge_new_room(write)):
            return refused
        if write.must_begin and room is not None:
            return ROOM_TAKEN
        if isinstance(write.event, Restore):
            return self._judge_restore(room, write.event.key)
        if isinstance(write.event, Message):
            return self._judge_reply(room, write.event.reply)
        return self._judge_change(room, write)

    def topic_for(self, room: int | None, write: Write) -> str | None:
        """Return the topic that a clearing takes the present one for, or gives back.

        Returns:
            ``None`` if it takes, or gives, none; or if there is no such clearing.
        """
        if room is None:
            return None
        key, clearings = write.takes_topic or write.gives_topic, self._looks.clearings(room)
        clearing = next((one for one in clearings if one.key == key), None)
        if clearing is None or not clearing.may_have_taken_a_topic:
            return None
        topics = self._looks.topics(room, write.event.room)
        return before(clearing, clearings, topics) if write.takes_topic else taken(clearing, topics)

    def is_there(self, report: Reported) -> bool:
        """Whether the message that a report is about has not been deleted."""
        found = self._looks.message(self._looks.room(report.about).id, report.target)
        return found is not None and _stands(report.about, report.target, found[1])

    def _judge_restore(self, room: int | None, key: str) -> Rejected | None:
        """Refuse to take back what was taken back already, or is gone for good."""
        is_found = room is not None and any(one.key == key for one in self._looks.clearings(room))
        return None if is_found else TOO_LATE

    def _judge_reply(self, room: int | None, seq: int | None) -> Rejected | None:
        """Refuse a reply to what is no message; what retention has deleted may have been one."""
        if seq is None or self._looks.message(room, seq):
            return None
        is_pruned = room is not None and 0 < seq < self._looks.first(room)
        return None if is_pruned else NO_SUCH_MESSAGE

    def _judge_change(self, room: int | None, write: Write) -> Rejected | None:
        target = target_of(write.event)
        if target is None:
            return self._judge_topic(room, write) or self._judge_act(write)
        found = self._looks.message(room, target)
        if room is None or found is None or not _stands(write.event.room, target, found[1]):
            return NO_SUCH_MESSAGE
        author, clearings = found[0], self._looks.clearings(room)
        if is_cleared(clearings, target, author):
            return NO_SUCH_MESSAGE
        if write.target_author not in (None, author):
            return NOT_YOURS
        changes, later = self._looks.changes(room, target), self._looks.later(room, target)
        shown = shown_reactions(clearings, target, changes.state.reactions, later)
        return changes.refuse(write.event, self._limits, shown)

    def _judge_topic(self, room: int | None, write: Write) -> Rejected | None:
        """Refuse a topic in the place of one that was not cleared, or that is not to come back."""
        if write.takes_topic is None and write.gives_topic is None:
            return None
        return TOO_LATE if self.topic_for(room, write) is None else None

    def _judge_act(self, write: Write) -> Rejected | None:
        """Refuse to forget a room that somebody has used, or a report of what is no message."""
        if write.forgets is None:
            return self._judge_report(write.event)
        name, since_ts = write.forgets, write.unused_since
        is_used = self._looks.room(name).ts >= since_ts
        return STILL_USED if is_used or not self._looks.is_unused(name, since_ts) else None

    def _judge_report(self, event: AnyStoredEvent) -> Rejected | None:
        """Refuse to report what is no message; other events have nothing that they are about."""
        if not isinstance(event, ActKept) or not isinstance(event.act, Reported):
            return None
        found = self._looks.message(self._looks.room(event.act.about).id, event.act.target)
        return None if found else NO_SUCH_MESSAGE


def _stands(room: str, seq: int, data: bytes) -> bool:
    """Whether what is kept is a message that is not deleted."""
    message = understood(room, seq, data)
    return isinstance(message, Message) and not message.deleted
