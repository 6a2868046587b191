"""A connection of which the kernel notes when something came, however late it is read."""

import socket
import struct
import time
from contextlib import suppress

import trio

STAMPS = 35  # SO_TIMESTAMPNS, and the kind of message that has the stamp (Linux, asm-generic)
STAMP = struct.Struct("@ll")  # seconds and nanoseconds
READ_SIZE = 64 * 1024  # bytes


class StampedStream(trio.abc.HalfCloseableStream):
    """A TCP stream.

    Where the kernel makes no stamps it is the time of reading that counts.

    Attributes:
        arrived: When the newest of what was read came, by the system's clock, in seconds.
    """

    def __init__(self, stream: trio.SocketStream) -> None:
        self._stream = stream
        self.arrived = time.time()
        with suppress(OSError):
            stream.setsockopt(socket.SOL_SOCKET, STAMPS, 1)

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        """Receive, and note when it came."""
        space = socket.CMSG_SPACE(STAMP.size)
        try:
            data, notes, _, _ = await self._stream.socket.recvmsg(max_bytes or READ_SIZE, space)
        except OSError as error:
            raise trio.BrokenResourceError from error
        self.arrived = time.time()
        for level, kind, note in notes:
            if (level, kind, len(note)) == (socket.SOL_SOCKET, STAMPS, STAMP.size):
                seconds, nanoseconds = STAMP.unpack(note)
                self.arrived = seconds + nanoseconds / 1e9
        return bytes(data)

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """Send as the stream does."""
        await self._stream.send_all(data)

    async def wait_send_all_might_not_block(self) -> None:
        """Wait as the stream does."""
        await self._stream.wait_send_all_might_not_block()

    async def send_eof(self) -> None:
        """End what is sent, as the stream does."""
        await self._stream.send_eof()

    async def aclose(self) -> None:
        """Close the stream."""
        await self._stream.aclose()
