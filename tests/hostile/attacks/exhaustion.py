"""What is used up: descriptors, memory and disk, on servers that have little of it."""

import json
import os
import resource
from pathlib import Path

import trio

from tests.hostile.attack import LONG, Assault, Variant, Wrong, attack
from tests.hostile.long_room import EVENTS
from tests.hostile.peer import GONE, Gone, Peer, frame, get, objects

FEW = 160  # descriptors: about 90 connections beside what the server reserves
TOO_MANY = 300  # connections
HELD = 200  # connections that read nothing
UNREAD = 40  # of them, more than the 16 pages for which there is memory then
FEW_PAGES = {"catch_up_bytes": 4 * 1024 * 1024}
RESUMING = 8.0  # seconds; a page that nobody reads would hold up others for ten
SPACE = 256 * 1024  # bytes that the disk takes before it is full
WIDE = {"connections_per_address": 512}
LITTLE = WIDE | {"all_outbox_bytes": 16 * 1024 * 1024}
TALKERS = 10  # who read, and say as much as they may at once
TOLD_ALL = 3  # large messages of each talker to everybody: 120 KB, of which the kernel holds most
TOLD_MORE = 15  # of each to half of them: 590 KB
PATIENT = LITTLE | {"write_timeout": 60}  # so that nobody is ended for being slow meanwhile
PAGES = 120  # pages of 256 KiB over HTTP, each on a connection of its own: twice what there is
PAGE_OF_EACH = 2  # messages of each talker, of 16 KB: all together are more than a page
WAIT = 20.0  # seconds for the server to end somebody, or to go on once there is space again
BIG = "m" * 3_900
WIDEST = "\N{LEMON}" * 3_900  # 15,600 bytes
MOST = 4_000  # large messages: more than fit
SMALL = {
    "max_database": 12_000_000,  # bytes; the long room takes 9 of 12 million
    **dict.fromkeys(("send_rate", "room_rate", "byte_rate", "frame_rate"), "off"),
    **dict.fromkeys(("address_byte_rate", "address_write_rate", "new_name_rate"), "off"),
}


@attack(settings={"descriptors": FEW, "connections_per_address": 0, "waiting_per_address": 0})
async def no_descriptors(assault: Assault, number: int) -> None:
    """Beyond the descriptors newcomers get 503 and others go on; later newcomers get in."""
    peers: list[Peer] = []
    async with trio.open_nursery() as nursery:
        for _ in range(TOO_MANY):
            nursery.start_soon(_hold, assault, peers)
    for peer in peers:
        await peer.aclose()
    if not assault.endings["503"]:
        raise Wrong("nobody got 503")
    await trio.sleep(1)
    newcomer = await assault.open()
    await newcomer.hello()
    await newcomer.aclose()


async def _hold(assault: Assault, peers: list[Peer]) -> None:
    try:
        peer = await Peer.connect(assault.target)
        peers.append(peer)
        with trio.fail_after(5):
            await peer.upgrade(assault.target)
        assault.endings["101"] += 1
    except Gone as gone:
        assault.endings[str(gone)] += 1
    except (*GONE, trio.TooSlowError):
        assault.endings["cut"] += 1


