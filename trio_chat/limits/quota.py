"""The quota of one person: a bucket for each kind of request that they have made lately."""

from trio_chat.limits.bucket import Bucket
from trio_chat.rates import Rates


class Quota:
    """Buckets by the names of their rates.

    Args:
        rates: The rates, which may change.
    """

    __slots__ = ("_buckets", "_rates")

    def __init__(self, rates: Rates) -> None:
        self._rates = rates
        self._buckets: dict[str, Bucket] = {}

    def bucket(self, name: str) -> Bucket:
        """Return the bucket of a rate."""
        found = self._buckets.get(name)
        rate = getattr(self._rates, name)
        if found is None or found.rate is not rate:  # it has changed
            found = self._buckets[name] = Bucket(rate)
        return found

    def is_full(self, now: float) -> bool:
        """Whether it is as if nothing had been asked for."""
        return all(bucket.is_full(now) for bucket in self._buckets.values())
