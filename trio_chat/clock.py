"""The wall clock. Times within a process are Trio's, which never jump."""

import time


def wall_clock() -> int:
    """Return the time in milliseconds since 1970."""
    return time.time_ns() // 1_000_000
