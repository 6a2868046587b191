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

ENDED_AT_ONCE = 2  # connections in a turn: with what each one leaves behind, a millisecond
LOOKS_AT_ONCE = 128  # rooms of connections that are looked at in a turn: a millisecond


class Removals:
    """Finds the connections that have to go, and ends some of them in each turn.

    A round looks at all connections that there are when it begins, some of them in each turn.
    Rights that change during a round are looked at in the next one. A connection that comes during
    a round needs no look: its right is checked when it joins.

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
        self._looked_for = self._changed  # the same, but for the round under way
        self._has_ended = False  # whether any link ended of those that the round looks for
        self._to_look: deque[ConnectionState] = deque()  # what is left of the round
        self._to_end: deque[ConnectionState] = deque()

    def remove(self, person_ids: Collection[str], room: str) -> None:
        """End the connections that people have in a room; those in any if ``room`` is empty."""
        for person_id in person_ids:
            for state in self._connections_of(person_id):
                if not room or room in state.rooms:
                    state.removed_from = [room] if room else [*state.rooms]
                    self._to_end.append(state)

    def recheck(self, room: str, ended: Iterable[Link] = ()) -> None:
        """Have the connections in a room looked at, and those ended that may not be there any more.

        Ended are, besides, those who moderated by a link that has ended and may no longer do so,
        since their welcome told them otherwise (they may come back), and those in any room whom no
        link lets in on the server any more.

        Args:
            room: Its name; ``SERVER`` for all rooms.
            ended: Links to it that ended just now.
        """
        self._changed[room].update(ended)

    @property
    def has_more(self) -> bool:
        """Whether connections are still to be looked at or ended."""
        return bool(self._to_end or self._to_look or self._changed)

    def end_some(self) -> None:
        """Look at some connections, and end some of those that may not stay.

        Many of them must not hold up others, so they end over several turns. Until then the policy
        refuses all that they ask for.
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
                state.removed_from = [room for room in rooms if not self._may_be_in(state, room)]
                self._to_end.append(state)

    def _rooms_to_look_at(self, state: ConnectionState) -> Collection[str]:
        """Return the rooms of a connection in which it may have lost a right."""
        looked_for = self._looked_for
        return state.rooms if SERVER in looked_for else state.rooms.keys() & looked_for.keys()

    def _may_stay(self, state: ConnectionState, rooms: Collection[str]) -> bool:
        """Whether a connection may still be on the server and in these rooms, as what it was."""
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
        """Whether a connection moderated by a link that has ended, and may no longer do so."""
        room, person_id = ended.made.about, state.holder_id
        if ended.right < Right.MODERATE:
            return False
        is_shown = any(link is ended for link in state.links.values())
        if person_id not in ended.users and not is_shown:
            return False
        standing = self._access.standing(room, person_id, state.client.address, grant=state.grant)
        return standing.right < ended.right
