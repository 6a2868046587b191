"""Attempts: how often an address may be wrong about a secret."""

import trio

from trio_chat.limits.bucket import Bucket
from trio_chat.limits.limits import Limits

RATE = "password_rate"


class Attempts:
    """Counts attempts while they last, so that many at once are no way around the limit.

    Args:
        limits: The buckets of addresses.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    def begin(self, address: str) -> float:
        """Count an attempt; return in how many seconds one is possible, 0 if this one is."""
        now = trio.current_time()
        bucket = self._bucket(address, now)
        delay = bucket.delay(now)
        if delay:
            self._limits.counters.count(RATE, "access", address, now)
        else:
            bucket.take(now)
        return delay

    def forgive(self, address: str) -> None:
        """Count an attempt no more: it was right."""
        now = trio.current_time()
        self._bucket(address, now).take(now, -1)

    def _bucket(self, address: str, now: float) -> Bucket:
        return self._limits.addresses.of(address, now).bucket(RATE)
