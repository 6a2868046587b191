"""Topics of a room: which one a clearing takes, and which it gives back."""

from collections.abc import Iterable, Iterator, Sequence

from trio_chat.journal.clearings import Clearing
from trio_chat.journal.keys import author_of
from trio_chat.journal.stored import understood
from trio_chat.protocol.events import Topic

TOPICS = 1_000  # of a room, the latest ones, that are looked at for one that others have set


def topics_in(room: str, rows: Iterable[tuple[int, object]]) -> Iterator[Topic]:
    """Yield the topics among rows of numbers and data of a room."""
    for seq, data in rows:
        event = understood(room, seq, data)
        if isinstance(event, Topic):
            yield event


def before(
    clearing: Clearing, clearings: Sequence[Clearing], topics: Iterable[Topic]
) -> str | None:
    """Return which topic there was before those that a clearing takes; empty if nobody knows.

    Args:
        clearing: It is kept just now.
        clearings: All of the room.
        topics: The latest ones, the latest first.

    Returns:
        ``None`` if the present topic is none that it takes.
    """
    found = iter(topics)
    present = next(found, None)
    if present is None or not clearing.covers_topic(present):
        return None
    left = (one for one in found if not _is_taken(one, clearing, clearings))
    return next((one.text for one in left), "")


def taken(clearing: Clearing, topics: Iterable[Topic]) -> str | None:
    """Return the topic that a clearing has taken, if what came in its place is still the topic.

    That is the event behind the clearing's own.

    Args:
        clearing: It can be taken back.
        topics: The latest ones of its room, the latest first.

    Returns:
        ``None`` if it has taken none, or there is another one by now.
    """
    found = iter(topics)
    present, theirs = next(found, None), next(found, None)
    if present is None or theirs is None or present.seq != clearing.end + 1:
        return None
    return (theirs.text or None) if clearing.covers_topic(theirs) else None


def _is_taken(topic: Topic, clearing: Clearing, clearings: Sequence[Clearing]) -> bool:
    """Whether a topic is of the authors of a clearing, or is cleared by another one."""
    is_theirs = topic.seq >= clearing.first and (author_of(topic) or "") in clearing.authors
    return is_theirs or any(one.covers_topic(topic) for one in clearings)
