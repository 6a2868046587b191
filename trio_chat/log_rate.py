"""Bounds how often one kind of log line is written, and counts those that are left out."""

import threading
import time
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import structlog

WINDOW = 1.0  # seconds over which lines are counted
KIND_LIMIT = 1000  # kinds that are counted apart; lines of further ones are of one kind together
COUNT = "left_out"  # the key of lines that tell how many were left out, which are always written


class Kind(NamedTuple):
    """What lines have in common: their level and their event, without the values beside it."""

    level: str
    event: str


@dataclass
class _Count:
    """The lines of one kind in a window, which begins with the first of them."""

    begin: float
    lines: int = 0
    left_out: int = 0  # in earlier windows


class LogRate:
    """A processor for structlog that leaves out lines beyond the limit of their kind.

    It may be called by any thread.

    Args:
        limit: The lines of one kind in ``WINDOW`` at most; 0 for no limit.
        clock: Returns the time in seconds.
    """

    def __init__(self, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.limit = limit
        self._clock = clock
        self._lock = threading.Lock()
        self._counts: dict[Kind, _Count] = {}

    def __call__(
        self, _logger: object, level: str, entry: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        """Return an entry as it is.

        Raises:
            structlog.DropEvent: the entry is beyond the limit.
        """
        kind = Kind(level, str(entry.pop("kind", entry["event"])))
        if self.limit and COUNT not in entry and self._count(kind) > self.limit:
            raise structlog.DropEvent
        return entry

    def _count(self, kind: Kind) -> int:
        """Return how many lines of a kind there were in this window, with this one."""
        with self._lock:
            if len(self._counts) >= KIND_LIMIT and kind not in self._counts:
                kind = Kind("warning", "other lines")
            count = self._counts.setdefault(kind, _Count(self._clock()))
            if count.begin <= self._clock() - WINDOW:
                count.begin, count.left_out = self._clock(), self._excess(count)
                count.lines = 0
            count.lines += 1
            return count.lines

    def _excess(self, count: _Count) -> int:
        """Return how many lines of a kind were left out and are not reported yet."""
        return count.left_out + max(count.lines - self.limit, 0)

    def left_out(self, *, at_end: bool = False) -> list[tuple[Kind, int]]:
        """Return how many lines of each kind were left out, and begin new windows for them.

        Args:
            at_end: Take windows that are not over yet, too.
        """
        with self._lock:
            begun_before = self._clock() - WINDOW
            over = [
                (kind, count)
                for kind, count in self._counts.items()
                if at_end or count.begin <= begun_before
            ]
            for kind, _ in over:
                del self._counts[kind]
        return [(kind, excess) for kind, count in over if (excess := self._excess(count))]
