"""One connection to the server: a WebSocket with a deadline on every wait for the server."""

import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import NamedTuple, cast

import trio
from trio_websocket import (
    ConnectionClosed,
    ConnectionRejected,
    WebSocketConnection,
    wrap_client_stream,
)
from wsproto.utilities import LocalProtocolError

from trio_chat.remote.address import Address
from trio_chat.remote.wire import SUBPROTOCOL

DIAL_TIMEOUT = 10.0  # seconds to resolve the name and to connect by TCP and TLS
HANDSHAKE_TIMEOUT = 10.0  # seconds for the answer to the WebSocket handshake
WRITE_TIMEOUT = 10.0  # seconds for one write
CLOSE_TIMEOUT = 2.0  # seconds for the answer to our close frame
MESSAGE_LIMIT = 16 * 1024 * 1024  # characters of a frame; missed events come in large ones
READ_SIZE = 64 * 1024

NORMAL, PROTOCOL_ERROR, BROKEN = 1000, 1002, 1006  # close codes
RETRY_STATUSES = {408, 425, 429}  # HTTP statuses that are temporary,
FIRST_SERVER_ERROR = 500  # and so are those from here on


class Loss(NamedTuple):
    """Why a connection ended: a close code, its reason, and the seconds to wait at least."""

    code: int
    reason: str
    retry_after: float = 0.0


Dial = Callable[[], Awaitable[trio.abc.Stream]]


def dialer(address: Address, ssl_context: ssl.SSLContext | None) -> Dial:
    """Return a function that opens streams to an address, with TLS if it is secure."""

    async def dial() -> trio.abc.Stream:
        stream = await trio.open_tcp_stream(address.host, address.port)
        if not address.is_secure:
            return stream
        context = ssl_context or ssl.create_default_context()
        secure = trio.SSLStream(
            stream, context, server_hostname=address.host, https_compatible=True
        )
        try:
            await secure.do_handshake()
        except BaseException:
            await trio.aclose_forcefully(stream)
            raise
        return secure

    return dial


class TimedStream:
    """A stream for trio-websocket with a time limit on reads and writes.

    When a limit is exceeded the stream counts as broken. After a write that was not completed
    nothing more is written.

    Args:
        stream: The stream to read from and write to.
    """

    def __init__(self, stream: trio.abc.Stream) -> None:
        self.on_end: Callable[[], object] = lambda: None  # is called at the end of what can be read
        self._stream = stream
        self._read_timeout = HANDSHAKE_TIMEOUT  # seconds
        self._read_scope = trio.CancelScope()  # of the present read
        self._is_write_broken = False

    def expect_within(self, seconds: float) -> None:
        """Count the stream as broken if nothing is read for so many seconds, from now on."""
        self._read_timeout = seconds
        self._read_scope.deadline = trio.current_time() + seconds

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        """Return the next bytes, none at the end.

        Raises:
            trio.BrokenResourceError: the connection broke, or nothing came in time.
        """
        data: bytes | bytearray = b""
        try:
            with trio.fail_after(self._read_timeout) as self._read_scope:
                data = await self._stream.receive_some(max_bytes)
        except trio.TooSlowError:
            raise trio.BrokenResourceError("nothing was heard for too long") from None
        finally:
            if not data:
                self.on_end()
        return data

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """Write all of the data.

        Raises:
            trio.BrokenResourceError: the connection broke, or a write was not completed.
        """
        if self._is_write_broken:
            raise trio.BrokenResourceError("the last write was not completed")
        self._is_write_broken = True
        try:
            with trio.fail_after(WRITE_TIMEOUT):
                await self._stream.send_all(data)
        except trio.TooSlowError:
            raise trio.BrokenResourceError("the server does not read") from None
        self._is_write_broken = False

    async def aclose(self) -> None:
        """Close at once, without waiting for the server."""
        await trio.aclose_forcefully(self._stream)


