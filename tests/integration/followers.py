"""Somebody who follows a room of a running server over HTTP, event by event."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio

from tests.integration.running import END_OF_HEAD, PATIENCE, Running, reset
from tests.sse import Told, parse
from trio_chat.net.streams import Stream


class Follower:
    """One stream. What comes is kept in order until it is asked for."""

    def __init__(self, stream: Stream, head: bytes, rest: bytes) -> None:
        self.stream = stream
        self.head = head
        self.last_id = ""
        self._received = rest

    async def next(self) -> Told:
        """Return the next event."""
        with trio.fail_after(PATIENCE):
            while not (told := list(parse(self._whole()))):
                data = await self.stream.receive_some(65536)
                assert data, "the stream has ended"
                self._received += bytes(data)
        passed = self._received.index(f"event: {told[0].event}\n".encode())
        end = self._received.index(b"\n\n", passed) + 2
        self._received = self._received[end:]
        self.last_id = told[0].id or self.last_id
        return told[0]

    async def until(self, *kinds: str) -> Told:
        """Return the next event of one of these types; the others before it are dropped."""
        while (told := await self.next()).event not in kinds:
            pass
        return told

    async def rest(self) -> list[Told]:
        """Return all events up to the end of the stream, which has to come."""
        with trio.fail_after(PATIENCE):
            while data := await self.stream.receive_some(65536):
                self._received += bytes(data)
        return list(parse(self._received.decode()))

    def _whole(self) -> str:
        """Return what has come so far, up to the end of the last event."""
        return self._received[: self._received.rfind(b"\n\n") + 2].decode()


def request(room: str, *headers: str, query: str = "") -> bytes:
    """Return a request to follow a room."""
    first = f"GET /api/v1/rooms/{room}/events{query} HTTP/1.1"
    return "\r\n".join([first, "Host: localhost", *headers, "", ""]).encode()


@asynccontextmanager
async def following(
    server: Running, room: str = "tea", *headers: str, query: str = "", buffer: int = 0
) -> AsyncIterator[Follower]:
    """Follow a room for the block, and vanish."""
    stream = await server.connect(buffer=buffer)
    await stream.send_all(request(room, *headers, query=query))
    answer = b""
    with trio.fail_after(PATIENCE):
        while END_OF_HEAD not in answer:
            data = await stream.receive_some(65536)
            assert data
            answer += bytes(data)
    head, _, rest = answer.partition(END_OF_HEAD)
    assert head.startswith(b"HTTP/1.1 200 "), head
    try:
        yield Follower(stream, head, rest)
    finally:
        await reset(stream)
