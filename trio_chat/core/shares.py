"""Shares: what is kept of many in a bounded place, so that whoever fills it displaces their own."""

from collections import OrderedDict, defaultdict
from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)


class Shares(Generic[Key]):
    """Keys, each of a group, in the order in which they were added to it.

    ``pop`` takes the first key of the largest group. So a group loses nothing to others as long as
    it has no more than its equal share. No method takes longer the more keys there are.
    """

    def __init__(self) -> None:
        self._groups: dict[Hashable, OrderedDict[Key, None]] = {}
        self._group_of: dict[Key, Hashable] = {}
        self._by_size: defaultdict[int, dict[Hashable, None]] = defaultdict(dict)
        self._largest = 0

    def __len__(self) -> int:
        """Return how many keys there are."""
        return len(self._group_of)

    def __contains__(self, key: object) -> bool:
        """Whether a key is there."""
        return key in self._group_of

    def add(self, key: Key, group: Hashable) -> None:
        """Add a key, or move it to the end of a group."""
        self.discard(key)
        keys = self._groups.setdefault(group, OrderedDict())
        keys[key] = None
        self._group_of[key] = group
        self._resize(group, len(keys) - 1, len(keys))

    def discard(self, key: Key) -> None:
        """Take a key out, if it is there."""
        if key not in self._group_of:
            return
        group = self._group_of.pop(key)
        keys = self._groups[group]
        del keys[key]
        self._resize(group, len(keys) + 1, len(keys))
        if not keys:
            del self._groups[group]

    def of(self, group: Hashable) -> list[Key]:
        """Return the keys of a group, the oldest first."""
        return list(self._groups.get(group, ()))

    def pop(self) -> Key:
        """Take out the first key of the largest group, and return it."""
        group = next(iter(self._by_size[self._largest]))
        key = next(iter(self._groups[group]))
        self.discard(key)
        return key

    def _resize(self, group: Hashable, before: int, now: int) -> None:
        """Take in that a group has one key more or less."""
        if before:
            del self._by_size[before][group]
            if not self._by_size[before]:
                del self._by_size[before]
        if now:
            self._by_size[now][group] = None
        if now > self._largest or (before == self._largest and before not in self._by_size):
            self._largest = now
