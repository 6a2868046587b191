"""Buckets by key: one for each person, room or address that has asked for something lately."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol, TypeVar

KEYS = 65_536  # that are remembered at most
SPARE = 4096  # keys that are remembered even if they are full: who asks for something asks again
SWEPT = 4  # keys beyond these that are looked at whenever one is added


class Drainable(Protocol):
    """What can be forgotten once it is as if it had never been used."""

    def is_full(self, now: float) -> bool:
        """Whether it can be forgotten."""
        ...


T = TypeVar("T", bound=Drainable)


class Buckets(OrderedDict[str, T]):
    """What is remembered of each key. Of more than ``SPARE`` full ones are forgotten bit by bit.

    With more than ``KEYS`` of them the one that has been there longest is forgotten, full or not:
    what all are allowed together is limited elsewhere.

    Args:
        make: Returns what a new key begins with.
    """

    def __init__(self, make: Callable[[str], T]) -> None:
        super().__init__()
        self._make = make
        self.changes = 0  # whoever keeps what it has found looks again once this is another

    def of(self, key: str, now: float) -> T:
        """Return what belongs to a key."""
        found = self.get(key)
        if found is None:
            self._sweep(now)
            found = self[key] = self._make(key)
        return found

    def reconfigure(self) -> None:
        """Take in that settings have changed."""
        self.changes += 1

    def _sweep(self, now: float) -> None:
        for _ in range(min(SWEPT, len(self) - SPARE)):
            key, bucket = self.popitem(last=False)
            if bucket.is_full(now) or len(self) >= KEYS - 1:
                self.changes += 1
            else:
                self[key] = bucket  # behind the others
