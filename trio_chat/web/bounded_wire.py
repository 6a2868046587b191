"""The connection under an HTTP exchange: reads a body and no further, and bounds every write."""

from collections.abc import Callable

import trio

from trio_chat.delivery.holding import Holding
from trio_chat.net.head import READ_SIZE, Head
from trio_chat.net.streams import Stream, reset_on_close, send_now


class BoundedWire:
    """A connection for the time of one request.

    What is read of a body is paid for by the address: then the next read waits, within the time of
    the exchange. What has come is held until the answer begins, as its request may be incomplete;
    and of the answer what is being written.

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
        self._body = head.rest if size is None else head.rest[:size]
        self._left = READ_SIZE if size is None else size - len(self._body)  # bytes to come
        self.rest = head.rest[len(self._body) :]  # what belongs to further requests
        holding.hold(len(head.raw) + len(head.rest))

    def begin(self) -> bytes:
        """Return what has come of the body."""
        body, self._body = self._body, b""
        return body

    async def read(self) -> bytes:
        """Return a piece of the body, or nothing if the peer sends no more.

        Raises:
            trio.BrokenResourceError: the connection broke.
        """
        if self._pause:
            await trio.sleep(self._pause)
        data = bytes(await self._stream.receive_some(min(self._left, self.read_size)))
        self._holding.hold(len(data))
        self._pause = self._spend(len(data))
        if self._is_sized:
            self._left -= len(data)
        return data

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
