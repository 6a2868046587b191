"""Storms of connections: those that come and go, and never stay."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import trio

from tests.hostile.attack import Assault, Attack, Run, Variant, Wrong, add, attack
from tests.hostile.peer import GONE, Gone, Peer, handshake
from tests.hostile.target import Target

VARIANTS = (Variant(1, 0), Variant(16, 0))
SCATTERED = {"connections_per_address": 64}  # of the server; what counts is that it is our own
STORM, SHORT_STORM = 5_000, 500  # connections
STORM_TIME, SHORT_STORM_TIME = 10.0, 1.5  # seconds
MANY = [f"hostile-storm-{number}" for number in range(128)]
REFUSED = "is refused early with 429, 503 or 1013, and others go on"

Visit = Callable[[Assault, Peer], Awaitable[str]]


def _again(visit: Visit) -> Run:
    """Return a flood of visits, one after the other on each connection."""

    async def run(assault: Assault, number: int) -> None:
        while True:
            assault.endings[await _visit(assault, visit)] += 1

    return run


async def _visit(assault: Assault, visit: Visit) -> str:
    try:
        peer = await Peer.connect(assault.target)
    except GONE:
        return "cut"
    try:
        return await visit(assault, peer)
    except Gone as gone:
        return str(gone)
    except GONE:
        return "cut"
    finally:
        assault.count(peer)
        await peer.aclose()


async def _garbage(assault: Assault, peer: Peer) -> str:
    await peer.send(b"\x16\x03\x01 nonsense \r\n\r\n")
    status = await peer.first_status()
    if status not in (0, 400, 429, 503):
        raise Wrong(f"status {status}")
    return str(status)


async def _upgrade(assault: Assault, peer: Peer) -> str:
    await peer.upgrade(assault.target)
    return "101"


async def _half_upgrade(assault: Assault, peer: Peer) -> str:
    await peer.send(handshake(assault.target)[:-20])
    return "left"


async def _hello(assault: Assault, peer: Peer) -> str:
    await peer.upgrade(assault.target)
    await peer.hello()
    return "welcome"


async def _hello_everywhere(assault: Assault, peer: Peer) -> str:
    await peer.upgrade(assault.target)
    await peer.hello(MANY)
    return "welcome"


KINDS: dict[str, tuple[Visit, str]] = {
    "garbage-connects": (_garbage, f"Who connects with garbage without end {REFUSED}."),
    "half-heads": (_half_upgrade, f"Who hangs up within a head without end {REFUSED}."),
    "upgrades": (_upgrade, f"Who upgrades and hangs up without end {REFUSED}."),
    "hellos-and-goodbyes": (_hello, f"Who says hello and hangs up without end {REFUSED}."),
    "hellos-in-many-rooms": (_hello_everywhere, f"Who comes to 128 rooms without end {REFUSED}."),
}

for name, (visit, outcome) in KINDS.items():
    add(Attack(name, outcome, _again(visit), VARIANTS, is_flood=True))


@attack()
async def reconnect_storm(assault: Assault, number: int) -> None:
    """5,000 connections in ten seconds from one address are refused early but for a few.

    Those that are in stay to the end.
    """
    await _storm(assault, lambda _: assault.target)


@attack(settings=SCATTERED, guests=STORM)
async def scattered_storm(assault: Assault, number: int) -> None:
    """5,000 connections in ten seconds from as many addresses get in, or are refused early."""
    inside = Target("127.0.0.1", assault.target.port)
    await _storm(assault, lambda one: inside.coming_from(f"127.3.{one // 250}.{one % 250 + 1}"))


async def _storm(assault: Assault, target_of: Callable[[int], Target]) -> None:
    """Connect again and again, in even distances, and stay until all have come."""
    total = SHORT_STORM if assault.is_short else STORM
    seconds = SHORT_STORM_TIME if assault.is_short else STORM_TIME
    begun = trio.current_time()
    over = trio.Event()
    async with trio.open_nursery() as nursery:
        for one in range(total):
            nursery.start_soon(_stay, replace(assault, target=target_of(one)), over)
            await trio.sleep_until(begun + seconds * one / total)
        await trio.sleep(0.5)
        over.set()


async def _stay(assault: Assault, over: trio.Event) -> None:
    async def visit(assault: Assault, peer: Peer) -> str:
        await peer.upgrade(assault.target)
        await peer.hello()
        with trio.move_on_after(30):
            await over.wait()
        return "welcome"

    assault.endings[await _visit(assault, visit)] += 1
