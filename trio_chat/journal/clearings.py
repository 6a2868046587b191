"""Clearings: what moderators have cleared, for as long as that can be taken back.

The messages stay where they are, sealed: wherever they are read, they are told as deleted ones.
So do reactions, which are told as ones that were taken back.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from trio_chat.journal.keys import author_of
from trio_chat.protocol.events import (
    AnyStoredEvent,
    Delete,
    Edit,
    Message,
    React,
    Topic,
    without_author,
)

SEALED = 24 * 60 * 60 * 1000  # milliseconds for which a clearing can be taken back
ALSO = 1_000  # earlier messages, edited since, and topics that a clearing covers: the latest ones
CHANGES = 20_000  # of messages, that are looked at in one transaction for cleared reactions
REACTED = 1_000  # earlier messages from which a clearing takes reactions: the latest ones

# The number of an event that is cleared, its author, whether it is a message, and the message of
# which it is a reaction.
ClearedRow = tuple[int, str | None, int, int | None]
Reactions = Mapping[str, Mapping[str, str]]  # to a message: for each emoji nicks by id


class Clearing(NamedTuple):
    """Messages of some authors are cleared, from one number up to before another, and others.

    With them go the authors' reactions to all messages from a number on, and to those in
    ``reacted``. That number is ``first``, unless what was cleared is being deleted for good.
    """

    key: str
    authors: frozenset[str]  # ids; an empty one is of those without a name
    first: int
    end: int
    also: frozenset[int] = frozenset()
    reacted: frozenset[int] = frozenset()
    reacted_from: int | None = None

    def covers(self, seq: int, author: str | None) -> bool:
        """Whether a message is among them."""
        is_among = self.first <= seq < self.end or seq in self.also
        return is_among and (author or "") in self.authors

    @property
    def may_have_taken_a_topic(self) -> bool:
        """Whether a number in ``also`` is that of a topic; of messages there are earlier ones."""
        return any(seq >= self.first for seq in self.also)

    def covers_topic(self, event: Topic) -> bool:
        """Whether what an event has set as the topic is cleared, too."""
        return event.seq in self.also and (author_of(event) or "") in self.authors

    def covers_reactions_to(self, seq: int) -> bool:
        """Whether reactions of its authors to a message are cleared, as far as they were made."""
        first = self.first if self.reacted_from is None else self.reacted_from
        return first <= seq or seq in self.reacted

    def covers_reaction(self, event: React) -> bool:
        """Whether a reaction is cleared."""
        is_among = event.seq < self.end and self.covers_reactions_to(event.target)
        return is_among and (author_of(event) or "") in self.authors


def is_cleared(clearings: Sequence[Clearing], seq: int, author: str | None) -> bool:
    """Whether a message is cleared."""
    return any(clearing.covers(seq, author) for clearing in clearings)


def shown_reactions(
    clearings: Sequence[Clearing],
    seq: int,
    reactions: Reactions,
    later: Callable[[int], Iterable[AnyStoredEvent]],
) -> Reactions:
    """Return those reactions to a message that are not cleared.

    Args:
        clearings: Of the room.
        seq: The number of the message.
        reactions: All of them.
        later: Returns the changes of the message from a number on, in order: among them are
            reactions that were made after a clearing.
    """
    people = {id for found in reactions.values() for id in found}
    among = [one for one in clearings if one.covers_reactions_to(seq) and one.authors & people]
    if not among:
        return reactions
    changes = later(min(one.end for one in among))
    made = {
        (event.emoji, author_of(event)): event.seq for event in changes if isinstance(event, React)
    }

    def is_shown(emoji: str, id: str) -> bool:
        made_at = made.get((emoji, id), 0)
        return not any(id in one.authors and made_at < one.end for one in among)

    shown = {
        emoji: {id: nick for id, nick in found.items() if is_shown(emoji, id)}
        for emoji, found in reactions.items()
    }
    return {emoji: found for emoji, found in shown.items() if found}


def as_told(clearings: Sequence[Clearing], event: AnyStoredEvent) -> AnyStoredEvent:
    """Return an event as it may be told: without what moderators have cleared of it."""
    match event:
        case Topic():
            is_covered = any(clearing.covers_topic(event) for clearing in clearings)
        case React():
            is_covered = any(clearing.covers_reaction(event) for clearing in clearings)
        case Message(seq=seq) | Edit(target=seq) | Delete(target=seq):  # a moderator's stays
            is_covered = is_cleared(clearings, seq, author_of(event))
        case _:
            return event
    return without_author(event) if is_covered else event


def take_back_reactions(
    clearing: Clearing, found: Iterable[ClearedRow], take_back: Callable[[int], int]
) -> int:
    """Take cleared reactions away for good; return how many of the events were looked at.

    A message loses all of them at once, and is looked at no more.

    Args:
        clearing: What is cleared.
        found: Its events, in order.
        take_back: Takes those to a message away; returns how many changes it has looked at.
    """
    looked, count, done = 0, 0, set[int]()
    for _, author, _, target in found:
        if looked > CHANGES:
            break
        count += 1
        if target is None or target in done or (author or "") not in clearing.authors:
            continue
        done.add(target)
        looked += take_back(target)
    return count
