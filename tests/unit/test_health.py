"""Rules of the health of a server, on virtual time: what is asked of the hub, and how often."""

from collections.abc import Sequence

import structlog
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from tests.unit.members import Listener, arrives, house, says
from trio_chat.core.canary import NOT_KEPT
from trio_chat.core.inbox import Inbox
from trio_chat.core.messages import Nudge, Prove
from trio_chat.journal.memory import MemoryJournal
from trio_chat.journal.types import CANARY_REFUSED, Result, Unavailable, Write
from trio_chat.metrics.health import (
    AGAIN,
    DRAINING,
    LATE,
    PROOF_TIMEOUT,
    STARTING,
    STUCK,
    TURN_TIMEOUT,
    Health,
)


def healthy() -> str | None:
    """Return why newcomers are refused: they are not."""
    return None


async def test_a_hub_that_takes_turns_is_alive(autojump_clock: MockClock) -> None:
    """Also if nothing else happens in it."""
    async with house() as home:
        assert await Health(home.inbox, healthy).alive() is None
        assert trio.current_time() == 0


async def test_a_hub_that_takes_no_turn_is_not_alive(autojump_clock: MockClock) -> None:
    """To the moment; it is asked once, however many ask, and is well again when it answers."""
    inbox = Inbox(10)
    health = Health(inbox, healthy)
    for count in (1, 2):
        assert await health.alive() == STUCK
        assert trio.current_time() == count * TURN_TIMEOUT
    [nudge] = await inbox.take(until=float("inf"))
    assert isinstance(nudge, Nudge)
    nudge.heard()
    assert await health.alive() == STUCK  # it is asked anew
    assert len(inbox) == 1


async def test_messages_that_are_delivered_make_a_server_ready(autojump_clock: MockClock) -> None:
    """The canary is kept and heard; nobody else hears anything, and no room has it."""
    async with house() as home:
        one = Listener()
        await home.turn(arrives(one), says(one, "a"))
        health = Health(home.inbox, healthy)
        health.closed = None
        with structlog.testing.capture_logs() as logged:
            for _ in range(3):
                await trio.sleep(AGAIN)
                assert await health.ready() is None
        assert [line["event"] for line in logged] == ["ready"]
        assert one.got == [b"a"]
        assert [room.name for room in await home.journal.rooms(10)] == ["lobby"]


class Failing(MemoryJournal):
    """A journal that keeps nothing, each time for another reason, and counts how often it is asked.

    The third time it hangs until it is let go on.
    """

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.gate = trio.Event()

    async def commit(self, writes: Sequence[Write]) -> list[Result]:
        self.asked += 1
        if self.asked == 1:
            raise Unavailable(1000)
        if self.asked == 2:
            return [CANARY_REFUSED]
        await self.gate.wait()
        return await super().commit(writes)


async def test_messages_that_are_not_kept_make_a_server_not_ready(
    autojump_clock: MockClock,
) -> None:
    """A line says so once for each reason; and once when all is right again."""
    journal = Failing()
    async with house(journal) as home:
        health = Health(home.inbox, healthy)
        health.closed = None
        with structlog.testing.capture_logs() as logged:
            assert await health.ready() == NOT_KEPT
            assert await health.ready() == NOT_KEPT  # as it was just now
            await trio.sleep(AGAIN)
            assert await health.ready() == NOT_KEPT
            await trio.sleep(AGAIN)
            began = trio.current_time()
            async with trio.open_nursery() as nursery:
                for _ in range(5):
                    nursery.start_soon(health.ready)
            assert trio.current_time() == began + PROOF_TIMEOUT
            assert await health.ready() == LATE
            assert journal.asked == 3
            journal.gate.set()
            await wait_all_tasks_blocked()
            assert await health.ready() is None
        told = [(line["event"], line.get("reason")) for line in logged]
        assert told == [("not ready", NOT_KEPT), ("not ready", LATE), ("ready", None)]
        assert health.fault is None


async def test_what_is_known_without_asking_is_told_at_once(autojump_clock: MockClock) -> None:
    """While it starts, stops, or has too much to do, the hub is not bothered."""
    reason: str | None = None
    inbox = Inbox(10)
    health = Health(inbox, lambda: reason)
    assert await health.ready() == STARTING
    health.closed = None
    reason = "lag"
    assert await health.ready() == "overloaded: lag"
    health.closed = DRAINING
    assert await health.ready() == DRAINING
    assert len(inbox) == 0


async def test_who_asks_while_another_one_waits_hears_the_same(autojump_clock: MockClock) -> None:
    """Both by one canary."""
    inbox = Inbox(10)
    health = Health(inbox, healthy)
    health.closed = None
    heard: list[str | None] = []

    async def ask() -> None:
        heard.append(await health.ready())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask)
        nursery.start_soon(ask)
        [proof] = await inbox.take(until=float("inf"))
        assert isinstance(proof, Prove)
        await wait_all_tasks_blocked()
        proof.heard(None)
    assert heard == [None, None]
