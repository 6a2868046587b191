"""The delay before connecting again: random, so that many clients do not come all at once."""

import random
from collections.abc import Callable

FIRST_CEILING = 0.5  # seconds; a delay is random below its ceiling,
LAST_CEILING = 20.0  # which doubles with each attempt up to this


class Backoff:
    """Computes the delay before each attempt: exponential back-off with full jitter.

    Args:
        jitter: Returns a random number from 0 to 1.
    """

    def __init__(self, jitter: Callable[[], float] = random.random) -> None:
        self._jitter = jitter
        self._ceiling = FIRST_CEILING

    def reset(self) -> None:
        """Begin with the first ceiling again: a connection was stable."""
        self._ceiling = FIRST_CEILING

    def next_delay(self, retry_after: float = 0.0) -> float:
        """Return the seconds to wait: a random time on top of what the server asks for."""
        delay = retry_after + self._jitter() * self._ceiling
        self._ceiling = min(LAST_CEILING, 2 * self._ceiling)
        return delay
