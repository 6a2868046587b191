"""Connections in memory that pass for TCP, so that the door can be tested on virtual time."""

import socket
from types import SimpleNamespace
from typing import cast

import trio
import trio.testing

from trio_chat.streams import Stream


class Connection:
    """Both ends of a connection that came from ``address``; ``None``: it is gone already.

    In lockstep nothing is taken from the server unless the peer reads.
    """

    def __init__(self, address: str | None = "192.0.2.1", *, lockstep: bool = False) -> None:
        pair = trio.testing.lockstep_stream_pair if lockstep else trio.testing.memory_stream_pair
        ours, self.peer = pair()
        self._address = address
        ours.socket = SimpleNamespace(  # type: ignore[attr-defined]
            family=socket.AF_INET,
            getpeername=self._peer_name,
            getsockname=lambda: ("192.0.2.99", 80),
        )
        self.stream = cast("Stream", ours)

    def _peer_name(self) -> tuple[str, int]:
        if self._address is None:
            raise OSError("Transport endpoint is not connected")
        return self._address, 50_000

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
