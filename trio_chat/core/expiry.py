"""Expiry: ends connections when what has let them in holds no longer."""

import weakref
from collections.abc import Callable, Mapping

from trio_chat.auth.grant import Grant
from trio_chat.clock import wall_clock
from trio_chat.core.connection_state import ConnectionState
from trio_chat.core.effects import Turn
from trio_chat.delivery.recipient import Requester
from trio_chat.protocol.close import EXPIRED

# Seconds between two looks at a grant that ends later. It bounds how late the setting of the wall
# clock is noticed, and for how long a timer outlives its connection.
LOOK_INTERVAL = 30.0


class Expiry:
    """Looks at the wall clock every ``LOOK_INTERVAL``, and once more when a grant should end.

    Args:
        turn: Gets the connections to end.
        connections: Those that are registered.
        delay: Calls something after so many seconds.
    """

    def __init__(
        self,
        turn: Turn,
        connections: Mapping[Requester, ConnectionState],
        delay: Callable[[float, Callable[[], None]], None],
    ) -> None:
        self._turn = turn
        self._connections = connections
        self._delay = delay

    def watch(self, state: ConnectionState) -> None:
        """End a connection when its grant ends, if it does."""
        if state.grant.expires_at is None:
            return
        left = state.grant.expires_at - wall_clock() / 1000
        if left <= 0:
            self._turn.effects.closes.append((state.client, EXPIRED))
            return
        known = weakref.ref(state)  # it may be gone long before
        self._delay(min(left, LOOK_INTERVAL), lambda: self._look(known()))

    def judge(self, admits: Callable[[Grant], bool]) -> None:
        """End the connections of those whose grants let nobody in any more."""
        self._turn.effects.closes += [
            (state.client, EXPIRED)
            for state in self._connections.values()
            if state.is_let_in and not admits(state.grant)
        ]

    def _look(self, state: ConnectionState | None) -> None:
        if state and state.client in self._connections:
            self.watch(state)
