"""A memory budget: bytes that many keep for convenience, of which the least used are given up."""

from collections import OrderedDict
from collections.abc import Callable

Shed = Callable[[], None]


class MemoryBudget:
    """Shares out bytes; when they are used up, whoever used theirs longest ago gives them up.

    Args:
        limit: Bytes that all may keep together.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._kept: OrderedDict[Shed, int] = OrderedDict()
        self._total = 0

    @property
    def total(self) -> int:
        """How many bytes are kept."""
        return self._total

    @property
    def used(self) -> float:
        """The share of the limit that is in use."""
        return self._total / self.limit if self.limit else 0.0

    def keep(self, shed: Shed, size: int) -> None:
        """Take in that somebody keeps so many bytes now, and uses them.

        Args:
            shed: Makes them give up all of it; it also tells who they are.
            size: 0 if they keep nothing any more.
        """
        self._total += size - self._kept.pop(shed, 0)
        if size:
            self._kept[shed] = size
        while self._total > self.limit:
            other, given_up = self._kept.popitem(last=False)
            self._total -= given_up
            other()
