"""A change of the term: rooms go on in it, and those who know what is lost come back."""

from collections.abc import Collection, Sequence

import structlog

from trio_chat.core.basis import World
from trio_chat.core.connection_state import ConnectionState
from trio_chat.core.epochs import Epochs
from trio_chat.core.registration import Registration
from trio_chat.core.registry import Registry
from trio_chat.core.room import Room
from trio_chat.journal.types import Moved, RoomState
from trio_chat.protocol.acts import LEDGER
from trio_chat.protocol.close import RESYNC
from trio_chat.protocol.events import Epoch

log = structlog.get_logger()


class TermChange:
    """Takes in that the journal goes on in another term.

    Where all is there that was told, members are told the epoch, so that they can come back with
    it. The connections in other rooms end: when they come back they are told what is lost.

    Args:
        world: The rooms and connections.
        epochs: Are moved.
        registry: Has acts of the ledger.
        registration: Ends connections.
    """

    def __init__(
        self, world: World, epochs: Epochs, registry: Registry, registration: Registration
    ) -> None:
        self._rooms = world.rooms
        self._connections = world.connections
        self._presence = world.presence
        self._epochs = epochs
        self._registry = registry
        self._registration = registration
        self.lost = 0
        self.has_lost_acts = False

    def take(self, moved: Moved) -> None:
        """Take in the term, and how rooms stand there."""
        before = self._epochs.present
        self._epochs.terms = moved.terms
        self._rooms.term = moved.terms.present.number
        states = {state.name: state for state in moved.states}
        cut: dict[str, int | None] = {}
        for name, room in self._rooms.items():
            state = states.get(name)
            end = self._end(before, state)
            if state is None or end is None or end < room.log.last:
                cut[name] = None if end is None else room.log.last - end
            else:
                self._go_on(room, state)
        self._rooms.compare(state for name, state in states.items() if name not in cut)
        acts = self._end(before, states.get(LEDGER))
        self.has_lost_acts = acts is None or acts < self._registry.last
        self._report(before, cut)
        self._end_those_in(cut)

    def _end(self, before: str, state: RoomState | None) -> int | None:
        """Return up to which number a room is as it was told; ``None`` if nobody knows."""
        return state and self._epochs.terms.end(before, state.starts, state.last)

    def _go_on(self, room: Room, state: RoomState) -> None:
        room.log.move(state, self._rooms.term)
        room.tell(Epoch(room=room.name, epoch=self._epochs.present))

    def _end_those_in(self, cut: Collection[str]) -> None:
        """End all connections in rooms; with them the rooms close."""
        concerned: Sequence[ConnectionState] = [
            state
            for state in self._connections.values()
            if any(name in cut and state.rooms[name].room for name in state.rooms)
        ]
        self._registration.part_with(concerned, RESYNC)
        for name in cut:
            self._presence.clear(self._rooms[name])
        self._rooms.drop(cut)

    def _report(self, before: str, cut: dict[str, int | None]) -> None:
        lost = sum(count or 0 for count in cut.values())
        self.lost += lost
        log.warning(
            "the journal goes on in another term",
            before=before,
            now=self._epochs.present,
            rooms=len(self._rooms),
            rooms_cut=len(cut),
            events_lost=lost,
        )
