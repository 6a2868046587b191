"""Telling: numbers and signs what a node tells, and picks the line by which it goes."""

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple, Protocol

import trio

from trio_chat.journal.hearing import BUS, NOTIFY, Hearing
from trio_chat.journal.hints import HINTS, Codec, Outgoing
from trio_chat.measures import BusFigures


class Ends(NamedTuple):
    """What a second line leads to.

    ``canary`` returns what is said with each beat; ``hear`` takes what comes, and returns whether
    it is this node's own; ``changed`` is called when the line is up, and when it is lost.
    """

    channel: str
    canary: Callable[[], bytes]
    hear: Callable[[bytes], bool]
    changed: Callable[[], None]


class Line(Protocol):
    """A second line beside that of the database, which may be lost at any time."""

    @property
    def is_up(self) -> bool:
        """Whether this node hears itself by it."""
        ...

    def send(self, hints: Sequence[bytes]) -> None:
        """Have hints told; it does not wait, and may fail silently."""
        ...

    async def run(self, ends: Ends) -> None:
        """Hear and tell until cancelled."""
        ...


class NoLine:
    """The second line where there is none."""

    is_up = False

    def send(self, hints: Sequence[bytes]) -> None:
        """Tell nobody."""

    async def run(self, ends: Ends) -> None:  # noqa: ARG002 - nothing comes
        """Hear nothing."""
        await trio.sleep_forever()


class Telling:
    """What is to be told, and by which line.

    Hints go by the second line alone while this node hears itself there, and all others have said
    that they hear it. Otherwise they go by the first one, which reaches all, so that a node without
    the second line, or with another one, misses nothing. Beats go by both, so that numbers have no
    gap on the second one.

    Args:
        codec: Writes hints.
        figures: Get how many were sent.
        hearing: Knows who hears this node.
    """

    def __init__(self, codec: Codec, figures: BusFigures, hearing: Hearing) -> None:
        self.second: Line = NoLine()
        self.outgoing = Outgoing()
        self._codec = codec
        self._figures = figures
        self._hearing = hearing
        self._number = 0  # of the last hint
        self._channel = b""  # of the second line

    async def run_second(
        self, channel: str, is_over: Callable[[], bool], changed: Callable[[], None]
    ) -> None:
        """Have the second line run until cancelled.

        Args:
            channel: By which nodes find each other there, and where alone counts what they tell.
            is_over: Whether what still comes by it counts no more.
            changed: Is called when it is up, and when it is lost.
        """
        place = self._channel = channel.encode()

        def canary() -> bytes:
            return self._codec.encode(self._hearing.canary(), place)

        def hear(data: bytes) -> bool:
            if is_over():
                return False
            is_own = self._codec.is_own(data)
            if not is_own:
                self._hearing.take(data, BUS, place)
            return is_own

        await self.second.run(Ends(channel, canary, hear, changed))

    def forget(self) -> None:
        """Tell nothing of what waits, but that something was not told."""
        self.outgoing = Outgoing()
        self.outgoing.miss()

    async def tell(
        self, notify: Callable[[Sequence[bytes]], Awaitable[None]], others: int, *, is_beat: bool
    ) -> None:
        """Tell what there is; if that is nothing, that this node runs.

        Args:
            notify: Sends by the first line, ``HINTS`` at a time.
            others: How many nodes run besides this one.
            is_beat: Whether both lines are to have it.
        """
        is_second = self.second.is_up and self._hearing.hearers >= others
        if is_second is not self._figures.is_bus_used:
            self._figures.is_bus_used = is_second
            self.outgoing.miss()  # what was under way may be late, or lost
        told = self.outgoing.take(self._number + 1)
        self._number += len(told)
        if is_second or is_beat:
            self.second.send([self._codec.encode(hint, self._channel) for hint in told])
            self._figures.sent[BUS] += len(told) * self.second.is_up
        if is_beat or not is_second:
            for first in range(0, len(told), HINTS):
                some = told[first : first + HINTS]
                await notify([self._codec.encode(hint) for hint in some])
            self._figures.sent[NOTIFY] += len(told)
