"""Measures what a server uses in a time interval, and what others use of its core."""

import time
from dataclasses import dataclass

from benchmarks.process import SERVER_CORE, Server, core_idle


@dataclass(frozen=True)
class Moment:
    """What had been used at one time, in seconds."""

    clock: float
    cpu: float  # of the server
    idle: float  # of its core

    @classmethod
    def now(cls, server: Server) -> "Moment":
        """Measure now."""
        return cls(time.monotonic(), server.cpu(), core_idle(SERVER_CORE))


class Meter:
    """Measures from its creation to ``stop``."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._begin = self._end = Moment.now(server)

    def stop(self) -> None:
        """End the interval."""
        self._end = Moment.now(self._server)

    def cpu(self) -> float:
        """Return the seconds of CPU that the server used."""
        return self._end.cpu - self._begin.cpu

    def disturbance(self) -> float:
        """Return the share of the server's core that other processes took."""
        window = self._end.clock - self._begin.clock
        idle = self._end.idle - self._begin.idle
        return max(0.0, (window - idle - self.cpu()) / window) if window else 0.0
