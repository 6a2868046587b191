"""The marker: has the hits of all searches made in a thread, in a small share of the time.

Marks are made in Python, so whoever makes them takes the interpreter from the event loop.
"""

import time
from collections.abc import Callable, Sequence

import trio

from trio_chat.journal.search.query import Query
from trio_chat.journal.search.snippets import BUDGET, Budget, make_hits
from trio_chat.protocol.answers import Hit, MessageView

SHARE = 0.1  # of all time, for the hits of all searches
AT_ONCE = 0.1  # seconds for these after a while without any
REST = 2.0  # seconds after which all of that is there again, whatever was used


class Marker:
    """Makes hits, those of one search after those of another.

    The more of the time is used, the less a search gets: many who search much share what there is
    with others, whose short messages take little of it.

    Args:
        clock: Returns seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._one = trio.CapacityLimiter(1)
        self._free_at = float("-inf")  # when all of ``AT_ONCE`` is there again

    async def hits(self, messages: Sequence[MessageView], query: Query) -> list[Hit]:
        """Return the hits of a search; those for which no time is left have no marks."""
        return await trio.to_thread.run_sync(self.make, messages, query, limiter=self._one)

    def make(self, messages: Sequence[MessageView], query: Query) -> list[Hit]:
        """Make the hits of a search, in this thread."""
        begun = self._clock()
        used = max(0.0, self._free_at - begun) * SHARE
        budget = Budget(BUDGET * max(0.0, 1 - used / AT_ONCE), self._clock)
        hits = make_hits(messages, query, budget)
        end = self._clock()
        free_at = max(self._free_at, begun) + (end - begun) / SHARE
        self._free_at = min(free_at, end + REST)
        return hits
