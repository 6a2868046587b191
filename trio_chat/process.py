"""The process: its descriptors, and when the garbage collector may pause it."""

import fcntl
import gc
import os
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from trio_chat.measures import Histogram

DESCRIPTORS_AT_ONCE = 65_536  # have a place from the start on, which takes half a MiB of the kernel
# Seconds for which a thread may keep the interpreter from another one that wants it. The writer's
# thread asks for it after each statement; with Python's 5 ms, it waited long in a busy server.
SWITCH_INTERVAL = 0.0005


def prepare() -> None:
    """Make the process ready for many connections; called once, when all modules are loaded."""
    _raise_descriptor_limit()
    _enlarge_descriptor_table()
    _calm_collector()
    sys.setswitchinterval(SWITCH_INTERVAL)


def _raise_descriptor_limit() -> None:
    """Take as many descriptors as the system grants.

    The limit that a process begins with is kept low for programs that use ``select``.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):  # macOS grants less than it says
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _enlarge_descriptor_table() -> None:
    """Have the kernel's table of our descriptors made large at once; it never shrinks.

    It doubles when it is full, and Linux waits then until no other thread looks at it: at 64, 128,
    256, … connections nobody was served for 10 to 40 ms.
    """
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    some = os.open(os.devnull, os.O_RDONLY)
    with suppress(OSError):  # without it, the table grows as it needs
        os.close(fcntl.fcntl(some, fcntl.F_DUPFD_CLOEXEC, min(limit, DESCRIPTORS_AT_ONCE) - 1))
    os.close(some)


def _calm_collector() -> None:
    """Let the garbage collector pause the process seldom and briefly.

    Connections leave no cycles behind, so they are freed without it. With its defaults it took
    a third of the time of 5,000 connects, and its longest pause was 0.4 s. The two younger
    generations are kept small, as it is their size that a pause costs: half a microsecond an
    object, so that 2,000 take 1 ms. All of it together takes as long whatever their size: each
    object that stays is looked at twice, or once if it was made just before the second look. The
    oldest one is seldom looked at.
    """
    gc.collect()
    gc.freeze()  # what is loaded by now stays; the collector need not look
    gc.set_threshold(*collector_thresholds(gc.get_threshold()))


def collector_thresholds(present: tuple[int, int, int]) -> tuple[int, int, int]:
    """Return after how much the collector is to look at each generation.

    The incremental one of Python 3.14, whose third number is always 0, looks at a part of all that
    is old with each young generation; the second number says how small a part. Either way all that
    is old has been looked at once in three million objects that were made.
    """
    is_incremental = present[2] == 0
    return (1000, 300, 0) if is_incremental else (1000, 0, 1500)


@contextmanager
def loading() -> Iterator[None]:
    """Import modules in the block: all of them stay, so the collector need not look, for 50 ms."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


class GcPauses:
    """How long the garbage collector has paused the process, by the generation it looked at."""

    def __init__(self) -> None:
        self.seconds = {str(generation): Histogram() for generation in range(len(gc.get_count()))}
        self._began = 0.0

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Watch it for the block."""
        gc.callbacks.append(self._look)
        try:
            yield
        finally:
            gc.callbacks.remove(self._look)

    def _look(self, phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            self._began = time.perf_counter()
        else:
            self.seconds[str(info["generation"])].observe(time.perf_counter() - self._began)
