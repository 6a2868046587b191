"""The latest acts: those of moderators that are at hand, of all rooms together."""

from collections.abc import Iterator

from trio_chat.core.shares import Shares
from trio_chat.protocol.acts import Reported
from trio_chat.protocol.events import ActKept

ACTS = 10_000  # others are in the journal


class LatestActs:
    """Acts in order. Each room has its share of the bound, and so have its reports.

    So nobody displaces those of others by what they do in rooms of their own.
    """

    def __init__(self) -> None:
        self._acts: dict[int, ActKept] = {}  # by number, the latest at the end
        self._shares: Shares[int] = Shares()

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._acts)

    def __iter__(self) -> Iterator[ActKept]:
        """Return an iterator over them, the earliest first."""
        return iter(self._acts.values())

    def __reversed__(self) -> Iterator[ActKept]:
        """Return an iterator over them, the latest first."""
        return reversed(self._acts.values())

    def get(self, number: int) -> ActKept | None:
        """Return the one with a number, if it is at hand."""
        return self._acts.get(number)

    def forget(self, room: str) -> list[int]:
        """Take out those of a room; return their numbers."""
        gone = [*self._shares.of((room, False)), *self._shares.of((room, True))]
        for number in gone:
            self._shares.discard(number)
            del self._acts[number]
        return gone

    def add(self, kept: ActKept, room: str) -> int | None:
        """Add the next one, to the share of a room; return the number of one that goes for it."""
        self._acts[kept.seq] = kept
        self._shares.add(kept.seq, (room, isinstance(kept.act, Reported)))
        if len(self._shares) <= ACTS:
            return None
        gone = self._shares.pop()
        del self._acts[gone]
        return gone
