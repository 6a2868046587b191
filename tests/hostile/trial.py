"""One attack on one server: measures before, during and after, and judges."""

import statistics
from dataclasses import dataclass
from typing import Any

import trio

from tests.hostile.attack import Attack, Variant
from tests.hostile.crowd import Crowd, percentile
from tests.hostile.hand import Hand, Job
from tests.hostile.meter import Meter, Reading
from tests.hostile.result import LEFT, Result, left
from tests.hostile.target import Problem, Target

PARTS = 3  # of the time of an attack; the median of their percentiles counts
LEAST = 1.0  # seconds for which others are measured: some twenty messages
ONCE_TIMEOUT = 90.0  # seconds for an attack that ends by itself
RECOVERY = 15.0  # seconds until all has to be as before
LOST_AFTER = 60.0  # seconds after that; a message that has not come by then is lost
CALM = 0.1  # seconds; a crowd that waits no longer is calm,
CALM_TIMES = 3  # nor is one that waits for this many times the usual delay, on a slow machine
CALM_PART = 1.0  # seconds for which the crowd has to be calm
QUIET = 60  # messages whose delays are kept as usual


@dataclass
class Trial:
    """Attacks one server again and again, and keeps what is usual without an attack.

    Args:
        target: Where attackers find the server.
        crowd: The good clients; they are running.
        meter: Reads the server's process; ``None`` if it cannot be examined.
        hand: Has the process that attacks.
        seconds: How long a flood lasts.
        between: How long the good clients are measured before each attack, in seconds.
    """

    target: Target
    crowd: Crowd
    meter: Meter | None
    hand: Hand
    seconds: float
    between: float

    def __post_init__(self) -> None:
        self._quiet: list[float] = []  # delays in quiet times, the oldest first

    async def warm_up(self, seconds: float) -> None:
        """Wait until all good clients are in, and measure what is usual.

        Raises:
            Problem: they do not get in.
        """
        with trio.move_on_after(RECOVERY):
            while not self.crowd.are_all_in:
                await trio.sleep(0.05)
        if not self.crowd.are_all_in:
            faults = "; ".join(self.crowd.take_faults())
            raise Problem(f"the good clients do not get in: {faults or 'no answer'}")
        await self.rest(seconds)

    async def rest(self, seconds: float) -> None:
        """Measure for so long what is usual."""
        begun = trio.current_time()
        await trio.sleep(seconds)
        self._quiet += self.crowd.delays(begun, trio.current_time())
        del self._quiet[:-QUIET]

    def usual(self) -> float | None:
        """Return what is usual: of three parts of what was measured, the median percentile."""
        size = max(1, len(self._quiet) // PARTS)
        parts = [self._quiet[start : start + size] for start in range(0, size * PARTS, size)]
        known = [delay for part in parts if (delay := percentile(part, 0.99)) is not None]
        return statistics.median(known) if known else None

    async def run(self, attack: Attack, variant: Variant) -> Result:
        """Make an attack, and tell what came of it."""
        result = Result.of(attack, variant)
        await self.rest(self.between)
        self._prepare()
        before = self._read()
        result.before = self.usual()
        begun = trio.current_time()
        job = await self.hand.begin(attack, variant, self.target)
        await self._last(attack, job)
        ended = trio.current_time()
        result.seconds = ended - begun
        result.during = self._delay(begun, ended) if attack.measures_others else None
        worst = self._read()
        report = await job.stop()
        self._take(report, result)
        self._judge(attack, result, before, worst, begun, ended)
        await self._recover(result, before)
        faults = self.crowd.take_faults()
        result.faults += faults if attack.measures_others else []
        return result

    def _prepare(self) -> None:
        self.crowd.forget(trio.current_time() - RECOVERY)
        self.crowd.take_faults()
        if self.meter:
            self.meter.forget_peak()

    async def _last(self, attack: Attack, job: Job) -> None:
        """Let the attack last as long as it should."""
        if attack.is_flood:
            await job.finished(max(self.seconds, attack.seconds))
            return
        begun = trio.current_time()
        await job.finished(ONCE_TIMEOUT)
        await trio.sleep_until(begun + LEAST)  # so that somebody says something meanwhile

    def _delay(self, begun: float, ended: float) -> float | None:
        part = (ended - begun) / PARTS
        starts = [begun + part * number for number in range(PARTS)]
        delays = [self.crowd.percentile(start, start + part) for start in starts]
        known = [delay for delay in delays if delay is not None]
        return statistics.median(known) if known else None

    def _take(self, report: dict[str, Any], result: Result) -> None:
        for key, value in report.items():
            setattr(result, key, value)

    def _judge(
        self,
        attack: Attack,
        result: Result,
        before: Reading | None,
        worst: Reading | None,
        begun: float,
        ended: float,
    ) -> None:
        if before and worst:
            result.judge_growth(before, worst, attack.guests)
        elif self.meter:
            result.faults.append("the server ended")
        result.judge_delay()

    async def _recover(self, result: Result, before: Reading | None) -> None:
        """Wait until the crowd is calm and the server holds what it held before."""
        begun = trio.current_time()
        after = before
        with trio.move_on_after(RECOVERY):
            while True:
                await trio.sleep(0.1)
                after = self._read()
                if self._is_calm(begun) and self._is_as_before(before, after):
                    break
        if before and after:
            result.judge_left(before, after)
        result.harm_lasts = not (self._is_calm(begun) and self._is_as_before(before, after))
        if lost := await self._lost():
            result.faults.append(f"{lost} acknowledged messages did not come")
        elif not self._is_calm(begun):
            result.faults.append(f"others still wait {RECOVERY:.0f} s later")

    async def _lost(self) -> int:
        """Return how many acknowledged messages never come, however slow the machine is."""
        missing = set(self.crowd.unseen)
        with trio.move_on_after(LOST_AFTER):
            while missing := missing & self.crowd.unseen:
                await trio.sleep(0.1)
        return len(missing)

    def _is_calm(self, since: float) -> bool:
        """Return whether the good clients are all in, and none waits any more."""
        now = trio.current_time()
        delay = self.crowd.percentile(max(since, now - CALM_PART), now)
        calm = max(CALM, CALM_TIMES * (self.usual() or 0.0))
        is_prompt = (delay is None or delay < calm) and self.crowd.longest_wait < calm
        return self.crowd.are_all_in and is_prompt and not self.crowd.unseen

    def _is_as_before(self, before: Reading | None, after: Reading | None) -> bool:
        if not before or not after:
            return True
        return all(count <= LEFT[what] for what, count in left(before, after).items())

    def _read(self) -> Reading | None:
        if not self.meter:
            return None
        try:
            return self.meter.read()
        except (OSError, KeyError, ValueError):
            return None
