"""The rates of one connection: of what it sends, and of the pages of missed events it reads."""

import trio

from trio_chat.config import Config
from trio_chat.limits.intake import Intake
from trio_chat.limits.limits import Limits
from trio_chat.net.transport import Transport
from trio_chat.protocol.close import TOO_MANY_FRAGMENTS, CloseReason
from trio_chat.protocol.dialects.base import Dialect


def way_in(transport: Transport, dialect: Dialect) -> str:
    """Return the way in of a connection, as the counters of limits name it."""
    if transport.is_one_way:
        return "sse"
    return "socket" if dialect.needs_hello else "plain"


def limit_of(reason: CloseReason) -> str:
    """Return the limit that a peer has broken, if a WebSocket ends for one."""
    if reason == TOO_MANY_FRAGMENTS:
        return "fragment_limit"
    return "frame_limit" if reason.code == TOO_MANY_FRAGMENTS.code else ""


class ConnectionRates:
    """Tells how long a connection has to wait, and counts that it has to.

    Args:
        config: The rates, and ``flood_timeout``.
        limits: Of the server, with the quota of the peer's address.
        address: The peer's.
        way_in: The connection's.
    """

    __slots__ = ("_address", "_config", "_intake", "_limits", "_waited", "_way_in")

    def __init__(self, config: Config, limits: Limits, address: str, way_in: str) -> None:
        self._config = config
        self._limits = limits
        self._intake = Intake(config, limits.addresses, address)
        self._address = address
        self._way_in = way_in
        self._waited = 0.0  # seconds, since the peer had nothing more to say

    @property
    def way_in(self) -> str:
        """The connection's way in."""
        return self._way_in

    def take(self, size: int, frames: int, controls: int) -> float:
        """Take in what the peer has sent; return in how many seconds to go on."""
        now = trio.current_time()
        delay, rate = self._intake.take(size, frames, controls, now)
        if delay:
            self._limits.counters.count(rate, self._way_in, self._address, now)
            self._waited += delay
        return delay

    def spend(self, size: int) -> float:
        """Take in what is read and means nothing any more; return in how many seconds to go on."""
        return self._limits.spend_bytes(self._way_in, self._address, size)

    @property
    def is_flooded(self) -> bool:
        """Whether the peer has made us wait for too long, while it had always sent more already."""
        return self._waited > self._config.flood_timeout

    def catch_up(self) -> None:
        """Take in that all that the peer has sent is read."""
        self._waited = 0.0

    def count(self, limit: str) -> None:
        """Count that a limit was reached that is no rate; nothing, if it is none."""
        if limit:
            now = trio.current_time()
            self._limits.counters.count(limit, self._way_in, self._address, now)

    def take_page(self) -> float:
        """Take in that a page is to be read; return in how many seconds that may be."""
        now = trio.current_time()
        bucket = self._limits.addresses.of(self._address, now).bucket("resume_rate")
        delay = bucket.delay(now)
        if delay:
            self._limits.counters.count("resume_rate", self._way_in, self._address, now)
        bucket.take(now)
        return delay
