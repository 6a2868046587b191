"""The backlog: requests of connections, of which each turn of the hub takes a fair share."""

from collections import deque
from collections.abc import Callable, Generator, Iterator
from heapq import heappop, heappush
from itertools import count

from trio_chat.core.messages import AnyAsked, Asked
from trio_chat.delivery.recipient import Recipient
from trio_chat.protocol import requests

REQUESTS_EACH = 16  # of one connection in a turn, counted by their price
REQUESTS = 64  # of all connections in a turn, likewise: a message waits for some six rounds
NEWCOMERS = 32  # of these, for those who come in, if any do; they get what others leave, too
NEVER = float("inf")


class Backlog:
    """Requests that wait, connection by connection.

    Each turn goes round them: whoever has many requests waits behind those who have few. Those who
    come in, with a hello, have a line of their own, so that nobody inside waits behind a crowd of
    them. Those that wait for a rate are set aside until their time, and cost nothing meanwhile.

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
        self._newcomers: deque[Asked] = deque()  # who have not said hello
        self._set_aside: list[tuple[float, int, Asked]] = []  # a heap, by their times
        self._count = count()  # tells those of the same time apart
        self.has_more = False  # whether the last turn left requests that need not wait

    def __len__(self) -> int:
        """Return how many connections have requests here."""
        return len(self._waiting) + len(self._newcomers) + len(self._set_aside)

    @property
    def next_due(self) -> float:
        """The time at which the first of those set aside may be taken."""
        return self._set_aside[0][0] if self._set_aside else NEVER

    def add(self, asked: Asked, now: float) -> None:
        """Put requests behind those of all others."""
        if asked.requests:
            asked.since = now
            self._line(asked).append(asked)

    def _line(self, asked: Asked) -> deque[Asked]:
        """Return where requests wait."""
        is_new = isinstance(asked.requests[0], requests.Hello)
        return self._newcomers if is_new else self._waiting

    def look_again(self) -> None:
        """Take in that some requests may have to wait no longer."""
        self.has_more = bool(self._waiting or self._newcomers)

    def take(self, now: float) -> Iterator[tuple[Recipient, AnyAsked]]:
        """Yield the requests of the next turn.

        Each is to be applied before the next one is taken, as that may have to wait for it. A
        connection that had to wait comes first in the next turn: those before it must not take
        what it waits for again and again.
        """
        while self.next_due <= now:
            asked = heappop(self._set_aside)[2]
            self._line(asked).append(asked)
        self.has_more = False
        kept = NEWCOMERS if self._newcomers else 0
        left = yield from self._go_round(self._waiting, REQUESTS - kept, now)
        yield from self._go_round(self._newcomers, left + kept, now)

    def _go_round(
        self, line: deque[Asked], left: int, now: float
    ) -> Generator[tuple[Recipient, AnyAsked], None, int]:
        """Yield requests of a line for what is left of a budget; return what is left then."""
        held: list[Asked] = []
        for _ in range(len(line)):
            if left <= 0:
                self.has_more = True
                break
            asked = line.popleft()
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
        line.extendleft(reversed(held))
        return left

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
