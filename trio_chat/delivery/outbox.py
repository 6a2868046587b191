"""What is on its way to one peer: written at once if it can be, else waiting, within bounds."""

import socket
from collections.abc import Callable
from typing import Protocol

import trio

from trio_chat.delivery.frames import Frame
from trio_chat.delivery.outbox_budget import OutboxBudget

SendNow = Callable[[bytes], int]


class Watcher(Protocol):
    """Somebody who keeps a list of those that can be written to at once."""

    def on_change(self, before: SendNow | None, after: SendNow | None) -> None:
        """Take in that one of them can be written to in another way, or not at all, from now on."""
        ...


class Outbox:
    """The way to one peer. ``put`` never waits; the write pump, which drains it, may.

    While nothing waits, ``put`` writes to the socket itself, which costs a quarter of waking a
    task to do it. As soon as the socket does not take all, frames queue here until the write
    pump, which ``take``s them, says with ``wrote`` that they are out: so there is never more
    than one writer.

    Args:
        sock: The socket, if it can be written to at once; see ``socket_of``.
        frame_limit: Frames that may wait.
        byte_limit: Bytes that may wait.
        budget: What may wait for all peers together.
        evict: Drops the connection, if that is too much.
    """

    # The limit that was reached. Few connections reach one, and the others need no memory for it.
    reached = ""

    def __init__(
        self,
        sock: socket.SocketType | None,
        frame_limit: int,
        byte_limit: int,
        budget: OutboxBudget,
        evict: Callable[[], None],
    ) -> None:
        # Writes to the peer now, and tells how much was taken; ``None`` if something waits.
        # Whoever calls it hands the frame to ``enqueue_rest`` if not all was taken.
        self.send_now: SendNow | None = sock.send if sock else None
        self._sock = sock
        self._watchers: tuple[Watcher, ...] = ()  # shorter than a list, and mostly one or two
        self._frame_limit = frame_limit
        self._byte_limit = byte_limit
        self._frames: list[Frame] = []  # a memory channel would be an eighth of a connection
        self.is_closed = False  # whether it takes nothing more
        self._is_abandoned = False
        self._woken: trio.Event | None = None  # while the write pump waits for frames
        self._drained: trio.Event | None = None  # while somebody waits for that
        self.waiting = 0  # bytes here or in the write pump's hands
        self._budget = budget
        self.evict = evict

    @property
    def is_idle(self) -> bool:
        """Whether all that was put has been written, so that the peer is between two frames."""
        return not self.waiting

    def put(self, frame: Frame) -> bool:
        """Send a frame, at once or as soon as the peer takes it.

        After ``close`` it does nothing: the peer has been told goodbye.

        Returns:
            ``False`` if the peer is dead or stuck. It must then not get anything more, as part
            of the frame may be out already.
        """
        if self.send_now is None:
            return self.enqueue_rest(frame, 0)
        try:
            taken = self.send_now(frame.wire)
        except BlockingIOError:
            taken = 0
        except OSError:
            return False
        return taken == len(frame.wire) or self.enqueue_rest(frame, taken)

    def enqueue_rest(self, frame: Frame, taken: int) -> bool:
        """Let the rest of a frame wait, of which ``taken`` bytes are out; like ``put``."""
        if self.is_closed:
            return True
        rest = Frame(frame.wire[taken:]) if taken else frame
        size = self.waiting + len(rest.wire)
        if size > self._most_bytes:
            self.reached = "outbox_bytes"
            return False
        if len(self._frames) >= self._most_frames:
            self.reached = "outbox_frames"
            return False
        self._frames.append(rest)
        self.waiting = size
        self._budget.grow(self, len(rest.wire))
        self._set_writable(None)
        self._wake()
        return True

    async def drained(self) -> None:
        """Wait until nothing waits."""
        while self.waiting:
            if self._drained is None:
                self._drained = trio.Event()
            await self._drained.wait()

    async def take(self) -> list[Frame]:
        """Wait for frames and return all that wait; an empty list once the outbox is closed.

        Cancelling it loses nothing.
        """
        if not self._frames and not self.is_closed:
            self._woken = trio.Event()
            await self._woken.wait()
        frames, self._frames = self._frames, []
        return frames

    def wrote(self, frames: list[Frame]) -> None:
        """Tell that what was taken has been written."""
        if self._is_abandoned:
            return
        self._shrink(sum(len(frame.wire) for frame in frames))
        if not self.waiting:
            if self._drained is not None:
                self._drained.set()
                self._drained = None
            if self._sock:
                self._set_writable(self._sock.send)

    def _shrink(self, size: int) -> None:
        self.waiting -= size
        self._budget.shrink(self, size)

    def abandon(self) -> None:
        """Close, and forget what waits: the connection is over."""
        self.close()
        self._is_abandoned = True
        self.evict = _nothing  # which ends the cycle of references with the connection
        self._frames.clear()
        self._shrink(self.waiting)

    def can_take(self, size: int) -> bool:
        """Tell whether so many bytes at once leave room for what may come meanwhile."""
        has_frames = len(self._frames) <= self._most_frames // 4
        return has_frames and self.waiting + size <= self._most_bytes // 2

    @property
    def _most_frames(self) -> int:
        """How many frames may wait: limits that are raised are for all, lowered ones for others."""
        return max(self._frame_limit, self._budget.least_frames)

    @property
    def _most_bytes(self) -> int:
        return max(self._byte_limit, self._budget.least_bytes)

    def close(self) -> None:
        """Take no more frames; ``take`` returns what waits, and then nothing."""
        if self._sock:
            self._sock.detach()  # its descriptor is about to be closed, and may be reused
            self._sock = None
        self._set_writable(None)
        self.is_closed = True
        self._wake()

    def _wake(self) -> None:
        """Wake the write pump, if it waits."""
        if self._woken is not None:
            self._woken.set()
            self._woken = None

    def _set_writable(self, send_now: SendNow | None) -> None:
        before, self.send_now = self.send_now, send_now
        if before is not send_now:
            for watcher in self._watchers:
                watcher.on_change(before, send_now)

    def watch(self, watcher: Watcher) -> None:
        """Tell somebody whenever ``send_now`` changes."""
        self._watchers += (watcher,)

    def unwatch(self, watcher: Watcher) -> None:
        """Tell them no more."""
        self._watchers = tuple(other for other in self._watchers if other is not watcher)


def _nothing() -> None:
    """Stand for the end of a connection that is over."""
