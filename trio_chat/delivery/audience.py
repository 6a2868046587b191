"""An audience: members who get the same frames, with as little as can be between two writes."""

from collections.abc import Iterator, Sequence

from trio_chat.delivery.batch import DEAD, Batch, FanOut
from trio_chat.delivery.frames import Frame
from trio_chat.delivery.outbox import SendNow
from trio_chat.delivery.pace import WRITES_PER_YIELD, Pace, write_cost
from trio_chat.delivery.recipient import Recipient


class Audience:
    """A set of members.

    Most of them can be written to at once. These are written to as one batch, which touches nothing
    of a member but its socket, and which is made anew when one of them ceases to be ready, in
    particular before its socket closes.

    Who is ready is known by room: members tell their audiences when they become slow or ready
    again, so a slow member costs nothing in other rooms, and in its own no more than a new tuple.
    """

    def __init__(self) -> None:
        self._members: dict[Recipient, None] = {}  # a set in order
        self._owners: dict[SendNow, Recipient] = {}  # of those who are ready
        self._others: dict[Recipient, None] = {}
        self._batch: Batch | None = None  # the keys of the owners
        self._ready: tuple[Recipient, ...] = ()  # and their values
        self._version = 0  # counts how often a member became ready, or ceased to be

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
        if member not in self._members:
            self._members[member] = None
            self._sort_in(member)
            member.watch(self)

    def discard(self, member: Recipient) -> None:
        """Let a member go, if it is one."""
        if member in self._members:
            member.unwatch(self)
            del self._members[member]
            self._others.pop(member, None)
            if member.send_now:
                self._owners.pop(member.send_now, None)
            self._changed()

    def on_change(self, before: SendNow | None, after: SendNow | None) -> None:
        """Take in that a member is slow now, or ready again."""
        if before:
            member = self._owners.pop(before)
        else:
            member = next(other for other in self._others if other.send_now is after)
            del self._others[member]
        self._sort_in(member)

    def _sort_in(self, member: Recipient) -> None:
        if member.send_now:
            self._owners[member.send_now] = member
        else:
            self._others[member] = None
        self._changed()

    def _changed(self) -> None:
        self._batch = None
        self._ready = ()  # some may be gone
        self._version += 1

    async def send(self, frame: Frame, pace: Pace, fan_out: FanOut) -> list[Recipient]:
        """Send a frame to all, and let those go that are dead or stuck; return these.

        Members may come, go, and cease to be ready while it pauses.
        """
        if self._batch is None:
            self._batch = fan_out(tuple(self._owners))
            self._ready = tuple(self._owners.values())
        batch, ready, others = self._batch, self._ready, tuple(self._others)
        dead: list[Recipient] = []
        cost = write_cost(frame)
        step = max(1, WRITES_PER_YIELD // cost)
        version = self._version
        for start in range(0, len(ready), step):
            some = ready[start : start + step]
            if version == self._version:
                late = batch.write(frame.wire, start, start + len(some))
                dead += _enqueue(frame, [(ready[place], taken) for place, taken in late])
                version = self._version  # changed by those who did not take all
            else:
                dead += self._deliver(frame, some)
            await pace.wrote(len(some) * cost)
        for start in range(0, len(others), step):
            behind = others[start : start + step]
            dead += self._deliver(frame, behind)
            await pace.wrote(len(behind) * cost)
        for member in dead:
            self.discard(member)
        return dead

    def _deliver(self, frame: Frame, members: Sequence[Recipient]) -> list[Recipient]:
        """Send to members that may not be ready, or not be here any more; return the dead."""
        return [
            member for member in members if member in self._members and not member.deliver(frame)
        ]


def _enqueue(frame: Frame, late: Sequence[tuple[Recipient, int]]) -> list[Recipient]:
    """Let the rest of a frame wait for those who did not take all; return those that are dead."""
    return [
        member for member, taken in late if taken == DEAD or not member.enqueue_rest(frame, taken)
    ]
