"""The budget of all outboxes: what may wait for slow peers together."""

from typing import Protocol

RELIEF = 0.75  # of the limit; down to that the most backed-up go, so that it is not soon again


class Backed(Protocol):
    """An outbox in which something waits."""

    @property
    def waiting(self) -> int:
        """Bytes that wait."""
        ...

    def evict(self) -> None:
        """Drop what waits, and the connection."""
        ...


class OutboxBudget:
    """Counts the bytes that wait in all outboxes, and drops the fullest if they are too many.

    Args:
        limit: In bytes.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.least_frames = 0  # that any outbox holds, also one that was made with a lower limit
        self.least_bytes = 0
        self._backed: dict[Backed, None] = {}
        self.total = 0

    @property
    def used(self) -> float:
        """The share of the limit that is in use."""
        return self.total / self.limit

    @property
    def backed(self) -> int:
        """How many outboxes have something that waits."""
        return len(self._backed)

    def grow(self, outbox: Backed, size: int) -> None:
        """Take in that so many bytes more wait in an outbox."""
        self._backed[outbox] = None
        self.total += size

    def shrink(self, outbox: Backed, size: int) -> None:
        """Take in that so many bytes of an outbox wait no longer."""
        self.total -= size
        if not outbox.waiting:
            self._backed.pop(outbox, None)

    def relieve(self) -> None:
        """Drop the fullest outboxes if all together hold too much."""
        if self.total <= self.limit:
            return
        for outbox in sorted(self._backed, key=lambda backed: backed.waiting, reverse=True):
            if self.total <= self.limit * RELIEF:
                break
            outbox.evict()
