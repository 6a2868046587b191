"""A primary is killed and its standby promoted while all talk; clients' logs judge."""

import random
import time
from pathlib import Path

import pytest
import trio

from tests.cluster.survivor import Survivor
from tests.cluster.test_cluster import talk
from tests.crash.process import Server
from tests.crash.test_crash import check_the_order, check_what_was_said, stored
from tests.postgres import PostgresServer
from tests.redis import RedisServer

PEOPLE = 6
PAUSE = 0.1  # seconds between two messages of each
MORE = 10  # messages that somebody has heard before the next harm


@pytest.mark.timeout(600)
@pytest.mark.parametrize("away", [0.0, 2.0])  # seconds until somebody promotes the standby
@pytest.mark.parametrize("is_synchronous", [True, False])
async def test_a_failover(
    own_postgres: PostgresServer,
    own_redis: RedisServer,
    tmp_path: Path,
    away: float,
    *,
    is_synchronous: bool,
) -> None:
    """With a synchronous standby nothing acknowledged is lost; else all are told what is."""
    standby = own_postgres.add_standby()
    if is_synchronous:
        own_postgres.require_standby()
    url = own_postgres.url("public", standby)
    bus = ("--bus", f"redis://127.0.0.1:{own_redis.port}")
    nodes = [Server(tmp_path / f"node-{number}.db", *bus, url=url) for number in range(2)]
    crowd = [Survivor(f"Nick {n}", pause=PAUSE, dice=random.Random(n)) for n in range(PEOPLE)]  # noqa: S311
    pause = 0.0

    async def until_more(count: int = MORE) -> None:
        until = max(one.last for one in crowd) + count
        while min(one.last for one in crowd) < until:
            await trio.sleep(0.01)

    async def harm() -> None:
        nonlocal pause
        await until_more()
        if not is_synchronous:
            own_postgres.hold_back_standby()
            await until_more()
        began = time.monotonic()
        await trio.to_thread.run_sync(own_postgres.crash)
        await trio.sleep(away)
        await trio.to_thread.run_sync(standby.promote)
        promoted = time.monotonic()
        await until_more(1)
        pause = time.monotonic() - began
        print(f"promoted in {promoted - began:.2f} s, all heard more in {pause:.2f} s")
        await until_more()

    try:
        await talk(nodes, crowd, harm)
        kept = stored(nodes[0])
    finally:
        with trio.CancelScope(shield=True):
            for node in nodes:
                await node.kill()
        standby.remove()
    check_the_order(crowd, kept)
    if is_synchronous:
        assert sum(one.lost for one in crowd) == 0
        check_what_was_said(crowd, kept)
    else:
        assert min(one.lost for one in crowd) > 0
        assert sum(one.lost_acknowledged for one in crowd) > 0
        said = {cid: seq for one in crowd for cid, seq in one.acknowledged.items()}
        assert said == {event.cid: event.seq for event in kept}
    for node in nodes:
        log = node.log.read_text(encoding="utf-8")
        assert "Traceback" not in log
        assert "the journal goes on in another term" in log
    print(f"{len(kept)} events, lost by each: {sorted(one.lost for one in crowd)}")
