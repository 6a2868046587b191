"""Raids: very many people flood a room at once, and its moderator undoes it by one request."""

import random
import time
from dataclasses import replace
from typing import Any

import trio

from tests.hostile.attack import Assault, Wrong, attack
from tests.hostile.peer import Gone, Peer, objects

RAIDERS, MESSAGES = 500, 20  # people, and messages of each
FEW_RAIDERS, FEW_MESSAGES = 100, 10  # in the short form
RATE = 250  # messages a second of all raiders together, beyond what a room takes by default
PAGE = 100  # messages that are looked at afterwards
# Without the limits by which one address alone could not make such a raid, and without pings: these
# peers answer none, and are here for longer than that is borne.
OPEN = dict.fromkeys(
    ("room_rate", "send_rate", "address_write_rate", "new_name_rate", "new_room_rate"), "off"
) | {"ping_interval": "0"}


@attack(settings=OPEN)
async def raid(assault: Assault, number: int) -> None:
    """One request takes away all that 500 raiders said, and bans them; `undo` brings it all back.

    Others' acknowledgements are measured meanwhile. The moderator and the one who watches come by
    loopback, as the address of the raiders is banned with them.
    """
    people, each = (FEW_RAIDERS, FEW_MESSAGES) if assault.is_short else (RAIDERS, MESSAGES)
    room = f"hostile-raid-{assault.tag}"
    inside = replace(assault, target=replace(assault.target, host="127.0.0.1"))
    teacher, watcher = await inside.open(), await inside.open()
    await teacher.hello()
    await _asked(teacher, t="create", name=room)
    await _asked(teacher, t="join", room=room)
    await watcher.hello([room])
    await _check(watcher, room, 0)  # after which they are in, and were so before the raiders
    await trio.sleep(0.1)
    since = int(time.time() * 1000)
    raiders: list[Peer] = []
    try:
        async with trio.open_nursery() as reading:  # who reads nothing is cut off
            for one in (teacher, watcher):
                reading.start_soon(one.drain)
            async with trio.open_nursery() as nursery:
                for _ in range(people):
                    pauses = [people / RATE] * each
                    nursery.start_soon(_flood, assault, raiders, room, pauses, reading)
            reading.cancel_scope.cancel()
        await _check(watcher, room, min(PAGE, people * each))
        await _asked(teacher, t="raid", room=room, since=since)
        await _check(watcher, room, 0)
        for peer in raiders:
            if not await peer.ended(10) or peer.code != 4503:
                raise Wrong(f"a raider's connection ended with {peer.ending} instead of 4503")
        assault.endings["4503"] += len(raiders)
        await _comes_back(assault, raiders.pop(), room, "error")
        acts = (await _asked(teacher, t="audit", room=room))["acts"]
        await _asked(teacher, t="undo", room=room, act=acts[0]["seq"])
        await _check(watcher, room, min(PAGE, people * each))
        await _comes_back(assault, raiders.pop(), room, "joined")
    finally:
        for peer in (*raiders, teacher, watcher):
            assault.count(peer)
            await peer.aclose()


async def _flood(
    assault: Assault,
    raiders: list[Peer],
    room: str,
    pauses: list[float],
    reading: trio.Nursery,
) -> None:
    """Come into the room, flood it, and go on reading in a nursery."""
    peer = await assault.open()
    raiders.append(peer)
    await peer.hello([room])
    for pause in pauses:
        await trio.sleep(random.uniform(0, 2 * pause))  # noqa: S311 - no secret
        await _asked(peer, t="send", room=room, text="raid")
    reading.start_soon(peer.drain)


async def _comes_back(assault: Assault, raider: Peer, room: str, expected: str) -> None:
    """Let a raider come to the room again, as the same person; it has to be answered so."""
    assault.count(raider)
    await raider.aclose()  # the next one who says hello is this person
    again = await assault.open()
    await again.hello()
    await again.send(objects({"t": "join", "id": 1, "room": room}))
    answer = await again.until("joined", "error")
    assault.count(again)
    await again.aclose()
    if answer["t"] != expected or answer.get("code", "banned") != "banned":
        raise Wrong(f"a raider who comes back gets {answer.get('code', answer['t'])}")


async def _check(watcher: Peer, room: str, messages: int) -> None:
    """Make sure that so many messages of a page can be read, and no others."""
    page = (await _asked(watcher, t="history", room=room, limit=PAGE))["messages"]
    found = sum(one.get("text") == "raid" for one in page)
    if found != messages:
        raise Wrong(f"{found} messages are there instead of {messages}")


async def _asked(peer: Peer, **request: object) -> dict[str, Any]:
    """Ask for something, and return the answer.

    Raises:
        Wrong: it is an error.
    """
    await peer.send(objects({"id": 1, **request}))
    while True:
        try:
            answers = await peer.objects()
        except Gone as gone:
            raise Wrong(f"{request['t']} ended with {gone}") from None
        for answer in answers:
            if answer.get("id") == 1:
                if answer["t"] == "error":
                    raise Wrong(f"{request['t']} got {answer['code']}")
                return answer
