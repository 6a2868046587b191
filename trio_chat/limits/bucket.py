"""The token bucket: how soon something may be done again."""

from collections.abc import Collection

from trio_chat.rates import Rate

ROUNDING = 1e-7  # seconds; so little may be missing because of how times are rounded


class Bucket:
    """Holds up to ``burst`` tokens, and gets ``per_second`` of them.

    All it remembers is when it will be full again (the generic cell rate algorithm), so nothing
    has to be done while nobody asks. It counts in seconds, which costs least.

    Args:
        rate: Its size and its inflow.
    """

    __slots__ = ("depth", "full_at", "period", "rate")

    def __init__(self, rate: Rate) -> None:
        self.rate = rate
        self.period = 1 / rate.per_second if rate.per_second else 0.0  # in which one token comes
        self.depth = rate.burst * self.period  # in which an empty one is full
        self.full_at = float("-inf")  # in Trio's time

    def delay(self, now: float, cost: float = 1.0) -> float:
        """Return in how many seconds there are enough tokens; 0 if there are now.

        What costs more than the bucket holds needs a full one.
        """
        missing = min(cost * self.period, self.depth) - self.depth
        if self.full_at > now:
            missing += self.full_at - now
        return missing if missing > ROUNDING else 0.0

    def take(self, now: float, cost: float = 1.0) -> None:
        """Take tokens out; if there are too few, those that come next are spent already."""
        if self.period:
            self.full_at = max(self.full_at, now) + cost * self.period

    def spend(self, now: float, cost: float) -> float:
        """Take tokens out; return in how many seconds all that were taken have come in."""
        full_at = self.full_at
        full_at = max(full_at, now)
        self.full_at = full_at = full_at + cost * self.period
        missing = full_at - now - self.depth
        return missing if missing > ROUNDING else 0.0

    def limit_debt(self, now: float, seconds: float) -> None:
        """Forgive what was taken and will take longer than so many seconds to come in."""
        self.full_at = min(self.full_at, now + self.depth + seconds)

    def is_full(self, now: float) -> bool:
        """Whether it is as if it had never been used."""
        return self.full_at <= now


def take_from_all(buckets: Collection[Bucket], now: float, cost: float) -> bool:
    """Take tokens out of all buckets, if each has enough now; return whether that is so.

    Each message pays so. What is full has enough, without a look at what it needs.
    """
    for bucket in buckets:
        if bucket.full_at > now and bucket.delay(now, cost):
            return False
    for bucket in buckets:
        bucket.full_at = max(bucket.full_at, now) + cost * bucket.period
    return True


def of_rate(bucket: Bucket, rate: Rate) -> Bucket:
    """Return a bucket as it is, or a full one if it is of another rate: that has changed."""
    return bucket if bucket.rate is rate else Bucket(rate)