@attack(settings=LITTLE)
async def unread_memory(assault: Assault, number: int) -> None:
    """200 who read nothing cost memory up to a budget; those most backed up are ended first.

    Half of them are told little, for which there is room, and the others much, for which there is
    none.
    """
    much, little = f"hostile-much-{assault.tag}", f"hostile-little-{assault.tag}"
    talkers: list[Peer] = []
    most: list[Peer] = []
    least: list[Peer] = []
    async with trio.open_nursery() as nursery:
        for _ in range(TALKERS):
            nursery.start_soon(_come, assault, talkers, [much, little])
        for _ in range(HELD // 2):
            nursery.start_soon(_come, assault, most, [much, little])
            nursery.start_soon(_come, assault, least, [little])
    for peer in (*most, *least):
        peer.take_little()
    async with trio.open_nursery() as nursery:
        for peer in talkers:
            nursery.start_soon(_talk, peer, [little] * TOLD_ALL + [much] * TOLD_MORE)
    gone = [sum(peer.is_reset() for peer in peers) for peers in (least, most)]
    for peer in (*talkers, *most, *least):
        assault.count(peer)
        await peer.aclose()
    assault.endings["cut"] += gone[1]
    if gone[0]:
        raise Wrong(f"{gone[0]} who were told little were ended, and {gone[1]} of the others")
    if not gone[1]:
        raise Wrong("the budget is not reached")


async def _come(assault: Assault, peers: list[Peer], rooms: list[str]) -> None:
    peer = await assault.open()
    peers.append(peer)
    await peer.hello(rooms)


async def _talk(peer: Peer, rooms: list[str]) -> None:
    """Say something in one room after the other; the last one's answer tells that all is told."""
    for number, room in enumerate(rooms):
        await peer.send(objects({"t": "send", "id": number, "room": room, "text": BIG}))
        while (await peer.until("ok", "error")).get("id") != number:
            pass


@attack(settings=PATIENT)
async def unread_history(assault: Assault, number: int) -> None:
    """120 who ask over HTTP for a large page and read nothing share that budget, too."""
    room = f"hostile-page-{assault.tag}"
    talkers: list[Peer] = []
    asking: list[Peer] = []
    async with trio.open_nursery() as nursery:
        for _ in range(TALKERS):
            nursery.start_soon(_write_page, assault, talkers, room)
    try:
        async with trio.open_nursery() as nursery:
            for _ in range(PAGES):
                nursery.start_soon(_ask_for_page, assault, asking, room)
        gone = 0
        with trio.move_on_after(WAIT):
            while not gone:
                await trio.sleep(0.1)
                gone = sum(peer.is_reset() for peer in asking)
    finally:
        for peer in (*talkers, *asking):
            assault.count(peer)
            await peer.aclose()
    assault.endings["cut"] += gone
    if not gone:
        raise Wrong("the budget is not reached")
    if gone == PAGES:
        raise Wrong("nobody is left, though there is room for some")


async def _write_page(assault: Assault, peers: list[Peer], room: str) -> None:
    peer = await assault.open()
    peers.append(peer)
    await peer.hello([room])
    wish = {"t": "send", "id": 1, "room": room, "text": WIDEST}
    for _ in range(PAGE_OF_EACH):
        await peer.send(frame(json.dumps([wish], ensure_ascii=False).encode()))
        await peer.until("ok")


async def _ask_for_page(assault: Assault, peers: list[Peer], room: str) -> None:
    peer = await Peer.connect(assault.target)
    peers.append(peer)
    peer.take_little()
    await peer.send(get(assault.target, f"/api/v1/rooms/{room}/messages?limit=100"))


@attack(settings=WIDE, variants=(Variant(HELD, 0),))
async def resumed_memory(assault: Assault, number: int) -> None:
    """200 who resume a long room at once and read nothing share one budget of pages."""
    peer = await assault.open()
    await peer.send(objects({"t": "hello", "nick": f"r{number}x{os.getpid()}"}))
    await peer.until("welcome")
    peer.take_little()
    await peer.send(objects({"t": "join", "id": 1, "room": LONG, "last": 0}))
    await trio.sleep(4)
    await peer.aclose()


@attack(settings=FEW_PAGES, variants=(Variant(UNREAD, 0),))
async def unread_pages(assault: Assault, number: int) -> None:
    """Forty who resume a long room and read nothing hold up nobody else who resumes it."""
    peer = await assault.open()
    await peer.hello()
    if number:
        peer.take_little()
    else:
        await trio.sleep(1)
    await peer.send(objects({"t": "join", "id": 1, "room": LONG, "last": 0}))
    if number:
        await trio.sleep(RESUMING + 1)
    else:
        with trio.move_on_after(RESUMING) as scope:
            while (await peer.objects())[-1].get("seq", 0) < EVENTS:
                pass
        if scope.cancelled_caught:
            raise Wrong(f"a resume takes more than {RESUMING:.0f} s")
    await peer.aclose()


@attack(settings=WIDE, measures_others=False)
async def full_disk(assault: Assault, number: int) -> None:
    """On a full disk sends get `unavailable` and all else goes on; with space again, so do they."""
    if not assault.target.pid:
        raise Wrong("the server's process has to be known")
    peer = await assault.open()
    await peer.hello(["hostile-disk"])
    old = _limit_files(assault.target.pid, SPACE)
    try:
        await _fill(peer)
        await peer.send(objects({"t": "history", "id": 1, "room": LONG}))
        await peer.until("history")
        await (await assault.open()).hello()
    finally:
        resource.prlimit(assault.target.pid, resource.RLIMIT_FSIZE, old)
    await _goes_on(peer)


def _limit_files(pid: int, more: int) -> tuple[int, int]:
    """Let no file of a process grow by more than this; return the limit of before."""
    sizes = (path.stat().st_size for path in _databases(pid))
    soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (max(sizes, default=0) + more, hard))
    return soft, hard


