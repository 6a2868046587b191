"""One attack on one server: measures before, during and after, and judges."""

import json
import statistics
import subprocess
import sys
from dataclasses import dataclass

import trio

from tests.hostile.attack import Attack, Variant
from tests.hostile.crowd import Crowd
from tests.hostile.meter import Meter, Reading
from tests.hostile.result import LEFT, Result, left
from tests.hostile.target import Problem, Target

PARTS = 3  # of the time of an attack; the median of their percentiles counts
READY_TIMEOUT = 20.0  # seconds until the attacking process is loaded
LEAST = 0.4  # seconds for which others are measured
ONCE_TIMEOUT = 90.0  # seconds for an attack that ends by itself
STOP_TIMEOUT = 10.0  # seconds for an attacker to stop; then it is killed
RECOVERY = 15.0  # seconds until all has to be as before
CALM = 0.1  # seconds; a crowd that waits no longer is calm
CALM_PART = 1.0  # seconds for which the crowd has to be calm
QUIET = 5  # quiet times whose median is what is usual


class Attacker:
    """A process that attacks once."""

    def __init__(self, process: trio.Process) -> None:
        self._process = process

    @classmethod
    async def start(
        cls, attack: Attack, variant: Variant, target: Target, *, is_short: bool
    ) -> "Attacker":
        """Start it; it waits until ``begin``."""
        arguments = [attack.name, target.dump(), *map(str, variant), str(int(is_short))]
        process = await trio.lowlevel.open_process(
            [sys.executable, "-m", "tests.hostile.attacker", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        attacker = cls(process)
        assert process.stdout
        said = b""
        with trio.fail_after(READY_TIMEOUT):
            while not said.endswith(b"\n"):
                said += await process.stdout.receive_some(1)
        return attacker

    async def begin(self) -> None:
        assert self._process.stdin
        await self._process.stdin.send_all(b"go\n")

    async def finished(self, seconds: float) -> bool:
        """Wait until it ends by itself; return whether it does in time."""
        with trio.move_on_after(seconds):
            await self._process.wait()
            return True
        return False

    async def stop(self) -> dict[str, object]:
        """Stop it; return its report."""
        assert self._process.stdin
        assert self._process.stdout
        await self._process.stdin.aclose()
        said = b""
        with trio.move_on_after(STOP_TIMEOUT):
            while part := await self._process.stdout.receive_some(65536):
                said += part
            await self._process.wait()
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        await self._process.stdout.aclose()
        if not said:
            return {"faults": ["the attacker itself failed"]}
        report: dict[str, object] = json.loads(said)
        return report


@dataclass
class Trial:
    """Attacks one server again and again, and keeps what is usual without an attack.

    Args:
        target: Where attackers find the server.
        crowd: The good clients; they are running.
        meter: Reads the server's process; ``None`` if it cannot be examined.
        seconds: How long a flood lasts.
        is_short: Whether attacks that depend on it are scaled down.
    """

    target: Target
    crowd: Crowd
    meter: Meter | None
    seconds: float
    is_short: bool

    def __post_init__(self) -> None:
        self._usual: list[float] = []
        self._quiet_since = trio.current_time()

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
        self._quiet_since = trio.current_time()
        for _ in range(PARTS):
            await trio.sleep(seconds / PARTS)
            self._note_quiet()

    async def run(self, attack: Attack, variant: Variant) -> Result:
        """Make an attack."""
        result = Result.of(attack, variant)
        attacker = await Attacker.start(attack, variant, self.target, is_short=self.is_short)
        await self._prepare()
        before = self._read()
        result.before = statistics.median(self._usual) if self._usual else None
        begun = trio.current_time()
        await attacker.begin()
        await self._last(attack, attacker)
        ended = trio.current_time()
        result.seconds = ended - begun
        result.during = self._delay(begun, ended) if attack.measures_others else None
        worst = self._read()
        report = await attacker.stop()
        self._take(report, result)
        self._judge(result, before, worst, begun, ended)
        await self._recover(result, before)
        result.faults += self.crowd.take_faults()
        return result

    async def _prepare(self) -> None:
        self._note_quiet()
        self.crowd.forget(trio.current_time() - RECOVERY)
        self.crowd.take_faults()
        if self.meter:
            self.meter.forget_peak()

    async def _last(self, attack: Attack, attacker: Attacker) -> None:
        """Let the attack last as long as it should."""
        if attack.is_flood:
            await attacker.finished(max(self.seconds, attack.seconds))
            return
        begun = trio.current_time()
        await attacker.finished(ONCE_TIMEOUT)
        await trio.sleep_until(begun + LEAST)  # so that somebody says something meanwhile

    def _delay(self, begun: float, ended: float) -> float | None:
        part = (ended - begun) / PARTS
        starts = [begun + part * number for number in range(PARTS)]
        delays = [self.crowd.percentile(start, start + part) for start in starts]
        known = [delay for delay in delays if delay is not None]
        return statistics.median(known) if known else None

    def _take(self, report: dict[str, object], result: Result) -> None:
        for key, value in report.items():
            setattr(result, key, value)

    def _judge(
        self,
        result: Result,
        before: Reading | None,
        worst: Reading | None,
        begun: float,
        ended: float,
    ) -> None:
        waited = 0.0
        if before and worst:
            result.judge_growth(before, worst)
            waited = (worst.waited - before.waited) / (ended - begun)
        elif self.meter:
            result.faults.append("the server ended")
        result.judge_delay(waited, self.crowd.own_lateness(begun, ended))

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
        if not self._is_calm(begun):
            result.faults.append(f"others still wait {RECOVERY:.0f} s later")
        self._quiet_since = trio.current_time()

    def _is_calm(self, since: float) -> bool:
        """Return whether the good clients are all in, and none waits any more."""
        now = trio.current_time()
        delay = self.crowd.percentile(max(since, now - CALM_PART), now)
        is_prompt = delay is None or delay < CALM
        return self.crowd.are_all_in and is_prompt and self.crowd.longest_wait < CALM

    def _is_as_before(self, before: Reading | None, after: Reading | None) -> bool:
        if not before or not after:
            return True
        return all(count <= LEFT[what] for what, count in left(before, after).items())

    def _note_quiet(self) -> None:
        """Keep the delay of the quiet time that ends now."""
        now = trio.current_time()
        delay = self.crowd.percentile(self._quiet_since, now)
        if delay is not None:
            self._usual = [*self._usual, delay][-QUIET:]
        self._quiet_since = now

    def _read(self) -> Reading | None:
        if not self.meter:
            return None
        try:
            return self.meter.read()
        except (OSError, KeyError, ValueError):
            return None