class Transport:
    """An open WebSocket, for one task that reads and one that writes."""

    def __init__(self, websocket: WebSocketConnection, stream: TimedStream) -> None:
        self._websocket = websocket
        self._stream = stream
        self._our_reason = ""  # if it is we who closed
        self._closing = trio.Lock()

    @property
    def loss(self) -> Loss:
        """Why the connection ended."""
        reason = self._websocket.closed
        if self._our_reason:
            return Loss(BROKEN, self._our_reason)
        if reason is None or reason.code == BROKEN:
            return Loss(BROKEN, "the connection broke")
        return Loss(reason.code, reason.reason or reason.name)

    @property
    def speaks_our_protocol(self) -> bool:
        """Whether the server has accepted the subprotocol ``trio-chat.v1``."""
        return self._websocket.subprotocol == SUBPROTOCOL

    def expect_within(self, seconds: float) -> None:
        """Count the server as gone if nothing is read for so many seconds, from now on."""
        self._stream.expect_within(seconds)

    async def receive(self) -> str | bytes | None:
        """Wait for the next frame; return ``None`` if the connection has ended."""
        try:
            return await self._websocket.get_message()
        except ConnectionClosed:
            return None

    async def send(self, message: str) -> None:
        """Send a frame; do nothing if the connection has ended, which ``receive`` reports."""
        with suppress(ConnectionClosed, LocalProtocolError):
            await self._websocket.send_message(message)

    async def ping(self) -> None:
        """Send a ping; its answer counts for ``expect_within``."""
        with suppress(ConnectionClosed, LocalProtocolError):
            await self._websocket.ping()

    async def close(self, reason: str, code: int = NORMAL) -> None:
        """Close the WebSocket, and wait ``CLOSE_TIMEOUT`` at most for the answer.

        Two tasks may do it: the second one waits for the first.
        """
        if not self._websocket.closed:
            self._our_reason = reason
        async with self._closing:
            with trio.move_on_after(CLOSE_TIMEOUT):
                await self._websocket.aclose(code)


async def run_connection(
    dial: Dial, address: Address, use: Callable[[Transport], Awaitable[None]]
) -> Loss:
    """Connect, call ``use`` with the connection, and close it; return why it ended.

    Errors of the network are returned. Only cancellation and what ``use`` raises are raised.
    """
    try:
        with trio.fail_after(DIAL_TIMEOUT):
            stream = TimedStream(await dial())
    except trio.TooSlowError:
        return Loss(BROKEN, "the server does not answer")
    except trio.BrokenResourceError as error:
        return Loss(BROKEN, f"no TLS with the server: {error.__cause__ or error}")
    except OSError as error:
        return Loss(BROKEN, str(error))
    try:
        return await _run_connection(stream, address, use)
    finally:
        await stream.aclose()


async def _run_connection(
    stream: TimedStream, address: Address, use: Callable[[Transport], Awaitable[None]]
) -> Loss:
    loss = Loss(BROKEN, "the server closed the connection during the handshake")
    try:
        async with trio.open_nursery() as nursery:
            websocket = await _handshake(nursery, stream, address)
            if websocket:
                transport = Transport(websocket, stream)
                await use(transport)
                loss = transport.loss
            nursery.cancel_scope.cancel()
    except* ConnectionRejected as group:
        loss = _rejection(group)
    except* LocalProtocolError:  # trio-websocket answered a ping after our close
        loss = Loss(BROKEN, "the connection broke")
    return loss


async def _handshake(
    nursery: trio.Nursery, stream: TimedStream, address: Address
) -> WebSocketConnection | None:
    """Return the WebSocket; ``None`` if the server closes or takes too long."""
    with trio.move_on_after(HANDSHAKE_TIMEOUT) as scope:
        stream.on_end = scope.cancel  # trio-websocket would wait on
        return await wrap_client_stream(
            nursery,
            cast("trio.SocketStream", stream),
            address.host_header,
            address.resource,
            subprotocols=[SUBPROTOCOL],
            max_message_size=MESSAGE_LIMIT,
            receive_buffer_size=READ_SIZE,
        )
    return None


def _rejection(group: BaseExceptionGroup[ConnectionRejected]) -> Loss:
    """Return a loss; its code is the HTTP status if connecting again cannot help."""
    (rejected,) = group.exceptions
    assert isinstance(rejected, ConnectionRejected)
    status = rejected.status_code
    reason = f"the server answered with HTTP status {status}"
    if status in RETRY_STATUSES or status >= FIRST_SERVER_ERROR:
        retry_after = dict(rejected.headers).get(b"retry-after", b"")
        return Loss(BROKEN, reason, float(retry_after) if retry_after.isdigit() else 0.0)
    return Loss(status, reason)
