"""The pause before coming back: random, so that a crowd does not come at the same moment."""

import random
from collections.abc import Callable

FIRST_CEILING = 0.5  # seconds; the pause is random below its ceiling,
LAST_CEILING = 20.0  # which doubles with each attempt up to here


class Backoff:
    """Tells how long to wait before each attempt (exponential back-off with full jitter).

    Args:
        spread: Returns a random number from 0 to 1.
    """

    def __init__(self, spread: Callable[[], float] = random.random) -> None:
        self._spread = spread
        self._ceiling = FIRST_CEILING

    def reset(self) -> None:
        """Begin with short pauses again: the connection stood."""
        self._ceiling = FIRST_CEILING

    def pause(self, rest: float = 0.0) -> float:
        """Return the seconds to wait now; they come on top of ``rest``, which the server wants."""
        pause = rest + self._spread() * self._ceiling
        self._ceiling = min(LAST_CEILING, 2 * self._ceiling)
        return pause
