"""HTTP exchanges: lets Hypercorn serve a Quart app on connections of the acceptor.

This is the only file that knows Hypercorn. It drives Hypercorn's ``H11Protocol``, which reads a
request, asks the app by ASGI, and makes the answer, but does no I/O; one serves one request. It is
not a public class, so the minor version is pinned. Hypercorn's own server for a connection is not
used: it has three tasks and a dozen cancel scopes for each request, and shields its writes.

All of a request runs in the task of its connection. This file adds a deadline for every write and
for the whole exchange. What Hypercorn refuses by itself, before or beside the app, is told as all
other refusals are.
"""

import logging
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from http import HTTPStatus
from typing import cast

import h11
import trio
from hypercorn.config import Config as HypercornConfig
from hypercorn.events import Closed, Event, RawData, Updated
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.trio.worker_context import EventWrapper, WorkerContext
from hypercorn.typing import (
    AppWrapper,
    ASGIFramework,
    ASGIReceiveEvent,
    ASGISendEvent,
    ConnectionState,
    Scope,
    TaskGroup,
)
from hypercorn.typing import Event as AnyEvent

from trio_chat.clock import http_date
from trio_chat.config import Config
from trio_chat.delivery.holding import Holding
from trio_chat.delivery.outbox_budget import OutboxBudget
from trio_chat.limits.limits import Limits
from trio_chat.net.head import END_OF_HEAD, READ_SIZE, Head, HttpError
from trio_chat.net.origins import as_told_to
from trio_chat.net.site import allowed_origins
from trio_chat.net.streams import Stream, linger, reset_on_close
from trio_chat.net.transfers import is_download, is_upload
from trio_chat.net.visitor import Visitor
from trio_chat.web.assets import SECURITY_HEADERS
from trio_chat.web.bounded_wire import BoundedWire
from trio_chat.web.transfers import FLOW, Flow
from trio_chat.web.whole_connection import WholeConnection, is_whole

# Lines of every answer of the app, added behind Hypercorn, which would look at each letter.
SECURITY = "".join(f"{name.lower()}: {value}\r\n" for name, value in SECURITY_HEADERS.items())
SECURITY_LINES = f"{SECURITY}\r\n".encode("ascii")
POLICY = b"content-security-policy:"  # which an answer of the app may have itself
OTHER_LINES = b"".join(
    line for line in SECURITY_LINES.splitlines(keepends=True) if POLICY not in line
)
# In the scope that an app gets:
VISITOR = "trio_chat.visitor"  # whose request it is
IS_WHOLE = "trio_chat.is_whole"  # whether all of its body has come already

LINE_END = b"\r\n"
UPLOAD_READ_SIZE = 64 * 1024  # each read costs a round of the loop
STATUS = slice(9, 12)  # of the head of an answer
INTERIM = b"HTTP/1.1 1"  # how one begins behind which the answer follows
FAULTS = {  # which no app sees
    400: "the request, or its body, is no clean HTTP/1.1, or comes in tiny chunks",
    500: "the server failed",
}