def _databases(pid: int) -> list[Path]:
    links = (path.readlink() for path in Path(f"/proc/{pid}/fd").iterdir())
    return [path for path in links if path.name.startswith("chat.db") and path.exists()]


async def _fill(peer: Peer) -> None:
    """Send until something cannot be stored."""
    for number in range(5_000):
        await peer.send(objects(_message(number)))
        answer = await peer.until("ok", "error")
        if answer.get("code") == "unavailable":
            return
        await trio.sleep(answer.get("retry_ms", 0) / 1000)
    raise Wrong("the disk does not fill")


async def _goes_on(peer: Peer) -> None:
    with trio.move_on_after(WAIT):
        while True:
            await peer.send(objects(_message(0)))
            if (await peer.until("ok", "error"))["t"] == "ok":
                await peer.aclose()
                return
            await trio.sleep(0.5)
    raise Wrong(f"nothing can be stored {WAIT:.0f} s after there is space again")


def _message(number: int) -> dict[str, object]:
    return {"t": "send", "id": number, "room": "hostile-disk", "text": f"{number} {BIG}"}


@attack(settings=SMALL, variants=(Variant(16, 0),), measures_others=False)
async def full_database(assault: Assault, number: int) -> None:
    """No database grows beyond `max_database`: sends get `storage_full`, and all else goes on.

    Rates are off, as they would keep it from ever being full.
    """
    peer = await assault.open()
    await peer.hello(["hostile-full"])
    say = {"t": "send", "id": 1, "room": "hostile-full", "text": BIG}
    first = await _asked(peer, say)
    for _ in range(MOST):
        answer = await _asked(peer, say)
        if answer["t"] == "error":
            break
    else:
        raise Wrong(f"{MOST} large messages more are kept")
    if answer["code"] != "storage_full":
        raise Wrong(f"a message got {answer['code']}")
    if (await _asked(peer, {"t": "history", "id": 2, "room": LONG}))["t"] != "history":
        raise Wrong("nothing can be read any more")
    if first["t"] == "ok":
        wanted = {"t": "delete", "id": 3, "room": "hostile-full", "seq": first["seq"]}
        if (await _asked(peer, wanted))["t"] != "ok":
            raise Wrong("nothing can be deleted any more")
    assault.endings["storage_full"] += 1
    await peer.aclose()


async def _asked(peer: Peer, request: dict[str, object]) -> dict[str, object]:
    """Ask for something; return the answer, which may be an error."""
    await peer.send(objects(request))
    while True:
        answer = await peer.until("ok", "error", "history")
        if answer.get("id") == request["id"]:
            return answer
