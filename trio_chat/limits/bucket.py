"""The token bucket: how soon something may be done again."""

from trio_chat.rates import Rate

ROUNDING = 1e-7  # seconds; so little may be missing because of how times are rounded


class Bucket:
    """Holds up to ``burst`` tokens, and gets ``per_second`` of them.

    All it remembers is when it will be full again (the generic cell rate algorithm), so nothing
    has to be done while nobody asks. It counts in seconds, which costs least.

    Args:
        rate: Its size and its inflow.
    """

    __slots__ = ("_full_at", "depth", "period", "rate")

    def __init__(self, rate: Rate) -> None:
        self.rate = rate
        self.period = 1 / rate.per_second if rate.per_second else 0.0  # in which one token comes
        self.depth = rate.burst * self.period  # in which an empty one is full
        self._full_at = float("-inf")

    def delay(self, now: float, cost: float = 1.0) -> float:
        """Return in how many seconds there are enough tokens; 0 if there are now.

        What costs more than the bucket holds needs a full one.
        """
        missing = min(cost * self.period, self.depth) - self.depth
        if self._full_at > now:
            missing += self._full_at - now
        return missing if missing > ROUNDING else 0.0

    def take(self, now: float, cost: float = 1.0) -> None:
        """Take tokens out; if there are too few, those that come next are spent already."""
        if self.period:
            self._full_at = max(self._full_at, now) + cost * self.period

    def spend(self, now: float, cost: float) -> float:
        """Take tokens out; return in how many seconds all that were taken have come in."""
        full_at = self._full_at
        full_at = max(full_at, now)
        self._full_at = full_at = full_at + cost * self.period
        missing = full_at - now - self.depth
        return missing if missing > ROUNDING else 0.0

    def limit_debt(self, now: float, seconds: float) -> None:
        """Forgive what was taken and will take longer than so many seconds to come in."""
        self._full_at = min(self._full_at, now + self.depth + seconds)

    def is_full(self, now: float) -> bool:
        """Whether it is as if it had never been used."""
        return self._full_at <= now


def of_rate(bucket: Bucket, rate: Rate) -> Bucket:
    """Return a bucket as it is, or a full one if it is of another rate: that has changed."""
    return bucket if bucket.rate is rate else Bucket(rate)
