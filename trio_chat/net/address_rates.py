"""The rates of an address: its requests and TLS handshakes are paid for before they are served."""

import trio

from trio_chat.config import Config
from trio_chat.limits.limits import Limits
from trio_chat.net.admission import retry_after
from trio_chat.net.head import HttpError


class AddressRates:
    """Lets a request of an address pass once its price is paid.

    Args:
        config: ``rate_patience``.
        limits: Have the quota of each address, and count who was over it.
    """

    def __init__(self, config: Config, limits: Limits) -> None:
        self._config = config
        self._limits = limits

    async def pay(
        self, rate: str, address: str, cost: float = 1.0, counted: str = "requests"
    ) -> None:
        """Take the price of a request from the quota of its address; wait for it a little.

        Raises:
            HttpError: that would take too long.
        """
        now = trio.current_time()
        bucket = self._limits.addresses.of(address, now).bucket(rate)
        delay = bucket.delay(now, cost)
        if delay:
            self._limits.counters.count(rate, "http", address, now)
            if delay > self._config.rate_patience:
                raise HttpError(429, f"too many {counted} from your address", retry_after(delay))
        bucket.take(now, cost)
        if delay:  # else it would be another round of Trio's loop; reading the head was one
            await trio.sleep(delay)

    def spend(self, address: str, size: int, *, is_file: bool = False) -> float:
        """Take in what was read and means nothing; return in how many seconds to read on."""
        take_price = self._limits.spend_file_bytes if is_file else self._limits.spend_bytes
        return take_price("http", address, size)

    async def pay_handshake(self, address: str) -> None:
        """Pay for a TLS handshake.

        Raises:
            trio.BrokenResourceError: that would take too long. No answer can be given before it.
        """
        try:
            await self.pay("tls_rate", address)
        except HttpError as refusal:
            raise trio.BrokenResourceError(str(refusal)) from None
