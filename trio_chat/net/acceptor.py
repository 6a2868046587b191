"""The door: takes every connection of the port, hands out files, and leads other requests on."""

from collections.abc import Awaitable, Callable

import structlog
import trio

from trio_chat.config import Config
from trio_chat.net import eventstream
from trio_chat.net.admission import Admission
from trio_chat.net.head import Answer, Head, HttpError, read_head
from trio_chat.net.hosts import HostNames
from trio_chat.net.streams import Stream, linger, reset_on_close, tcp_of
from trio_chat.net.websocket import WebSocket, shake_hands
from trio_chat.protocol import requests

WEBSOCKET_PATH = "/ws"
TURNED_AWAY_LIMIT = 32  # connections that are told at once that there is no room

log = structlog.get_logger()

# What is behind the door. A WebSocket comes with the answer to its handshake, to be sent first,
# and may still be refused, and so does a stream of events, with what is to be followed; the bytes
# for these and for HTTP are what had been read from the connection already.
OnWebSocket = Callable[[Stream, WebSocket, bytes, Head], Awaitable[None]]
OnEvents = Callable[[Stream, requests.Join, bytes, bytes], Awaitable[None]]
OnHttp = Callable[[Stream, bytes], Awaitable[None]]


class Acceptor:
    """Answers connections, each in a task of its own.

    Args:
        config: Limits and times.
        find_file: Returns the answer to a request for a file of the page; ``None``: it is for none.
        on_websocket: Takes a connection on after the WebSocket handshake.
        on_events: Takes a connection on that follows a room.
        on_http: Takes a connection on that made another plain HTTP request.
    """

    def __init__(
        self,
        config: Config,
        find_file: Callable[[Head], Answer | None],
        on_websocket: OnWebSocket,
        on_events: OnEvents,
        on_http: OnHttp,
    ) -> None:
        self._config = config
        self._find_file = find_file
        self._on_websocket = on_websocket
        self._on_events = on_events
        self._on_http = on_http
        self._hosts = HostNames(config)
        self._places = Admission(config)
        self._turned_away = 0
        self._waiting: set[trio.CancelScope] = set()  # one for each first head that has not come
        self._is_shut = False

    async def answer(self, stream: Stream) -> None:
        """Serve one connection to its end. Nothing leaves but cancellation.

        Every coroutine between here and the pumps costs each connection a quarter of a KiB.
        """
        try:
            address = _address(stream)
            refused = self._places.find(address)
            if refused:
                await self._turn_away(stream, refused)
                return
            with self._places.taken(address):
                serving = await self._begin(stream, address)
                if serving:
                    await serving
        except* (OSError, trio.BrokenResourceError):
            pass  # the peer is gone
        except* Exception:
            log.exception("connection crashed")

    def shut(self) -> None:
        """Stop waiting for requests that have not come yet."""
        self._is_shut = True
        self._places.free_idle()
        for scope in self._waiting:
            scope.cancel(reason="the server stops")

    async def _turn_away(self, stream: Stream, refused: HttpError) -> None:
        """Tell why there is no room; if very many come, close without a word."""
        if self._turned_away >= TURNED_AWAY_LIMIT:
            return
        self._turned_away += 1
        try:
            await self._refuse(stream, refused)
        finally:
            self._turned_away -= 1

    async def _refuse(self, stream: Stream, refused: HttpError) -> None:
        with trio.move_on_after(self._config.close_timeout):
            await stream.send_all(refused.answer())
            await linger(stream)

    async def _begin(self, stream: Stream, address: str) -> Awaitable[None] | None:
        """Hand out files until another request comes, and begin what serves that.

        No head is kept. The first of them has to come, further ones may.
        """
        try:
            head = await self._await_head(stream)
            while head and (answer := self._file(head, address)):
                await self._send(stream, answer)
                is_over = answer.is_last or self._is_shut
                head = None if is_over else await self._next_head(stream, address, head.rest)
            return self._route(stream, head) if head else None
        except HttpError as refused:
            await self._refuse(stream, refused)
            return None

    def _file(self, head: Head, address: str) -> Answer | None:
        """Return the answer to a request for a file, and for nothing else.

        Raises:
            HttpError: the request, whatever it is for, is meant for another server.
        """
        self._hosts.check(head, address)
        return None if head.values("upgrade") else self._find_file(head)

    async def _send(self, stream: Stream, answer: Answer) -> None:
        """Send an answer.

        Raises:
            trio.BrokenResourceError: the peer does not read, or is gone.
        """
        with trio.move_on_after(self._config.write_timeout) as scope:
            await stream.send_all(answer.wire)
        if scope.cancelled_caught:
            reset_on_close(stream)
            raise trio.BrokenResourceError("the peer does not read")
        if answer.is_last:
            with trio.move_on_after(self._config.close_timeout):
                await linger(stream)

    def _route(self, stream: Stream, head: Head) -> Awaitable[None]:
        upgrade = " ".join(head.values("upgrade")).lower()
        if head.path == WEBSOCKET_PATH:
            websocket, answer = shake_hands(head, self._config)
            return self._on_websocket(stream, websocket, answer, head)
        if upgrade:
            status = 404 if "websocket" in upgrade else 400
            raise HttpError(status, f"no upgrade here; WebSockets are at {WEBSOCKET_PATH}")
        if eventstream.is_asked_for(head):
            wish, answer = eventstream.begin(head, self._config)
            return self._on_events(stream, wish, answer, head.rest)
        return self._on_http(stream, head.raw + head.rest)

    async def _await_head(self, stream: Stream) -> Head | None:
        """Return the request head, or ``None`` if there is nobody to answer."""
        if self._is_shut:
            return None
        with trio.move_on_after(self._config.head_timeout) as scope:
            self._waiting.add(scope)
            try:
                if isinstance(stream, trio.SSLStream):
                    await stream.do_handshake()
                return await read_head(stream, self._config.head_limit)
            finally:
                self._waiting.discard(scope)
        if self._is_shut:
            return None
        raise HttpError(408, "the request did not come in time")

    async def _next_head(self, stream: Stream, address: str, already_read: bytes) -> Head | None:
        """Return the head of a further request, or ``None`` if none comes in time."""
        with (
            trio.move_on_after(self._config.keep_alive_timeout) as scope,
            self._places.idle(address, scope),
        ):
            return await read_head(stream, self._config.head_limit, already_read)
        return None


def _address(stream: Stream) -> str:
    """Return the peer's IP address.

    Raises:
        OSError: the peer is gone already.
    """
    return str(tcp_of(stream).socket.getpeername()[0])
