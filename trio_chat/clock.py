"""The wall clock. Times within a process are Trio's, which never jump."""

import time
from email.utils import formatdate
from functools import lru_cache


def wall_clock() -> int:
    """Return the time in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def http_date() -> str:
    """Return the time as HTTP writes it, which is made once in a second."""
    return _http_date(int(time.time()))


@lru_cache(1)
def _http_date(second: int) -> str:
    return formatdate(second, usegmt=True)
