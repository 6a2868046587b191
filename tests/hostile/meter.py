"""What a server's process holds, read from /proc and from the files beside its database."""

import struct
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.hostile.observed import COUNT

RESET_PEAK = "5"  # in /proc/PID/clear_refs
KIB = 1024


@dataclass(frozen=True)
class Reading:
    """What is held at one moment; sizes are bytes."""

    memory: int
    peak: int  # of the memory since the last ``forget_peak``
    descriptors: int
    threads: int
    tasks: int
    disk: int
    log: int
    cpu: float  # seconds for which it ran


class Meter:
    """Reads one process.

    Args:
        pid: The server.
        folder: Where database and log are; ``None`` if that is unknown.
    """

    def __init__(self, pid: int, folder: Path | None) -> None:
        self._proc = Path(f"/proc/{pid}")
        self._folder = folder
        self._log_read = 0  # bytes
        self._waited = self._last_waited = self._others = 0.0  # seconds

    def read(self) -> Reading:
        """Return what is held now.

        Raises:
            OSError: the process is gone.
        """
        status = dict(
            line.split(":", 1) for line in (self._proc / "status").read_text().splitlines()
        )
        ran, _ = _times(self._proc)
        return Reading(
            memory=int(status["VmRSS"].split()[0]) * KIB,
            peak=int(status["VmHWM"].split()[0]) * KIB,
            descriptors=sum(1 for _ in (self._proc / "fd").iterdir()),
            threads=int(status["Threads"]),
            tasks=self._tasks(),
            disk=self._size("chat.db*"),
            log=self._size("log"),
            cpu=ran,
        )

    def waited(self) -> float:
        """Return for how many seconds the server could run and another program had its core.

        What the server's other threads have run meanwhile is taken off: for them it waits by its
        own doing. Of a server that has ended it is what it was at last.
        """
        with suppress(OSError, ValueError):
            times = {task.name: _times(task) for task in (self._proc / "task").iterdir()}
            _, waited = times.pop(self._proc.name)
            others = sum(ran for ran, _ in times.values())
            self._waited += max(0.0, waited - self._last_waited - max(0.0, others - self._others))
            self._last_waited, self._others = waited, others
        return self._waited

    def forget_peak(self) -> None:
        """Let the peak of the memory begin anew."""
        with suppress(OSError):  # a process of another user: the peak is that of its life
            (self._proc / "clear_refs").write_text(RESET_PEAK)

    def new_log(self) -> str:
        """Return what was logged since the last call; control characters are as they are."""
        if not self._folder:
            return ""
        with (self._folder / "log").open("rb") as log:
            log.seek(self._log_read)
            data = log.read()
        self._log_read += len(data)
        return data.decode("utf-8", "surrogateescape")

    def _tasks(self) -> int:
        if not self._folder:
            return 0
        with suppress(OSError, struct.error):
            return int(COUNT.unpack((self._folder / "tasks").read_bytes())[0])
        return 0

    def _size(self, pattern: str) -> int:
        total = 0
        for path in self._folder.glob(pattern) if self._folder else ():
            with suppress(FileNotFoundError):
                total += path.stat().st_size
        return total


def _times(folder: Path) -> tuple[float, float]:
    """Return the seconds for which a thread ran, and for which it could have run."""
    ran, waited, _ = (folder / "schedstat").read_text().split()
    return int(ran) / 1e9, int(waited) / 1e9
