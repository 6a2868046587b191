"""What came out of one attack, and whether that is the right outcome."""

from dataclasses import asdict, dataclass, field
from typing import Any

from tests.hostile.attack import Attack, Variant
from tests.hostile.meter import Reading
from trio_chat.journal.sqlite import checkpoints

MIB = 1024 * 1024
FLOOR = 0.040  # seconds; a delay below it is no harm, however short it was before: nobody feels it
TIMES = 2.0  # how much longer an acknowledgement may take than without the attack
MEMORY = 50 * MIB  # bytes that the server may hold more during an attack
GUEST = 24 * 1024  # bytes that somebody may cost who is let in and behaves well
LONGEST_LOG = checkpoints.LONGEST * 4096  # bytes, of the write-ahead log
DISK = LONGEST_LOG + 4 * MIB  # bytes by which the database and its log may grow in any case
DISK_RATE = MIB // 2  # and for each second
LOG = 64 * 1024  # bytes by which the log may grow in any case
LOG_RATE = 16 * 1024  # and for each second
DELAY = "others wait"  # is what a fault begins with that tells of a delay
LEFT = {"descriptors": 2, "threads": 2, "tasks": 2}  # that may be there more afterwards


@dataclass
class Result:
    """The figures of one attack; times are seconds, sizes bytes, ``None`` where unknown."""

    name: str
    outcome: str
    variant: str
    before: float | None = None  # p99 of the good clients' acknowledgements without the attack
    during: float | None = None  # and with it: the median of three parts of the time
    limit: float | None = None
    seconds: float = 0.0
    memory: int | None = None  # growth of the peak
    disk: int | None = None
    log: int | None = None
    left: dict[str, int] = field(default_factory=dict)  # more than before, afterwards
    sent: int = 0
    received: int = 0
    endings: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    harm_lasts: bool = False  # whether the server was not as before when all was over
    left_out: str = ""  # why it was not made

    @classmethod
    def of(cls, attack: Attack, variant: Variant) -> "Result":
        return cls(attack.name, attack.outcome, str(variant))

    @property
    def passed(self) -> bool:
        """Whether the outcome is right; an attack that was left out has not failed."""
        return not self.faults

    @property
    def is_only_late(self) -> bool:
        """Whether nothing is wrong but that others wait, which is over."""
        return not self.harm_lasts and bool(self.faults) and all(map(_is_delay, self.faults))

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "passed": self.passed}

    def judge_delay(self) -> None:
        """Compare the delays with and without the attack."""
        if self.before is None or self.during is None:
            return
        self.limit = max(TIMES * self.before, FLOOR)
        if self.during > self.limit:
            self.faults.append(
                f"{DELAY} {milliseconds(self.during)} instead of {milliseconds(self.limit)}"
            )

    def judge_growth(self, before: Reading, after: Reading, guests: int = 0) -> None:
        """Compare memory, disk and log before and during the attack."""
        self.memory = after.peak - before.memory
        self.disk = after.disk - before.disk
        self.log = after.log - before.log
        for what, grown, bound in (
            ("memory", self.memory, MEMORY + guests * GUEST),
            ("disk", self.disk, int(DISK + DISK_RATE * self.seconds)),
            ("log", self.log, int(LOG + LOG_RATE * self.seconds)),
        ):
            if grown > bound:
                self.faults.append(f"{what} +{mebibytes(grown)} instead of {mebibytes(bound)}")

    def judge_left(self, before: Reading, after: Reading) -> None:
        """Compare what is there before and after the attack."""
        self.left = left(before, after)
        self.faults += [
            f"{count} {what} left" for what, count in self.left.items() if count > LEFT[what]
        ]


def _is_delay(fault: str) -> bool:
    return fault.startswith(DELAY)


def left(before: Reading, after: Reading) -> dict[str, int]:
    """Return how many more descriptors, threads and tasks there are."""
    return {what: getattr(after, what) - getattr(before, what) for what in LEFT}


def milliseconds(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds * 1000:,.0f} ms"


def mebibytes(size: int | None) -> str:
    return "-" if size is None else f"{size / MIB:.1f} MiB"
