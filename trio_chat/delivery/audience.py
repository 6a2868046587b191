"""An audience: members who get the same frames, with as little as can be between two writes."""

from collections.abc import Iterator, Sequence

import trio

from trio_chat.delivery.frames import Frame
from trio_chat.delivery.outbox import Readiness, SendNow
from trio_chat.delivery.recipient import Recipient

WRITES_PER_YIELD = 500  # about 2 ms of writing, then the other tasks have their turn
BYTES_PER_WRITE = 16 * 1024  # as much more takes about as long as another write


def write_cost(frame: Frame) -> int:
    """Return how many writes of a short frame take as long as one of this frame."""
    return 1 + len(frame.wire) // BYTES_PER_WRITE


class Audience:
    """A set of members.

    Most of them can be written to at once, by a function that is little more than a system call.
    These functions are kept in a tuple, so that the way from one write to the next touches
    nothing of a member but its socket. Of a thousand members everything else would have to come
    from far away in memory, which costs half as much as the write itself.

    Args:
        readiness: Tells whether that tuple is still true.
    """

    def __init__(self, readiness: Readiness) -> None:
        self._readiness = readiness
        self._members: dict[Recipient, None] = {}  # a set in order
        self._known = -1  # the readiness of which the rest tells; -1: of none
        self._ready: tuple[SendNow, ...] = ()
        self._owners: dict[SendNow, Recipient] = {}
        self._others: list[Recipient] = []

    def __len__(self) -> int:
        """Return how many members there are."""
        return len(self._members)

    def __iter__(self) -> Iterator[Recipient]:
        """Return an iterator over the members; none may come or go meanwhile."""
        return iter(self._members)

    def __contains__(self, member: Recipient) -> bool:
        """Return whether somebody is a member."""
        return member in self._members

    def add(self, member: Recipient) -> None:
        """From now on the member gets what is sent."""
        self._members[member] = None
        self._known = -1

    def discard(self, member: Recipient) -> None:
        """Let a member go, if it is one."""
        if self._members.pop(member, self) is None:
            self._known = -1

    async def send(self, frame: Frame) -> list[Recipient]:
        """Send a frame to all, and let those go that are dead or stuck; return these.

        Members may come, go, and cease to be ready while it pauses.
        """
        self._look_around()
        ready, others = self._ready, self._others
        dead: list[Recipient] = []
        step = max(1, WRITES_PER_YIELD // write_cost(frame))
        count = self._readiness.count
        for start in range(0, len(ready), step):
            some = ready[start : start + step]
            if count == self._readiness.count:
                dead += self._write(frame, some)
                count = self._readiness.count  # changed by those who did not take all
            else:
                dead += self._deliver(frame, [self._owners[send_now] for send_now in some])
            await trio.lowlevel.checkpoint()
        for start in range(0, len(others), step):
            dead += self._deliver(frame, others[start : start + step])
            await trio.lowlevel.checkpoint()
        for member in dead:
            self.discard(member)
        return dead

    def _look_around(self) -> None:
        """See who is ready, if anything has changed."""
        if self._known == self._readiness.count:
            return
        self._known = self._readiness.count
        self._owners = {member.send_now: member for member in self._members if member.send_now}
        self._others = [member for member in self._members if not member.send_now]
        self._ready = tuple(self._owners)

    def _write(self, frame: Frame, ready: Sequence[SendNow]) -> list[Recipient]:
        """Write to members that are ready; return those that are dead."""
        wire, size = frame.wire, len(frame.wire)
        slow: list[tuple[SendNow, int]] = []
        dead: list[Recipient] = []
        for send_now in ready:
            try:
                taken = send_now(wire)
            except BlockingIOError:
                taken = 0
            except OSError:
                dead.append(self._owners[send_now])
                continue
            if taken != size:
                slow.append((send_now, taken))
        dead += [
            self._owners[send_now]
            for send_now, taken in slow
            if not self._owners[send_now].enqueue_rest(frame, taken)
        ]
        return dead

    def _deliver(self, frame: Frame, members: Sequence[Recipient]) -> list[Recipient]:
        """Send to members that may not be ready, or not be here any more; return the dead."""
        return [
            member for member in members if member in self._members and not member.deliver(frame)
        ]
