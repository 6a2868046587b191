"""Versions: the texts that a message has had, from its own to that of its last edit."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from trio_chat.journal.clearings import Clearing, as_told
from trio_chat.journal.stored import understood
from trio_chat.journal.types import Place, VersionPage
from trio_chat.journal.views import taken
from trio_chat.protocol.answers import Version, encode
from trio_chat.protocol.events import AnyStoredEvent, Edit, Message


def readable_message(
    place: Place, data: object, clearings: Sequence[Clearing] = ()
) -> Message | None:
    """Return the message of a place if it can be read.

    ``None`` if it is deleted or cleared, if it is damaged, and if the data are something else.
    """
    message = understood(*place, data)
    if not isinstance(message, Message) or message.deleted:
        return None
    return message if as_told(clearings, message) is message else None


def page_of(
    message: Message,
    changes: Iterable[AnyStoredEvent | None],
    clearings: Sequence[Clearing],
    after: int,
    limit: int,
    max_bytes: int,
) -> VersionPage:
    """Return the first texts of a message after a number that fit into a page.

    Args:
        message: It can be read.
        changes: Its changes, in order, as far as they can be understood; no more are taken than
            it needs.
        clearings: Of the room.
        after: The number.
        limit: How many texts at most.
        max_bytes: How many bytes of JSON, unless there is one text only.
    """
    return VersionPage(*taken(_sized(message, changes, clearings, after), limit, max_bytes))


def _sized(
    message: Message,
    changes: Iterable[AnyStoredEvent | None],
    clearings: Sequence[Clearing],
    after: int,
) -> Iterator[tuple[Version, int]]:
    """Yield the texts after a number, each with its bytes in an answer."""
    for event in chain([message], changes):
        if (
            isinstance(event, Message | Edit)
            and event.seq > after
            and as_told(clearings, event) is event
        ):
            version = Version(event.seq, event.ts, event.text, event.who)
            yield version, len(encode(version)) + 1  # and a comma