Answer = Callable[[ASGISendEvent | None], Awaitable[None]]

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
        self._hypercorn = HypercornConfig()
        self._hypercorn.errorlog = logger
        self._hypercorn.include_server_header = False
        self._hypercorn.include_date_header = False  # it would be made for each answer

    async def serve(self, stream: Stream, head: Head, visitor: Visitor) -> bytes | None:
        """Serve a visitor's request.

        Returns:
            What has been read behind the request, as the peer has been told that another one may
            come; ``None`` if it has been told that the connection ends, or is gone.
        """
        self._hypercorn.h11_max_incomplete_size = self._config.head_limit + 1
        brings_file = is_upload(head.raw)
        is_long = brings_file or is_download(head.raw)
        timeout = self._config.upload_timeout if is_long else self._config.http_timeout
        with trio.move_on_after(timeout) as scope:
            holding = Holding(self._outboxes, partial(self._drop, stream, visitor, scope))
            take_price = self._limits.spend_file_bytes if brings_file else self._limits.spend_bytes
            spend = partial(take_price, "http", visitor.address)
            write_timeout = self._config.write_timeout
            wire = BoundedWire(stream, head, write_timeout, scope, holding, spend)
            on_taken = None
            if brings_file:
                wire.read_size, on_taken = UPLOAD_READ_SIZE, holding.release
            is_tls = isinstance(stream, trio.SSLStream)
            request = _Request(
                self._app,
                self._hypercorn,
                head,
                visitor,
                wire,
                is_tls=is_tls,
                on_taken=on_taken,
                as_told=partial(as_told_to, head, allowed_origins(self._config)),
            )
            try:
                if await request.serve():
                    return wire.rest
            finally:
                holding.release()
            scope.deadline = trio.current_time() + self._config.close_timeout
            await linger(stream, spend)
        return None

    def _drop(self, stream: Stream, visitor: Visitor, scope: trio.CancelScope) -> None:
        """End an exchange that holds more than others, as all together hold too much."""
        now = trio.current_time()
        self._limits.counters.count("all_outbox_bytes", "http", visitor.address, now)
        reset_on_close(stream)
        scope.cancel(reason="too much is held for HTTP and slow clients")


class _RequestIsWhole(Exception):
    """Nothing of what follows belongs to the request."""


class _Pause(EventWrapper):
    """Stands for what Hypercorn waits for before it reads the request behind the one at hand."""

    async def wait(self) -> None:
        raise _RequestIsWhole


class _Context(WorkerContext):
    """What Hypercorn's connections have in common."""

    event_class: type[AnyEvent] = _Pause


_CONTEXT = _Context(None)


