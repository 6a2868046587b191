"""Timers: what is to happen in the chat at a time."""

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count

NEVER = float("inf")


def noop() -> None:
    """Do nothing: the turn that begins at the time is all that is wanted."""


class Timers:
    """A heap of calls, by the time of Trio's clock at which they are due."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._count = count()  # tells those of the same time apart

    @property
    def next_due(self) -> float:
        """The time of the next call."""
        return self._heap[0][0] if self._heap else NEVER

    def at(self, time: float, call: Callable[[], None]) -> None:
        """Have something called at a time."""
        heappush(self._heap, (time, next(self._count), call))

    def fire_due(self, now: float) -> None:
        """Call what is due."""
        while self.next_due <= now:
            heappop(self._heap)[2]()
