"""The hub: the one task that owns the set of clients and fans every message out to them."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import trio

from trio_chat.audience import Audience
from trio_chat.dialects import Dialect, plain
from trio_chat.endings import TOO_SLOW, Ending
from trio_chat.member import Member
from trio_chat.outbox import Readiness
from trio_chat.websocket import Frame, pack


class Register(NamedTuple):
    """From now on the client gets what is said."""

    client: Member


class Unregister(NamedTuple):
    """The client gets nothing more, and its send side is closed."""

    client: Member


class Broadcast(NamedTuple):
    """Lines for everybody, in the order in which their sender wrote them."""

    lines: list[str]


class Farewell(NamedTuple):
    """The server stops: everybody is told so, and so is whoever comes later."""

    ending: Ending


Request = Register | Unregister | Broadcast | Farewell


class Hub:
    """Owns the registered clients. Requests reach it, in order, by one memory channel.

    It works in turns. A turn takes all requests that wait, applies them one after the other,
    and sends what was said as one frame, the same for everybody. The longer a turn takes, the
    more the next one carries: no timer is needed to batch.
    """

    def __init__(self, inbox: trio.MemoryReceiveChannel[Request], readiness: Readiness) -> None:
        self.clients = Audience(readiness)
        self._inbox = inbox
        self._dialect: Dialect = plain
        self._farewell: Ending | None = None

    async def run(self) -> None:
        """Serve requests until the inbox is closed."""
        async for request in self._inbox:
            for lines in self.apply(self._drain(request)):
                for frame in pack((line.encode() for line in lines), self._dialect):
                    await self._fan_out(frame)

    def _drain(self, request: Request) -> list[Request]:
        """Return the request and all that wait behind it: at most an inbox full."""
        waiting = self._inbox.statistics().current_buffer_used
        return [request] + [self._inbox.receive_nowait() for _ in range(waiting)]

    def apply(self, turn: Iterable[Request]) -> Iterator[list[str]]:
        """Apply requests in order; yield lines to send to those who are registered just then."""
        lines: list[str] = []
        for request in turn:
            if isinstance(request, Broadcast):
                lines += request.lines
                continue
            if lines:  # said before somebody comes or goes, so sent before
                yield lines
                lines = []
            self._change_members(request)
        if lines:
            yield lines

    def _change_members(self, request: Register | Unregister | Farewell) -> None:
        if isinstance(request, Register):
            if self._farewell:
                request.client.end(self._farewell)
            else:
                self.clients.add(request.client)
        elif isinstance(request, Unregister):
            self.clients.discard(request.client)
            request.client.close()
        else:
            self._farewell = request.ending
            for client in self.clients:
                client.end(request.ending)
            self.clients.clear()

    async def _fan_out(self, frame: Frame) -> None:
        """Send a frame to every client, and drop those that are dead or stuck."""
        for client in await self.clients.send(frame):
            client.abort(TOO_SLOW)
