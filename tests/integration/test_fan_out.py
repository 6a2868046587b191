"""Rules of the fan-out with real sockets, by the ring and by a loop."""

import random

import pytest
import trio

from tests import frames
from tests.frames import TEXT, masked
from tests.integration.running import Running, reset, running
from trio_chat.delivery.ring import FEWEST
from trio_chat.net.streams import Stream

ROOMS = ("tea", "oil")
VISITS = 30  # of each client, in either room
SEED = 7


@pytest.mark.parametrize("fan_out", ["auto", "loop"])
async def test_nobody_gets_what_is_said_in_a_room_that_they_are_not_in(fan_out: str) -> None:
    """Not even whoever is given the descriptor of somebody who was in it a moment ago."""
    choice = random.Random(SEED)  # noqa: S311 - no secret
    visits = 0

    async def visit_again_and_again() -> None:
        nonlocal visits
        for _ in range(VISITS):
            await visit(server, choice.choice(ROOMS), ends=choice.choice("er"))
            visits += 1

    async with running(fan_out=fan_out) as server:
        with trio.CancelScope() as scope:
            async with trio.open_nursery() as talking:
                for room in ROOMS:
                    talking.start_soon(talk, server, room)
                async with trio.open_nursery() as visitors:
                    for _ in range(3 * FEWEST):
                        visitors.start_soon(visit_again_and_again)
                scope.cancel()
    assert visits == 3 * FEWEST * VISITS


async def talk(server: Running, room: str) -> None:
    """Say the room's name for ever."""
    async with await enter(server, room) as stream, trio.open_nursery() as nursery:
        nursery.start_soon(drain, stream)
        while True:
            await stream.send_all(masked(TEXT, room.encode()))
            await trio.sleep(0.001)


async def visit(server: Running, room: str, *, ends: str) -> None:
    """Be in a room until something is said, and hang up or reset."""
    async with await enter(server, room) as stream:
        data = b""
        while not (seen := list(frames.parse(data))):
            data += await stream.receive_some(1000)
        lines = b"\n".join(each.payload for each in seen).split(b"\n")
        assert set(lines) == {room.encode()}
        if ends == "r":
            await reset(stream)


async def enter(server: Running, room: str) -> Stream:
    """Open a WebSocket of a nameless client, who is in a room at once."""
    stream = await server.connect()
    await stream.send_all(frames.upgrade().replace(b"/ws", b"/ws?room=" + room.encode()))
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += await stream.receive_some(1)
    return stream


async def drain(stream: trio.abc.ReceiveStream) -> None:
    """Read all that comes."""
    while await stream.receive_some(10_000):
        pass
