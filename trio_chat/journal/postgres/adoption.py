"""Adoption: events that have their numbers, and times, already are kept in one transaction."""

from collections.abc import Collection, Sequence

from trio_chat.journal.postgres import scrubs, sealing, words
from trio_chat.journal.postgres.cids import Cids
from trio_chat.journal.postgres.link import Link, text
from trio_chat.journal.postgres.messages import Messages
from trio_chat.journal.postgres.rooms import Rooms
from trio_chat.journal.postgres.turn import KEEP, EventRow, row_of
from trio_chat.journal.stored import understood
from trio_chat.protocol.events import (
    AnyStoredEvent,
    Clear,
    Delete,
    Edit,
    Message,
    Restore,
    Topic,
    encode,
    target_of,
)


class Adoption:
    """Keeps events behind those that are there.

    Args:
        link: To the database; a transaction must be open.
        names: Of the rooms, which nobody else writes to before it ends.
    """

    def __init__(self, link: Link, names: Collection[str]) -> None:
        self._link = link
        self._rooms = Rooms(link, [text(name) for name in names])
        self._cids = Cids(link)
        self._messages = Messages(link)
        self._words = words.Changes(link)
        self._events: list[EventRow] = []

    def last(self, name: str) -> int:
        """Return the number of a room's last event; 0 if the room is not there."""
        room = self._rooms.of(name)
        return room.last if room.id else 0

    def found(self, name: str, last: int, ts: int, topic: str) -> None:
        """Make a room whose events up to a number have been, and are not here."""
        self._rooms.begin(name)
        room = self._rooms.of(name)
        room.last, room.ts, room.topic, room.is_changed = last, ts, topic, True

    def adopt(self, events: Sequence[AnyStoredEvent]) -> None:
        """Keep the next events of rooms that are there."""
        placed = [(self._id(event), event) for event in events]
        self._cids.fetch(placed)
        targets = ((room, target_of(event)) for room, event in placed)
        self._messages.fetch({(room, seq) for room, seq in targets if seq is not None})
        for room, event in placed:
            self._keep(room, event)

    def _id(self, event: AnyStoredEvent) -> int:
        id = self._rooms.of(event.room).id
        assert id is not None
        return id

    def _keep(self, room: int, event: AnyStoredEvent) -> None:
        progress, data = self._rooms.of(event.room), encode(event)
        progress.go_on(event.seq, event.ts)
        self._events.append(row_of(room, event, data))
        self._cids.keep(room, event)
        self._bring_into_index(room, event)
        self._messages.add(room, event, data)
        match event:
            case Topic():
                progress.topic = event.text
            case Delete():
                self.finish()
                scrubs.begin(self._link, room, event.target)
                self._messages.look_again()
            case Clear():
                sealing.keep(self._link, room, event)
            case Restore():
                sealing.lift(self._link, room, event.key)
            case _:
                pass

    def _bring_into_index(self, room: int, event: AnyStoredEvent) -> None:
        match event:
            case Message(seq=seq, text=said, who=who, deleted=False):
                self._words.put(room, seq, said, who)
            case Edit(target=target, text=said):
                found = self._messages.find(room, target)
                message = understood(event.room, target, found.data) if found else None
                if isinstance(message, Message) and not message.deleted:
                    self._words.put(room, target, said, message.who)
            case Delete(target=target):
                self._words.remove(room, target)
            case _:
                pass

    def finish(self) -> None:
        """Write what is kept so far."""
        with self._link.together():
            if self._events:
                columns = [list(column) for column in zip(*self._events, strict=True)]
                self._link.execute(KEEP, columns)
                self._events = []
            self._cids.save()
            self._messages.save()
            self._words.save()
            self._rooms.save()
