"""The backlog: requests of connections, of which each turn of the hub takes a fair share."""

from collections import deque
from collections.abc import Callable, Generator, Iterator
from heapq import heappop, heappush
from itertools import count

from trio_chat.core.messages import AnyAsked, Asked
from trio_chat.delivery.recipient import Recipient

REQUESTS_EACH = 16  # of one connection in a turn, counted by their price
REQUESTS = 64  # of all connections in a turn, likewise: a message waits for some six rounds
NEVER = float("inf")


class Backlog:
    """Requests that wait, connection by connection.

    Each turn goes round them: whoever has many requests waits behind those who have few. Those
    that wait for a rate are set aside until their time, and cost nothing meanwhile.

    Args:
        price: Returns as how many requests one counts; most are 1.
        must_wait: Returns whether a request cannot be taken yet, nor what is behind it.
        delay: Returns in how many seconds the next request may be taken. It may drop it, and all.
    """

    def __init__(
        self,
        price: Callable[[Recipient, AnyAsked], int],
        must_wait: Callable[[Recipient, AnyAsked], bool],
        delay: Callable[[Asked, float], float],
    ) -> None:
        self._price = price
        self._must_wait = must_wait
        self._delay = delay
        self._waiting: deque[Asked] = deque()
        self._set_aside: list[tuple[float, int, Asked]] = []  # a heap, by their times
        self._count = count()  # tells those of the same time apart
        self.has_more = False  # whether the last turn left requests that need not wait

    def __len__(self) -> int:
        """Return how many connections have requests here."""
        return len(self._waiting) + len(self._set_aside)

    @property
    def next_due(self) -> float:
        """The time at which the first of those set aside may be taken."""
        return self._set_aside[0][0] if self._set_aside else NEVER

    def add(self, asked: Asked, now: float) -> None:
        """Put requests behind those of all others."""
        if asked.requests:
            asked.since = now
            self._waiting.append(asked)

    def look_again(self) -> None:
        """Take in that some requests may have to wait no longer."""
        self.has_more = bool(self._waiting)

    def take(self, now: float) -> Iterator[tuple[Recipient, AnyAsked]]:
        """Yield the requests of the next turn.

        Each is to be applied before the next one is taken, as that may have to wait for it. A
        connection that had to wait comes first in the next turn: those before it must not take
        what it waits for again and again.
        """
        while self.next_due <= now:
            self._waiting.append(heappop(self._set_aside)[2])
        left = REQUESTS
        self.has_more = False
        held: list[Asked] = []
        for _ in range(len(self._waiting)):
            if left <= 0:
                self.has_more = True
                break
            asked = self._waiting.popleft()
            spent, delay = yield from self._take_some(asked, min(left, REQUESTS_EACH), now)
            left -= spent
            if not asked.requests:
                asked.finish()
            elif delay:
                heappush(self._set_aside, (now + delay, next(self._count), asked))
            elif spent:
                self._waiting.append(asked)
            else:
                held.append(asked)
        self._waiting.extendleft(reversed(held))

    def _take_some(
        self, asked: Asked, budget: int, now: float
    ) -> Generator[tuple[Recipient, AnyAsked], None, tuple[int, float]]:
        """Yield requests of one connection for a budget; return what they cost.

        Also return in how many seconds the next one may be taken, if that is not at once.
        """
        spent = 0
        while asked.requests and spent < budget:
            if self._must_wait(asked.client, asked.requests[0]):
                return spent, 0.0
            delay = self._delay(asked, now)
            if delay:
                return spent, delay
            if not asked.requests:  # they were dropped
                break
            request = asked.requests.popleft()
            spent += self._price(asked.client, request)
            yield asked.client, request
        self.has_more = self.has_more or bool(asked.requests)
        return spent, 0.0
