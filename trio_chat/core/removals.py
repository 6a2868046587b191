"""Removals: ends connections that may not be in a room, or on the server, any more."""

from collections import deque
from collections.abc import Collection, Iterable, Mapping

from trio_chat.core.access import Access
from trio_chat.core.connection_state import ConnectionState
from trio_chat.core.effects import Turn
from trio_chat.core.links import Link
from trio_chat.delivery.recipient import Requester
from trio_chat.protocol.close import REMOVED
from trio_chat.protocol.rights import Right

ENDED_AT_ONCE = 8  # connections in a turn: a millisecond


class Removals:
    """Finds the connections that have to go, and ends some of them in each turn.

    Args:
        turn: Where the closes go.
        connections: Those that are registered.
        access: Knows what people may do.
    """

    def __init__(
        self, turn: Turn, connections: Mapping[Requester, ConnectionState], access: Access
    ) -> None:
        self._turn = turn
        self._connections = connections
        self._access = access
        self._to_end: deque[ConnectionState] = deque()

    def remove(self, person_ids: Collection[str], room: str) -> None:
        """End the connections of people in a room, or in any."""
        self._end(state for state in self._inside(room) if state.holder_id in person_ids)

    def recheck(self, room: str, ended: Link | None = None) -> None:
        """End the connections in a room, or in any, that may not be there any more.

        So do those who came by a link to moderate that has ended, and may not any more: they were
        told that they may. They may come back.
        """
        self._end(
            state
            for state in self._inside(room)
            if not self._may_stay(state, room) or (ended and self._is_demoted(state, ended))
        )

    def end_uninvited(self, room: str) -> None:
        """End the connections outside a room that no link lets in on the server any more."""
        self._end(
            state
            for state in self._connections.values()
            if room not in state.rooms and not self._access.is_invited(state.grant, state.holder_id)
        )

    def _inside(self, room: str) -> list[ConnectionState]:
        states = self._connections.values()
        return [state for state in states if not room or room in state.rooms]

    def _may_stay(self, state: ConnectionState, room: str) -> bool:
        rooms = [room] if room else state.rooms
        address = state.client.address
        return all(
            self._access.standing(
                name, state.holder_id, address, state.links.get(name), state.grant
            ).right
            for name in rooms
        )

    def _is_demoted(self, state: ConnectionState, ended: Link) -> bool:
        """Whether a connection moderated by a link that has ended, and no other gives as much."""
        room, person_id = ended.made.about, state.holder_id
        if ended.right < Right.MODERATE:
            return False
        if person_id not in ended.users and state.links.get(room) is not ended:
            return False
        standing = self._access.standing(room, person_id, state.client.address, grant=state.grant)
        return standing.right < ended.right

    def _end(self, states: Iterable[ConnectionState]) -> None:
        """End connections soon; until then the policy lets them do nothing."""
        self._to_end += states

    @property
    def has_more(self) -> bool:
        """Whether connections are still to be ended."""
        return bool(self._to_end)

    def end_some(self) -> None:
        """End some connections that may not stay; a crowd of them must not hold up others."""
        for _ in range(min(len(self._to_end), ENDED_AT_ONCE)):
            self._turn.effects.closes.append((self._to_end.popleft().client, REMOVED))
