"""The intake of one connection: how long to wait before more of it is read."""

from trio_chat.limits.bucket import Bucket
from trio_chat.limits.quota import Quota
from trio_chat.rates import Rates

NAMES = "byte_rate", "frame_rate", "address_byte_rate"
NOT_AT_ALL = 0.0, ""


class Intake:
    """Counts what a connection sends, in bytes and frames.

    What was read is taken in any case; so many tokens may be spent before they are there, and the
    next read waits for them. The bytes of all connections of an address count together, too.

    Args:
        rates: Of one connection.
        address: The quota of its address.
    """

    __slots__ = ("_address_bytes", "_bytes", "_frames")

    def __init__(self, rates: Rates, address: Quota) -> None:
        self._bytes = Bucket(rates.byte_rate)
        self._frames = Bucket(rates.frame_rate)
        self._address_bytes = address.bucket("address_byte_rate")

    def take(self, size: int, frames: int, now: float) -> tuple[float, str]:
        """Take in what was read; return in how many seconds to read on, and which rate says so."""
        self._bytes.take(now, size)
        self._frames.take(now, frames)
        self._address_bytes.take(now, size)
        waits = (
            self._bytes.delay(now, 0),
            self._frames.delay(now, 0),
            self._address_bytes.delay(now, 0),
        )
        return max(zip(waits, NAMES, strict=True)) if any(waits) else NOT_AT_ALL
