"""A v1 client on a blocking socket, for works with few messages."""

import json
import re
import socket
from types import TracebackType
from typing import Any, Self

SUBPROTOCOL = "trio-chat.v1"
TIMEOUT = 20.0  # seconds for any answer
LETTERS = "abcdefgh"  # no two look alike, so the server refuses no nick
TEXT, CLOSE = 1, 8
MASK = b"\0\0\0\0"  # the simplest mask: it changes nothing

UPGRADE = (
    "GET /ws HTTP/1.1\r\n"
    "Host: 127.0.0.1\r\n"
    "Upgrade: websocket\r\n"
    "Connection: Upgrade\r\n"
    "Sec-WebSocket-Key: dHJpby1jaGF0IGJlbmNoLg==\r\n"
    "Sec-WebSocket-Version: 13\r\n"
    f"Sec-WebSocket-Protocol: {SUBPROTOCOL}\r\n\r\n"
).encode()

Object = dict[str, Any]


class Refused(Exception):
    """The server did not do what was asked; the message is its answer."""


def nick(prefix: str, number: int) -> str:
    """Return a nick that the server takes for different from that of any other number."""
    digits = LETTERS[number % 8]
    while number := number // 8:
        digits += LETTERS[number % 8]
    return prefix + digits


def frame(*said: Object) -> bytes:
    """Return requests as one frame."""
    payload = json.dumps(said).encode()
    size = len(payload)
    header = bytes((0x80 | TEXT, 0x80 | min(size, 126)))
    return header + (size.to_bytes(2) if size > 125 else b"") + MASK + payload


class Talker:
    """A client; a context manager that closes the connection.

    Args:
        port: Of the server.
        name: Its nick.
        rooms: The rooms to join.

    Raises:
        Refused: the nick is refused.
        OSError: the server is not there, or does not answer in time.
    """

    def __init__(self, port: int, name: str, *rooms: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), TIMEOUT)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb")
        self._asked = 0
        self._socket.sendall(UPGRADE)
        while self._file.readline().strip():
            pass  # the head of the answer
        self.ask({"t": "hello", "nick": name, "rooms": [{"room": room} for room in rooms]})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._file.close()
        self._socket.close()

    def ask(self, *said: Object) -> bytes:
        """Make requests, and return the message with the answer to the last of them."""
        numbered = []
        for one in said:
            self._asked += 1
            numbered.append({**one, "id": self._asked})
        self._socket.sendall(frame(*numbered))
        answer = re.compile(rb'"id":%d[,}]' % self._asked)
        while not answer.search(message := self._receive()):
            pass
        if b'"t":"error"' in message:
            raise Refused(message.decode())
        return message

    def _receive(self) -> bytes:
        """Return the next text message; the server never cuts one into frames."""
        while True:
            first, size = self._file.read(2) or (CLOSE, 0)
            if size > 125:
                size = int.from_bytes(self._file.read(2 if size == 126 else 8))
            payload = self._file.read(size)
            if first & 15 == TEXT:
                return payload
            if first & 15 == CLOSE:
                raise Refused(f"the connection was ended: {payload!r}")
