"""The suite's end of the process that attacks."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict
from typing import Any

import trio

from tests.hostile.attack import Attack, Variant
from tests.hostile.target import Target

STOP_TIMEOUT = 10.0  # seconds for an attack to stop; then the process is killed
FAILED = {"faults": ["the attacker itself failed"]}


class Hand:
    """Runs one process that attacks, and a new one after one that failed.

    Args:
        is_short: Whether attacks that depend on it are scaled down.
    """

    def __init__(self, *, is_short: bool) -> None:
        self._is_short = is_short
        self._process: trio.Process | None = None

    async def begin(self, attack: Attack, variant: Variant, target: Target) -> "Job":
        """Begin an attack."""
        if not self._process or self._process.returncode is not None:
            self._process = await trio.lowlevel.open_process(
                [sys.executable, "-m", "tests.hostile.attacker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,
            )
        job = {
            "attack": attack.name,
            "target": asdict(target),
            "variant": variant,
            "is_short": self._is_short,
        }
        assert self._process.stdin
        await self._process.stdin.send_all(json.dumps(job).encode() + b"\n")
        return Job(self._process)

    def end(self) -> None:
        """End the process."""
        if self._process and self._process.returncode is None:
            os.killpg(self._process.pid, signal.SIGKILL)


class Job:
    """An attack under way."""

    def __init__(self, process: trio.Process) -> None:
        self._process = process
        self._said = b""

    async def finished(self, seconds: float) -> None:
        """Wait until it ends by itself, but not longer than this."""
        with trio.move_on_after(seconds):
            await self._hear()

    async def stop(self) -> dict[str, Any]:
        """Stop it; return its report."""
        assert self._process.stdin
        with trio.move_on_after(STOP_TIMEOUT):
            await self._process.stdin.send_all(b"stop\n")
            await self._hear()
        if not self._said.endswith(b"\n"):
            self._process.kill()
            await self._process.wait()
            return FAILED
        report: dict[str, Any] = json.loads(self._said)
        return report

    async def _hear(self) -> None:
        """Read the report, which is a line; returns early if the process ends."""
        assert self._process.stdout
        while not self._said.endswith(b"\n"):
            part = await self._process.stdout.receive_some(65536)
            if not part:
                return
            self._said += part
