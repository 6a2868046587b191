"""The delay before coming back: random, so that a crowd does not come at the same moment."""

import random
from collections.abc import Callable

FIRST_CEILING = 0.5  # seconds; the delay is random below its ceiling,
LAST_CEILING = 20.0  # which doubles with each attempt up to here


class Backoff:
    """Tells how long to wait before each attempt (exponential back-off with full jitter).

    Args:
        jitter: Returns a random number from 0 to 1.
    """

    def __init__(self, jitter: Callable[[], float] = random.random) -> None:
        self._jitter = jitter
        self._ceiling = FIRST_CEILING

    def reset(self) -> None:
        """Begin with short pauses again: the connection stood."""
        self._ceiling = FIRST_CEILING

    def next_delay(self, retry_after: float = 0.0) -> float:
        """Return the seconds to wait now; they come on top of ``retry_after``, which the server wants."""
        delay = retry_after + self._jitter() * self._ceiling
        self._ceiling = min(LAST_CEILING, 2 * self._ceiling)
        return delay
