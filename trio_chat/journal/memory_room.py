"""A room of the journal in memory: its last events, and what they add up to."""

from collections import OrderedDict, deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from trio_chat.journal.clearings import (
    ALSO,
    REACTED,
    Clearing,
    Reactions,
    as_told,
    is_cleared,
    shown_reactions,
)
from trio_chat.journal.keys import Use, author_of, own_key
from trio_chat.journal.views import Changes
from trio_chat.protocol.events import (
    AnyStoredEvent,
    Clear,
    Edit,
    Message,
    React,
    Topic,
    encode,
    target_of,
    without_text,
)

TAIL = 10_000  # events of a room that are kept, and resends that are recognised


class Sealed(NamedTuple):
    """A clearing that can still be taken back, and when it was made, in ms since 1970."""

    ts: int
    clearing: Clearing


@dataclass
class MemoryRoom:
    """The events of a room, and what they add up to."""

    last: int = 0
    ts: int = 0
    topic: str = ""
    events: deque[AnyStoredEvent] = field(default_factory=lambda: deque(maxlen=TAIL))
    changes: dict[int, Changes] = field(default_factory=dict)  # by number of the message
    cids: OrderedDict[str, Use] = field(default_factory=OrderedDict)
    clearings: dict[str, Sealed] = field(default_factory=dict)  # by key

    @property
    def first(self) -> int:
        """The number of the first event that is kept, or of the next one."""
        return self.last - len(self.events) + 1

    def get(self, seq: int) -> AnyStoredEvent | None:
        """Return the event with a number, if it is kept."""
        index = seq - self.first
        return self.events[index] if 0 <= index < len(self.events) else None

    def put(self, event: AnyStoredEvent) -> None:
        """Keep another event in the place of the one with its number."""
        self.events[event.seq - self.first] = event

    def strike_out(self, target: int) -> list[tuple[int, bytes]]:
        """Take the text of a message out of what is kept; return the events without it, encoded."""
        bare = [
            without_text(old)
            for old in self.events
            if old.seq == target or (isinstance(old, Edit) and old.target == target)
        ]
        for event in bare:
            self.put(event)
        return [(event.seq, encode(event)) for event in bare]

    def append(self, event: AnyStoredEvent) -> None:
        """Keep one more event, for the oldest one if there is no place."""
        if len(self.events) == self.events.maxlen:
            self.drop_oldest()
        self.events.append(event)
        target = target_of(event)
        if target is not None:
            self.changes.setdefault(target, Changes()).apply(event)

    def drop_oldest(self) -> None:
        """Forget the first event."""
        self.changes.pop(self.events.popleft().seq, None)

    def last_too_old(self, before_ts: int, now: int) -> int:
        """Return the number of the last event that is too old, with all before it; 0 for none."""
        last = 0
        for event in self.events:
            if event.ts < before_ts:
                last = event.seq
            elif event.ts <= now:
                break
        return last

    def first_to_keep(self, keep_messages: int) -> int:
        """Return the number of the first of the messages that are kept; 0 if all are."""
        said = (event.seq for event in reversed(self.events) if isinstance(event, Message))
        return next(islice(said, keep_messages - 1, None), 0) if keep_messages else 0

    def drop_to(self, last: int) -> None:
        """Forget the events up to a number, and the texts of edits of what is gone."""
        while self.events and self.first <= last:
            self.drop_oldest()
        for event in list(self.events):
            if isinstance(event, Edit) and event.target <= last:
                self.put(without_text(event))

    def key_for(self, cid: str, author: str | None, digest: bytes | None) -> str:
        """Return the key under which a use of a cid is to be found, or kept."""
        use = self.cids.get(cid)
        return own_key(cid, digest) if use and use.is_free_for(author, digest) else cid

    def text_of(self, message: Message) -> str:
        """Return the present text of a message."""
        changes = self.changes.get(message.seq)
        if changes is None or changes.state.text is None:
            return message.text
        return changes.state.text

    def has_message_of(self, authors: Collection[str], since_ts: int) -> bool:
        """Whether one of these people has said or edited something since a time in ms."""
        return any(
            isinstance(event, Message | Edit)
            and event.ts >= since_ts
            and (author_of(event) or "") in authors
            for event in self.events
        )

    def count_messages(self, authors: Collection[str], since_ts: int) -> int:
        """Return how many messages these people have said or edited since a time in ms."""
        later = (event for event in self.events if event.ts >= since_ts)
        written = {
            event.target if isinstance(event, Edit) else event.seq
            for event in later
            if isinstance(event, Message | Edit) and (author_of(event) or "") in authors
        }
        return sum(self.has(seq) for seq in written)

    def told(self) -> Sequence[AnyStoredEvent]:
        """Return the events as they may be told."""
        clearings = [sealed.clearing for sealed in self.clearings.values()]
        if not clearings:
            return self.events
        return [as_told(clearings, event) for event in self.events]

    def is_cleared(self, message: Message) -> bool:
        """Whether moderators have cleared a message."""
        clearings = [sealed.clearing for sealed in self.clearings.values()]
        return is_cleared(clearings, message.seq, author_of(message))

    def has_lost(self, seq: int) -> bool:
        """Whether there is no message with a number, or a deleted one."""
        message = self.get(seq)
        return not isinstance(message, Message) or message.deleted

    def has(self, seq: int) -> bool:
        """Whether there is a message with a number that can be read: it is not cleared, either."""
        message = self.get(seq)
        return isinstance(message, Message) and not (message.deleted or self.is_cleared(message))

    def clear(self, event: Clear, since_ts: int, *, with_topics: bool) -> None:
        """Clear what an event clears, from a time in ms since 1970 on, and topics if wanted."""
        later = (kept.seq for kept in self.events if kept.ts >= since_ts)
        event.since = next(later, event.seq)
        authors = frozenset(event.authors)
        event.also = self._also(authors, event.since, with_topics=with_topics)
        event.reacted = self._reacted(authors, event.since)
        also, reacted = frozenset(event.also), frozenset(event.reacted)
        clearing = Clearing(event.key, authors, event.since, event.seq, also, reacted)
        self.clearings[event.key] = Sealed(event.ts, clearing)

    def _also(self, authors: Collection[str], since: int, *, with_topics: bool) -> list[int]:
        """Return which messages of before a number people have edited since, and their topics."""
        later = [
            event
            for event in self.events
            if event.seq >= since and (author_of(event) or "") in authors
        ]
        found = {event.target for event in later if isinstance(event, Edit)}
        topics = [event.seq for event in later if isinstance(event, Topic)] if with_topics else []
        return sorted({*topics, *(target for target in found if target < since)})[-ALSO:]

    def _reacted(self, authors: Collection[str], since: int) -> list[int]:
        """Return to which messages of before a number people have reacted since."""
        found = {
            event.target
            for event in self.events
            if isinstance(event, React)
            and event.target < since <= event.seq
            and (author_of(event) or "") in authors
        }
        return sorted(found)[-REACTED:]

    def shown_reactions(self, seq: int) -> Reactions:
        """Return the reactions to a message that are not cleared."""
        changes = self.changes.get(seq)
        if changes is None:
            return {}
        clearings = [sealed.clearing for sealed in self.clearings.values()]
        return shown_reactions(
            clearings, seq, changes.state.reactions, lambda first: self._changes_of({seq}, first)
        )

    def _changes_of(self, targets: Collection[int], first: int = 0) -> list[AnyStoredEvent]:
        """Return the changes of messages from a number on."""
        later = islice(self.events, max(0, first - self.first), None)
        return [one for one in later if target_of(one) in targets]

    def with_changes(self, seq: int) -> list[AnyStoredEvent]:
        """Return the message with a number, which is kept, and its changes."""
        return [self.events[seq - self.first], *self._changes_of({seq}, seq)]

    def delete_cleared(self, before: int) -> None:
        """Delete for good what was cleared before a time in ms since 1970."""
        gone = [key for key, sealed in self.clearings.items() if sealed.ts <= before]
        for key in gone:
            clearing = self.clearings[key].clearing
            changed = set[int]()
            for event in list(self.events):
                told = as_told([clearing], event)
                if told is not event:
                    self.put(told)
                    self.forget_text(event)
                    changed |= {event.target} if isinstance(event, React) else set()
            self._add_up(changed)
            del self.clearings[key]

    def _add_up(self, targets: Collection[int]) -> None:
        """Add up the changes of messages anew, which are all here."""
        here = {seq: Changes() for seq in targets if seq in self.changes}
        for event in self._changes_of(here):
            here[target_of(event) or 0].apply(event)
        self.changes |= here

    def forget_text(self, event: AnyStoredEvent) -> None:
        """Forget the text that edits have given to a message."""
        changes = self.changes.get(event.seq)
        if changes and changes.state.text:
            changes.state.text = ""
