"""Cores: on how many of them the process may run."""

import os
import sys


def cores() -> int:
    """Return how many it has; a system may keep it to some of them."""
    on_linux = sys.platform == "linux"
    return len(os.sched_getaffinity(0)) if on_linux else os.cpu_count() or 1
