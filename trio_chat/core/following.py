"""Following: takes into the chat what other nodes, or commands beside the server, have done."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from trio_chat.core.access import Access
from trio_chat.core.basis import Rights, World
from trio_chat.core.devices import Devices
from trio_chat.core.moderation import Moderation
from trio_chat.core.registry import SERVER
from trio_chat.journal.arrivals import MARK
from trio_chat.journal.people import NOBODY
from trio_chat.journal.storage import Foreign
from trio_chat.journal.types import (
    Arrived,
    Claimed,
    Committed,
    Elsewhere,
    HeldChanged,
    PeopleChanged,
    RoomState,
)
from trio_chat.protocol.acts import LEDGER
from trio_chat.protocol.events import (
    ActKept,
    AnyStoredEvent,
    Edit,
    Message,
    Person,
    Topic,
    Typing,
)


class Following:
    """Keeps the chat as the journal has it, whoever has changed that.

    Args:
        world: The rooms and people.
        rights: Have the ledger.
        access: What people may do.
        moderation: Takes in acts.
        devices: End with their sessions.
    """

    def __init__(
        self,
        world: World,
        rights: Rights,
        access: Access,
        moderation: Moderation,
        devices: Devices,
    ) -> None:
        self._rooms = world.rooms
        self._people = world.people
        self._presence = world.presence
        self._arrivals = world.arrivals
        self._marks = world.marks
        self._held = world.held
        self._ledger = rights.ledger
        self._pairings = rights.pairings
        self._pairs = rights.pairs
        self._turn = world.turn
        self._access = access
        self._moderation = moderation
        self._devices = devices

    def take(self, change: Foreign) -> None:
        """Take in what others have done: other nodes, or commands beside."""
        match change:
            case Arrived(events, lasts, typing):
                self._hear(events, lasts)
                for name, who in typing:
                    if name in self._rooms:
                        self._rooms[name].tell(Typing(room=name, who=who))
            case Elsewhere(names, places):
                self._presence.follow(names, places)
            case HeldChanged():
                self._held.follow(change)
            case Claimed():
                for folded, id in self._people.claims.take(change):
                    self._rename(self._people.lose_nick(id, folded))
            case PeopleChanged(records):
                self._follow_people(records)
            case _:
                self._rooms.compare(change.states)
                self.follow_acts(change.states)

    def _hear(self, events: Sequence[Committed], lasts: Mapping[str, int]) -> None:
        """Take in what another node has committed; what is missing before it is read first."""
        for committed in events:
            if isinstance(committed.event, ActKept):
                self._moderation.keep(committed.event)
            else:
                self._rooms.take(committed)
                self._note_said(committed.event)
        self._rooms.hear(lasts)
        if (last := lasts.get(LEDGER, 0)) > self._access.registry.last:
            self._ledger.catch_up(last)

    def _note_said(self, event: AnyStoredEvent) -> None:
        """Take in that somebody has spoken at another node: in slow mode, or as an answer."""
        if not isinstance(event, Message | Edit | Topic) or not event.who:
            return
        if isinstance(event, Message):
            self._pairs.note_said(event.room, event.who)
        governed = self._access.registry.governed(event.room)
        if governed and governed.rules_at(self._access.clock()).slow:
            governed.note_said(event.who.id, self._turn.now, type(event), event.cid)

    def _follow_people(self, records: Mapping[str, bytes]) -> None:
        """Take in what other nodes have kept of people."""
        for id, data in records.items():
            if id.startswith(MARK):
                if not self._pairings.follow(id, data):
                    self._arrivals.follow(id, data)
            elif id == NOBODY:
                self._people.records.raise_floor(data)
            else:
                followed = self._people.follow(id, data)
                self._rename(followed.renamed)
                self._devices.end_over(id)
                self._marks.follow(id, followed.before)

    def _rename(self, renamed: Iterable[tuple[Person, Person]]) -> None:
        """Tell how people are called now who were called something else before."""
        for before, person in renamed:
            silent = partial(self._is_muted, person.id)
            self._presence.rename(person, before, silent)
            self._access.registry.call(person)

    def _is_muted(self, person_id: str, room: str) -> bool:
        """Whether nobody is told yet in a room what somebody is called."""
        return self._access.standing(room, person_id, "").is_muted

    def follow_acts(self, states: Sequence[RoomState]) -> None:
        """Follow the ledger, if it is among these: others may have changed who may do what."""
        for state in states:
            if state.name == LEDGER and (taken := self._ledger.follow(state)):
                for kept, ended in taken:
                    self._moderation.take(kept, ended)
                self._moderation.removals.recheck(SERVER, [one for _, one in taken if one])
