"""What an attack is, and the table of all of them."""

import inspect
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import trio

from tests.hostile.peer import GONE, Gone, Peer, TooMany
from tests.hostile.target import Target

CROWD = "hostile-crowd"  # the room of the good clients
LONG = "hostile-long"  # a room with a long history, on servers that the suite starts
RECONNECT_AFTER = 0.2  # seconds until a flooder that was ended comes back
RETRY_AFTER = 1.0  # seconds until somebody who is refused tries again
ATTEMPTS = 30
# How a flooder may end: over the limits, reading too slowly, or as the server is overloaded.
FAIR_ENDS = frozenset({4504, 4002, 1013})
FAR_OVER = 10.0  # seconds far over a limit after which a connection ends with 4504
GRACE = 3.0  # seconds more until the absence of 4504 is a fault

Settings = Mapping[str, object]


class Wrong(Exception):
    """The server did not do the one right thing; the message is what it did."""


class Variant(NamedTuple):
    """How hard an attack is made."""

    connections: int
    rate: int  # bytes a second of all connections together; 0 for full speed

    def __str__(self) -> str:
        speed = f"{self.rate // 1000} kB/s" if self.rate else "full speed"
        return f"{self.connections} at {speed}"


FLOODS = (Variant(1, 0), Variant(16, 0), Variant(1, 100_000), Variant(16, 100_000))


@dataclass
class Assault:
    """One run of an attack, shared by its connections.

    Attributes:
        endings: How connections ended, counted: close codes, HTTP statuses, or ``cut``.
        faults: What the server did wrong.
    """

    target: Target
    variant: Variant
    is_short: bool = False
    tag: str = field(default_factory=lambda: secrets.token_hex(4))
    sent: int = 0
    received: int = 0
    endings: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)

    def label(self, number: int) -> str:
        """Return what makes names of one connection's own rooms: new ones in each run."""
        return f"{self.tag}-{number}"

    @property
    def pause(self) -> float:
        """Seconds for which a connection waits after a KiB, so that the rate is kept."""
        return 1024 * self.variant.connections / self.variant.rate if self.variant.rate else 0.0

    async def run(self, attack: "Attack") -> None:
        """Let all connections attack; returns when all are done."""
        async with trio.open_nursery() as nursery:
            for number in range(self.variant.connections):
                nursery.start_soon(self._run_one, attack, number)

    async def _run_one(self, attack: "Attack", number: int) -> None:
        """Attack; who is refused because of what came before waits, and tries again."""
        try:
            await self._attempt(attack, number)
        except* Wrong as wrong:
            self.faults.update(str(one) for one in wrong.exceptions)
        except* Gone as gone:
            self.faults.update(f"ended: {one}" for one in gone.exceptions)
        except* GONE as broken:
            self.faults.update(repr(one) for one in broken.exceptions)

    async def _attempt(self, attack: "Attack", number: int) -> None:
        for _ in range(ATTEMPTS):
            try:
                return await attack.run(self, number)
            except TooMany as refusal:
                self.endings[str(refusal)] += 1
                await trio.sleep(RETRY_AFTER)
        raise Wrong(f"still refused after {ATTEMPTS * RETRY_AFTER:.0f} s")

    def count(self, peer: Peer) -> None:
        """Add the bytes of a connection that is over."""
        self.sent += peer.sent
        self.received += peer.received

    async def open(self, dialect: str = "trio-chat.v1", path: str = "/ws") -> Peer:
        """Open a WebSocket.

        Raises:
            Gone: it was refused.
        """
        peer = await Peer.connect(self.target)
        try:
            await peer.upgrade(self.target, dialect, path)
        except BaseException:
            await peer.aclose()
            raise
        return peer

    async def pour(self, peer: Peer, chunk: Callable[[], bytes]) -> None:
        """Send chunks for ever at the rate of the variant."""
        if not self.variant.rate:
            while True:
                await peer.send(chunk())
        while True:
            data = chunk()
            for start in range(0, len(data), 1024):
                await peer.send(data[start : start + 1024])
                await trio.sleep(self.pause)


Run = Callable[[Assault, int], Awaitable[None]]


@dataclass(frozen=True)
class Attack:
    """An attack, and the one right outcome.

    Args:
        name: As in ``--only``.
        outcome: The one right outcome, in a sentence.
        run: What one connection does; it raises ``Wrong`` if the outcome is another one. A flood
            goes on until it is cancelled.
        variants: How hard it is made; the short form takes the hardest only.
        settings: What the server has to be started with.
        is_flood: Whether it goes on until it is cancelled.
        seconds: How long a flood lasts at least.
        guests: How many are let in who behave well; their memory is no harm.
        is_long: Whether the short form leaves it out.
        measures_others: Whether others are measured meanwhile; not where nobody can be served.
    """

    name: str
    outcome: str
    run: Run
    variants: tuple[Variant, ...] = (Variant(1, 0),)
    settings: Settings = field(default_factory=dict)
    is_flood: bool = False
    seconds: float = 0.0
    guests: int = 0
    is_long: bool = False
    measures_others: bool = True


ATTACKS: dict[str, Attack] = {}


def add(attack: Attack) -> None:
    """Put an attack into the table."""
    assert attack.name not in ATTACKS, attack.name
    ATTACKS[attack.name] = attack


def attack(
    *,
    variants: tuple[Variant, ...] = (Variant(1, 0),),
    settings: Settings | None = None,
    is_flood: bool = False,
    guests: int = 0,
    measures_others: bool = True,
) -> Callable[[Run], Run]:
    """Put a function into the table; its docstring's first paragraph is the right outcome."""

    def enter(run: Run) -> Run:
        name = getattr(run, "__name__", "").replace("_", "-")
        outcome = first_sentence(run)
        add(
            Attack(
                name,
                outcome,
                run,
                variants,
                settings or {},
                is_flood=is_flood,
                guests=guests,
                measures_others=measures_others,
            )
        )
        return run

    return enter


def first_sentence(run: Run) -> str:
    """Return the first paragraph of a docstring in one line."""
    return " ".join((inspect.getdoc(run) or "").partition("\n\n")[0].split())
