"""Measures: counts and distributions that cost next to nothing where they are taken."""

from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

SECONDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Histogram:
    """How often values up to each of some bounds were seen.

    Args:
        bounds: The largest value of each class, in order; one more class has all that is larger.
    """

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float] = SECONDS) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0  # of all values

    def observe(self, value: float, times: int = 1) -> None:
        """Take in a value that was seen so often."""
        self.counts[bisect_left(self.bounds, value)] += times
        self.total += value * times


class Delays:
    """How long things take that are done in the order in which they are begun."""

    def __init__(self) -> None:
        self.seconds = Histogram()
        self._begun: deque[tuple[float, int]] = deque()  # when, and how many

    def begin(self, now: float, count: int) -> None:
        """Take in that so many more have begun."""
        self._begun.append((now, count))

    def end(self, now: float, count: int) -> None:
        """Take in that the first so many have ended."""
        while count and self._begun:
            began, there = self._begun.popleft()
            done = min(there, count)
            self.seconds.observe(now - began, done)
            if done < there:
                self._begun.appendleft((began, there - done))
            count -= done


@dataclass(slots=True)
class Traffic:
    """What goes to and fro by WebSockets and event streams, and how these begin and end.

    ``opened`` and ``closed`` are by way in, ``ended`` by the reason.
    """

    received_bytes: int = 0
    received_messages: int = 0
    sent_bytes: int = 0
    sent_frames: int = 0
    opened: Counter[str] = field(default_factory=Counter)
    closed: Counter[str] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)

    def send(self, size: int, count: int = 1) -> None:
        """Take in that a frame of so many bytes goes to so many."""
        self.sent_frames += count
        self.sent_bytes += size * count


@dataclass(slots=True)
class BusFigures:
    """What a node knows of ``others`` that run, and how many hints it has sent and heard.

    Hints are counted by line: ``notify``, ``bus``. ``reconnects`` counts new connections for that
    to PostgreSQL, ``bus_reconnects`` tries to reach the bus anew. ``is_bus_up``: this node hears
    itself there; ``is_bus_used``: so do the others, and hints go by it alone.
    """

    others: int = 0
    sent: Counter[str] = field(default_factory=Counter)
    heard: Counter[str] = field(default_factory=Counter)
    reconnects: int = 0
    is_bus_up: bool = False
    is_bus_used: bool = False
    bus_reconnects: int = 0


@dataclass(slots=True)
class JournalFigures:
    """What a journal tells of itself; sizes are in bytes, as of the last look.

    ``counts`` has ``storage_full``, ``unavailable`` and ``rooms_forgotten``.
    """

    counts: Counter[str] = field(default_factory=Counter)
    read_seconds: Histogram = field(default_factory=Histogram)
    bus: BusFigures = field(default_factory=BusFigures)
    database: int = 0
    log: int = 0
    disk_free: int = 0
    is_space_low: bool = False


@dataclass
class FileFigures:
    """How many files people have sent, and bytes: of their contents, and of what is coming."""

    count: int = 0
    size: int = 0
    coming: int = 0


@dataclass(slots=True)
class BackupFigures:
    """What became of scheduled backups: how many were ``kept`` and have ``failed``.

    ``last`` is when the last one was kept, in seconds since 1970, 0 if never; ``seconds`` is how
    long that took.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    last: float = 0.0
    seconds: float = 0.0
