"""Batches: write one frame to many sockets at once, by a loop of ``send``."""

from collections.abc import Callable, Sequence
from typing import Protocol

from trio_chat.delivery.outbox import SendNow

DEAD = -1  # instead of a number of bytes


class Batch(Protocol):
    """Some sockets, in order, that can be written to at once."""

    def write(self, wire: bytes, start: int, stop: int) -> list[tuple[int, int]]:
        """Write bytes to the sockets from ``start`` up to ``stop``, without waiting.

        Returns:
            Those that did not take all, as the place in the batch and how many bytes were taken,
            or ``DEAD``.
        """
        ...


FanOut = Callable[[Sequence[SendNow]], Batch]  # the batch is good until one of them closes


class Loop:
    """A batch that makes a system call for each socket.

    From one write to the next it touches nothing but the socket: of a thousand connections
    everything else would have to come from far away in memory, which costs half as much as the
    write itself.
    """

    def __init__(self, sends: Sequence[SendNow]) -> None:
        self._sends = sends

    def write(self, wire: bytes, start: int, stop: int) -> list[tuple[int, int]]:
        """Write bytes to some of the sockets; see ``Batch``."""
        size = len(wire)
        late: list[tuple[SendNow, int]] = []
        some = self._sends[start:stop]
        for send_now in some:
            try:
                taken = send_now(wire)
            except BlockingIOError:
                taken = 0
            except OSError:
                taken = DEAD
            if taken != size:
                late.append((send_now, taken))
        if not late:
            return []
        places = {send_now: place for place, send_now in enumerate(some, start)}
        return [(places[send_now], taken) for send_now, taken in late]
