"""Slow and silent peers, on a server that is impatient so that nobody has to wait long."""

from collections.abc import Awaitable, Callable

import trio

from tests.hostile.attack import CROWD, LONG, Assault, Attack, Variant, Wrong, add
from tests.hostile.peer import GONE, Gone, Peer, frame, get, handshake, objects

IMPATIENT = {
    "head_timeout": 1,
    "hello_timeout": 1,
    "http_timeout": 2,
    "call_timeout": 1,
    "read_timeout": 1,
    "keep_alive_timeout": 1,
    "write_timeout": 1,
    "close_timeout": 1,
    "ping_interval": 1.5,
    "pong_timeout": 1,
}
VARIANTS = (Variant(1, 0), Variant(16, 0))
DRIP = 0.1  # seconds between two bytes
SIPPING = 2.5  # seconds after which a reader that is too slow should have been cut off
PATIENCE = 8.0  # seconds after which a connection should have ended, whatever its kind

Visit = Callable[[Assault, Peer], Awaitable[str]]


def _slow(name: str, outcome: str, *endings: str) -> Callable[[Visit], Visit]:
    """Put an attack into the table that has to be ended by the server in one of these ways."""

    def enter(visit: Visit) -> Visit:
        async def run(assault: Assault, number: int) -> None:
            peer = await Peer.connect(assault.target)
            try:
                ending = await _ending(assault, peer, visit)
                assault.endings[ending] += 1
                if ending not in endings:
                    raise Wrong(f"{ending} instead of {' or '.join(endings)}")
            finally:
                assault.count(peer)
                await peer.aclose()

        add(Attack(name, outcome, run, VARIANTS, IMPATIENT))
        return visit

    return enter


async def _ending(assault: Assault, peer: Peer, visit: Visit) -> str:
    with trio.move_on_after(PATIENCE):
        try:
            return await visit(assault, peer)
        except Gone as gone:
            return str(gone)
        except GONE:
            return "cut"
    return f"open after {PATIENCE:.0f} s"


async def _drip(peer: Peer, data: bytes) -> None:
    try:
        for byte in data:
            await peer.send(bytes((byte,)))
            await trio.sleep(DRIP)
    except GONE:
        pass


async def _dripping(peer: Peer, data: bytes, then: Callable[[], Awaitable[str]]) -> str:
    """Send bytes slowly beside what waits for the end."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_drip, peer, data)
        ending = await then()
        nursery.cancel_scope.cancel()
    return ending


async def _status(peer: Peer) -> str:
    return str(await peer.first_status())


async def _drained(peer: Peer) -> str:
    await peer.drain()
    return peer.ending


@_slow("slow-head", "A head that comes byte by byte gets 408 after `head_timeout`.", "408")
async def _head(assault: Assault, peer: Peer) -> str:
    data = handshake(assault.target, ["X-Slow: " + "x" * 400])
    return await _dripping(peer, data, lambda: _status(peer))


@_slow("silent", "Who connects and sends nothing gets 408 after `head_timeout`.", "408")
async def _silent(assault: Assault, peer: Peer) -> str:
    return await _status(peer)


@_slow(
    "slow-hello", "A hello that comes byte by byte ends with 4501 after `hello_timeout`.", "4501"
)
async def _hello(assault: Assault, peer: Peer) -> str:
    await peer.upgrade(assault.target)
    wish = objects({"t": "hello", "nick": "slow" * 8, "rooms": []})
    return await _dripping(peer, wish * 3, lambda: _drained(peer))


@_slow("no-hello", "Who says no hello is ended with 4501 after `hello_timeout`.", "4501")
async def _no_hello(assault: Assault, peer: Peer) -> str:
    await peer.upgrade(assault.target)
    return await _drained(peer)


@_slow(
    "slow-body",
    "A body that comes byte by byte ends after `http_timeout`, with 408 or without an answer.",
    *("408", "0", "400"),
)
async def _body(assault: Assault, peer: Peer) -> str:
    path = "/api/v1/rooms/hostile-slow/messages"
    await peer.send(get(assault.target, path, "Content-Length: 900", method="POST"))
    return await _dripping(peer, b"x" * 900, lambda: _status(peer))


@_slow(
    "unread-events",
    "Who follows a long room and reads nothing is cut off after `write_timeout`.",
    "cut",
)
async def _unread(assault: Assault, peer: Peer) -> str:
    peer.take_little()
    request = get(assault.target, f"/api/v1/rooms/{LONG}/events?last=0")
    await peer.send(request)
    await trio.sleep(SIPPING)
    return await _is_cut(peer)


@_slow(
    "sipped-events",
    "Who follows a long room and reads it byte by byte is cut off after `write_timeout`.",
    "cut",
)
async def _sip(assault: Assault, peer: Peer) -> str:
    peer.take_little()
    await peer.send(get(assault.target, f"/api/v1/rooms/{LONG}/events?last=0"))
    with trio.move_on_after(SIPPING):
        while await peer.stream.receive_some(1):
            await trio.sleep(DRIP)
    return await _is_cut(peer)


@_slow("unread-files", "Who asks for many files and reads none is cut off.", "cut")
async def _unread_files(assault: Assault, peer: Peer) -> str:
    peer.take_little()
    requests = get(assault.target, "/r/lobby") * 2_000
    while True:  # until nobody takes more of it
        await peer.send(requests)


@_slow("idle-keep-alive", "Who keeps a connection idle is ended after `keep_alive_timeout`.", "cut")
async def _idle(assault: Assault, peer: Peer) -> str:
    await peer.send(get(assault.target, "/r/lobby"))
    await peer.reply()
    return await _drained(peer)


@_slow(
    "never-reading",
    "Who reads nothing in a busy room is ended with 4002 or 4003, and nobody waits for it.",
    *("cut", "4002", "4003"),
)
async def _never_reading(assault: Assault, peer: Peer) -> str:
    await peer.upgrade(assault.target)
    await peer.hello([CROWD])
    peer.take_little()
    question = objects(*[{"t": "history", "room": LONG, "id": 1}] * 8)
    for _ in range(20):
        await peer.send(question)
    await trio.sleep(3)
    return await _drained(peer)


@_slow("half-open", "Who answers no ping is cut off after `pong_timeout`.", "cut", "4003")
async def _half_open(assault: Assault, peer: Peer) -> str:
    await peer.upgrade(assault.target)
    await peer.hello()
    return await _drained(peer)


@_slow("half-closed", "Who closes its half of a connection is ended at once.", "cut")
async def _half_closed(assault: Assault, peer: Peer) -> str:
    if isinstance(peer.stream, trio.SocketStream):
        await peer.upgrade(assault.target)
        await peer.hello()
        await peer.stream.send_eof()
    return await _drained(peer)


@_slow("no-close", "Who does not answer a close is cut off after `close_timeout`.", "4501")
async def _no_close(assault: Assault, peer: Peer) -> str:
    await peer.upgrade(assault.target)
    await peer.send(frame(b"no JSON"))
    await peer.drain_to_end()
    return peer.ending


async def _is_cut(peer: Peer) -> str:
    """Tell whether the server has reset the connection; what is not read yet hides that."""
    try:
        await peer.send(b"x")
    except GONE:
        return "cut"
    return "open"
