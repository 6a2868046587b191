"""The inbox: the queue by which everything reaches the hub, in order."""

import math
from collections import deque
from collections.abc import Sequence

import trio

from trio_chat.core.messages import ApiRequest, Asked, Message

MESSAGES = 256  # that one turn takes


class Inbox:
    """Messages for the hub.

    ``post`` never waits and never fails, so that nothing is lost when a task is cancelled. The
    senders bound what it can hold: a connection posts once that it is there and once that it is
    gone, and the journal posts one outcome for what the hub has asked it for. Requests go by
    ``put``, which waits for one of ``request_limit`` slots.

    Args:
        request_limit: How many ``Asked`` and ``ApiRequest`` may wait.
    """

    def __init__(self, request_limit: int) -> None:
        self._messages: deque[Message] = deque()
        self._come: trio.Event | None = None  # while ``take`` waits
        self._is_woken = False
        self._slots = trio.Semaphore(request_limit)
        self._request_limit = request_limit

    @property
    def used(self) -> float:
        """The share of the slots for requests that is in use."""
        return 1 - self._slots.value / self._request_limit

    def __len__(self) -> int:
        """Return how many messages wait."""
        return len(self._messages)

    def wake(self) -> None:
        """Let ``take`` return, now or when it is called next: something else has changed."""
        self._is_woken = True
        self._rouse()

    def post(self, message: Message) -> None:
        """Leave a message."""
        self._messages.append(message)
        self._rouse()

    def _rouse(self) -> None:
        if self._come is not None:
            self._come.set()
            self._come = None

    async def put(self, request: Asked | ApiRequest) -> None:
        """Leave requests, and wait for a slot first.

        Cancellation: nothing is left.
        """
        try:
            self._slots.acquire_nowait()
        except trio.WouldBlock:
            await self._slots.acquire()
        self.post(request)

    async def take(self, until: float) -> Sequence[Message]:
        """Wait for messages, no longer than until a time; return what waits, at most ``MESSAGES``.

        Other tasks run meanwhile, even if nothing has to be waited for.
        """
        if self._messages or self._is_woken or until <= trio.current_time():
            await trio.lowlevel.checkpoint()
        else:
            await self._wait(until)
        self._is_woken = False
        messages = self._messages
        taken = [messages.popleft() for _ in range(min(len(messages), MESSAGES))]
        for message in taken:
            if isinstance(message, Asked | ApiRequest):
                self._slots.release()
        return taken

    async def _wait(self, until: float) -> None:
        """Wait for a message, or to be woken."""
        self._come = come = trio.Event()
        if until == math.inf:  # mostly: a cancel scope would cost more than the rest of it
            await come.wait()
            return
        with trio.CancelScope(deadline=until):
            await come.wait()
        self._come = None
