"""Connections are freed as they end: the collector would find them a quarter of an hour later."""

import gc
from collections.abc import Iterator

import pytest
from websockets.server import ServerProtocol

from tests import frames
from tests.frames import BINARY, CLOSE, CONTINUATION, PING, TEXT, masked
from tests.integration.running import reset, running
from trio_chat.client.client import Client

V1 = b"Sec-WebSocket-Protocol: trio-chat.v1"
HELLO = masked(TEXT, b'[{"t": "hello", "nick": "Ann", "rooms": [{"room": "tea"}]}]')
HISTORY = masked(TEXT, b'[{"t": "history", "id": 1, "room": "tea"}]')
STREAM = b"GET /api/v1/rooms/tea/events HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(autouse=True)
def _without_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize(
    "last_words",
    [
        b"",
        HELLO,
        HELLO[:20],
        masked(CLOSE, b"\x03\xe8"),
        masked(TEXT, b"no JSON"),
        masked(TEXT, b"\xff\xfe"),
        masked(BINARY, b"x"),
        masked(CONTINUATION, b""),
        masked(PING, b"x" * 126),
        b"\xc1\x80mask",
        b"\x81\xff\x00\x00\x00\x00\x00\xff\xff\xffmask",
        b"GET / HTTP/1.1\r\n\r\n",
        STREAM,
    ],
)
async def test_a_connection_is_freed_however_it_ends(last_words: bytes) -> None:
    """After a goodbye, in the midst of a frame, or because it breaks the rules."""
    async with running() as server:
        head = b"" if last_words is STREAM else frames.upgrade(V1)
        async with await server.connect() as stream:
            await stream.send_all(head + last_words)
            assert await stream.receive_some(65536)
    assert [each for each in gc.get_objects() if isinstance(each, Client | ServerProtocol)] == []


async def test_a_connection_is_freed_whose_peer_is_lost() -> None:
    """With a request under way, and others behind it."""
    async with running() as server:
        for _ in range(5):
            async with await server.shake_hands(V1) as stream:
                await stream.send_all(HELLO + HISTORY * 50)
                await stream.receive_some(1)
                await reset(stream)
    assert [each for each in gc.get_objects() if isinstance(each, Client | ServerProtocol)] == []
