"""The parent as a worker sees it: what it hands over, asks and hears, and that it is gone."""

import os
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from math import inf

import trio

from trio_chat.config import Config
from trio_chat.metrics.sums import flatten
from trio_chat.net.handover import take_over
from trio_chat.net.places import Place
from trio_chat.protocol.close import RESTARTING, CloseReason
from trio_chat.server import Server
from trio_chat.workers.messages import OF_PARENT, Ask, Lines, Post, Reloaded, Told, Up, line

WAITING = 64  # messages that wait for the parent to read; it asks less than that at a time


class Boss:
    """The parent, as a worker sees it: tells it what becomes of the worker, and answers it.

    Args:
        post: What was handed over.
    """

    def __init__(self, post: Post) -> None:
        os.set_inheritable(post.link, False)  # noqa: FBT003 - it has no name
        sock = socket.socket(fileno=post.link)
        self._stream = trio.SocketStream(trio.socket.from_stdlib_socket(sock))
        self._handed = post.places
        self._send, self._sent = trio.open_memory_channel[bytes](WAITING)

    def places(self, config: Config) -> list[Place]:
        """Return where to listen."""
        return take_over(self._handed, config)

    def announce(self, addresses: Sequence[str], operator_link: str | None) -> None:
        """Tell that the worker serves."""
        self._send.send_nowait(line(Up(list(addresses), operator_link)))

    def begin(self) -> None:
        """Take in that settings are read again; what becomes of it is told at the end."""

    def end(self, refused: str | None) -> None:
        """Tell that they were read, and why they were refused, if they were."""
        self._send.send_nowait(line(Reloaded(refused)))

    async def attend(
        self, server: Server, stop: Callable[[CloseReason], None], everything: trio.CancelScope
    ) -> None:
        """Answer the parent until it is gone; then say goodbye to all, as nobody looks after us.

        Cancellation: the link is closed.

        Args:
            server: What it asks about.
            stop: Begins the goodbyes.
            everything: Is cancelled when these are to be cut short.
        """
        async with self._stream, trio.open_nursery() as nursery:
            nursery.start_soon(self._tell)
            lines = Lines(self._stream)
            while (read := await lines.next()) is not None:
                ask = OF_PARENT.decode(read)
                if ask.what == "hurry":
                    everything.cancel(reason="the parent wants it")
                nursery.start_soon(self._answer, ask, server)
            nursery.cancel_scope.cancel(reason="the parent is gone")
        stop(RESTARTING)
        await trio.sleep(inf)

    async def _tell(self) -> None:
        with suppress(trio.BrokenResourceError):  # the parent is gone, which is read, too
            while True:
                await self._stream.send_all(await self._sent.receive())

    async def _answer(self, ask: Ask, server: Server) -> None:
        if ask.what == "figures":
            told = Told(ask.id, figures=flatten(await server.figures()))
        elif ask.what == "alive":
            told = Told(ask.id, await server.health.alive())
        else:
            told = Told(ask.id, await server.health.ready())
        await self._send.send(line(told))
