"""The inbox: the memory channel by which everything reaches the hub, in order."""

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
        self._send, self._receive = trio.open_memory_channel[Message](float("inf"))
        self._length = 0
        self._waiting = trio.CancelScope()
        self._is_woken = False
        self._slots = trio.Semaphore(request_limit)
        self._request_limit = request_limit

    @property
    def used(self) -> float:
        """The share of the slots for requests that is in use."""
        return 1 - self._slots.value / self._request_limit

    def __len__(self) -> int:
        """Return how many messages wait."""
        return self._length

    def wake(self) -> None:
        """Let ``take`` return, now or when it is called next: something else has changed."""
        self._is_woken = True
        self._waiting.cancel(reason="woken")

    def post(self, message: Message) -> None:
        """Leave a message."""
        self._length += 1
        self._send.send_nowait(message)

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
        taken: list[Message] = []
        if self._length or self._is_woken or until <= trio.current_time():
            await trio.lowlevel.checkpoint()
        else:
            with trio.CancelScope(deadline=until) as self._waiting:
                taken.append(await self._receive.receive())
        self._is_woken = False
        waiting = min(self._length - len(taken), MESSAGES)
        taken += [self._receive.receive_nowait() for _ in range(waiting)]
        self._length -= len(taken)
        for message in taken:
            if isinstance(message, Asked | ApiRequest):
                self._slots.release()
        return taken
