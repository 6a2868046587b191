"""What the log has told of late: strangers choose these names, so they are few, and forgotten."""

import time
from collections.abc import Callable, Hashable

TOLD_LIMIT = 32  # that are kept at a time
TOLD_FOR = 60 * 60  # seconds


class Told:
    """Tells what is new, once in ``TOLD_FOR``, and ``TOLD_LIMIT`` of them in that time at most.

    Whoever makes names up keeps those of others out of the log for that time, not for good.

    Args:
        clock: Seconds, which never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until: dict[Hashable, float] = {}  # the oldest first

    def is_new(self, name: Hashable) -> bool:
        """Whether to tell a name now; it is no longer new then."""
        now = self._clock()
        for old in [one for one, until in self._until.items() if until <= now]:
            del self._until[old]
        if name in self._until or len(self._until) >= TOLD_LIMIT:
            return False
        self._until[name] = now + TOLD_FOR
        return True
