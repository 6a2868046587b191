"""Messages as they stand: their text after all edits, their reactions, whether they are deleted."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeVar

import msgspec

from trio_chat.config import MOST_CHANGES, MOST_EMOJI, Config
from trio_chat.journal.clearings import Clearing, Reactions
from trio_chat.journal.types import (
    TOO_MANY_CHANGES,
    TOO_MANY_REACTIONS,
    MessagePage,
    Rejected,
)
from trio_chat.protocol.answers import MessageView
from trio_chat.protocol.emoji import normal_emoji
from trio_chat.protocol.events import AnyStoredEvent, Delete, Edit, Message, Person, React

T = TypeVar("T")


class ChangeLimits(NamedTuple):
    """What new changes of a message are judged by; what is kept already counts in any case."""

    emoji: int = 50  # different ones on a message
    changes: int = 1000  # of a message, by all people together; it can be deleted beyond that

    @classmethod
    def of(cls, config: Config) -> "ChangeLimits":
        """Return those of the settings."""
        return cls(config.reactions_per_message, config.changes_per_message)


DEFAULT_LIMITS = ChangeLimits()


class State(msgspec.Struct, omit_defaults=True):
    """What the changes of a message add up to.

    ``text`` is that of the last edit, ``None`` if there was none; ``reactions`` has for each emoji
    the people who put it, the last one at the end, as nicks by id. Reactions beyond what any
    limit allows, which earlier releases kept, do not count.
    """

    text: str | None = None
    deleted: bool = False
    reactions: dict[str, dict[str, str]] = {}

    def apply(self, event: AnyStoredEvent) -> None:
        """Take in one more change, in place."""
        match event:
            case Edit(text=text):
                self.text = text
            case Delete():
                self.deleted = True
                self.text = None if self.text is None else ""
            case React(who=Person() as who):
                self._react(event, who)

    def _react(self, event: React, who: Person) -> None:
        emoji = normal_emoji(event.emoji) or event.emoji  # earlier releases kept any form
        people = self.reactions.get(emoji, {})
        people.pop(who.id, None)
        if event.on and self._has_place(emoji):
            people[who.id] = who.nick
            self.reactions[emoji] = people
        if not people:
            self.reactions.pop(emoji, None)

    def _has_place(self, emoji: str) -> bool:
        count = sum(len(people) for people in self.reactions.values())
        return has_place_for(emoji, self.reactions, MOST_EMOJI) and count < MOST_CHANGES


def has_place_for(emoji: str, reactions: Reactions, limit: int) -> bool:
    """Whether an emoji is among reactions already, or may be one more."""
    return emoji in reactions or len(reactions) < limit


Sized = tuple[MessageView, int]  # a message, and the bytes that it takes in an answer at most


class Changes(msgspec.Struct):
    """How often a message was changed, and what that adds up to."""

    count: int = 0
    state: State = msgspec.field(default_factory=State)

    def apply(self, event: AnyStoredEvent) -> None:
        """Take in one more change."""
        self.count += 1
        self.state.apply(event)

    def refuse(
        self, event: AnyStoredEvent, limits: ChangeLimits, shown: Reactions | None = None
    ) -> Rejected | None:
        """Return why the message cannot be changed so, if it is there.

        Args:
            event: What changes it.
            limits: Of changes.
            shown: The reactions that are not cleared; ``None`` for all.
        """
        if isinstance(event, Delete):
            return None
        if self.count >= limits.changes:
            return TOO_MANY_CHANGES
        if isinstance(event, React) and event.on:
            reactions = self.state.reactions if shown is None else shown
            if not has_place_for(event.emoji, reactions, limits.emoji):
                return TOO_MANY_REACTIONS
        return None


def view(
    message: Message, state: State | None = None, shown: Reactions | None = None
) -> MessageView:
    """Return a message as it stands; without a state it has not been changed.

    ``shown`` are the reactions that are not cleared; ``None`` for all.
    """
    told = MessageView(
        message.seq,
        message.ts,
        "" if message.deleted else message.text,
        message.who,
        message.cid,
        message.reply,
        deleted=message.deleted,
        cleared=message.cleared,
        files=[] if message.deleted else message.files,
    )
    if state is None:
        return told
    if state.text is not None:
        told.text, told.edited = state.text, True
    if message.deleted or state.deleted:
        told.text, told.deleted, told.files = "", True, []
    told.reactions = {
        emoji: [Person(id, nick) for id, nick in people.items()]
        for emoji, people in (state.reactions if shown is None else shown).items()
    }
    return told


def fit(messages: Iterable[Sized], limit: int, max_bytes: int) -> MessagePage:
    """Return the first messages that fit into a page, and whether there are others."""
    return MessagePage(*taken(messages, limit, max_bytes))


def taken(items: Iterable[tuple[T, int]], limit: int, max_bytes: int) -> tuple[list[T], bool]:
    """Return the first items that fit into a page, and whether there are others.

    No more than one item beyond the page is taken from the iterable.

    Args:
        items: Each with the bytes that it takes at most.
        limit: How many.
        max_bytes: How many bytes together, unless it is one item only.
    """
    page: list[T] = []
    size = 0
    for item, bytes_at_most in items:
        size += bytes_at_most
        if len(page) == limit or (page and size > max_bytes):
            return page, True
        page.append(item)
    return page, False


def fit_events(
    events: Iterable[tuple[int, bytes]], limit: int, max_bytes: int
) -> list[tuple[int, bytes]]:
    """Return the first encoded events that fit into a page, at least one if there is any."""
    page: list[tuple[int, bytes]] = []
    size = 0
    for seq, data in events:
        size += len(data) + 1  # and a comma
        if len(page) == limit or (page and size > max_bytes):
            break
        page.append((seq, data))
    return page


def without_cleared(
    rows: Sequence[tuple[int, AnyStoredEvent | None]],
    clearing: Clearing,
    kept: Callable[[], Changes],
) -> tuple[list[tuple[int, React]], Changes]:
    """Take the reactions that are cleared out of the changes of a message, for good.

    Args:
        rows: Numbers and changes of the message; ``None`` for one that is damaged.
        clearing: What is cleared.
        kept: Returns what is kept of all changes, as may be all there is of damaged ones.

    Returns:
        The reactions that are none any more, by number, and what all changes add up to.
    """
    cleared = [
        (seq, event)
        for seq, event in rows
        if isinstance(event, React) and event.who and clearing.covers_reaction(event)
    ]
    for _, reaction in cleared:
        reaction.on = False
    changes = kept() if any(event is None for _, event in rows) else Changes()
    for _, event in cleared if changes.count else rows:
        assert event
        changes.state.apply(event)
    changes.count = len(rows)
    for _, reaction in cleared:
        reaction.who = None
    return cleared, changes
