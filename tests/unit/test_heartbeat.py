"""Rules of the heartbeat, by itself; what a client does then is tested with the client."""

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio
from trio.testing import MockClock

from trio_chat.client.heartbeat import AT_ONCE, STEP, Heartbeat


class Beaten:
    """A connection that takes down when it was looked after, and asks for another time if told."""

    def __init__(self, heartbeat: Heartbeat, every: float = math.inf) -> None:
        self._heartbeat = heartbeat
        self._every = every
        self.beats: list[float] = []

    def beat(self, now: float) -> None:
        self.beats.append(now)
        self._heartbeat.add(self, now + self._every)


@asynccontextmanager
async def beating() -> AsyncIterator[Heartbeat]:
    """Have a heartbeat that runs."""
    heartbeat = Heartbeat()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(heartbeat.run)
        await trio.testing.wait_all_tasks_blocked()
        yield heartbeat
        nursery.cancel_scope.cancel()


async def test_each_is_looked_after_at_its_time(autojump_clock: MockClock) -> None:
    """Also if an earlier time is added while a later one is waited for."""
    async with beating() as heartbeat:
        late, early = Beaten(heartbeat), Beaten(heartbeat)
        heartbeat.add(late, 20)
        heartbeat.add(early, 10)
        await trio.sleep(30)
        assert (early.beats, late.beats) == ([10], [20])


async def test_it_is_never_early_and_late_by_a_step_at_most(autojump_clock: MockClock) -> None:
    """Those of one step are looked after together."""
    async with beating() as heartbeat:
        first, second = Beaten(heartbeat), Beaten(heartbeat)
        heartbeat.add(first, 10 - STEP / 2)
        heartbeat.add(second, 10)
        await trio.sleep(30)
        assert first.beats == second.beats == [10]


async def test_whoever_asks_for_another_time_gets_it(autojump_clock: MockClock) -> None:
    """While others are not looked after again."""
    async with beating() as heartbeat:
        again, once = Beaten(heartbeat, every=5), Beaten(heartbeat)
        heartbeat.add(again, 5)
        heartbeat.add(once, 5)
        await trio.sleep(16)
        assert (again.beats, once.beats) == ([5, 10, 15], [5])


async def test_who_has_gone_is_left_alone(autojump_clock: MockClock) -> None:
    """Even while others of the same moment are being looked after."""
    async with beating() as heartbeat:
        crowd = [Beaten(heartbeat) for _ in range(6 * AT_ONCE)]
        for each in crowd:
            heartbeat.add(each, 10)
        heartbeat.remove(crowd[0], 10)
        await trio.sleep(10)
        while not any(each.beats for each in crowd):
            await trio.lowlevel.checkpoint()
        waiting = [each for each in crowd[1:] if not each.beats]
        assert waiting  # other tasks run in between
        for each in waiting:
            heartbeat.remove(each, 10)
        await trio.sleep(10)
        assert not any(each.beats for each in [crowd[0], *waiting])
        assert not heartbeat._slots


async def test_no_time_and_a_time_that_is_unknown_are_harmless(autojump_clock: MockClock) -> None:
    """Without pings a connection has none."""
    async with beating() as heartbeat:
        one = Beaten(heartbeat)
        heartbeat.add(one, math.inf)
        heartbeat.remove(one, math.inf)
        heartbeat.remove(one, 10)
        await trio.sleep(30)
        assert one.beats == []
