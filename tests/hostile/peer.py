"""One raw connection of an attacker: bytes out as they are, WebSocket frames and HTTP in."""

import json
import socket
import struct
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple, Self

import trio

from tests.frames import CLOSE, TEXT, Seen
from tests.hostile import people
from tests.hostile.target import Target

READ_SIZE = 256 * 1024
REPLY_TIMEOUT = 15.0  # seconds for an answer of the server; longer means that there is none
V1 = "trio-chat.v1"
MASK = b"\0\0\0\0"  # leaves the payload as it is, so that frames are made at full speed
GONE = (trio.BrokenResourceError, trio.ClosedResourceError, OSError)


class Gone(Exception):
    """The server ended the connection before the answer that was waited for."""


class TooMany(Gone):
    """The server takes no more connections or requests just now: status 429 or 503."""


class Reply(NamedTuple):
    """A response to an HTTP request."""

    status: int
    headers: dict[str, str]  # names in lower case
    body: bytes


class Peer:
    """A connection of which every byte can be wrong on purpose.

    Attributes:
        sent: Bytes handed to the kernel.
        received: Bytes that came.
        code: The server's close code, once its close frame has been read.
    """

    def __init__(self, stream: trio.abc.Stream) -> None:
        self.stream = stream
        self.sent = 0
        self.received = 0
        self.code: int | None = None
        self._buffer = bytearray()
        self._authority = ""  # of the server
        self._identity: people.Identity | None = None  # as whom hello was said

    @classmethod
    async def connect(cls, target: Target) -> Self:
        """Connect; raises what ``Target.connect`` raises."""
        return cls(await target.connect())

    async def aclose(self) -> None:
        """Reset the connection: no port waits for late packets, however many there are."""
        if self._identity:
            people.give_back(self._authority, self._identity)
            self._identity = None
        tcp = getattr(self.stream, "transport_stream", self.stream)
        with suppress(*GONE):
            assert isinstance(tcp, trio.SocketStream)
            tcp.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        await trio.aclose_forcefully(self.stream)

    def take_little(self) -> None:
        """Have the kernel keep few bytes that are not read, so that the server notices it."""
        tcp = getattr(self.stream, "transport_stream", self.stream)
        assert isinstance(tcp, trio.SocketStream)
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)

    def is_reset(self) -> bool:
        """Tell whether the server has reset the connection, whatever is not read; told once."""
        tcp = getattr(self.stream, "transport_stream", self.stream)
        assert isinstance(tcp, trio.SocketStream)
        return bool(tcp.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))

    async def send(self, data: bytes) -> None:
        """Send bytes as they are; waits while the server reads no more."""
        await self.stream.send_all(data)
        self.sent += len(data)

    async def receive(self) -> bool:
        """Add what comes to the buffer; return whether anything came before the end."""
        try:
            data = await self.stream.receive_some(READ_SIZE)
        except GONE:
            return False
        self.received += len(data)
        self._buffer += data
        return bool(data)

    @property
    def buffer(self) -> bytes:
        """What came and is not taken yet."""
        return bytes(self._buffer)

    def forget(self, keep: int = 0) -> None:
        """Drop what came but for its last bytes."""
        del self._buffer[: max(0, len(self._buffer) - keep)]

    async def upgrade(self, target: Target, dialect: str = V1, path: str = "/ws") -> None:
        """Make the WebSocket handshake.

        Raises:
            Gone: the server refuses it; the message is the status.
        """
        self._authority = target.authority
        offer = [f"Sec-WebSocket-Protocol: {dialect}"] if dialect else []
        await self.send(handshake(target, offer, path=path))
        status, _ = await self.head()
        if status in (429, 503):
            raise TooMany(str(status))
        if status != 101:
            raise Gone(str(status))

    async def hello(self, rooms: Sequence[str] = (), nick: str = "") -> None:
        """Say hello, and wait for the welcome and for all rooms.

        Args:
            rooms: To join.
            nick: Of somebody new; without one it is somebody who was here, if any is not now.

        Raises:
            Gone: the connection ended first, or the hello is refused.
        """
        who = people.Identity(nick, None) if nick else people.take(self._authority)
        hello = {"t": "hello", "id": 0, "nick": who.nick, "session": who.session}
        await self.send(objects(hello | {"rooms": [{"room": room} for room in rooms]}))
        answer = await self.until("welcome", "error")
        if answer["t"] == "error":
            raise Gone(f"hello: {answer['code']}")
        self._identity = people.Identity(who.nick, answer["session"])
        for _ in rooms:
            await self.until("joined", "error")

    async def until(self, *kinds: str) -> dict[str, Any]:
        """Return the next object of one of these types, and drop those before it.

        Raises:
            Gone: the connection ended first, or nothing came in time.
        """
        with trio.move_on_after(REPLY_TIMEOUT):
            while True:
                for one in await self.objects():
                    if one["t"] in kinds:
                        return one
        raise Gone(f"no {' or '.join(kinds)} in {REPLY_TIMEOUT:.0f} s")

    async def objects(self) -> list[dict[str, Any]]:
        """Return the objects of the next text frame.

        Raises:
            Gone: the connection ended first.
        """
        while True:
            frame = await self.frame()
            if frame.opcode == TEXT:
                found: list[dict[str, Any]] = json.loads(frame.payload)
                return found

    async def frame(self) -> Seen:
        """Return the next frame.

        Raises:
            Gone: the connection ended first; the message is the close code if there is one.
        """
        while not (frame := self._take()):
            if not await self.receive():
                raise Gone(self.ending)
        return frame

    async def drain(self) -> None:
        """Read and forget frames until a close frame or the end; keeps the close code."""
        while not self.code:
            while self._take():
                pass
            if not self.code and not await self.receive():
                return

    async def drain_to_end(self) -> None:
        """Read and forget all until the connection ends; no close is answered."""
        await self.drain()
        while await self.receive():
            self.forget()

    async def ended(self, seconds: float) -> bool:
        """Read and forget until a close frame or the end; return whether that comes in time."""
        with trio.move_on_after(seconds):
            await self.drain()
            return True
        return False

    @property
    def ending(self) -> str:
        """How the connection ended: the close code, or that there was none."""
        return str(self.code) if self.code else "cut"

    def _take(self) -> Seen | None:
        """Take a complete frame from the buffer."""
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        size, length = 2, buffer[1] & 0x7F
        if length == 126:
            size, length = 4, int.from_bytes(buffer[2:4])
        elif length == 127:
            size, length = 10, int.from_bytes(buffer[2:10])
        if len(buffer) < size + length:
            return None
        frame = Seen(buffer[0] & 0x0F, bytes(buffer[size : size + length]))
        del buffer[: size + length]
        if frame.opcode == CLOSE:
            self.code = frame.close_code or 1005
        return frame

    async def head(self) -> tuple[int, dict[str, str]]:
        """Return status and headers of the next HTTP response.

        Raises:
            Gone: the connection ended first, or no answer came in time.
        """
        with trio.move_on_after(REPLY_TIMEOUT):
            while b"\r\n\r\n" not in self._buffer:
                if not await self.receive():
                    raise Gone("cut")
            raw, _, rest = bytes(self._buffer).partition(b"\r\n\r\n")
            self._buffer[:] = rest
            status, *lines = raw.decode("latin-1").split("\r\n")
            fields = (line.partition(": ") for line in lines)
            return int(status.split(" ")[1]), {key.lower(): value for key, _, value in fields}
        raise Gone(f"no answer in {REPLY_TIMEOUT:.0f} s")

    async def reply(self) -> Reply:
        """Return the next HTTP response with its body, which has a length or ends the connection.

        Raises:
            Gone: the connection ended first, or no answer came in time.
        """
        status, headers = await self.head()
        length = int(headers.get("content-length", 1 << 30))
        with trio.move_on_after(REPLY_TIMEOUT):
            while len(self._buffer) < length and await self.receive():
                pass
        body = bytes(self._buffer[:length])
        del self._buffer[:length]
        return Reply(status, headers, body)

    async def first_status(self) -> int:
        """Return the status of the next response; 0 if the connection ends without one."""
        try:
            status, _ = await self.head()
        except Gone:
            return 0
        return status


def handshake(target: Target, more: Sequence[str] = (), *, path: str = "/ws") -> bytes:
    """Return a handshake request with more header lines."""
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {target.authority}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
        *more,
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def get(target: Target, path: str, *more: str, method: str = "GET") -> bytes:
    """Return a plain HTTP request head."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {target.authority}", *more]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def frame(payload: bytes, opcode: int = TEXT, *, fin: bool = True) -> bytes:
    """Return a client's frame, masked with zeros."""
    first, length = (0x80 if fin else 0) | opcode, len(payload)
    if length < 126:
        return bytes((first, 0x80 | length)) + MASK + payload
    if length < 65536:
        return bytes((first, 0x80 | 126)) + length.to_bytes(2) + MASK + payload
    return bytes((first, 0x80 | 127)) + length.to_bytes(8) + MASK + payload


def objects(*those: dict[str, Any]) -> bytes:
    """Return a text frame with a JSON array."""
    return frame(json.dumps(those, separators=(",", ":")).encode())
