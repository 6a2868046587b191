"""Goodbyes at the end: connections are parted with in batches, each with its own time to return."""

from collections.abc import Iterable

from trio_chat.config import Config
from trio_chat.core.effects import Turn
from trio_chat.core.rooms import Delay
from trio_chat.delivery.recipient import Recipient
from trio_chat.protocol.close import CloseReason, Parting

AT_ONCE = 128  # connections in a turn, which all wake and write
PAUSE = 0.005  # seconds between two batches
SHARE = 0.5  # of the drain time that all batches may take
RETURN_PACE = 0.002  # seconds between two that come back, if the window has room for that


class Goodbyes:
    """Ends connections, the first ones at once and the others some milliseconds apart.

    Args:
        turn: Where the closes go.
        config: ``return_window`` and ``drain_timeout``.
        delay: Has something called so many seconds later.
    """

    def __init__(self, turn: Turn, config: Config, delay: Delay) -> None:
        self._turn = turn
        self._config = config
        self._delay = delay
        self._left: dict[Recipient, None] = {}
        self._reason: CloseReason | None = None
        self._count = 0

    def begin(self, reason: CloseReason, clients: Iterable[Recipient]) -> None:
        """Part with clients. They are told to come back one after the other."""
        self._reason = reason
        self._left = dict.fromkeys(clients)
        self._count = len(self._left)
        self._pace = min(self._config.return_window / max(self._count, 1), RETURN_PACE)
        pauses = max(1, int(SHARE * self._config.drain_timeout / PAUSE))
        self._batch = max(AT_ONCE, self._count // pauses + 1)
        self._end_some()

    def forget(self, client: Recipient) -> None:
        """Leave out a client that has gone by itself."""
        self._left.pop(client, None)

    def _end_some(self) -> None:
        assert self._reason
        for client in list(self._left)[: self._batch]:
            del self._left[client]
            parting = Parting(*self._reason)
            parting.extra_ms = int(1000 * self._pace * (self._count - len(self._left) - 1))
            self._turn.effects.closes.append((client, parting))
        if self._left:
            self._delay(PAUSE, self._end_some)
