"""Limits by address: what all connections of one address may ask for together."""

import ipaddress
from collections.abc import Callable
from functools import lru_cache

from trio_chat.addresses import UNIX
from trio_chat.config import Config
from trio_chat.limits.bucket import Bucket
from trio_chat.limits.buckets import Buckets
from trio_chat.limits.quota import Quota
from trio_chat.rates import unlimited

SUBNET = 64  # bits of an IPv6 address; one household, or one machine, has all behind them


@lru_cache
def key_of(address: str) -> str:
    """Return what counts as one address: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address) or parsed.is_loopback:
        return address
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, SUBNET), strict=False).network_address)


@lru_cache
def is_loopback(address: str) -> bool:
    """Tell whether an address is of this machine, as all are that connect by a Unix socket."""
    if address == UNIX:
        return True
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return (mapped or parsed).is_loopback


class Addresses:
    """A quota for each address. Those of this machine have no limits, unless the settings say so.

    Behind a proxy on this machine everybody has its address, so its limit would be everybody's.

    Args:
        config: The rates, ``flood_timeout`` and ``loopback_limits``.
        make: Returns the quota of an address, by its key.
    """

    def __init__(self, config: Config, make: Callable[[str], Quota] | None = None) -> None:
        self._config = config
        self._unlimited = Quota(unlimited())
        self.quotas = Buckets(make or (lambda _: Quota(config)))

    def is_exempt(self, address: str) -> bool:
        """Whether no limits by address hold for an address."""
        return self._config.loopback_limits == "off" and is_loopback(address)

    def counted(self, address: str) -> str:
        """Return what counts as one address; nothing for one without limits."""
        return "" if self.is_exempt(address) else key_of(address)

    def of(self, address: str, now: float) -> Quota:
        """Return the quota of an address."""
        if self.is_exempt(address):
            return self._unlimited
        return self.quotas.of(key_of(address), now)

    def spend_bytes(self, address: str, size: int, now: float) -> float:
        """Take in what was read from an address; return in how many seconds to read on.

        That debt is bounded, so that the others there do not wait for long once a flooder is gone.
        """
        shared = self.of(address, now).bucket("address_byte_rate")
        delay = shared.spend(now, size)
        return self.forgive(shared, delay, now) if delay else 0.0

    def forgive(self, shared: Bucket, delay: float, now: float) -> float:
        """Bound the debt of an address; return in how many seconds to read on."""
        most = self._config.flood_timeout / 2
        shared.limit_debt(now, most)
        return min(delay, most)
