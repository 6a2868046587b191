"""Redis as a bus of nodes: what is said goes by it while all hear it, and by PostgreSQL else."""

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import structlog.testing
import trio

from tests.integration.chatters import Chatter, chatting
from tests.integration.commands import outcome
from tests.integration.running import PATIENCE, Running, serving
from tests.integration.test_nodes import bus_of, texts, two_nodes, until_known
from tests.redis import RedisServer
from trio_chat.journal.hearing import BUS, NOTIFY
from trio_chat.journal.postgres import notify
from trio_chat.journal.redis import line
from trio_chat.measures import BusFigures

MANY, FEW = 40, 20  # messages
UP, LOST = "nodes tell each other by the bus", "bus away: nodes tell each other by PostgreSQL"


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let canaries come often, and nobody wait until something is tried again."""
    monkeypatch.setattr(line, "BEAT", 0.05)
    monkeypatch.setattr(line, "LAST_PAUSE", 0.2)


def bus_url(redis: RedisServer) -> str:
    return f"redis://127.0.0.1:{redis.port}"


def figures(node: Running) -> BusFigures:
    return bus_of(node).figures


async def until_used(*nodes: Running, is_used: bool = True) -> None:
    """Wait until nodes have begun, or ceased, to tell each other by the bus alone."""
    with trio.fail_after(PATIENCE):
        while not all(figures(node).is_bus_used is is_used for node in nodes):
            await trio.sleep(0.01)


@asynccontextmanager
async def two_on_a_bus(url: str, redis: RedisServer, **more: Any) -> AsyncIterator[list[Running]]:  # noqa: ANN401
    """Run two servers on one database and one Redis for the block, which use it."""
    async with two_nodes(url, bus=bus_url(redis), **more) as both:
        await until_used(*both)
        yield [*both]


async def say(who: Chatter, name: str, count: int = MANY, first: int = 0) -> None:
    """Say something so often, each time when the one before is acknowledged."""
    for number in range(first, first + count):
        await who.send("tea", f"{name} {number}")


async def test_hints_go_by_the_bus(postgres_url: str, redis: RedisServer) -> None:
    """PostgreSQL tells only that nodes run: no more than a hint or two with each beat."""
    async with (
        two_on_a_bus(postgres_url, redis) as (one, other),
        chatting(one, "Ann", "tea") as ann,
        chatting(other, "Ben", "tea") as ben,
    ):
        began, before = trio.current_time(), figures(one).sent.copy()
        heard_before = figures(other).heard[BUS]
        async with trio.open_nursery() as nursery:
            for who, name in ((ann, "ann"), (ben, "ben")):
                nursery.start_soon(say, who, name)
        told = [await texts(who, 2 * MANY) for who in (ann, ben)]
        beats = (trio.current_time() - began) / notify.BEAT + 2
        sent = figures(one).sent - before
        assert told[0] == told[1]
        assert sorted(told[0]) == sorted(
            f"{name} {n}" for name in ("ann", "ben") for n in range(MANY)
        )
        assert sent[NOTIFY] <= 2 * beats
        assert sent[BUS] > sent[NOTIFY]  # which has the beats, too; the rest goes together at times
        assert figures(other).heard[BUS] > heard_before


async def test_redis_goes_and_comes(
    postgres_url: str, own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed, and standing still, while all talk: every message comes, once and in order."""
    monkeypatch.setattr(line, "DEAF", 1.0)
    with structlog.testing.capture_logs() as logged:
        async with (
            two_on_a_bus(postgres_url, own_redis) as both,
            chatting(both[0], "Ann", "tea") as ann,
            chatting(both[1], "Ben", "tea") as ben,
            chatting(both[1], "Eve", "tea") as eve,
        ):
            async with trio.open_nursery() as nursery:
                for who, name in ((ann, "ann"), (ben, "ben")):
                    nursery.start_soon(say, who, name, 2 * FEW)
                await eve.until("msg")
                own_redis.kill()
                await until_used(*both, is_used=False)
                own_redis.start()
                await until_used(*both)
            await say(ann, "ann", FEW, 2 * FEW)
            own_redis.signal(signal.SIGSTOP)
            async with trio.open_nursery() as nursery:
                for who, name, first in ((ann, "ann", 3 * FEW), (ben, "ben", 2 * FEW)):
                    nursery.start_soon(say, who, name, FEW, first)
                await until_used(*both, is_used=False)
                own_redis.signal(signal.SIGCONT)
                await until_used(*both)
            told = [await texts(ann, 7 * FEW), await texts(ben, 7 * FEW)]
            assert told[0] == told[1]
            for name, count in (("ann", 4 * FEW), ("ben", 3 * FEW)):
                own = [text for text in told[0] if text.startswith(name)]
                assert own == [f"{name} {number}" for number in range(count)]
    events = [entry["event"] for entry in logged if entry["event"] in (UP, LOST)]
    assert events.count(LOST) >= 4
    assert events.count(UP) == events.count(LOST) + 2


async def test_a_node_without_the_bus_hears_all_the_same(
    postgres_url: str, redis: RedisServer, own_redis: RedisServer
) -> None:
    """Nor does it matter that another one has another Redis: all is told by PostgreSQL then."""
    async with (
        serving(database=postgres_url) as one,
        serving(database=postgres_url, bus=bus_url(redis)) as two,
        chatting(one, "Ann", "tea") as ann,
        chatting(two, "Ben", "tea") as ben,
    ):
        await until_known(one, two)
        async with serving(database=postgres_url, bus=bus_url(own_redis)) as three:
            await until_known(one, two, three)
            with trio.fail_after(PATIENCE):
                while not figures(two).is_bus_up or not figures(three).is_bus_up:
                    await trio.sleep(0.01)
            async with chatting(three, "Cid", "tea") as cid:
                for who, name in ((ann, "ann"), (ben, "ben"), (cid, "cid")):
                    before = figures(one).heard.copy()
                    await say(who, name, 1)
                    for other in (ann, ben, cid):
                        assert await texts(other, 1) == [f"{name} 0"]
                    assert not (figures(one).heard - before)[BUS]
        assert not figures(two).is_bus_used


async def test_a_bus_that_cannot_be_used_is_refused_at_the_start() -> None:
    """In one line without its password."""
    url = "rediss://:s3cret@redis?ca=/nowhere"
    refused = await outcome("--port", "0", "--database", "postgresql:///c", "--bus", url)
    assert refused.returncode == 2
    assert b"bus cannot use /nowhere: " in refused.stderr.splitlines()[-1]
    assert b"s3cret" not in refused.stderr
