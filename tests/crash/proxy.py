"""A TCP proxy that delays, stalls and cuts what goes through it."""

import random
import socket
from collections import Counter

import trio

from trio_chat.net.streams import NO_LINGER

DELAY = 0.02  # seconds for each piece, at most
PIECE = 4096  # bytes; small, so that a cut falls into the middle of things
STALL = 10.0  # seconds in which nothing goes through; then it is a cut
FATES = ("cut", "reset", "stall")


class Proxy:
    """Passes connections on to a port of this machine; each meets its fate after some traffic.

    Traffic counts, not time, so that a slow machine gets as far between two fates as a fast one.
    ``fates`` counts what has become of them.
    """

    def __init__(self, target: int, *, life: int) -> None:
        self.port = 0
        self.fates: Counter[str] = Counter()
        self._target = target
        self._life = life  # pieces until a connection meets its fate, about

    async def run(self, task_status: trio.TaskStatus[None]) -> None:
        """Serve until cancelled."""
        [listener] = await trio.open_tcp_listeners(0, host="127.0.0.1")
        self.port = listener.socket.getsockname()[1]
        task_status.started()
        await trio.serve_listeners(self._pass_on, [listener])

    async def _pass_on(self, near: trio.SocketStream) -> None:
        try:
            far = await trio.open_tcp_stream("127.0.0.1", self._target)
        except OSError:  # the server is down just now
            await near.aclose()
            return
        async with near, far:
            await self._connect(near, far)

    async def _connect(self, near: trio.SocketStream, far: trio.SocketStream) -> None:
        lane = _Lane(int(random.expovariate(1 / self._life)))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(lane.pump, near, far, nursery.cancel_scope)
            nursery.start_soon(lane.pump, far, near, nursery.cancel_scope)
            await lane.is_due.wait()
            fate = random.choice(FATES)  # noqa: S311 - no secret
            self.fates[fate] += 1
            if fate == "stall":
                lane.is_stalled = True
                await trio.sleep(STALL)
            if fate == "reset":
                near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
            nursery.cancel_scope.cancel()


class _Lane:
    """Both directions of one connection."""

    def __init__(self, life: int) -> None:
        self.is_stalled = False
        self.is_due = trio.Event()  # set when so many pieces have gone through
        self._left = life

    async def pump(
        self, source: trio.SocketStream, sink: trio.SocketStream, scope: trio.CancelScope
    ) -> None:
        """Pass on what comes until one end is gone."""
        try:
            while data := await source.receive_some(PIECE):
                await trio.sleep(random.uniform(0, DELAY))  # noqa: S311 - no secret
                if self.is_stalled:
                    await trio.sleep_forever()
                await sink.send_all(data)
                self._count()
        except trio.BrokenResourceError:
            pass
        scope.cancel()

    def _count(self) -> None:
        self._left -= 1
        if self._left <= 0:
            self.is_due.set()
