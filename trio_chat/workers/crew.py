"""The crew: keeps workers alive, and has them end together."""

import signal
from collections.abc import Callable
from typing import NamedTuple

import structlog
import trio

from trio_chat.config import Config
from trio_chat.errors import Failed
from trio_chat.protocol.close import GOING_AWAY, RESTARTING, CloseReason
from trio_chat.workers.child import words
from trio_chat.workers.member import Member
from trio_chat.workers.messages import Up
from trio_chat.workers.pauses import Pauses

GRACE = 30.0  # seconds beyond the drain times in which a worker has to end

log = structlog.get_logger()


class Refusal(NamedTuple):
    """Why workers did not take new settings."""

    reason: str  # of one of them
    differs: bool  # whether others may have taken them


class Crew:
    """Workers, each of which is replaced when it ends before it should.

    Args:
        config: ``workers``, and the times for which they may say goodbye.
        launch: Starts the one with a number.
    """

    def __init__(self, config: Config, launch: Callable[[int], Member]) -> None:
        self._config = config
        self._launch = launch
        self._members: dict[int, Member] = {}
        self._stopping = trio.Event()
        self._everything = trio.CancelScope()
        self.ends = 0  # of workers that should have lived on
        self.first: Up | None = None  # what the first one has told when it began to serve
        self.status: int | None = None  # of the first one, if it ended without serving
        self.failure: Failed | None = None  # why the crew has given up
        self.is_clean = True  # whether all have ended as they should
        self.settled = trio.Event()  # all serve for the first time, or it has come to nothing
        self.on_end: Callable[[int], None] = lambda _: None  # is told which worker has ended

    @property
    def up(self) -> list[Member]:
        """Those that serve now."""
        return [each for each in self._members.values() if each.up]

    @property
    def is_stopping(self) -> bool:
        """Whether all are to end."""
        return self._stopping.is_set()

    async def run(self) -> None:
        """Keep the crew alive until ``stop``, and until all have ended then.

        The first worker is alone at first: it makes what is there once, and tells what is wrong
        with the settings.

        Cancellation: all are ended soon, and by force if need be.
        """
        first, others = trio.Event(), [trio.Event() for _ in range(1, self._config.workers)]
        try:
            with self._everything:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._keep, 1, first)
                    await first.wait()
                    self.first = next((each.up for each in self.up), None)
                    for number, is_up in enumerate(others, 2):
                        nursery.start_soon(self._keep, number, is_up)
                    for is_up in others:
                        await is_up.wait()
                    self.settled.set()
        finally:
            self.settled.set()
        self.is_clean = self.is_clean and not self._everything.cancelled_caught

    async def _keep(self, number: int, is_up: trio.Event) -> None:
        """Keep one worker alive; ``is_up`` is set once it serves, or will not."""
        pauses = Pauses()
        while not self.is_stopping:
            began = trio.current_time()
            status, has_served = await self._live(number, is_up)
            if self.is_stopping:
                self.is_clean = self.is_clean and not (status and has_served)
                break
            if not has_served and self.first is None:
                self._fail_to_start(status)
                break
            self.ends += 1
            pause = pauses.after(trio.current_time() - began)
            reason = words(status)
            log.error("a worker has ended, and is replaced", worker=number, reason=reason)
            if pauses.is_hopeless and not self.up:
                self._give_up(f"worker {number} ends at once, again and again ({reason})")
            with trio.move_on_after(pause):
                await self._stopping.wait()
        is_up.set()

    async def _live(self, number: int, is_up: trio.Event) -> tuple[int, bool]:
        """Have one worker live; return its exit status, and whether it has served."""
        member = self._launch(number)
        self._members[number] = member
        try:
            status = await member.run(is_up)
        finally:
            del self._members[number]
            self.on_end(number)
        return status, member.up is not None

    def _fail_to_start(self, status: int) -> None:
        """Take in that the first worker did not come to serve; it has told why, as a rule."""
        if status < 0:
            self._give_up(f"the first worker was ended by {words(status)} before it served")
        self.status = status
        self._stopping.set()

    def _give_up(self, reason: str) -> None:
        self.failure = Failed(reason)
        self.stop(RESTARTING)

    def stop(self, reason: CloseReason) -> None:
        """Have all say goodbye and end; whoever does not in time is ended by force."""
        self._stopping.set()
        for member in self._members.values():
            is_person = reason == GOING_AWAY and member.up
            member.send(signal.SIGINT if is_person else signal.SIGTERM)
        within = self._config.drain_delay + self._config.drain_timeout + GRACE
        self._everything.deadline = trio.current_time() + within

    def send(self, number: signal.Signals) -> None:
        """Send all a signal."""
        for member in self.up:
            member.send(number)

    async def reload(self, within: float) -> Refusal | None:
        """Have all read their settings again, in so many seconds; return whether one refused."""
        members, refused = list(self.up), list[str]()

        async def one(member: Member) -> None:
            refused.extend(filter(None, [await member.reload(within)]))

        async with trio.open_nursery() as nursery:
            for member in members:
                nursery.start_soon(one, member)
        if not refused:
            return None
        # What is wrong with the settings, or their files, is the same for all.
        differs = len(refused) < len(members) or len(set(refused)) > 1
        return Refusal(min(refused), differs=differs)
