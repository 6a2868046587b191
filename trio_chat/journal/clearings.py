"""Clearings: what moderators have cleared, for as long as that can be taken back.

The messages stay where they are, sealed: wherever they are read, they are told as deleted ones.
"""

from collections.abc import Sequence
from typing import NamedTuple

from trio_chat.journal.keys import author_of
from trio_chat.protocol.events import AnyStoredEvent, Edit, Message, Topic, without_text

SEALED = 24 * 60 * 60 * 1000  # milliseconds for which a clearing can be taken back
ALSO = 1_000  # earlier messages, edited since, and topics that a clearing covers: the latest ones


class Clearing(NamedTuple):
    """Messages of some authors are cleared, from one number up to before another, and others."""

    key: str
    authors: frozenset[str]  # ids; an empty one is of those without a name
    first: int
    end: int
    also: frozenset[int] = frozenset()

    def covers(self, seq: int, author: str | None) -> bool:
        """Whether a message is among them."""
        is_among = self.first <= seq < self.end or seq in self.also
        return is_among and (author or "") in self.authors

    def covers_topic(self, event: Topic) -> bool:
        """Whether what an event has set as the topic is cleared, too."""
        return event.seq in self.also and (author_of(event) or "") in self.authors


def is_cleared(clearings: Sequence[Clearing], seq: int, author: str | None) -> bool:
    """Whether a message is cleared."""
    return any(clearing.covers(seq, author) for clearing in clearings)


def as_told(clearings: Sequence[Clearing], event: AnyStoredEvent) -> AnyStoredEvent:
    """Return an event as it may be told: without its text if moderators have cleared that."""
    if isinstance(event, Topic):
        is_left_out = any(clearing.covers_topic(event) for clearing in clearings)
        return without_text(event) if is_left_out else event
    if isinstance(event, Message):
        seq = event.seq
    elif isinstance(event, Edit):
        seq = event.target
    else:
        return event
    return without_text(event) if is_cleared(clearings, seq, author_of(event)) else event
