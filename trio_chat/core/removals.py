"""Removals: ends connections that may not be in a room, or on the server, any more."""

from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Mapping

from trio_chat.core.access import Access
from trio_chat.core.connection_state import ConnectionState
from trio_chat.core.effects import Turn
from trio_chat.core.links import Link
from trio_chat.core.registry import SERVER
from trio_chat.delivery.recipient import Requester
from trio_chat.protocol.close import REMOVED
from trio_chat.protocol.rights import Right

ENDED_AT_ONCE = 8  # connections in a turn: a millisecond
LOOKS_AT_ONCE = 128  # rooms of connections that are looked at in a turn: a millisecond


class Removals:
    """Finds the connections that have to go, and ends some of them in each turn.

    Whoever may be where is looked at in rounds over all connections, some in each turn. What comes
    during a round waits for the next one; who comes during it is asked for their right as they do.

    Args:
        turn: Where the closes go.
        connections: Those that are registered.
        access: Knows what people may do.
        connections_of: Returns the connections of a person.
    """

    def __init__(
        self,
        turn: Turn,
        connections: Mapping[Requester, ConnectionState],
        access: Access,
        connections_of: Callable[[str], Iterable[ConnectionState]],
    ) -> None:
        self._turn = turn
        self._connections = connections
        self._access = access
        self._connections_of = connections_of
        self._changed: defaultdict[str, set[Link]] = defaultdict(set)  # links that ended, by room
        self._looked_for = self._changed  # the same, of this round
        self._has_ended = False  # whether there are any
        self._to_look: deque[ConnectionState] = deque()  # of this round
        self._to_end: deque[ConnectionState] = deque()

    def remove(self, person_ids: Collection[str], room: str) -> None:
        """End the connections of people in a room, or in any."""
        for person_id in person_ids:
            states = self._connections_of(person_id)
            self._to_end += [state for state in states if not room or room in state.rooms]

    def recheck(self, room: str, ended: Iterable[Link] = ()) -> None:
        """End the connections in a room, or in any, that may not be there any more.

        So do those who came by a link to moderate that has ended, and may not any more: they were
        told that they may. They may come back. And so do those, wherever they are, whom no link
        lets in on the server any more.
        """
        self._changed[room].update(ended)

    @property
    def has_more(self) -> bool:
        """Whether connections are still to be looked at or ended."""
        return bool(self._to_end or self._to_look or self._changed)

    def end_some(self) -> None:
        """End some connections that may not stay; a crowd of them must not hold up others.

        Until then the policy lets them do nothing.
        """
        self._look_at_some()
        for _ in range(min(len(self._to_end), ENDED_AT_ONCE)):
            self._turn.effects.closes.append((self._to_end.popleft().client, REMOVED))

    def _look_at_some(self) -> None:
        if self._changed and not self._to_look:
            self._looked_for, self._changed = self._changed, defaultdict(set)
            self._has_ended = any(self._looked_for.values())
            self._to_look.extend(self._connections.values())
        looks = 0
        while self._to_look and looks < LOOKS_AT_ONCE:
            state = self._to_look.popleft()
            rooms = self._rooms_to_look_at(state)
            looks += 1 + len(rooms)
            if not self._may_stay(state, rooms):
                self._to_end.append(state)

    def _rooms_to_look_at(self, state: ConnectionState) -> Collection[str]:
        """Return the rooms of a connection in which it may have lost a right."""
        looked_for = self._looked_for
        return state.rooms if SERVER in looked_for else state.rooms.keys() & looked_for.keys()

    def _may_stay(self, state: ConnectionState, rooms: Collection[str]) -> bool:
        ended = [link for room in (*rooms, SERVER) for link in self._looked_for.get(room, ())]
        is_invited = self._access.is_invited
        return (
            (not self._has_ended or is_invited(state.grant, state.holder_id))
            and all(self._may_be_in(state, room) for room in rooms)
            and not any(self._is_demoted(state, link) for link in ended)
        )

    def _may_be_in(self, state: ConnectionState, room: str) -> bool:
        person_id, address, link = state.holder_id, state.client.address, state.links.get(room)
        return bool(self._access.standing(room, person_id, address, link, state.grant).right)

    def _is_demoted(self, state: ConnectionState, ended: Link) -> bool:
        """Whether a connection moderated by a link that has ended, and no other gives as much."""
        room, person_id = ended.made.about, state.holder_id
        if ended.right < Right.MODERATE:
            return False
        is_shown = any(link is ended for link in state.links.values())
        if person_id not in ended.users and not is_shown:
            return False
        standing = self._access.standing(room, person_id, state.client.address, grant=state.grant)
        return standing.right < ended.right
