"""Three nodes on one PostgreSQL and a Redis while all talk, and processes are killed and stopped.

The long form: ``pytest tests/cluster --faults 60 --people 50 -s``; it tells what happened.
"""

import random
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path

import pytest
import trio

from tests.cluster.wanderer import Wanderer
from tests.crash.process import Server
from tests.crash.test_crash import check_the_order, check_what_was_said, settled, stored
from tests.postgres import PostgresServer
from tests.redis import RedisServer

NODES = 3
RATE = 100  # messages per second, of all together
SETTLING = 300  # seconds for all to have heard everything in the end

Fault = Callable[[], Awaitable[None]]


class Nemesis:
    """Does harm, one thing after the other, as dice say.

    Args:
        nodes: Whom.
        postgres: What they share.
        redis: By which they tell each other.
        dice: Where it comes from.
    """

    def __init__(
        self,
        nodes: Sequence[Server],
        postgres: PostgresServer,
        redis: RedisServer,
        dice: random.Random,
    ) -> None:
        self._nodes = nodes
        self._postgres = postgres
        self._redis = redis
        self._dice = dice
        self.done: list[str] = []

    async def rage(self, faults: int) -> None:
        """Do harm so many times; each kind once at least, if there are enough."""
        kinds: list[Fault] = [self._kill, self._stop, self._restart, self._crash, self._kill_two]
        kinds += [self._kill_redis, self._stop_redis]
        chosen = [kinds[number % len(kinds)] for number in range(faults)]
        self._dice.shuffle(chosen)
        for fault in chosen:
            await trio.sleep(self._dice.uniform(0.5, 2))
            self.done.append(fault.__name__.strip("_"))
            await fault()

    async def _kill(self) -> None:
        """Let a node be gone without a word, and come again."""
        node = self._dice.choice(self._nodes)
        await node.kill()
        await trio.sleep(self._dice.uniform(0, 1))
        await node.start()

    async def _kill_two(self) -> None:
        """Leave one of three."""
        for node in self._dice.sample(list(self._nodes), 2):
            await node.kill()
            await node.start()

    async def _stop(self) -> None:
        """Let a node sleep, longer than its lease at times; what it held is free soon."""
        node = self._dice.choice(self._nodes)
        node.signal(signal.SIGSTOP)
        await trio.sleep(self._dice.uniform(1, 8))
        node.signal(signal.SIGCONT)

    async def _restart(self) -> None:
        """Restart PostgreSQL in order; all sends are refused meanwhile."""
        await trio.to_thread.run_sync(self._postgres.stop)
        await trio.sleep(self._dice.uniform(0, 2))
        await trio.to_thread.run_sync(self._postgres.start)

    async def _crash(self) -> None:
        """Let PostgreSQL be killed, with all its processes, and recover."""
        await trio.to_thread.run_sync(self._postgres.crash)
        await trio.to_thread.run_sync(self._postgres.start)

    async def _kill_redis(self) -> None:
        """Let all that goes by it be lost."""
        await trio.to_thread.run_sync(self._redis.kill)
        await trio.sleep(self._dice.uniform(0, 2))
        await trio.to_thread.run_sync(self._redis.start)

    async def _stop_redis(self) -> None:
        """Let it sleep, so that what goes by it comes late, or never."""
        self._redis.signal(signal.SIGSTOP)
        await trio.sleep(self._dice.uniform(0.5, 6))
        self._redis.signal(signal.SIGCONT)


@pytest.mark.timeout(3600)
async def test_nothing_is_lost_doubled_or_reordered(
    request: pytest.FixtureRequest,
    own_postgres: PostgresServer,
    own_redis: RedisServer,
    tmp_path: Path,
) -> None:
    """Promises 1 to 4 for many nodes, judged by what their clients have heard."""
    faults, people = request.config.getoption("--faults"), request.config.getoption("--people")
    seed = request.config.getoption("--seed") or random.randrange(10**6)  # noqa: S311 - no secret
    print(f"seed {seed}")
    dice = random.Random(seed)  # noqa: S311 - no secret
    url = own_postgres.new_url()
    bus = ("--bus", f"redis://127.0.0.1:{own_redis.port}")
    nodes = [Server(tmp_path / f"node-{number}.db", *bus, url=url) for number in range(NODES)]
    crowd = [
        Wanderer(f"Nick {number}", pause=people / RATE, dice=random.Random(dice.random()))  # noqa: S311
        for number in range(people)
    ]
    nemesis = Nemesis(nodes, own_postgres, own_redis, dice)
    begin = time.monotonic()
    try:
        await talk(nodes, crowd, partial(nemesis.rage, faults))
    finally:
        with trio.CancelScope(shield=True):
            for node in nodes:
                node.signal(signal.SIGCONT)
                await node.kill()
    kept = stored(nodes[0])
    check_the_order(crowd, kept)
    check_what_was_said(crowd, kept)
    for node in nodes:
        assert "Traceback" not in node.log.read_text(encoding="utf-8")
    print(
        f"{', '.join(nemesis.done)}; {people} people, {time.monotonic() - begin:.0f} s:"
        f" {len(kept)} events, {sum(one.connections for one in crowd)} connections,"
        f" {sum(one.resends for one in crowd)} resends, of which"
        f" {sum(one.duplicates for one in crowd)} had been committed,"
        f" {sum(one.refusals for one in crowd)} refusals,"
        f" longest silence {max(one.longest for one in crowd):.1f} s"
    )


async def talk(
    nodes: Sequence[Server], crowd: Sequence[Wanderer], harm: Callable[[], Awaitable[None]]
) -> None:
    """Let all talk while harm is done; then let all hear the rest."""
    for node in nodes:
        await node.start()
    ports = [node.port for node in nodes]
    async with trio.open_nursery() as nursery:
        for person in crowd:
            nursery.start_soon(person.wander, ports)
        await harm()
        for person in crowd:
            person.is_talking = False
        with trio.move_on_after(SETTLING):
            while not settled(crowd):
                await trio.sleep(0.05)
        for node in nodes:
            node.check()
        assert settled(crowd), [(one.nick, one.last, one.pending, one.state) for one in crowd]
        nursery.cancel_scope.cancel()
