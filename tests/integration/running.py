"""A server that runs in the test's own process, and the proof that it stays well."""

import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trio
import trio_websocket

from tests import frames
from tests.frames import CLOSE, Seen
from tests.rates import NO_RATES
from trio_chat.config import Config
from trio_chat.delivery.fan_out import open_fan_out
from trio_chat.journal.journal import Journal
from trio_chat.journal.opening import open_journal
from trio_chat.net.streams import NO_LINGER, Stream
from trio_chat.protocol.close import GOING_AWAY
from trio_chat.server import Server

ROOT_OF_PROJECT = Path(__file__).parents[2]
PATIENCE = 60  # seconds that a busy machine may take; virtual time is not for real sockets
END_OF_HEAD = b"\r\n\r\n"


@dataclass
class Running:
    """A running server, as a test sees it. ``trust`` is the TLS context of its clients, if any."""

    server: Server
    address: str
    port: int
    trust: ssl.SSLContext | None

    @property
    def ws(self) -> str:
        scheme = "wss" if self.trust else "ws"
        return f"{scheme}://localhost:{self.port}/ws"

    async def connect_tcp(self, *, buffer: int = 0) -> trio.SocketStream:
        """Open a raw connection; ``buffer`` is what our kernel takes for us, 0 its own choice."""
        sock = trio.socket.socket()
        if buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        await sock.connect(("127.0.0.1", self.port))
        return trio.SocketStream(sock)

    async def connect(self, *, buffer: int = 0) -> Stream:
        """Open a connection, over TLS if the server speaks it."""
        stream = await self.connect_tcp(buffer=buffer)
        if self.trust is None:
            return stream
        secure = trio.SSLStream(stream, self.trust, server_hostname="localhost")
        await secure.do_handshake()
        return secure

    async def shake_hands(self, *headers: bytes, buffer: int = 0) -> Stream:
        """Open a WebSocket."""
        stream = await self.connect(buffer=buffer)
        await stream.send_all(frames.upgrade(*headers))
        answer = b""
        while END_OF_HEAD not in answer:
            data = await stream.receive_some(1)
            assert data, f"hung up after {answer!r}"
            answer += data
        assert answer.startswith(b"HTTP/1.1 101 ")
        return stream

    async def exchange(self, wire: bytes) -> bytes:
        """Send bytes on a new connection; return the answer and all that comes behind it."""
        async with await self.connect() as stream:
            await stream.send_all(wire)
            answer = await read_answer(stream, has_body=not wire.startswith(b"HEAD "))
            if isinstance(stream, trio.SocketStream):
                await stream.send_eof()
                answer += await read_all(stream)
            return answer

    async def check(self) -> None:
        """Prove that the server still serves: the page, and a conversation."""
        page = await self.exchange(b"GET /r/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert page.startswith(b"HTTP/1.1 200 ")
        async with trio_websocket.open_websocket_url(self.ws, ssl_context=self.trust) as one:
            await one.send_message("still there?")
            assert await one.get_message() == "still there?"


async def read_answer(stream: trio.abc.ReceiveStream, *, has_body: bool = True) -> bytes:
    """Return an HTTP answer as far as its head says it goes; for a WebSocket, all until the end."""
    answer = b""
    while END_OF_HEAD not in answer:
        data = await stream.receive_some(65536)
        assert data, f"hung up after {answer!r}"
        answer += data
    if status(answer) == 101:
        return answer + await read_all(stream)
    end = answer.index(END_OF_HEAD) + len(END_OF_HEAD)
    if has_body and status(answer) != 304:
        end += int(header(answer, b"content-length"))
    while len(answer) < end:
        data = await stream.receive_some(65536)
        assert data, f"hung up {end - len(answer)} bytes before the end"
        answer += data
    return answer


def status(answer: bytes) -> int:
    """Return the status of an HTTP answer."""
    return int(answer.split(b" ", 2)[1])


def header(answer: bytes, name: bytes) -> bytes:
    """Return the value of a header of an HTTP answer, or nothing if there is none."""
    for line in answer.partition(END_OF_HEAD)[0].split(b"\r\n")[1:]:
        key, _, value = line.partition(b":")
        if key.lower() == name:
            return value.strip()
    return b""


async def read_all(stream: trio.abc.ReceiveStream) -> bytes:
    """Return all that comes until the peer hangs up or resets."""
    received = b""
    try:
        while data := await stream.receive_some(65536):
            received += data
    except trio.BrokenResourceError:
        pass
    return received


async def goodbye(stream: Stream) -> list[Seen]:
    """Wait for the server's close frame and answer it; return all frames that came until then."""
    received = b""
    while CLOSE not in [seen.opcode for seen in frames.parse(received)]:
        data = await stream.receive_some(65536)
        assert data, f"hung up without a close frame, after {received!r}"
        received += data
    seen = list(frames.parse(received))
    await stream.send_all(frames.close(seen[-1].close_code))
    assert await read_all(stream) == b""
    return seen


async def reset(stream: Stream) -> None:
    """Vanish: the other end gets a reset, no goodbye of any kind."""
    tcp = stream.transport_stream if isinstance(stream, trio.SSLStream) else stream
    tcp.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
    await tcp.aclose()


@asynccontextmanager
async def serving(
    *, trust: ssl.SSLContext | None = None, journal: Journal | None = None, **settings: object
) -> AsyncIterator[Running]:
    """Run a server for the block, and stop it at its end.

    There are no rates but those that the test gives, and the machine may be late.

    It keeps what is said in ``journal``, or in the file that ``database`` names, else in memory.

    It sends no pings unless a test asks for them: a ping that crosses the close of a
    trio-websocket client ends that client with an error.
    """
    chosen: dict[str, Any] = {"port": 0, "ping_interval": 0, "database": ":memory:", **settings}
    config = Config(**{**NO_RATES, "lag_limit": PATIENCE, **chosen})
    async with opened(config, journal) as kept, served(config, kept, trust) as server:
        yield server


@asynccontextmanager
async def opened(config: Config, journal: Journal | None) -> AsyncIterator[Journal]:
    """Lend a journal; one that is opened here is closed here."""
    if journal:
        yield journal
        return
    kept = await open_journal(config)
    try:
        yield kept
    finally:
        await kept.close()


@asynccontextmanager
async def served(
    config: Config, journal: Journal, trust: ssl.SSLContext | None
) -> AsyncIterator[Running]:
    """Run a server on a journal for the block."""
    with open_fan_out(config.fan_out) as fan_out:
        server = Server(config, journal, fan_out)
        address = await server.listen()
        port = int(server.addresses[0].rstrip("/").rpartition(":")[2])
        with trio.fail_after(5 * PATIENCE):  # before pytest's own limit, which explains less
            async with trio.open_nursery() as nursery:
                nursery.start_soon(server.run)
                yield Running(server, address, port, trust)
                server.stop(GOING_AWAY)


@asynccontextmanager
async def running(
    *,
    trust: ssl.SSLContext | None = None,
    **settings: Any,  # noqa: ANN401 - see ``serving``
) -> AsyncIterator[Running]:
    """Run a server as ``serving`` does; it must be well in the end, and leave nothing behind."""
    before = _descriptors()
    async with serving(trust=trust, **settings) as server:
        await server.check()
        idle = await _settled()
        yield server
        await server.check()
        await _settle_to(*idle)
    await _settle_descriptors(before)


def _descriptors() -> int:
    """Return how many descriptors are open, but for the database: SQLite opens it by and by."""
    return len(_open_files())


def _open_files() -> list[str]:
    targets = map(_target, Path("/proc/self/fd").iterdir())
    return [target for target in targets if ".db" not in target]


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except FileNotFoundError:  # the one by which the folder is read
        return ""


async def _settled() -> tuple[int, list[str]]:
    """Return how many tasks an idle server has, and what is open, once that no longer changes."""
    now = (-1, list[str]())
    with trio.fail_after(PATIENCE):
        while now != (now := (_tasks(), sorted(_open_files()))):
            await trio.sleep(0.05)
    return now


async def _settle_to(tasks: int, files: list[str]) -> None:
    """Wait until there are no more tasks, and no more is open, than that."""
    now, present = _tasks(), _open_files()
    with trio.move_on_after(PATIENCE):
        while now > tasks or len(present) > len(files):
            await trio.sleep(0.05)
            now, present = _tasks(), _open_files()
    assert now <= tasks
    assert len(present) <= len(files), (sorted(present), files)


def _tasks() -> int:
    return trio.lowlevel.current_statistics().tasks_living


async def _settle_descriptors(before: int) -> None:
    present = _open_files()
    with trio.move_on_after(PATIENCE):
        while len(present) > before:
            await trio.sleep(0.05)
            present = _open_files()
    assert len(present) <= before, present
