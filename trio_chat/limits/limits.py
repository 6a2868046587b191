"""The limits of one server: the buckets of persons and addresses, and what was reached."""

import trio

from trio_chat.config import Config
from trio_chat.limits.addresses import Addresses
from trio_chat.limits.buckets import Buckets
from trio_chat.limits.counters import Counters
from trio_chat.limits.overload import Overload
from trio_chat.limits.quota import Quota


class Limits:
    """All that is remembered of who has asked for how much.

    Args:
        config: The rates.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self.people: Buckets[Quota] = Buckets(self.new_quota)
        self.addresses = Addresses(config)
        self.counters = Counters()
        self.overload = Overload(config.lag_limit)

    def reconfigure(self) -> None:
        """Take in that settings have changed."""
        self.overload.lag_limit = self._config.lag_limit
        self.people.reconfigure()
        self.addresses.quotas.reconfigure()

    def spend_bytes(self, way_in: str, address: str, size: int) -> float:
        """Take in what was read from an address; return in how many seconds to read on.

        The counters get ``way_in``.
        """
        now = trio.current_time()
        delay = self.addresses.spend_bytes(address, size, now)
        if delay:
            self.counters.count("address_byte_rate", way_in, address, now)
        return delay

    def spend_file_bytes(self, way_in: str, address: str, size: int) -> float:
        """Take in what was read of a file; return in how many seconds to read on."""
        now = trio.current_time()
        bucket = self.addresses.of(address, now).bucket("address_file_rate")
        delay = bucket.spend(now, size)
        if delay:
            self.counters.count("address_file_rate", way_in, address, now)
            return self.addresses.forgive(bucket, delay, now)
        return 0.0

    def new_quota(self) -> Quota:
        """Return the quota of somebody who has not asked for anything."""
        return Quota(self._config)
