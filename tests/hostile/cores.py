"""Which core is whose: the server has one alone, if the machine has two."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

SERVER_CORE = 0
OTHER_CORE = 1
FIRST = -20  # the niceness of whom the system prefers to all others
GROUP = Path("/proc/self/autogroup")  # of this session, if Linux shares time between sessions
NICENESS = re.compile(r"nice (-?\d+)")


def take_core(core: int) -> None:
    """Run this process on one core only; on all that there are if it has not got that one."""
    with suppress(AttributeError, OSError):  # not on this system, or only one core
        os.sched_setaffinity(0, {core})


@contextmanager
def going_first() -> Iterator[None]:
    """Let this process, its session and its children run before all others for the block.

    Only root may. Otherwise, and on another system, nothing is changed.
    """
    before = os.getpriority(os.PRIO_PROCESS, 0)
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, FIRST)
    found: re.Match[str] | None = None
    with suppress(OSError):
        found = NICENESS.search(GROUP.read_text())
        GROUP.write_text(str(FIRST))
    try:
        yield
    finally:
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, before)
        if found:
            with suppress(OSError):
                GROUP.write_text(found[1])
