"""One HTTP exchange: lets Hypercorn serve a Quart app on a connection of the acceptor.

This is the only file that knows Hypercorn. Its ``TCPServer`` is not a public class, so the minor
version is pinned. This file adds a deadline for every write and for the whole exchange, and ends
both when the server stops, although Hypercorn shields its writes from cancellation. What Hypercorn
refuses by itself, before or beside the app, is told as all other refusals are.
"""

import logging
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import cast

import trio
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.config import Config as HypercornConfig
from hypercorn.trio.tcp_server import TCPServer
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import (
    ASGIFramework,
    ASGIReceiveCallable,
    ASGISendCallable,
    ASGISendEvent,
    Scope,
)

from trio_chat.config import Config
from trio_chat.delivery.holding import Holding
from trio_chat.delivery.outbox_budget import OutboxBudget
from trio_chat.limits.limits import Limits
from trio_chat.net.head import END_OF_HEAD, READ_SIZE, HttpError, path_of
from trio_chat.net.problems import as_told_at
from trio_chat.net.streams import Stream, linger, reset_on_close, tcp_of
from trio_chat.net.visitor import Visitor
from trio_chat.web.assets import SECURITY_HEADERS

SECURITY = [(name.lower().encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]
VISITOR = "trio_chat.visitor"  # whose request it is, in the scope that an app gets

STATUS = slice(9, 12)  # of the head of an answer
FAULTS = {  # which no app sees
    400: "the request, or its body, is no clean HTTP/1.1",
    500: "the server failed",
}

logger = logging.getLogger(__name__)


class Exchange:
    """Serves HTTP exchanges with one app.

    Args:
        app: The Quart app.
        config: ``http_timeout``, ``write_timeout``, ``close_timeout`` and ``head_limit``.
        limits: Tell how fast an address may send, and count who holds or sends too much.
        outboxes: The budget for requests that are not complete and answers that nobody reads.
    """

    def __init__(
        self, app: ASGIFramework, config: Config, limits: Limits, outboxes: OutboxBudget
    ) -> None:
        self._app = app
        self._config = config
        self._limits = limits
        self._outboxes = outboxes
        self._hypercorn = _HypercornConfig()
        self._hypercorn.errorlog = logger
        self._hypercorn.include_server_header = False
        # Every request has to pass the acceptor, so this connection ends with the exchange.
        self._hypercorn.keep_alive_max_requests = 0

    async def serve(self, stream: Stream, already_read: bytes, visitor: Visitor) -> None:
        """Serve a visitor's request, which begins with ``already_read``, and close the stream."""
        kind = _BoundedTlsStream if isinstance(stream, trio.SSLStream) else _BoundedStream
        self._hypercorn.h11_max_incomplete_size = self._config.head_limit + 1
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_close_when_cancelled, stream)
            nursery.cancel_scope.deadline = trio.current_time() + self._config.http_timeout
            drop = partial(self._drop, stream, visitor, nursery.cancel_scope)
            holding = Holding(self._outboxes, drop)
            spend = partial(self._limits.spend_bytes, "http", visitor.address)
            refusals = _Refusals(already_read)
            timeout = self._config.write_timeout
            wrapped = kind(stream, already_read, timeout, holding, spend, refusals.as_told)
            # Hypercorn's annotation allows TLS only; it serves plain TCP by the same methods.
            as_annotated = cast("trio.SSLStream[trio.SocketStream]", wrapped)
            app = ASGIWrapper(partial(self._answer, visitor, refusals))
            try:
                await TCPServer(app, self._hypercorn, WorkerContext(None), {}, as_annotated)
            finally:
                holding.release()
            nursery.cancel_scope.deadline = trio.current_time() + self._config.close_timeout
            await linger(stream, spend)
            nursery.cancel_scope.cancel(reason="the exchange is complete")

    def _drop(self, stream: Stream, visitor: Visitor, scope: trio.CancelScope) -> None:
        """End an exchange that holds more than others, as all together hold too much."""
        now = trio.current_time()
        self._limits.counters.count("all_outbox_bytes", "http", visitor.address, now)
        reset_on_close(stream)
        scope.cancel(reason="too much is held for HTTP and slow clients")

    async def _answer(
        self,
        visitor: Visitor,
        refusals: "_Refusals",
        scope: Scope,
        receive: ASGIReceiveCallable,
        send: ASGISendCallable,
    ) -> None:
        """Let the app answer a request, in whose scope is whose it is."""
        send = partial(refusals.send_apps, send)
        await self._app(cast("Scope", {**scope, VISITOR: visitor}), receive, send)


