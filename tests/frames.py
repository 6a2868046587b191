"""Client frames made by hand, so that they can be wrong on purpose, and server frames read back."""

from collections.abc import Iterator
from typing import NamedTuple

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
CONTINUATION = 0

UPGRADE = (
    b"GET /ws HTTP/1.1\r\n"
    b"Host: localhost\r\n"
    b"Upgrade: websocket\r\n"
    b"Connection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"Sec-WebSocket-Version: 13\r\n"
)


def upgrade(*headers: bytes) -> bytes:
    """Return a handshake request with more headers."""
    return UPGRADE + b"".join(header + b"\r\n" for header in headers) + b"\r\n"


def masked(opcode: int, payload: bytes = b"", *, fin: bool = True, mask: bytes = b"mask") -> bytes:
    """Return a client's frame."""
    repeated = (mask * (len(payload) // 4 + 1))[: len(payload)]
    covered = (int.from_bytes(payload) ^ int.from_bytes(repeated)).to_bytes(len(payload))
    return _header(opcode, len(payload), fin=fin, masked=True) + mask + covered


def unmasked(opcode: int, payload: bytes = b"", *, fin: bool = True) -> bytes:
    """Return a server's frame, which is a fault when a client sends it."""
    return _header(opcode, len(payload), fin=fin, masked=False) + payload


def close(code: int, reason: bytes = b"") -> bytes:
    """Return a client's close frame."""
    return masked(CLOSE, code.to_bytes(2) + reason)


def _header(opcode: int, length: int, *, fin: bool, masked: bool) -> bytes:
    first = (0x80 if fin else 0) | opcode
    mask_bit = 0x80 if masked else 0
    if length < 126:
        return bytes((first, mask_bit | length))
    if length < 65536:
        return bytes((first, mask_bit | 126)) + length.to_bytes(2)
    return bytes((first, mask_bit | 127)) + length.to_bytes(8)


class Seen(NamedTuple):
    """A frame that the server sent."""

    opcode: int
    payload: bytes

    @property
    def close_code(self) -> int:
        return int.from_bytes(self.payload[:2])


def parse(data: bytes) -> Iterator[Seen]:
    """Yield the complete frames in what the server sent."""
    while len(data) >= 2:
        size, length = 2, data[1]
        if length == 126:
            size, length = 4, int.from_bytes(data[2:4])
        elif length == 127:
            size, length = 10, int.from_bytes(data[2:10])
        if len(data) < size + length:
            return
        yield Seen(data[0] & 0x0F, data[size : size + length])
        data = data[size + length :]
