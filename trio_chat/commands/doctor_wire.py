"""Speaks HTTP/1.1 as a browser would, for the doctor; every wait is bounded by the caller."""

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple
from urllib.parse import urljoin

import h11
import trio

from trio_chat.remote.address import Address, parse

BODY_MOST = 1_000_000  # bytes of an answer that are read
SWITCHED = 101  # status: what follows is no HTTP
READ_SIZE = 16 * 1024
HTTP2_FIRST = b"\x04"  # the type of the first frame that an HTTP/2 server sends, its settings
FRAME_TYPE = 3  # where it is in a frame
HTTP2_TEXT = "what answers speaks HTTP/2 alone"


Wire = trio.SocketStream | trio.SSLStream[trio.SocketStream]


class Fault(Exception):
    """What stands in the way, in plain words."""


class Reply(NamedTuple):
    """An answer, as far as it was read."""

    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    def header(self, name: str) -> str:
        """Return a header; nothing if there is none."""
        return self.headers.get(name, "")


class Target:
    """The chat that is looked at.

    Args:
        url: The address of its page.
        source: The address of this machine from which to connect; ``None``: the system chooses.
        context: For TLS.
    """

    def __init__(self, url: str, source: str | None, context: ssl.SSLContext) -> None:
        self.address: Address = parse(url)
        self.path = self.address.resource.partition("?")[0].removesuffix("ws")
        scheme = "https" if self.address.is_secure else "http"
        self.origin = f"{scheme}://{self.address.host_header}"
        self.page = f"{self.origin}{self.path}"
        self.source = source
        self.context = context

    def url_of(self, reference: str) -> str:
        """Return what a reference in the page means."""
        return urljoin(f"{self.page}r/", reference)

    async def open(self) -> Wire:
        """Connect.

        Raises:
            Fault: nobody is there, or TLS fails.
        """
        host, port = self.address.host, self.address.port
        try:
            stream = await trio.open_tcp_stream(host, port, local_address=self.source)
        except OSError as error:
            raise Fault(f"cannot connect to {host}, port {port}: {reason_of(error)}") from None
        if not self.address.is_secure:
            return stream
        secure = trio.SSLStream(stream, self.context, server_hostname=host, https_compatible=True)
        try:
            await secure.do_handshake()
        except trio.BrokenResourceError as error:
            await trio.aclose_forcefully(stream)
            raise Fault(f"no TLS: {error.__cause__ or 'the other side hangs up'}") from None
        return secure


class Exchange:
    """One request, and the answer as it comes.

    Args:
        target: Whom to ask.
        stream: The connection.
    """

    def __init__(self, target: Target, stream: Wire) -> None:
        self._target = target
        self._stream = stream
        self._h11 = h11.Connection(h11.CLIENT)

    async def ask(
        self,
        path: str,
        headers: Mapping[str, str],
        *,
        method: str = "GET",
        body: bytes = b"",
    ) -> Reply:
        """Send a request; return the answer without its body.

        Raises:
            Fault: no answer comes.
        """
        told = {
            "Host": self._target.address.host_header,
            "User-Agent": "trio-chat-doctor",
            **({"Content-Length": str(len(body))} if body else {}),
            **headers,
        }
        request = h11.Request(method=method, target=path, headers=list(told.items()))
        await self._send(self._h11.send(request) or b"")
        if body:
            await self._send(self._h11.send(h11.Data(data=body)) or b"")
        await self._send(self._h11.send(h11.EndOfMessage()) or b"")
        while not isinstance(event := await self._next(), h11.Response):
            if isinstance(event, h11.InformationalResponse) and event.status_code == SWITCHED:
                return _reply(event)
        return _reply(event)

    async def data(self) -> bytes:
        """Return the next bytes of the body; nothing at its end."""
        event = await self._next()
        return bytes(event.data) if isinstance(event, h11.Data) else b""

    async def whole(self, reply: Reply) -> Reply:
        """Return an answer with its body, as far as that is read."""
        content = b""
        while len(content) < BODY_MOST and (data := await self.data()):
            content += data
        return reply._replace(body=content)

    async def raw(self) -> bytes:
        """Return the next bytes behind an upgrade; nothing at the end of the connection."""
        trailing = self._h11.trailing_data[0]
        self._h11 = h11.Connection(h11.CLIENT)
        return bytes(trailing) or await _receive(self._stream)

    async def say(self, data: bytes) -> None:
        """Send bytes behind an upgrade."""
        await self._send(data)

    async def _next(self) -> h11.Event | type[h11.PAUSED]:
        data = None
        while True:
            try:
                event = self._h11.next_event()
            except h11.RemoteProtocolError as error:
                if data == b"":
                    raise Fault("hangs up instead of an answer") from None
                raise Fault(f"the answer is not HTTP/1.1: {error}") from None
            if event is not h11.NEED_DATA:
                return event  # type: ignore[return-value]
            data = await _receive(self._stream)
            if data[FRAME_TYPE : FRAME_TYPE + 1] == HTTP2_FIRST and data[:1] == b"\0":
                raise Fault(HTTP2_TEXT)
            self._h11.receive_data(data)

    async def _send(self, data: bytes) -> None:
        with suppress(trio.BrokenResourceError):  # an answer may have come before
            await self._stream.send_all(data)


@asynccontextmanager
async def exchange(target: Target) -> AsyncIterator[Exchange]:
    """Have a connection for one request for the block.

    Raises:
        Fault: there is none.
    """
    stream = await target.open()
    try:
        yield Exchange(target, stream)
    finally:
        await trio.aclose_forcefully(stream)


async def fetch(
    target: Target,
    path: str,
    *,
    method: str = "GET",
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """Ask for something below the page; return the whole answer.

    Raises:
        Fault: no answer comes.
    """
    async with exchange(target) as asking:
        reply = await asking.ask(
            f"{target.path}{path}",
            {"Connection": "close", **(headers or {})},
            method=method,
            body=body,
        )
        return await asking.whole(reply)


def reason_of(error: OSError) -> str:
    """Return why a connection cannot be made, in the system's words: those of each address."""
    tried = error.__cause__
    each = tried.exceptions if isinstance(tried, ExceptionGroup) else [error]
    return ", ".join(dict.fromkeys(getattr(one, "strerror", "") or str(one) for one in each))


def tcp_of(stream: Wire) -> trio.SocketStream:
    """Return the connection under TLS, or without it."""
    return stream.transport_stream if isinstance(stream, trio.SSLStream) else stream


async def _receive(stream: Wire) -> bytes:
    try:
        return bytes(await stream.receive_some(READ_SIZE))
    except trio.BrokenResourceError:
        return b""


def _reply(event: h11.Response | h11.InformationalResponse) -> Reply:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in event.headers}
    return Reply(event.status_code, headers, b"")
