"""A standby is promoted while its primary runs on, and each has a node that sees it alone."""

import random
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest
import trio

from tests.cluster.line import Line
from tests.cluster.survivor import Survivor
from tests.cluster.test_cluster import talk
from tests.crash.process import Server
from tests.crash.test_crash import check_the_order, check_what_was_said, stored
from tests.postgres import PostgresServer, url_at
from tests.redis import RedisServer

PEOPLE = 6
PAUSE = 0.1  # seconds between two messages of each
MORE = 10  # messages that somebody has heard before the next step
OLD, NEW = range(2)  # the node that stays with the old primary, and the one that is cut off from it


class Neighbour(Survivor):
    """Somebody who comes back to the same node whatever happens.

    Args:
        number: Of the person; who has an even one is at the first node.
    """

    def __init__(self, number: int) -> None:
        super().__init__(f"Nick {number}", pause=PAUSE, dice=random.Random(number))  # noqa: S311
        self.home = number % 2

    async def wander(self, ports: Sequence[int]) -> None:
        """Come back there whenever the connection is lost, until cancelled."""
        await super().wander([ports[self.home]])


@pytest.mark.timeout(600)
@pytest.mark.parametrize("is_synchronous", [True, False])
async def test_two_primaries_at_once(
    own_postgres: PostgresServer,
    own_redis: RedisServer,
    tmp_path: Path,
    *,
    is_synchronous: bool,
) -> None:
    """Without the standby nothing is acknowledged if it is synchronous; else all is told."""
    standby = own_postgres.add_standby()
    if is_synchronous:
        own_postgres.require_standby()
    lines = [Line(own_postgres.folder) for _ in (OLD, NEW)]
    bus = ("--bus", f"redis://127.0.0.1:{own_redis.port}")
    nodes = [
        Server(tmp_path / f"node-{n}.db", *bus, url=url_at(line.folder, standby.folder))
        for n, line in enumerate(lines)
    ]
    crowd = [Neighbour(number) for number in range(PEOPLE)]
    sides = [[one for one in crowd if one.home == home] for home in (OLD, NEW)]
    try:
        async with trio.open_nursery() as nursery:
            for line in lines:
                await nursery.start(line.run)
            split = partial(_split, own_postgres, standby, lines, sides, waits=is_synchronous)
            try:
                await talk(nodes, crowd, split)
            finally:
                with trio.CancelScope(shield=True):
                    for node in nodes:
                        await node.kill()
            nursery.cancel_scope.cancel()
        kept = stored(Server(tmp_path / "none.db", url=standby.url()))
    finally:
        standby.remove()
    check_the_order(crowd, kept)
    if is_synchronous:
        assert sum(one.lost for one in crowd) == 0
        check_what_was_said(crowd, kept)
    else:
        assert min(one.lost for one in sides[OLD]) >= MORE
        assert sum(one.lost_acknowledged for one in sides[OLD]) > 0
        said = {cid: seq for one in crowd for cid, seq in one.acknowledged.items()}
        assert said == {event.cid: event.seq for event in kept}
    for node in nodes:
        log = node.log.read_text(encoding="utf-8")
        assert "Traceback" not in log
        assert "the journal goes on in another term" in log
    lost = [sorted(one.lost for one in side) for side in sides]
    print(
        f"{len(kept)} events, lost by each at the old one: {lost[OLD]}, at the new one: {lost[NEW]}"
    )


async def _split(
    primary: PostgresServer,
    standby: PostgresServer,
    lines: Sequence[Line],
    sides: Sequence[Sequence[Neighbour]],
    *,
    waits: bool,
) -> None:
    """Let both take writes for a while, then end the old one.

    Args:
        primary: The old one.
        standby: Which is promoted.
        lines: Of both nodes to the old one.
        sides: Who is at which node.
        waits: Whether the old one waits for the standby, so that it keeps nothing any more.
    """
    await _until_heard([*sides[OLD], *sides[NEW]])
    await trio.to_thread.run_sync(primary.hold_back_standby)
    await trio.to_thread.run_sync(standby.promote)
    lines[NEW].cut()
    await _until_heard(sides[NEW])
    if waits:
        refusals = [one.refusals for one in sides[OLD]]
        while any(one.refusals == then for one, then in zip(sides[OLD], refusals, strict=True)):
            await trio.sleep(0.01)
    else:
        await _until_heard(sides[OLD])
    await trio.to_thread.run_sync(primary.crash)
    await _until_heard(sides[OLD])
    await _until_heard(sides[NEW])


async def _until_heard(people: Sequence[Neighbour]) -> None:
    """Wait until each has an acknowledgement of what was said just now, and heard some more."""
    said = [len(one.acknowledged) for one in people]
    until = max(one.last for one in people) + MORE
    while min(one.last for one in people) < until or any(
        len(one.acknowledged) <= then for one, then in zip(people, said, strict=True)
    ):
        await trio.sleep(0.01)
