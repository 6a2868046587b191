"""The intake of one connection: how long to wait before more of it is read."""

from trio_chat.config import Config
from trio_chat.limits.addresses import Addresses
from trio_chat.limits.bucket import Bucket, of_rate

NAMES = "byte_rate", "frame_rate", "control_rate", "address_byte_rate"
NOT_AT_ALL = 0.0, ""


class Intake:
    """Counts what a connection sends: bytes, frames and control frames.

    What was read is taken in any case; so many tokens may be spent before they are there, and the
    next read waits for them. The bytes of all connections of an address count together, too.

    Args:
        config: The rates of one connection.
        addresses: Have the quota of its address.
        address: The peer's.
    """

    __slots__ = ("_address", "_addresses", "_bytes", "_config", "_controls", "_frames")

    def __init__(self, config: Config, addresses: Addresses, address: str) -> None:
        self._config = config
        self._bytes = Bucket(config.byte_rate)
        self._frames = Bucket(config.frame_rate)
        self._controls = Bucket(config.control_rate)
        self._addresses = addresses
        self._address = address

    def take(self, size: int, frames: int, controls: int, now: float) -> tuple[float, str]:
        """Take in what was read; return in how many seconds to read on, and which rate says so."""
        config = self._config
        if self._bytes.rate is not config.byte_rate or self._frames.rate is not config.frame_rate:
            self._bytes = of_rate(self._bytes, config.byte_rate)
            self._frames = of_rate(self._frames, config.frame_rate)
        waits = (
            self._bytes.spend(now, size),
            self._frames.spend(now, frames),
            self._spend_controls(now, controls) if controls else 0.0,
            self._addresses.spend_bytes(self._address, size, now),
        )
        return max(zip(waits, NAMES, strict=True)) if any(waits) else NOT_AT_ALL

    def _spend_controls(self, now: float, controls: int) -> float:
        self._controls = of_rate(self._controls, self._config.control_rate)
        return self._controls.spend(now, controls)
