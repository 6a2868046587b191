"""A few clients that chat during another load, and the latencies they see."""

import json
import math
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.process import LOAD_CORE, ProcessFailed, kill, lines, spawn
from benchmarks.toolchain import CACHE

CLIENTS = 10
RATE = 20  # messages a second, of all of them together
LONGEST = 300  # seconds, unless it is ended before
TIMEOUT = 20.0  # seconds for the clients to begin, and to end
SETTINGS = {
    "v1": 1,
    "trace": 1,
    "clients": CLIENTS,
    "senders": CLIENTS,
    "rate": RATE,
    "size": 64,
    "warmup_ms": 500,
    "window_ms": LONGEST * 1000,
    "drain_ms": 2_000,
}


@dataclass(frozen=True)
class Heard:
    """The latencies of the clients' messages."""

    lost: int  # clients
    latencies: list[tuple[float, float]]  # when it was due, in seconds, and how late, in ms

    def p99(self, begin: float, end: float) -> float:
        """Return the 99th percentile of messages due in an interval; infinite if there are none."""
        values = sorted(late for due, late in self.latencies if begin <= due < end)
        return values[math.ceil(0.99 * len(values)) - 1] if values else math.inf


class Live:
    """The clients; a context manager that ends them.

    Args:
        program: The load generator.
        port: Of the server.
    """

    def __init__(self, program: Path, port: int) -> None:
        self._log = CACHE / "live.log"
        settings = [f"{name}={value}" for name, value in {"port": port, **SETTINGS}.items()]
        with self._log.open("wb") as stderr:
            self._process: subprocess.Popen[bytes] = spawn([program, *settings], LOAD_CORE, stderr)
        self._lines = lines(self._process, 0.1)

    def __enter__(self) -> Self:
        try:
            self._await("begin")
        except BaseException:
            kill(self._process)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        kill(self._process)

    def end(self) -> Heard:
        """End the load, and return the latencies."""
        self._process.send_signal(signal.SIGUSR1)
        latencies = self._await("trace")["latencies"]
        return Heard(self._await("result")["lost"], [(due, late) for due, late in latencies])

    def _await(self, event: str) -> dict[str, Any]:
        """Return the next event of this name.

        Raises:
            ProcessFailed: they failed, or took too long.
        """
        deadline = time.monotonic() + TIMEOUT
        for line in self._lines:
            if line and (told := json.loads(line))["event"] == event:
                return dict(told)
            if time.monotonic() > deadline:
                break
        raise ProcessFailed(self._log.read_text("utf-8").strip() or f"no {event} from the others")
