"""Which core is whose: the server has one alone, if the machine has two."""

import os
from contextlib import suppress

SERVER_CORE = 0
OTHER_CORE = 1


def take_core(core: int) -> None:
    """Run this process on one core only; on all that there are if it has not got that one."""
    with suppress(AttributeError, OSError):  # not on this system, or only one core
        os.sched_setaffinity(0, {core})
