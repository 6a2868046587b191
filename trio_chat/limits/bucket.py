"""The token bucket: how soon something may be done again."""

from trio_chat.rates import Rate

ROUNDING = 1e-6  # tokens; so few may be missing because of how times are rounded


class Bucket:
    """Holds up to ``burst`` tokens, and gets ``per_second`` of them.

    All it remembers is when it will be full again (the generic cell rate algorithm), so nothing
    has to be done while nobody asks.

    Args:
        rate: Its size and its inflow.
    """

    __slots__ = ("_full_at", "_rate")

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._full_at = float("-inf")

    @property
    def period(self) -> float:
        """Seconds in which one token comes."""
        return 1 / self._rate.per_second if self._rate.per_second else 0.0

    def delay(self, now: float, cost: float = 1.0) -> float:
        """Return in how many seconds there are enough tokens; 0 if there are now.

        What costs more than the bucket holds needs a full one.
        """
        rate = self._rate
        if not rate.per_second:
            return 0.0
        spent = max(0.0, self._full_at - now) * rate.per_second
        missing = min(cost, rate.burst) + spent - rate.burst
        return missing / rate.per_second if missing > ROUNDING else 0.0

    def take(self, now: float, cost: float = 1.0) -> None:
        """Take tokens out; if there are too few, those that come next are spent already."""
        if self._rate.per_second:
            self._full_at = max(self._full_at, now) + cost / self._rate.per_second

    def is_full(self, now: float) -> bool:
        """Whether it is as if it had never been used."""
        return self._full_at <= now
