"""The backlog: requests of connections, of which each turn of the hub takes a fair share."""

from collections import deque
from collections.abc import Callable, Generator, Iterator

from trio_chat.core.messages import AnyAsked, Asked
from trio_chat.delivery.recipient import Recipient

REQUESTS_EACH = 64  # of one connection in a turn, counted by their price
REQUESTS = 256  # of all connections in a turn, likewise


class Backlog:
    """Requests that wait, connection by connection.

    Each turn goes round them: whoever has many requests waits behind those who have few.

    Args:
        price: Returns as how many requests one counts; most are 1.
        must_wait: Returns whether a request cannot be taken yet, nor what is behind it.
    """

    def __init__(
        self,
        price: Callable[[Recipient, AnyAsked], int],
        must_wait: Callable[[Recipient, AnyAsked], bool],
    ) -> None:
        self._price = price
        self._must_wait = must_wait
        self._waiting: deque[Asked] = deque()
        self.has_more = False  # whether the last turn left requests that need not wait

    def __len__(self) -> int:
        """Return how many connections have requests here."""
        return len(self._waiting)

    def add(self, asked: Asked) -> None:
        """Put requests behind those of all others."""
        if asked.requests:
            self._waiting.append(asked)

    def look_again(self) -> None:
        """Take in that some requests may have to wait no longer."""
        self.has_more = bool(self._waiting)

    def take(self) -> Iterator[tuple[Recipient, AnyAsked]]:
        """Yield the requests of the next turn.

        Each is to be applied before the next one is taken, as that may have to wait for it. A
        connection that had to wait comes first in the next turn: those before it must not take
        what it waits for again and again.
        """
        left = REQUESTS
        self.has_more = False
        held: list[Asked] = []
        for _ in range(len(self._waiting)):
            if left <= 0:
                self.has_more = True
                break
            asked = self._waiting.popleft()
            spent = yield from self._take_some(asked, min(left, REQUESTS_EACH))
            left -= spent
            if not asked.requests:
                asked.finish()
            elif spent:
                self._waiting.append(asked)
            else:
                held.append(asked)
        self._waiting.extendleft(reversed(held))

    def _take_some(
        self, asked: Asked, budget: int
    ) -> Generator[tuple[Recipient, AnyAsked], None, int]:
        """Yield requests of one connection for a budget; return what they cost."""
        spent = 0
        while asked.requests and spent < budget:
            if self._must_wait(asked.client, asked.requests[0]):
                return spent
            request = asked.requests.popleft()
            spent += self._price(asked.client, request)
            yield asked.client, request
        self.has_more = self.has_more or bool(asked.requests)
        return spent
