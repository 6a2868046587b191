"""Three nodes on one PostgreSQL and a Redis while all talk, and each and all between is harmed.

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

from tests.cluster.line import Line
from tests.cluster.wanderer import Wanderer
from tests.crash.process import Server
from tests.crash.test_crash import check_the_order, check_what_was_said, settled, stored
from tests.postgres import PostgresServer, url_at
from tests.redis import RedisServer

NODES = 3
RATE = 100  # messages per second, of all together
SETTLING = 300  # seconds for all to have heard everything in the end
LONG = 8.0  # seconds of harm, at most; a lease is five
STALL = 15.0  # the same, where a commit that takes ten is given up
FLAPS = 5

Fault = Callable[[], Awaitable[None]]


class Nemesis:
    """Does harm, one thing after the other, as dice say.

    Args:
        nodes: Whom.
        postgres: What they share.
        redis: By which they tell each other.
        lines: Of the nodes to PostgreSQL, one of each.
        dice: Where it comes from.
    """

    def __init__(
        self,
        nodes: Sequence[Server],
        postgres: PostgresServer,
        redis: RedisServer,
        lines: Sequence[Line],
        dice: random.Random,
    ) -> None:
        self._nodes = nodes
        self._lines = lines
        self._postgres = postgres
        self._redis = redis
        self._dice = dice
        self.done: list[str] = []

    async def rage(self, faults: int) -> None:
        """Do harm so many times; each kind once at least, if there are enough."""
        kinds: list[Fault] = [self._kill, self._stop, self._restart, self._crash, self._kill_two]
        kinds += [self._kill_redis, self._stop_redis, self._cut_line, self._let_line_flap]
        kinds += [self._stall_line, self._lose_asks, self._lose_answers, self._slow_line]
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

    async def _cut_line(self) -> None:
        """Keep a node from PostgreSQL, longer than its lease at times."""
        line = self._dice.choice(self._lines)
        line.cut()
        await trio.sleep(self._dice.uniform(0, LONG))
        line.mend()

    async def _let_line_flap(self) -> None:
        """Keep it away again and again, each time for a moment."""
        line = self._dice.choice(self._lines)
        for _ in range(FLAPS):
            line.cut()
            await trio.sleep(self._dice.uniform(0, 0.3))
            line.mend()
            await trio.sleep(self._dice.uniform(0, 0.6))

    async def _stall_line(self) -> None:
        """Let nothing through for a while, longer than a commit may take at times."""
        line = self._dice.choice(self._lines)
        line.asks = line.answers = False
        await trio.sleep(self._dice.uniform(0, STALL))
        line.mend()

    async def _lose_asks(self) -> None:
        """Let nothing reach PostgreSQL, then end the connections."""
        line = self._dice.choice(self._lines)
        line.asks = False
        await self._end(line)

    async def _lose_answers(self) -> None:
        """Let no answer come back, so that commits are done of which the node does not hear."""
        line = self._dice.choice(self._lines)
        line.answers = False
        await self._end(line)

    async def _end(self, line: Line) -> None:
        await trio.sleep(self._dice.uniform(0, LONG))
        line.cut()
        line.mend()

    async def _slow_line(self) -> None:
        """Let each piece come late."""
        line = self._dice.choice(self._lines)
        line.delay = self._dice.uniform(0.01, 0.2)
        await trio.sleep(self._dice.uniform(1, LONG))
        line.mend()


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
    bus = ("--bus", f"redis://127.0.0.1:{own_redis.port}")
    lines = [Line(own_postgres.folder) for _ in range(NODES)]
    nodes = [
        Server(tmp_path / f"node-{number}.db", *bus, url=url_at(line.folder))
        for number, line in enumerate(lines)
    ]
    crowd = [
        Wanderer(f"Nick {number}", pause=people / RATE, dice=random.Random(dice.random()))  # noqa: S311
        for number in range(people)
    ]
    nemesis = Nemesis(nodes, own_postgres, own_redis, lines, dice)
    begin = time.monotonic()
    async with trio.open_nursery() as nursery:
        for line in lines:
            await nursery.start(line.run)
        try:
            await talk(nodes, crowd, partial(nemesis.rage, faults))
        finally:
            with trio.CancelScope(shield=True):
                for node in nodes:
                    node.signal(signal.SIGCONT)
                    await node.kill()
        nursery.cancel_scope.cancel()
    kept = stored(Server(tmp_path / "none.db", url=own_postgres.url()))
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
