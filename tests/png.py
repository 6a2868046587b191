"""Small pictures for tests, made from nothing."""

import struct
import zlib


def png(width: int = 60, height: int = 40, *, is_heavy: bool = False) -> bytes:
    """Return a picture in one colour; a heavy one has three bytes a pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    row = b"\0" + bytes((60, 120, 200)) * width
    pixels = zlib.compress(row * height, level=0 if is_heavy else 6)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts
