"""Runs a server as a process on a core of its own, and reads what it uses."""

import os
import selectors
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

SERVER_CORE = 0
LOAD_CORE = 1

START_TIMEOUT = 20.0  # seconds, from the start to the line that says it listens
STOP_TIMEOUT = 5.0  # seconds, from SIGTERM to SIGKILL

RESET_PEAK = "5"  # in /proc/PID/clear_refs

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
CPUCLOCK_SCHED = 2  # the clock of a process that counts what the scheduler gave it, in nanoseconds


class ProcessFailed(Exception):
    """A process did not start, or ended too early; the message says which and how."""


def spawn(
    command: Sequence[str | Path], cores: int | str, log: IO[bytes]
) -> subprocess.Popen[bytes]:
    """Start a process that runs on these cores only, in a process group of its own."""
    return subprocess.Popen(
        ["taskset", "--cpu-list", str(cores), *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=log,
        start_new_session=True,
    )


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a process and its children: by SIGTERM, and after a timeout by SIGKILL."""
    for number, timeout in ((signal.SIGTERM, STOP_TIMEOUT), (signal.SIGKILL, STOP_TIMEOUT)):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout)
            break
    if process.stdout:
        process.stdout.close()


def free_port() -> int:
    """Return a TCP port that is free just now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class Server:
    """A server under test; a context manager that ends it.

    Args:
        command: What to run; ``{port}`` and ``{folder}`` in it are replaced.
        log: The file that gets its stderr.
        folder: Where it may keep files.
        cores: Where it runs, as for ``taskset``.

    Raises:
        ProcessFailed: it did not say in time that it listens.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        log: Path,
        folder: Path,
        cores: int | str = SERVER_CORE,
    ) -> None:
        self.port = free_port()
        self.started_after = 0.0  # seconds from its start to the line that says it listens
        self._log = log
        filled = [str(part).format(port=self.port, folder=folder) for part in command]
        self._began = time.monotonic()
        with log.open("wb") as stderr:
            self._process = spawn(filled, cores, stderr)

    def __enter__(self) -> Self:
        try:
            self._await_start()
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

    def _await_start(self) -> None:
        """Wait for its first line, and then until the port is open."""
        deadline = time.monotonic() + START_TIMEOUT
        if not next(lines(self._process, START_TIMEOUT), None):
            raise ProcessFailed(f"did not start; see {self._log.name}")
        self.started_after = time.monotonic() - self._began
        while not _is_open(self.port):
            if time.monotonic() > deadline:
                raise ProcessFailed(f"does not listen; see {self._log.name}")
            time.sleep(0.05)

    def check(self) -> None:
        """Make sure that it still runs.

        Raises:
            ProcessFailed: it does not.
        """
        status = self._process.poll()
        if status is not None:
            raise ProcessFailed(f"the server ended with status {status}; see {self._log.name}")

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def cpu(self) -> float:
        """Return the seconds of CPU used so far, of all its threads and children."""
        return sum(cpu_of(pid) for pid in family(self._process.pid))

    def memory(self) -> float:
        """Return the memory it occupies (VmRSS), in KiB."""
        return sum(_memory_kib(pid, "VmRSS") for pid in family(self._process.pid))

    def peak_memory(self) -> float:
        """Return the most memory it occupied since ``forget_peak`` (VmHWM), in KiB."""
        return sum(_memory_kib(pid, "VmHWM") for pid in family(self._process.pid))

    def forget_peak(self) -> None:
        """Reset the peak of its memory to the present value."""
        for pid in family(self._process.pid):
            Path(f"/proc/{pid}/clear_refs").write_text(RESET_PEAK, "ascii")

    def sockets(self) -> int:
        """Return how many descriptors it has open."""
        with suppress(OSError):
            return sum(1 for _ in Path(f"/proc/{self._process.pid}/fd").iterdir())
        return 0


def lines(process: subprocess.Popen[bytes], timeout: float) -> Iterator[str]:
    """Yield what a process prints, line by line; an empty string whenever ``timeout`` is over.

    Ends when the process closes its output.
    """
    output = process.stdout
    if output is None:
        raise ProcessFailed("its output is not piped")
    pending = b""
    with selectors.DefaultSelector() as selector:
        selector.register(output, selectors.EVENT_READ)
        while True:
            if not selector.select(timeout):
                yield ""
                continue
            data = os.read(output.fileno(), 65536)
            if not data:
                return
            *complete, pending = (pending + data).split(b"\n")
            for line in complete:
                yield line.decode()


def last_line_of(command: Sequence[str | Path], server: Server, log: Path, timeout: float) -> str:
    """Run a program on the core of the load, and return the last line that it prints.

    Args:
        command: What to run.
        server: What it talks to.
        log: The file that gets its stderr.
        timeout: The seconds it may take.

    Raises:
        ProcessFailed: it, or the server, failed or took too long.
    """
    last = ""
    deadline = time.monotonic() + timeout
    with (
        log.open("wb") as stderr,
        running(spawn(command, LOAD_CORE, stderr)) as process,
    ):
        for line in lines(process, 0.1):
            last = line or last
            server.check()
            if time.monotonic() > deadline:
                raise ProcessFailed(f"it took over {timeout:.0f} s; see {log.name}")
        try:
            status = process.wait(1.0)
        except subprocess.TimeoutExpired:
            status = None
    if status != 0:
        raise ProcessFailed(f"it failed; see {log.name}")
    return last


@contextmanager
def fresh_folder(parent: Path) -> Iterator[Path]:
    """Make an empty folder, on the disk of ``parent``, and remove it with all that is in it."""
    with tempfile.TemporaryDirectory(prefix="bench-", dir=parent) as folder:
        yield Path(folder)


@contextmanager
def running(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """End the process at the end of the block."""
    try:
        yield process
    finally:
        kill(process)


def core_idle(core: int) -> float:
    """Return the seconds that a core has been idle since the machine started."""
    for line in Path("/proc/stat").read_text("ascii").splitlines():
        name, *ticks = line.split()
        if name == f"cpu{core}":
            idle, waiting_for_disk = ticks[3:5]
            return (int(idle) + int(waiting_for_disk)) / TICKS_PER_SECOND
    raise ProcessFailed(f"the machine has no core {core}")


def _is_open(port: int) -> bool:
    with socket.socket() as sock:
        sock.settimeout(1.0)
        return sock.connect_ex(("127.0.0.1", port)) == 0


def family(pid: int) -> Iterator[int]:
    """Yield a process and its descendants."""
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in children.read_text("ascii").split():
                yield from family(int(child))


def cpu_of(pid: int) -> float:
    """Return what the process and its threads used, also those that have ended."""
    clock = (~pid << 3) | CPUCLOCK_SCHED  # what clock_getcpuclockid(3) makes of its number
    try:
        return time.clock_gettime(clock)
    except OSError:
        return 0.0


def _memory_kib(pid: int, kind: str) -> float:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text("utf-8").splitlines():
            if line.startswith(f"{kind}:"):
                return float(line.split()[1])
    return 0.0