class _Request:
    """One request on its way through Hypercorn to the app, and the answer on its way back.

    For Hypercorn it is the group of tasks in which the app is started.

    Args:
        app: Answers.
        config: Hypercorn's.
        head: Of the request, and what has come with it.
        visitor: Whose it is.
        wire: Where the body comes from and the answer goes.
        is_tls: Whether it came over TLS.
        on_taken: Called when the app has taken some of a file; ``None`` if it brings none.
        as_told: Returns a refusal as whoever asks can read it.
    """

    def __init__(  # noqa: PLR0913 - what it comes with
        self,
        app: ASGIFramework,
        config: HypercornConfig,
        head: Head,
        visitor: Visitor,
        wire: BoundedWire,
        *,
        is_tls: bool,
        on_taken: Callable[[], None] | None,
        as_told: Callable[[HttpError], HttpError],
    ) -> None:
        self._on_taken = on_taken
        self._tell = as_told
        self._app = app
        self._head = head
        self._visitor = visitor
        self._wire = wire
        group, state = cast("TaskGroup", self), ConnectionState({})
        self._protocol = H11Protocol(
            cast("AppWrapper", app), config, _CONTEXT, group, state, is_tls, None, None, self._send
        )
        self._last = config.keep_alive_max_requests
        if not head.is_kept_alive:
            self._protocol.keep_alive_requests = self._last
        self._scope: Scope | None = None  # of the app, once Hypercorn starts it
        self._answer: Answer | None = None
        self._messages: deque[ASGIReceiveEvent] = deque()  # to the app
        self._is_whole = False  # whether all of the request has come
        self._is_apps = False  # what is answered
        self._begun = b""  # the head of the answer, which goes out with its body
        self._has_begun = False
        self._is_over = False  # the connection, for us
        self._is_gone = False  # the peer, or all that it sends
        self._is_kept = False

    async def serve(self) -> bool:
        """Serve the request; return whether the connection is kept for another one."""
        body = self._wire.begin()
        if is_whole(self._head):
            self._protocol.connection = cast("h11.Connection", WholeConnection(self._head, body))
        await self._feed(self._head.raw + body)
        if self._scope and self._answer and not self._is_over:
            scope = {**self._scope, VISITOR: self._visitor, IS_WHOLE: self._is_whole}
            receive = self._receive
            if self._on_taken:
                scope[FLOW] = flow = Flow(self._receive, self._on_taken)
                receive = flow.receive
            try:
                await self._app(cast("Scope", scope), receive, self._send_apps)
            except Exception:
                logger.exception("Error in ASGI Framework")
            await self._answer(None)  # if the app has not answered, that is told
        return self._is_kept and not self._is_over and not self._is_gone

    async def spawn_app(
        self,
        app: AppWrapper,  # noqa: ARG002 - it is known
        config: HypercornConfig,  # noqa: ARG002 - likewise
        scope: Scope,
        send: Answer,
    ) -> Callable[[ASGIReceiveEvent], Awaitable[None]]:
        """Take in what the app needs; it is started once Hypercorn has read what there is."""
        self._scope, self._answer = scope, send
        return self._put

    async def _put(self, message: ASGIReceiveEvent) -> None:
        """Take a message to the app."""
        self._messages.append(message)
        if message["type"] == "http.request" and not message["more_body"]:
            self._is_whole = True

    async def _receive(self) -> ASGIReceiveEvent:
        """Return the next message to the app; the last one, for ever, is that the peer is gone."""
        while not self._messages and not self._is_gone:
            try:
                if self._is_whole:
                    await self._wire.gone()
                    await self._end()
                else:
                    await self._feed(await self._wire.read())
            except trio.BrokenResourceError:
                await self._end()
        return self._messages.popleft() if self._messages else {"type": "http.disconnect"}

    async def _end(self) -> None:
        """Take in that the peer is gone, or sends no more."""
        self._is_gone = True
        await self._protocol.handle(Closed())

    async def _feed(self, data: bytes) -> None:
        """Let Hypercorn read a piece of the request; nothing: the peer sends no more."""
        waiting = len(self._messages)
        try:
            await self._protocol.handle(RawData(data))
        except _RequestIsWhole:
            return
        finally:
            self._wire.charge(len(self._messages) - waiting, len(data))
        if not data:
            await self._end()

    async def _send_apps(self, message: ASGISendEvent) -> None:
        """Answer with what the app sends, which stays as it is."""
        self._is_apps = True
        if not self._is_whole:  # the rest would be taken for the next request
            self._protocol.keep_alive_requests = self._last
        assert self._answer
        await self._answer(message)

    async def _send(self, event: Event) -> None:
        """Carry out what Hypercorn wants."""
        if isinstance(event, RawData):
            await self._write(event.data)
            return
        await self._write_out(b"")
        if isinstance(event, Closed):
            self._is_over = True
            await self._end()
        elif isinstance(event, Updated) and event.idle:
            self._is_kept = True

    async def _write(self, data: bytes) -> None:
        """Write a piece of the answer; its head waits for what follows."""
        is_interim = data.startswith(INTERIM)
        if not self._has_begun and not is_interim:
            self._has_begun = True
            self._begun = self._as_told(data)
        else:
            await self._write_out(data)

    async def _write_out(self, data: bytes) -> None:
        """Write the head of the answer, if it waits, and a piece; nothing if the peer is gone."""
        begun, self._begun = self._begun, b""
        # A long piece goes out by itself: others hold it, too, so a copy would be memory.
        pieces = [begun, data] if len(data) > READ_SIZE else [begun + data]
        for piece in filter(None, pieces):
            if self._is_over:
                return
            try:
                await self._wire.write(piece)
            except trio.BrokenResourceError:
                self._is_over = True
                await self._end()

    def _as_told(self, begun: bytes) -> bytes:
        """Return the head of an answer; for a refusal of Hypercorn's, which has no body, all."""
        status = int(begun[STATUS]) if not self._is_apps else 0
        if status < HTTPStatus.BAD_REQUEST:
            date = f"date: {http_date()}\r\n".encode("ascii")
            more = OTHER_LINES if LINE_END + POLICY in begun else SECURITY_LINES
            return begun.removesuffix(LINE_END) + date + more
        detail = FAULTS.get(status, HTTPStatus(status).phrase)
        answer = self._tell(HttpError(status, detail)).answer()
        is_head = self._head.method == "HEAD"
        return answer.partition(END_OF_HEAD)[0] + END_OF_HEAD if is_head else answer
