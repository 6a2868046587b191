"""The intake of one connection: how long to wait before more of it is read."""

from trio_chat.config import Config
from trio_chat.limits.addresses import Addresses
from trio_chat.limits.bucket import Bucket

NAMES = "byte_rate", "frame_rate", "control_rate", "address_byte_rate"
NOT_AT_ALL = 0.0, ""


class Intake:
    """Counts what a connection sends: bytes, frames and control frames.

    What was read is taken in any case; so many tokens may be spent before they are there, and the
    next read waits for them. The bytes of all connections of an address count together, too; that
    debt is bounded, so that the others there do not wait for long once a flooder is gone.

    Args:
        config: The rates of one connection, and ``flood_timeout``.
        addresses: Have the quota of its address.
        address: The peer's.
    """

    __slots__ = ("_address", "_addresses", "_bytes", "_controls", "_frames", "_most")

    def __init__(self, config: Config, addresses: Addresses, address: str) -> None:
        self._bytes = Bucket(config.byte_rate)
        self._frames = Bucket(config.frame_rate)
        self._controls = Bucket(config.control_rate)
        self._addresses = addresses
        self._address = address
        self._most = config.flood_timeout / 2

    def take(self, size: int, frames: int, controls: int, now: float) -> tuple[float, str]:
        """Take in what was read; return in how many seconds to read on, and which rate says so."""
        shared = self._addresses.of(self._address, now).bucket("address_byte_rate")
        waits = (
            self._bytes.spend(now, size),
            self._frames.spend(now, frames),
            self._controls.spend(now, controls) if controls else 0.0,
            min(shared.spend(now, size), self._most),
        )
        if not any(waits):
            return NOT_AT_ALL
        shared.limit_debt(now, self._most)
        return max(zip(waits, NAMES, strict=True))
