"""Connections in memory that pass for TCP, so that the acceptor can be tested on virtual time."""

import socket
from types import SimpleNamespace
from typing import cast

import trio
import trio.testing

from trio_chat.net.streams import Stream


class Connection:
    """Both ends of a connection that came from ``address``; ``None``: it is gone already.

    To a stuck one every write of the server waits until it is closed.
    """

    def __init__(self, address: str | None = "192.0.2.1", *, stuck: bool = False) -> None:
        ours, self.peer = trio.testing.memory_stream_pair()
        self.writes = 0
        self.breaks = False  # it has been reset, which shows with the next read or write
        self._stuck = stuck
        self._address = address
        self._closed = trio.Event()
        # These hooks carry the bytes from one end to the other.
        self._carry, self._carry_end = ours.send_stream.send_all_hook, ours.send_stream.close_hook
        ours.send_stream.send_all_hook = self._write
        ours.send_stream.close_hook = self._close
        self._receive_some = ours.receive_stream.receive_some
        ours.receive_stream.receive_some = self._read  # type: ignore[method-assign]
        ours.socket = SimpleNamespace(  # type: ignore[attr-defined]
            family=socket.AF_INET,
            getpeername=self._peer_name,
            getsockname=lambda: ("192.0.2.99", 80),
            recv=self._peek,
        )
        self.stream = cast("Stream", ours)

    def _peer_name(self) -> tuple[str, int]:
        if self._address is None:
            raise OSError("Transport endpoint is not connected")
        return self._address, 50_000

    async def _peek(self, size: int, flags: int) -> bytes:
        """Return how a proxy begins that tells by headers of requests who is behind it."""
        return b"GET"[:size]

    async def _write(self) -> None:
        self.writes += 1
        if self.breaks:
            raise trio.BrokenResourceError
        if self._stuck:
            await self._closed.wait()
            raise trio.ClosedResourceError
        assert self._carry
        await self._carry()

    async def _read(self, max_bytes: int | None = None) -> bytearray:
        if self.breaks:
            raise trio.BrokenResourceError
        return await self._receive_some(max_bytes)

    def _close(self) -> None:
        self._closed.set()
        assert self._carry_end
        self._carry_end()

    async def send(self, data: bytes) -> None:
        """Let the peer send, and everything come of it."""
        await self.peer.send_all(data)
        await trio.testing.wait_all_tasks_blocked()

    async def read_all(self) -> bytes:
        """Return all that the peer gets until the end."""
        received = b""
        try:
            while data := await self.peer.receive_some(65536):
                received += data
        except trio.BrokenResourceError:
            pass
        return received
