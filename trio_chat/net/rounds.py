"""Rounds: reads what peers have sent, of all that have sent something in a moment together.

Between two messages the loop comes by other connections, the hub, the journal and the kernel, and
whatever it goes on with is not in the processor's caches any more. What is done for several at a
time costs a third less. So while many send, the system is asked once in ``PAUSE`` who has sent
something. While few do, whoever sends is read at once.

A socket is registered with the system once, which tells of each arrival (edge-triggered). So there
is no call to the system before each read, and a connection that waits takes less memory.
"""

import os
import select
import sys
from contextlib import suppress
from functools import partial
from itertools import islice

import trio

from trio_chat.limits.bucket import Bucket
from trio_chat.net.streams import AnyStream
from trio_chat.rates import Rate

PAUSE = 0.005  # seconds from one round to the next, at most
CALM = Rate(500, 10)  # arrivals a second, and at once, that are read without a pause
END = select.EPOLLRDHUP | select.EPOLLHUP | select.EPOLLERR if sys.platform == "linux" else 0
WOKEN = 64  # connections in one go, up to 4 ms; others follow in the next one, without a pause
EXITS = 8  # of these, at most, whose peer has gone: a millisecond of clearing away


class AtOnce:
    """Reads each connection as soon as it has something; a few at a time of those that end."""

    def __init__(self) -> None:
        self._exits = trio.CapacityLimiter(EXITS)

    async def run(self) -> None:
        """Do nothing: nobody waits for it."""

    def add(self, stream: AnyStream) -> None:
        """Take in a connection; ``remove`` it before it is closed."""

    def remove(self, stream: AnyStream) -> None:
        """Let a connection go that nobody reads any more."""

    async def receive(self, stream: AnyStream, size: int) -> bytes:
        """Return at most ``size`` bytes that the peer sent, or nothing if it is gone.

        Of those whose peers are gone, a few go on in a round.
        """
        data = b""
        with suppress(trio.BrokenResourceError):
            data = bytes(await stream.receive_some(size))
        if not data:
            await self.leave()
        return data

    async def leave(self) -> None:
        """Wait for a turn to clear a connection away that ends: a few do in a round."""
        async with self._exits:
            pass

    def open(self) -> None:
        """Take from the system what is needed to take in connections."""

    def close(self) -> None:
        """Give it back."""


class Rounds(AtOnce):
    """Reads plain TCP connections in rounds, others at once; ``run`` runs while it is open.

    One task at a time reads a connection.
    """

    def __init__(self) -> None:
        super().__init__()
        self._epoll: select.epoll
        self._waiting: dict[int, trio.lowlevel.Task] = {}  # by descriptor
        self._ready: set[int] = set()  # descriptors that may have something while nobody waits
        self._ended: set[int] = set()  # those whose peer sends no more, of which nothing is told
        self._ending: dict[int, None] = {}  # those of them that are still to be woken, in order
        self._calm = Bucket(CALM)

    async def run(self) -> None:
        """Wake who waits for what has come, until it is cancelled."""
        while True:
            await trio.lowlevel.wait_readable(self._epoll)
            while self._wake_some() == WOKEN or self._ending:
                await trio.lowlevel.checkpoint()
            await trio.sleep(self._pause())

    def _wake_some(self) -> int:
        """Wake who waits for what has come; return how many were told of."""
        events = self._epoll.poll(0, WOKEN)
        for descriptor, told in events:
            if told & END:
                self._ended.add(descriptor)
                self._ending[descriptor] = None
            else:
                self._wake(descriptor)
        for descriptor in [*islice(self._ending, EXITS)]:
            del self._ending[descriptor]
            self._wake(descriptor)
        self._calm.take(trio.current_time(), len(events))
        return len(events)

    def _wake(self, descriptor: int) -> None:
        """Wake who waits for a connection, or note down that something has come."""
        task = self._waiting.pop(descriptor, None)
        if task is None:
            self._ready.add(descriptor)
        else:
            trio.lowlevel.reschedule(task)

    def _pause(self) -> float:
        """Return in how many seconds the next round begins, which may have several then."""
        now = trio.current_time()
        self._calm.limit_debt(now, PAUSE)
        return self._calm.delay(now, 0)

    def add(self, stream: AnyStream) -> None:
        """Take in a connection; ``remove`` it before it is closed."""
        if isinstance(stream, trio.SocketStream):
            arrivals = select.EPOLLIN | select.EPOLLRDHUP | select.EPOLLET
            self._epoll.register(stream.socket.fileno(), arrivals)

    def remove(self, stream: AnyStream) -> None:
        """Let a connection go that nobody reads any more."""
        if isinstance(stream, trio.SocketStream):
            descriptor = stream.socket.fileno()
            self._epoll.unregister(descriptor)
            self._ready.discard(descriptor)
            self._ended.discard(descriptor)
            self._ending.pop(descriptor, None)

    async def receive(self, stream: AnyStream, size: int) -> bytes:
        """Return at most ``size`` bytes that the peer sent, or nothing if it is gone.

        It is one function, since each that waits is memory of a connection that is idle.
        """
        if not isinstance(stream, trio.SocketStream):
            return await super().receive(stream, size)
        descriptor = stream.socket.fileno()
        while True:
            if descriptor in self._ready:
                await trio.lowlevel.checkpoint()
                self._ready.remove(descriptor)
            else:  # something may have come that was read already
                self._waiting[descriptor] = trio.lowlevel.current_task()
                await trio.lowlevel.wait_task_rescheduled(partial(self._wait_no_more, descriptor))
            try:
                data = os.read(descriptor, size)
            except BlockingIOError:
                continue
            except OSError:
                return b""
            if len(data) == size or descriptor in self._ended:
                self._ready.add(descriptor)  # nobody tells of what is left, nor of the end
            return data

    def _wait_no_more(self, descriptor: int, _: object) -> trio.lowlevel.Abort:
        del self._waiting[descriptor]
        return trio.lowlevel.Abort.SUCCEEDED

    def open(self) -> None:
        """Take from the system what is needed to take in connections."""
        self._epoll = select.epoll()

    def close(self) -> None:
        """Give it back."""
        self._epoll.close()


def make_rounds() -> AtOnce:
    """Return what reads in rounds, where the system can tell of arrivals, and else at once."""
    return Rounds() if sys.platform == "linux" else AtOnce()
