"""Readiness: when the next request of a connection may be taken, and as how many it counts."""

from collections.abc import Mapping
from typing import get_args

from trio_chat.core.catchup import Phase
from trio_chat.core.connection_state import ConnectionState
from trio_chat.core.effects import Turn
from trio_chat.core.joins import Joins
from trio_chat.core.messages import AnyAsked, Asked
from trio_chat.core.pending_writes import PendingWrites
from trio_chat.core.presence import Presence
from trio_chat.core.prices import HELLO, SHARES
from trio_chat.core.request_limits import RequestLimits
from trio_chat.core.room import Room
from trio_chat.delivery.recipient import Recipient, Requester
from trio_chat.protocol import governing, requests
from trio_chat.protocol.close import FLOODING
from trio_chat.protocol.request_error import RequestError

ABOUT_A_JOINED_ROOM = (requests.Leave, requests.Typing, requests.WriteRequest)
GOVERNING = {*get_args(governing.AnyGoverning)}


class Readiness:
    """What the backlog asks before it takes a request.

    Args:
        turn: Where those end who ask for too much.
        connections: Those that are registered.
        limits: Tell who has asked for too much.
        pending: What is to be kept.
        presence: Tells who is where.
        joins: Tell in which rooms a connection is.
    """

    def __init__(
        self,
        turn: Turn,
        connections: Mapping[Requester, ConnectionState],
        limits: RequestLimits,
        pending: PendingWrites,
        presence: Presence,
        joins: Joins,
    ) -> None:
        self._turn = turn
        self._connections = connections
        self._limits = limits
        self._pending = pending
        self._presence = presence
        self._joins = joins

    def price(self, client: Recipient, request: AnyAsked) -> int:
        """Return as how many requests one counts; nothing, if its connection is gone."""
        state = self._connections.get(client)
        if state is None:
            return 0
        if isinstance(request, requests.Nick):
            return 1 + self._presence.rooms_of(state.person_id)
        if isinstance(request, requests.Hello):
            return HELLO * (1 + len(request.rooms))
        return SHARES.get(type(request), 1)

    def must_wait(self, client: Recipient, request: AnyAsked) -> bool:
        """Whether a request has to wait.

        It waits for the client to read what it was sent, lest its own requests be what fills its
        outbox; for the journal; for a room that is being loaded; and for a nick that is claimed.
        """
        state = self._connections.get(client)
        if state is None:
            return False
        return (
            state.is_claiming
            or not client.can_take(0)
            or (_is_write(request) and not self._pending.has_room(state))
            or (isinstance(request, ABOUT_A_JOINED_ROOM) and self._is_loading(state, request.room))
        )

    def delay(self, asked: Asked, now: float) -> float:
        """Return in how many seconds the next request of a connection may be taken.

        All of a connection that asks for too much for too long are dropped, and it has to go.
        """
        state = self._connections.get(asked.client)
        if state is None:
            return 0.0
        request = asked.requests[0]
        room = None
        if isinstance(request, requests.WriteRequest):
            room = self._room(state, request.room)
        delay = self._limits.delay(state, asked, room, now)
        if state.is_flooding:
            asked.requests.clear()
            self._turn.effects.closes.append((state.client, FLOODING))
        return delay

    def _room(self, state: ConnectionState, name: str) -> Room | None:
        """Return the room of that name, if a connection is in it."""
        try:
            catch_up = self._joins.joined(state, name)
        except RequestError:
            return None
        return catch_up.room if catch_up else None

    def _is_loading(self, state: ConnectionState, name: str) -> bool:
        """Whether a connection has joined a room that is being loaded."""
        if not state.loading:
            return False
        try:
            catch_up = self._joins.joined(state, name)
        except RequestError:
            return False
        return catch_up is not None and catch_up.phase is Phase.LOADING


def _is_write(request: AnyAsked) -> bool:
    """Whether something is to be kept for a request."""
    return isinstance(request, requests.WriteRequest) or type(request) in GOVERNING
