"""Floods over HTTP: requests, files, and streams of events."""

import random
from collections.abc import Callable
from contextlib import suppress

import trio

from tests.hostile.attack import LONG, Assault, Attack, Run, Variant, Wrong, add
from tests.hostile.peer import GONE, Gone, Peer, get
from tests.hostile.target import Target

VARIANTS = (Variant(1, 0), Variant(16, 0))
REFUSED = {429, 503}
FAIR = {200, 201, *REFUSED}  # and 0: cut off
API = "/api/v1"
JSON = "Content-Type: application/json"


def _requests(make: Callable[[Target, int], bytes], allowed: set[int]) -> Run:
    """Return a flood of requests, each on a connection of its own."""

    async def run(assault: Assault, number: int) -> None:
        count = random.randrange(10**12)  # noqa: S311 - no secret
        while True:
            count += 1
            status = await _ask(assault, make(assault.target, count))
            assault.endings[str(status)] += 1
            if status and status not in FAIR | allowed:
                raise Wrong(f"status {status}")

    return run


async def _ask(assault: Assault, request: bytes) -> int:
    """Ask on a connection of its own; return the status, 0 if there is none.

    Raises:
        Wrong: a refusal does not say when to come back.
    """
    try:
        peer = await Peer.connect(assault.target)
    except GONE:
        return 0
    try:
        await peer.send(request)
        status, headers, _ = await peer.reply()
    except (Gone, *GONE):
        return 0
    finally:
        assault.count(peer)
        await peer.aclose()
    if status in REFUSED and "retry-after" not in headers:
        raise Wrong(f"{status} without Retry-After")
    return status


def _post(path: str, body: str, *more: str) -> Callable[[Target, int], bytes]:
    def make(target: Target, count: int) -> bytes:
        data = body.format(n=count).encode()
        length = f"Content-Length: {len(data)}"
        return get(target, API + path, length, *more, method="POST") + data

    return make


def _get(path: str) -> Callable[[Target, int], bytes]:
    return lambda target, count: get(target, path.format(n=count))


KINDS = {
    "http-404": (_get("/nothing-{n}"), {404}),
    "http-sessions": (_post("/sessions", "h{n}"), {409}),
    "http-posts": (_post("/rooms/hostile-http/messages", "number {n}"), set[int]()),
    "http-history": (_get(f"{API}/rooms/{LONG}/messages?limit=100"), set[int]()),
    "http-search": (_get(f"{API}/rooms/{LONG}/search?q=tea+green&limit=100"), set[int]()),
    "http-rooms": (_get(f"{API}/rooms"), set[int]()),
    "http-openapi": (_get(f"{API}/openapi.json"), set[int]()),
    "http-files": (_get("/r/lobby"), set[int]()),
}
KINDS["http-posts-in-new-rooms"] = (
    lambda target, count: _post(f"/rooms/http-{count}/messages", "x")(target, count),
    set(),
)

for name, (make, allowed) in KINDS.items():
    add(
        Attack(
            name,
            f"Who floods with {name.removeprefix('http-').replace('-', ' ')} over HTTP gets 429 "
            "with Retry-After.",
            _requests(make, allowed),
            VARIANTS,
            is_flood=True,
        )
    )


async def _probes(assault: Assault, number: int) -> None:
    """Ask whether the server is ready, each time on a connection of its own."""
    while True:
        peer = None
        with suppress(Gone, *GONE):
            peer = await Peer.connect(assault.target)
            await peer.send(get(assault.target, "/readyz"))
            status, _, _ = await peer.reply()
            assault.endings[str(status)] += 1
            if status not in {200, 503}:
                raise Wrong(f"status {status}")
        if peer:
            assault.count(peer)
            await peer.aclose()


add(
    Attack(
        "probes",
        "Who asks for `/readyz` without end is answered like supervisors, and proves nothing anew: "
        "an answer holds for a second.",
        _probes,
        VARIANTS,
        is_flood=True,
    )
)


async def _files(assault: Assault, number: int) -> None:
    """Ask for the page again and again on one connection, without waiting for answers."""
    while True:
        try:
            peer = await Peer.connect(assault.target)
            chunk = get(assault.target, "/r/lobby") * 50
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_pour, assault, peer, chunk)
                while await peer.receive():
                    peer.forget()
                nursery.cancel_scope.cancel()
            assault.count(peer)
            await peer.aclose()
            assault.endings["cut"] += 1
        except GONE:
            assault.endings["cut"] += 1
        await trio.sleep(0.05)


async def _pour(assault: Assault, peer: Peer, chunk: bytes) -> None:
    with suppress(*GONE):
        await assault.pour(peer, lambda: chunk)


add(
    Attack(
        "http-pipelined-files",
        "Who asks for files on one connection without end is slowed down, or gets 429.",
        _files,
        VARIANTS,
        is_flood=True,
    )
)


async def _follow(assault: Assault, number: int) -> None:
    """Follow a long room from its beginning, again and again."""
    request = get(assault.target, f"{API}/rooms/{LONG}/events?last=0")
    while True:
        try:
            peer = await Peer.connect(assault.target)
            await peer.send(request)
            status, _ = await peer.head()
            assault.endings[str(status)] += 1
            with trio.move_on_after(1):
                while b'"seq":20000' not in peer.buffer and await peer.receive():
                    peer.forget(keep=64)
            assault.count(peer)
            await peer.aclose()
        except (Gone, *GONE):
            assault.endings["cut"] += 1
            await trio.sleep(0.05)


add(
    Attack(
        "sse-from-the-beginning",
        "Who follows a long room from its beginning without end gets 429 with Retry-After.",
        _follow,
        VARIANTS,
        is_flood=True,
    )
)
