"""Rules of the port for an operator's programs, on virtual time; and of probes at a full server."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import structlog
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from tests.unit.peers import Connection
from trio_chat.config import Config
from trio_chat.metrics.endpoint import PLACES, Endpoint
from trio_chat.net.probes import NO_PROBES, Probes

CONFIG = Config(head_timeout=7, write_timeout=6, metrics_listen="127.0.0.1:9464")
GET = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"


async def scrape(accept: str) -> tuple[str, bytes]:
    """Return figures, or fail as a bug would."""
    if accept == "bug":
        raise RuntimeError("a bug")
    if accept == "gone":
        raise trio.BrokenResourceError
    return "text/plain", b"figures"


class Port:
    """An endpoint, and when it was done with each connection."""

    def __init__(self, nursery: trio.Nursery) -> None:
        self._nursery = nursery
        self._endpoint = Endpoint(CONFIG, NO_PROBES, scrape)
        self.ended_at: dict[Connection, float] = {}

    async def comes(self, address: str = "127.0.0.1", *, stuck: bool = False) -> Connection:
        connection = Connection(address, stuck=stuck)
        self._nursery.start_soon(self._serve, connection)
        await wait_all_tasks_blocked()
        return connection

    async def _serve(self, connection: Connection) -> None:
        assert isinstance(connection.stream, trio.abc.Stream)
        await self._endpoint.answer(connection.stream)  # type: ignore[arg-type]
        self.ended_at[connection] = trio.current_time()
        await trio.aclose_forcefully(connection.stream)


@asynccontextmanager
async def port() -> AsyncIterator[Port]:
    """Keep an endpoint for the block."""
    async with trio.open_nursery() as nursery:
        yield Port(nursery)
        nursery.cancel_scope.cancel()


async def test_a_scraper_gets_one_answer(autojump_clock: MockClock) -> None:
    """And the end of the connection, also if it sends more, and whoever it asks from elsewhere."""
    async with port() as one:
        for address, host in (("127.0.0.1", b"localhost"), ("10.0.0.1", b"chat-metrics")):
            conn = await one.comes(address)
            await conn.send(GET.replace(b"localhost", host) + b"more")
            await conn.send(b"and more")
            await conn.peer.send_eof()
            assert (await conn.read_all()).endswith(b"\r\n\r\nfigures")
            assert one.ended_at[conn] == 0


@pytest.mark.parametrize(
    ("wire", "status"),
    [
        (GET.replace(b"localhost", b"evil.example"), b"421"),
        (GET.replace(b"metrics", b"r/"), b"404"),
        (GET.replace(b"GET", b"PUT"), b"405"),
        (b"garbage\r\n\r\n", b"400"),
    ],
)
async def test_what_is_no_scrape_is_refused(
    wire: bytes, status: bytes, autojump_clock: MockClock
) -> None:
    """With its status."""
    async with port() as one:
        conn = await one.comes()
        await conn.send(wire)
        await conn.peer.send_eof()
        assert (await conn.read_all()).startswith(b"HTTP/1.1 " + status)


async def test_who_sends_or_reads_nothing_is_left(autojump_clock: MockClock) -> None:
    """After its time, to the moment; meanwhile further ones than there are places are closed."""
    async with port() as one:
        silent = [await one.comes() for _ in range(PLACES - 1)]
        stuck = await one.comes(stuck=True)
        await stuck.send(GET)
        late = await one.comes()
        assert one.ended_at == {late: 0}
        await trio.sleep(CONFIG.head_timeout + 1)
        assert one.ended_at == {late: 0, stuck: CONFIG.write_timeout} | dict.fromkeys(
            silent, CONFIG.head_timeout
        )


async def test_a_crash_is_logged_and_a_peer_that_is_gone_is_not(autojump_clock: MockClock) -> None:
    """Neither ends more than its connection."""
    for accept, told in ((b"bug", ["a request for figures crashed"]), (b"gone", [])):
        async with port() as one:
            with structlog.testing.capture_logs() as logged:
                conn = await one.comes()
                await conn.send(GET[:-2] + b"Accept: " + accept + b"\r\n\r\n")
            assert one.ended_at == {conn: 0}
            assert [line["event"] for line in logged] == told


@asynccontextmanager
async def tcp() -> AsyncIterator[tuple[trio.SocketStream, socket.socket]]:
    """Make a connection for the block; the first end is the server's."""
    ours, theirs = socket.socketpair()
    ours.settimeout(0)
    async with trio.SocketStream(trio.socket.from_stdlib_socket(ours)) as stream:
        with theirs:
            yield stream, theirs


async def fine() -> str | None:
    """Find nothing wrong."""
    return None


async def bad() -> str | None:
    """Find something wrong."""
    return "a secret reason"


async def test_a_probe_is_known_by_the_beginning_of_its_request() -> None:
    """Which stays to be read; who has sent nothing, is gone, or asks for more, is none."""
    probes = Probes({"/healthz": fine, "/readyz": bad})
    for begun, status in (
        (b"GET /healthz HTTP/1.1\r\nHo", 200),
        (b"GET /readyz HTTP/1.1\r\n\r\n", 503),
        (b"GET /r/ HTTP/1.1\r\n\r\n", None),
        (b"POST /healthz HTTP/1.1\r\n\r\n", None),
        (b"", None),
    ):
        async with tcp() as (stream, theirs):
            theirs.sendall(begun)
            told = await probes.peek(stream)
            assert (told.status if told else None) == status
            assert told is None or b"secret" not in told.answer()
            if begun:
                assert await stream.receive_some() == begun
    assert await probes.peek(trio.testing.memory_stream_pair()[0]) is None
