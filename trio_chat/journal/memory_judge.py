"""Which writes the journal in memory rejects, by what it has kept."""

from collections.abc import Callable

from trio_chat.journal.keys import author_of
from trio_chat.journal.memory_room import MemoryRoom
from trio_chat.journal.topics import before, taken
from trio_chat.journal.types import NO_SUCH_MESSAGE, NOT_YOURS, TOO_LATE, Rejected, Write
from trio_chat.journal.views import ChangeLimits, Changes
from trio_chat.protocol.acts import Reported
from trio_chat.protocol.events import ActKept, AnyStoredEvent, Message, Restore, Topic, target_of


def judge(
    write: Write, room_of: Callable[[str], MemoryRoom], limits: ChangeLimits
) -> Rejected | None:
    """Return why a write is rejected; ``None`` if it may be kept.

    Args:
        write: The event, and who must have written its target.
        room_of: Returns the room with a name.
        limits: Of the changes to a message.
    """
    event = write.event
    if isinstance(event, Topic) and (write.takes_topic or write.gives_topic):
        return _complete_topic(event, write, room_of(event.room))
    if isinstance(event, ActKept) and isinstance(event.act, Reported):
        return _judge_report(event.act, room_of(event.act.about))
    return _judge_event(event, write.target_author, room_of(event.room), limits)


def _complete_topic(event: Topic, write: Write, room: MemoryRoom) -> Rejected | None:
    """Give a topic the text of the one of before a clearing, or of the one that was taken."""
    sealed = room.clearings.get(write.takes_topic or write.gives_topic or "")
    if sealed is None:
        return TOO_LATE
    topics = (one for one in reversed(room.events) if isinstance(one, Topic))
    others = [one.clearing for one in room.clearings.values()]
    text = (
        before(sealed.clearing, others, topics)
        if write.takes_topic
        else taken(sealed.clearing, topics)
    )
    event.text = text or ""
    return TOO_LATE if text is None else None


def _judge_report(act: Reported, room: MemoryRoom) -> Rejected | None:
    """Reject to report what is no message; of one that is deleted, forget why."""
    message = room.get(act.target)
    if not isinstance(message, Message):
        return NO_SUCH_MESSAGE
    if message.deleted:
        act.why = ""
    return None


def _judge_event(
    event: AnyStoredEvent, target_author: str | None, room: MemoryRoom, limits: ChangeLimits
) -> Rejected | None:
    if isinstance(event, Restore):
        return None if event.key in room.clearings else TOO_LATE
    if isinstance(event, Message):
        return _judge_reply(event.reply, room)
    target = target_of(event)
    if target is None:
        return None
    message = room.get(target)
    if not isinstance(message, Message) or message.deleted or room.is_cleared(message):
        return NO_SUCH_MESSAGE
    if target_author not in (None, author_of(message)):
        return NOT_YOURS
    return (room.changes.get(target) or Changes()).refuse(
        event, limits, room.shown_reactions(target)
    )


def _judge_reply(seq: int | None, room: MemoryRoom) -> Rejected | None:
    """Reject a reply to what is no message; what retention has deleted may have been one."""
    if seq is None or 0 < seq < room.first or isinstance(room.get(seq), Message):
        return None
    return NO_SUCH_MESSAGE
