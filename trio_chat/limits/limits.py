"""The limits of one server: the buckets of persons and addresses, and what was reached."""

from functools import partial

import trio

from trio_chat.config import Config
from trio_chat.limits.addresses import Addresses
from trio_chat.limits.bucket import Bucket
from trio_chat.limits.buckets import Buckets
from trio_chat.limits.counters import Counters
from trio_chat.limits.overload import Overload
from trio_chat.limits.quota import Quota
from trio_chat.limits.shared import ADDRESSES, PEOPLE, SharedLimits


class Limits:
    """All that is remembered of who has asked for how much.

    Args:
        config: The rates.
        is_shared: Whether other nodes have the same people and addresses.
    """

    def __init__(self, config: Config, *, is_shared: bool = False) -> None:
        self._config = config
        self.shared = SharedLimits(config, self._find) if is_shared else None
        self.people: Buckets[Quota] = Buckets(partial(self._quota_of, PEOPLE))
        self.addresses = Addresses(config, partial(self._quota_of, ADDRESSES))
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

    def _quota_of(self, whose: int, key: str) -> Quota:
        """Return the quota of a person, or an address, that has not asked for anything."""
        if self.shared is None:
            return Quota(self._config)
        return Quota(self._config, partial(self.shared.bucket, whose, key))

    def _find(self, whose: int, key: str, name: str) -> Bucket:
        quotas = self.people if whose == PEOPLE else self.addresses.quotas
        return quotas.of(key, trio.current_time()).bucket(name)

    def new_quota(self) -> Quota:
        """Return the quota of somebody who has not asked for anything."""
        return Quota(self._config)
