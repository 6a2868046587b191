"""The intake of one connection: how long to wait before more of it is read."""

from trio_chat.config import Config
from trio_chat.limits.addresses import Addresses
from trio_chat.limits.bucket import Bucket, of_rate

NAMES = "byte_rate", "frame_rate", "address_byte_rate", "control_rate"
NOT_AT_ALL = 0.0, ""


class Intake:
    """Counts what a connection sends: bytes, frames and control frames.

    What was read is taken in any case; so many tokens may be spent before they are there, and the
    next read waits for them. The bytes of all connections of an address count together, too.
    The buckets are looked up again when settings have changed or one of an address was forgotten.

    Args:
        config: The rates of one connection.
        addresses: Have the quota of its address.
        address: The peer's.
    """

    __slots__ = (
        "_address",
        "_addresses",
        "_bytes",
        "_changes",
        "_config",
        "_controls",
        "_frames",
        "_shared",
    )

    def __init__(self, config: Config, addresses: Addresses, address: str) -> None:
        self._config = config
        self._bytes = Bucket(config.byte_rate)
        self._frames = Bucket(config.frame_rate)
        self._controls = Bucket(config.control_rate)
        self._addresses = addresses
        self._address = address
        self._changes = -1  # they have not been looked up
        self._shared = self._bytes

    def take(self, size: int, frames: int, controls: int, now: float) -> tuple[float, str]:
        """Take in what was read; return in how many seconds to read on, and which rate says so."""
        if self._changes != self._addresses.quotas.changes:
            self._look_up(now)
        own = self._bytes.spend(now, size)
        several = self._frames.spend(now, frames)
        shared = self._shared.spend(now, size)
        if not (own or several or shared or controls):
            return NOT_AT_ALL
        if shared:
            shared = self._addresses.forgive(self._shared, shared, now)
        waits = own, several, shared, self._controls.spend(now, controls)
        return max(zip(waits, NAMES, strict=True)) if any(waits) else NOT_AT_ALL

    def _look_up(self, now: float) -> None:
        config = self._config
        self._bytes = of_rate(self._bytes, config.byte_rate)
        self._frames = of_rate(self._frames, config.frame_rate)
        self._controls = of_rate(self._controls, config.control_rate)
        self._shared = self._addresses.of(self._address, now).bucket("address_byte_rate")
        self._changes = self._addresses.quotas.changes
