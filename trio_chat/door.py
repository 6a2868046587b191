"""The door: takes every connection of the port, reads one request head, and leads it on."""

from collections import Counter
from collections.abc import Awaitable, Callable
from functools import lru_cache
from ipaddress import ip_address

import structlog
import trio

from trio_chat import eventstream, requests
from trio_chat.config import Config
from trio_chat.head import Head, Refused, read_head
from trio_chat.streams import Stream, linger, tcp_of
from trio_chat.websocket import WebSocket, shake_hands

WEBSOCKET_PATH = "/ws"
TURNED_AWAY_LIMIT = 32  # connections that are told at once that there is no room
RETRY = {"Retry-After": "10"}  # seconds

log = structlog.get_logger()

# What is behind the door. A WebSocket comes with the answer to its handshake, to be sent first,
# and may still be refused, and so does a stream of events, with what is to be followed; the bytes
# for these and for HTTP are what had been read from the connection already.
OnWebSocket = Callable[[Stream, WebSocket, bytes, Head], Awaitable[None]]
OnEvents = Callable[[Stream, requests.Join, bytes, bytes], Awaitable[None]]
OnHttp = Callable[[Stream, bytes], Awaitable[None]]


class Door:
    """Answers connections, each in a task of its own.

    Args:
        config: Limits and times.
        on_websocket: Takes a connection on after the WebSocket handshake.
        on_events: Takes a connection on that follows a room.
        on_http: Takes a connection on that made another plain HTTP request.
    """

    def __init__(
        self, config: Config, on_websocket: OnWebSocket, on_events: OnEvents, on_http: OnHttp
    ) -> None:
        self._config = config
        self._on_websocket = on_websocket
        self._on_events = on_events
        self._on_http = on_http
        self._cap = config.connection_cap()
        self._addresses: Counter[str] = Counter()  # open connections of each
        self._open = 0  # connections in all
        self._turned_away = 0
        self._waiting: set[trio.CancelScope] = set()  # one for each head that has not come yet
        self._is_shut = False

    async def answer(self, stream: Stream) -> None:
        """Serve one connection to its end. Nothing leaves but cancellation.

        Every coroutine between here and the pumps costs each connection a quarter of a KiB.
        """
        try:
            address = _address(stream)
            refused = self._find_room(address)
            if refused:
                await self._turn_away(stream, refused)
                return
            self._open += 1
            self._addresses[address] += 1
            try:
                serving = await self._begin(stream)
                if serving:
                    await serving
            finally:
                self._forget(address)
        except* (OSError, trio.BrokenResourceError):
            pass  # the peer is gone
        except* Exception:
            log.exception("connection crashed")

    def shut(self) -> None:
        """Stop waiting for requests that have not come yet."""
        self._is_shut = True
        for scope in self._waiting:
            scope.cancel(reason="the server stops")

    def _find_room(self, address: str) -> Refused | None:
        """Return why there is no room for one more connection, if there is none."""
        limit = self._config.connections_per_address
        if limit and self._addresses[address] >= limit and not _is_loopback(address):
            return Refused(429, "too many connections from your address", RETRY)
        if self._open >= self._cap:
            return Refused(503, "too many connections", RETRY)
        return None

    def _forget(self, address: str) -> None:
        self._open -= 1
        self._addresses[address] -= 1
        if not self._addresses[address]:
            del self._addresses[address]

    async def _turn_away(self, stream: Stream, refused: Refused) -> None:
        """Tell why there is no room; if very many come, close without a word."""
        if self._turned_away >= TURNED_AWAY_LIMIT:
            return
        self._turned_away += 1
        try:
            await self._refuse(stream, refused)
        finally:
            self._turned_away -= 1

    async def _refuse(self, stream: Stream, refused: Refused) -> None:
        with trio.move_on_after(self._config.close_timeout):
            await stream.send_all(refused.answer())
            await linger(stream)

    async def _begin(self, stream: Stream) -> Awaitable[None] | None:
        """Read the request head and begin what serves it; the head itself is not kept."""
        try:
            head = await self._await_head(stream)
            return self._route(stream, head) if head else None
        except Refused as refused:
            await self._refuse(stream, refused)
            return None

    def _route(self, stream: Stream, head: Head) -> Awaitable[None]:
        upgrade = " ".join(head.values("upgrade")).lower()
        if head.path == WEBSOCKET_PATH:
            websocket, answer = shake_hands(head, self._config)
            return self._on_websocket(stream, websocket, answer, head)
        if upgrade:
            status = 404 if "websocket" in upgrade else 400
            raise Refused(status, f"no upgrade here; WebSockets are at {WEBSOCKET_PATH}")
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
        raise Refused(408, "the request did not come in time")


@lru_cache
def _is_loopback(address: str) -> bool:
    return ip_address(address).is_loopback


def _address(stream: Stream) -> str:
    """Return the peer's IP address.

    Raises:
        OSError: the peer is gone already.
    """
    return str(tcp_of(stream).socket.getpeername()[0])
