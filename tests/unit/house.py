"""An acceptor on virtual time: what is behind it, and the connections that come."""

from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager

import trio
import trio.testing

from tests.gates import open_gate
from tests.unit.peers import Connection
from trio_chat.config import Config
from trio_chat.limits.limits import Limits
from trio_chat.net.acceptor import Acceptor
from trio_chat.net.head import Head, HttpError
from trio_chat.net.streams import Stream
from trio_chat.net.visitor import Visitor
from trio_chat.net.websocket import WebSocket
from trio_chat.protocol import requests
from trio_chat.web.assets import File
from trio_chat.web.static_files import Files

GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
GET_FILE = b"GET /static/a.js HTTP/1.1\r\nHost: localhost\r\n\r\n"
CONFIG = Config(
    head_timeout=7,
    close_timeout=3,
    write_timeout=6,
    keep_alive_timeout=4,
    connections_per_address=2,
    waiting_per_address=2,
    max_connections=5,
)
FILES = Files({"static/a.js": File(b"script", None, "text/javascript", "no-cache", "tag")})


class House:
    """An acceptor, what is behind it, and the connections that came."""

    def __init__(self, nursery: trio.Nursery, config: Config) -> None:
        self.limits = Limits(config)
        self.acceptor = Acceptor(
            config,
            self.limits,
            FILES.answer,
            self._on_websocket,
            self._on_events,
            self._on_http,
            gate=open_gate(),
        )
        self.websockets: list[tuple[bytes, bytes]] = []
        self.requests: list[bytes] = []
        self.visitors: list[Visitor] = []
        self.followed: list[tuple[requests.Join, bytes]] = []
        self.ended_at: dict[Connection, float] = {}
        self.crash: Exception | None = None
        self.refuses = False
        self.keeps = False  # whether requests are answered at once
        self.answer = trio.Event()  # lets everybody go on who is served
        self.kept: list[bool] = []  # whether others may follow, by request
        self._nursery = nursery

    async def comes(self, address: str | None = "192.0.2.1", *, stuck: bool = False) -> Connection:
        """Let somebody connect."""
        connection = Connection(address, stuck=stuck)
        self._nursery.start_soon(self._serve, connection)
        await trio.testing.wait_all_tasks_blocked()
        return connection

    async def _serve(self, connection: Connection) -> None:
        await self.acceptor.answer(connection.stream)
        self.ended_at[connection] = trio.current_time()
        await trio.aclose_forcefully(connection.stream)

    async def _on_websocket(
        self, stream: Stream, websocket: WebSocket, answer: bytes, head: Head, visitor: Visitor
    ) -> Awaitable[None]:
        assert websocket.is_open
        if self.refuses:
            raise HttpError(400, "no such room")
        self.websockets.append((answer, head.rest))
        return self._stay()

    async def _on_events(
        self,
        stream: Stream,
        wish: requests.Join,
        answer: bytes,
        already_read: bytes,
        visitor: Visitor,
    ) -> Awaitable[None]:
        self.followed.append((wish, already_read))
        return self._stay()

    async def _on_http(self, stream: Stream, head: Head, visitor: Visitor) -> bytes | None:
        self.requests.append(head.raw + head.rest)
        self.visitors.append(visitor)
        self.kept.append(head.is_kept_alive)
        if not self.keeps:
            await self._stay()
        size = head.body_size or 0
        missing = size - len(head.rest)
        while missing > 0:
            missing -= len(await stream.receive_some(missing))
        return head.rest[size:]

    async def _stay(self) -> None:
        if self.crash:
            raise self.crash
        await self.answer.wait()


@asynccontextmanager
async def house(config: Config = CONFIG) -> AsyncIterator[House]:
    """Keep an acceptor for the block."""
    async with trio.open_nursery() as nursery:
        yield House(nursery, config)
        nursery.cancel_scope.cancel()


async def status(connection: Connection) -> int:
    """Return the status that the peer is answered with, which has to be soon."""
    with trio.fail_after(600):  # virtual seconds
        return int(bytes(await connection.peer.receive_some(1000)).split(b" ")[1])
