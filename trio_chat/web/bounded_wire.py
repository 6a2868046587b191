"""The connection under an HTTP exchange: reads a body and no further, and bounds every write."""

from collections.abc import Callable

import trio

from trio_chat.delivery.holding import Holding
from trio_chat.net.head import READ_SIZE, Head
from trio_chat.net.streams import Stream, reset_on_close, send_now

LEAST_STEP, STEP = 256, 4 * 1024  # bytes of a body in chunks that are taken in one go
FEW = 8  # chunks in one go, of which the next one may be longer
CHUNK_PRICE = 512  # bytes for which a chunk counts at least
MANY, LEAST_MEAN = 256, 24  # chunks, and bytes that each has among so many, with its length


class BoundedWire:
    """A connection for the time of one request.

    What is read of a body is paid for by the address: then the next read waits, within the time of
    the exchange. A body in chunks comes in small pieces, as a chunk is dear to read, however short
    it is: so each has a least price, and a body of tiny ones ends for us. What has come is held
    until the answer begins, as its request may be incomplete; and of the answer what is being
    written.

    Args:
        stream: The connection.
        head: Of the request, with what has been read behind it.
        write_timeout: Seconds for each write.
        scope: Of the exchange, which ends if the peer does not read.
        holding: Counts what is held.
        spend: Takes in how many bytes were read; returns in how many seconds to read on.
    """

    def __init__(
        self,
        stream: Stream,
        head: Head,
        write_timeout: float,
        scope: trio.CancelScope,
        holding: Holding,
        spend: Callable[[int], float],
    ) -> None:
        self.read_size = READ_SIZE  # bytes of a read
        self._stream = stream
        self._write_timeout = write_timeout
        self._scope = scope
        self._holding = holding
        self._spend = spend
        self._pause = 0.0  # seconds before the next read; what the head came with is paid
        size = head.body_size
        self._is_sized = size is not None
        self._step = LEAST_STEP
        self._chunks = self._size = 0  # of late, and their bytes
        self._is_tiny = False
        self._ahead = head.rest if size is None else head.rest[:size]  # read, but not returned yet
        self._left = READ_SIZE if size is None else size - len(self._ahead)  # bytes to come
        self.rest = head.rest[len(self._ahead) :]  # what belongs to further requests
        holding.hold(len(head.raw) + len(head.rest))

    def begin(self) -> bytes:
        """Return what has come of the body; of one in chunks the beginning."""
        size = len(self._ahead) if self._is_sized else self._step
        data, self._ahead = self._ahead[:size], self._ahead[size:]
        return data

    async def read(self) -> bytes:
        """Return a piece of the body, or nothing if the peer sends no more, or tiny chunks.

        Raises:
            trio.BrokenResourceError: the connection broke.
        """
        if self._is_tiny:
            return b""
        if self._ahead:
            await trio.lowlevel.checkpoint()
            return self.begin()
        if self._pause:
            await trio.sleep(self._pause)
        data = bytes(await self._stream.receive_some(min(self._left, self.read_size)))
        self._ahead = data
        self._holding.hold(len(data))
        self._pause = self._spend(len(data))
        if self._is_sized:
            self._left -= len(data)
        return self.begin()

    def charge(self, chunks: int, size: int) -> None:
        """Take in how many chunks there were in a piece of some size."""
        if self._is_sized:
            return
        self._chunks, self._size = self._chunks + chunks, self._size + size
        if self._chunks > MANY:
            self._is_tiny = self._size < self._chunks * LEAST_MEAN
            self._chunks = self._size = 0
        self._step = LEAST_STEP if chunks > FEW else min(2 * self._step, STEP)
        if chunks * CHUNK_PRICE > size:
            self._pause = self._spend(chunks * CHUNK_PRICE - size)

    async def gone(self) -> None:
        """Wait until the peer sends no more; if it sends another request, that waits.

        Raises:
            trio.BrokenResourceError: the connection broke.
        """
        if not self.rest:
            self.rest = bytes(await self._stream.receive_some(READ_SIZE))
            self._holding.hold(len(self.rest))
        if self.rest:
            await trio.sleep_forever()

    async def write(self, data: bytes) -> None:
        """Write a piece of the answer; what the peer takes at once is out when this returns.

        Raises:
            trio.BrokenResourceError: the peer is gone, or does not read.
        """
        self._holding.release()
        taken = send_now(self._stream, data)
        if taken < len(data):
            self._holding.hold(len(data))  # all of it stays until the rest is out
            await self._write_slowly(memoryview(data)[taken:])

    async def _write_slowly(self, data: memoryview) -> None:
        with trio.move_on_after(self._write_timeout) as scope:
            await self._stream.send_all(data)
        self._holding.release()
        if scope.cancelled_caught:  # nothing may follow half an answer
            reset_on_close(self._stream)
            self._scope.cancel(reason="the peer does not read")
            raise trio.BrokenResourceError("the peer does not read")
