"""The quota of one person: a bucket for each kind of request that they have made lately."""

from collections.abc import Callable

from trio_chat.limits.bucket import Bucket
from trio_chat.rates import Rate, Rates


def new_bucket(_: str, rate: Rate) -> Bucket:
    """Return a bucket of this server alone."""
    return Bucket(rate)


class Quota:
    """Buckets by the names of their rates.

    Args:
        rates: The rates, which may change.
        make: Returns a full bucket, by the name of its rate and that rate.
    """

    __slots__ = ("_buckets", "_make", "_rates")

    def __init__(self, rates: Rates, make: Callable[[str, Rate], Bucket] = new_bucket) -> None:
        self._rates = rates
        self._make = make
        self._buckets: dict[str, Bucket] = {}

    def bucket(self, name: str) -> Bucket:
        """Return the bucket of a rate."""
        found = self._buckets.get(name)
        rate = getattr(self._rates, name)
        if found is None or found.rate is not rate:  # it has changed
            found = self._buckets[name] = self._make(name, rate)
        return found

    def is_full(self, now: float) -> bool:
        """Whether it is as if nothing had been asked for."""
        return all(bucket.is_full(now) for bucket in self._buckets.values())