async def _close_when_cancelled(stream: Stream) -> None:
    """Close the stream on cancellation: that ends a write that Hypercorn shields."""
    try:
        await trio.sleep_forever()
    finally:
        await trio.aclose_forcefully(stream)


class _HypercornConfig(HypercornConfig):
    """Settings of Hypercorn, with headers for every answer, also for its own refusals."""

    def response_headers(self, protocol: str) -> list[tuple[bytes, bytes]]:
        return super().response_headers(protocol) + SECURITY


class _Refusals:
    """Tells the refusals of Hypercorn, which have no body, in the form of all others.

    Args:
        request: Which is answered, or its beginning.
    """

    def __init__(self, request: bytes) -> None:
        self._path = path_of(request)
        self._has_body = not request.startswith(b"HEAD ")
        self._is_apps = False  # what is answered

    async def send_apps(self, send: ASGISendCallable, message: ASGISendEvent) -> None:
        """Send on what the app sends, which stays as it is."""
        self._is_apps = True
        await send(message)

    def as_told(self, wire: bytes) -> bytes:
        """Return what is sent for the head of an answer, or for what follows it."""
        status = int(wire[STATUS]) if wire and not self._is_apps else 0
        if status < HTTPStatus.BAD_REQUEST:
            return wire
        detail = FAULTS.get(status, HTTPStatus(status).phrase)
        answer = as_told_at(self._path, HttpError(status, detail)).answer()
        return answer if self._has_body else answer.partition(END_OF_HEAD)[0] + END_OF_HEAD


class _BoundedStream:
    """A plain connection as Hypercorn expects it, with a deadline on every write.

    It first replays what has been read already. Hypercorn closes it within a cancelled scope, so
    closing only ends the reading; ``Exchange`` closes the stream when Hypercorn has returned.

    What is read is paid for by the address: then the next read waits, within the exchange's time.
    What has come is held until the answer begins, as its request may be incomplete; and of the
    answer what is being written.
    """

    def __init__(
        self,
        stream: Stream,
        replay: bytes,
        write_timeout: float,
        holding: Holding,
        spend: Callable[[int], float],
        as_told: Callable[[bytes], bytes],
    ) -> None:
        self._as_told = as_told
        self._holding = holding
        holding.hold(len(replay))
        self._spend = spend
        self._pause = 0.0  # seconds before the next read; the acceptor has been paid the replay
        self._stream = stream
        self._replay = replay
        self._write_timeout = write_timeout
        self._reading = trio.CancelScope()
        self._ended = False
        self.socket = tcp_of(stream).socket

    async def receive_some(self, max_bytes: int) -> bytes:
        if self._replay:
            data, self._replay = self._replay[:max_bytes], self._replay[max_bytes:]
            return data
        if not self._ended:
            with trio.CancelScope() as self._reading:
                if self._pause:
                    await trio.sleep(self._pause)
                data = bytes(await self._stream.receive_some(min(max_bytes, READ_SIZE)))
                self._holding.hold(len(data))
                self._pause = self._spend(len(data))
                return data
        return b""

    async def send_all(self, data: bytes) -> None:
        data = self._as_told(data)
        self._holding.release()
        self._holding.hold(len(data))
        with trio.move_on_after(self._write_timeout) as scope:
            await self._stream.send_all(data)
        self._holding.release()
        if scope.cancelled_caught:
            reset_on_close(self._stream)
            await trio.aclose_forcefully(self._stream)  # nothing may follow half an answer
            raise trio.BrokenResourceError("the peer does not read")

    async def send_eof(self) -> None:
        self._ended = True
        self._reading.cancel(reason="the answer is complete")

    async def aclose(self) -> None:
        await self.send_eof()


class _BoundedTlsStream(_BoundedStream):
    """The same over TLS, whose handshake the acceptor has made."""

    @property
    def transport_stream(self) -> trio.SocketStream:
        """The connection under it."""
        return tcp_of(self._stream)

    async def do_handshake(self) -> None:
        await trio.lowlevel.checkpoint()

    def selected_alpn_protocol(self) -> str:
        return "http/1.1"
