"""What is on its way to one peer: written at once if it can be, else waiting, within bounds."""

from collections.abc import Callable

import trio

from trio_chat.websocket import Frame


class Outbox:
    """The way to one peer. ``put`` never waits; the write pump, which drains it, may.

    While nothing waits, ``put`` writes to the socket itself, which costs a quarter of waking a
    task to do it. As soon as the socket does not take all, frames queue here until the write
    pump, which ``take``s them, says with ``wrote`` that they are out: so there is never more
    than one writer.

    Args:
        write_now: Writes without waiting and tells how much was taken; see ``writer_of``.
        frame_limit: Frames that may wait.
        byte_limit: Bytes that may wait.
    """

    def __init__(
        self, write_now: Callable[[bytes], int], frame_limit: int, byte_limit: int
    ) -> None:
        self._write_now = write_now
        self._byte_limit = byte_limit
        self._waiting = 0  # bytes in the channel or in the write pump's hands
        self._send, self._receive = trio.open_memory_channel[Frame](frame_limit)

    @property
    def is_idle(self) -> bool:
        """Whether all that was put has been written, so that the peer is between two frames."""
        return not self._waiting

    def put(self, frame: Frame) -> bool:
        """Send a frame, at once or as soon as the peer takes it.

        After ``close`` it does nothing: the peer has been told goodbye.

        Returns:
            ``False`` if the peer is dead or stuck. It must then not get anything more, as part
            of the frame may be out already.
        """
        if self._waiting:
            return self._queue(frame)
        try:
            taken = self._write_now(frame.wire)
        except BlockingIOError:
            return self._queue(frame)
        except OSError:
            return False
        if taken == len(frame.wire):
            return True
        return self._queue(Frame(frame.wire[taken:]) if taken else frame)

    def _queue(self, frame: Frame) -> bool:
        size = self._waiting + len(frame.wire)
        if size > self._byte_limit:
            return False
        try:
            self._send.send_nowait(frame)
        except trio.WouldBlock:
            return False
        except trio.ClosedResourceError:
            return True
        self._waiting = size
        return True

    async def take(self) -> list[Frame]:
        """Wait for frames and return all that wait; an empty list once the outbox is closed.

        Cancelling it loses nothing.
        """
        try:
            first = await self._receive.receive()
        except trio.EndOfChannel:
            return []
        behind = self._receive.statistics().current_buffer_used
        return [first] + [self._receive.receive_nowait() for _ in range(behind)]

    def wrote(self, frames: list[Frame]) -> None:
        """Tell that what was taken has been written."""
        self._waiting -= sum(len(frame.wire) for frame in frames)

    def close(self) -> None:
        """Take no more frames; ``take`` returns what waits, and then nothing."""
        self._write_now = len  # takes everything, writes nothing: the descriptor may be reused
        self._send.close()
