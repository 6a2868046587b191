"""A flood through one WebSocket: connect, pour, and come back when ended."""

from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress

import trio

from tests.hostile.attack import FAIR_ENDS, FAR_OVER, GRACE, RECONNECT_AFTER, Assault, Run, Wrong
from tests.hostile.peer import GONE, Gone, Peer, frame

CHUNK = 64 * 1024  # bytes that are handed to the kernel at once
OBJECTS = 64  # requests in one frame

Open = Callable[[Assault, int], Awaitable[Peer]]
Chunk = Callable[[], bytes]


def flood(
    enter: Open,
    chunks: Callable[[Assault, int], Chunk],
    ends: Iterable[int] = FAIR_ENDS,
    *,
    ends_soon: bool = True,
) -> Run:
    """Return an attack that opens a connection and pours chunks into it, again and again.

    Args:
        enter: Opens the connection.
        chunks: Returns what makes the next chunk.
        ends: The close codes with which the server may end it.
        ends_soon: Whether a connection that pours at full speed has to be ended after ten seconds.
    """
    allowed = frozenset(map(str, ends)) | {"cut"}

    async def run(assault: Assault, number: int) -> None:
        while True:
            ending = await _once(assault, number)
            assault.endings[ending] += 1
            if ending.isdecimal() and int(ending) >= 1000 and ending not in allowed:
                raise Wrong(f"ended with {ending}")
            await trio.sleep(RECONNECT_AFTER)

    async def _once(assault: Assault, number: int) -> str:
        try:
            peer = await enter(assault, number)
        except Gone as gone:
            return str(gone)
        except GONE:
            return "cut"
        begun = trio.current_time()
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_pour, assault, peer, chunks(assault, number))
                await peer.drain()
                nursery.cancel_scope.cancel()
        finally:
            assault.count(peer)
            _check_age(assault, trio.current_time() - begun)
            with trio.CancelScope(shield=True, deadline=trio.current_time() + 1):
                await peer.aclose()
        return peer.ending

    def _check_age(assault: Assault, age: float) -> None:
        if ends_soon and not assault.variant.rate and age > FAR_OVER + GRACE:
            assault.faults[f"not ended with 4504 after {FAR_OVER:.0f} s"] += 1

    return run


async def _pour(assault: Assault, peer: Peer, chunk: Chunk) -> None:
    with suppress(*GONE):  # what reads notices it, and the close code
        await assault.pour(peer, chunk)


def same(piece: bytes) -> Callable[[Assault, int], Chunk]:
    """Return chunks of one piece repeated."""
    chunk = piece * max(1, CHUNK // len(piece))
    return lambda _assault, _number: lambda: chunk


def begun_with(start: bytes, piece: bytes) -> Callable[[Assault, int], Chunk]:
    """Return chunks of one piece repeated, behind something that is sent once."""

    def begin(_assault: Assault, _number: int) -> Chunk:
        starts = [start]
        chunk = piece * (CHUNK // len(piece))
        return lambda: (starts.pop() if starts else b"") + chunk

    return begin


def requests(make: Callable[[str, int], str]) -> Callable[[Assault, int], Chunk]:
    """Return chunks of requests, many in a frame; ``make`` gets a label and a count."""

    def begin(assault: Assault, number: int) -> Chunk:
        label = assault.label(number)
        count = 0

        def chunk() -> bytes:
            nonlocal count
            data = bytearray()
            while len(data) < CHUNK:
                numbers = range(count, count + OBJECTS)
                count += OBJECTS
                data += _array([make(label, number) for number in numbers])
            return bytes(data)

        return chunk

    return begin


def _array(requests: list[str]) -> bytes:
    """Return requests in one frame, or in more if they are too long for one."""
    payload = f"[{','.join(requests)}]".encode()
    if len(payload) <= CHUNK - 1024 or len(requests) == 1:
        return frame(payload)
    half = len(requests) // 2
    return _array(requests[:half]) + _array(requests[half:])


def greeted(*rooms: str) -> Open:
    """Return what opens a v1 connection, says hello, and joins rooms; ``{}`` is its label."""

    async def enter(assault: Assault, number: int) -> Peer:
        peer = await assault.open()
        try:
            await peer.hello([room.format(assault.label(number)) for room in rooms])
        except BaseException:
            await peer.aclose()
            raise
        return peer

    return enter


async def silent(assault: Assault, number: int) -> Peer:
    """Open a v1 connection and say no hello."""
    return await assault.open()


def plain(room: str) -> Open:
    """Return what opens a connection of the plain dialect."""

    async def enter(assault: Assault, number: int) -> Peer:
        return await assault.open("", f"/ws?room={room.format(assault.label(number))}")

    return enter
