"""Clearings: makes what moderators have cleared deleted while it waits to be read."""

from typing import NamedTuple

from trio_chat.protocol import events
from trio_chat.remote import wire

Said = events.Message | events.Edit | events.Delete | events.React


class Clearing(NamedTuple):
    """Messages of these authors, from the number ``since`` up to that of the event, and others."""

    authors: frozenset[str]
    since: int
    seq: int
    also: frozenset[int]
    reacted: frozenset[int]

    def covers(self, event: Said) -> bool:
        """Whether a message, an edit or the deletion of one, or a reaction is cleared."""
        if isinstance(event, events.React):
            is_among = self.since <= event.target or event.target in self.reacted
            return is_among and event.who is not None and event.who.id in self.authors
        number = event.seq if isinstance(event, events.Message) else event.target
        author = event.who.id if event.who else ""
        is_among = self.since <= number < self.seq or number in self.also
        return is_among and author in self.authors


class Clearings:
    """Those whose ``clear`` is in a queue, behind messages that it has cleared.

    There are no more than events in the queue.
    """

    def __init__(self) -> None:
        self._queued: dict[str, Clearing] = {}

    def note(self, event: events.Event) -> None:
        """Take in that an event was queued."""
        match event:
            case events.Clear():
                authors, also = frozenset(event.authors), frozenset(event.also)
                reacted = frozenset(event.reacted)
                clearing = Clearing(authors, event.since, event.seq, also, reacted)
                self._queued[event.key] = clearing
            case events.Restore():
                self._queued.pop(event.key, None)

    def apply(self, event: wire.RoomEvent) -> wire.RoomEvent:
        """Return an event that has been taken out of the queue, deleted if it is cleared."""
        match event:
            case events.Clear():
                self._queued.pop(event.key, None)
            case events.Message() | events.Edit() | events.Delete() | events.React():
                is_cleared = any(one.covers(event) for one in self._queued.values())
                return _cleared(event) if is_cleared else event
        return event


def _cleared(event: Said) -> wire.RoomEvent:
    return events.without_author(event)
