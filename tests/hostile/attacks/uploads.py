"""Uploads whose bytes are dear to read."""

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import repeat

import trio

from tests.hostile.attack import Assault, Attack, Run, Variant, Wrong, add
from tests.hostile.peer import GONE, Gone, Peer, TooMany, get

VARIANTS = (Variant(1, 0), Variant(16, 0))
SECONDS = 3.0  # the first of which somebody new may have to wait
FILES = "/api/v1/rooms/hostile-uploads/files"
FORM = "Content-Type: multipart/form-data; boundary=b"
LONG = "Content-Length: 8000000"
REFUSED = {400, 413, 429, 503}
PART = b"--b\r\nContent-Disposition:a;name=a\r\n\r\n\r\n"
PARTS = PART * 1600  # 64 kB
CHUNKS = b"1\r\nx\r\n" * 10_000
CHUNKED = "Transfer-Encoding: chunked"
LONG_HEADS = b"--b\r\nContent-Disposition:a" + b';a=""' * 60_000 + b"\r\n\r\n\r\n"


def _uploads(body: Iterable[bytes], *headers: str) -> Run:
    """Return a flood of uploads by somebody who may, each on a connection of its own."""

    async def run(assault: Assault, number: int) -> None:
        session = await _session(assault, f"up{assault.label(number)}")
        bearer = f"Authorization: Bearer {session}"
        head = get(assault.target, FILES, bearer, *headers, method="POST")
        while True:
            status = await _upload(assault, head, iter(body))
            assault.endings[str(status)] += 1
            if status and status not in REFUSED:
                raise Wrong(f"status {status}")

    return run


async def _session(assault: Assault, nick: str) -> str:
    """Return the session of somebody new.

    Raises:
        TooMany: so many are new that this one has to wait.
    """
    length = f"Content-Length: {len(nick)}"
    request = get(assault.target, "/api/v1/sessions", length, method="POST") + nick.encode()
    peer = await Peer.connect(assault.target)
    try:
        await peer.send(request)
        status, _, body = await peer.reply()
    finally:
        assault.count(peer)
        await peer.aclose()
    if status != 201:
        raise TooMany(str(status))
    return str(json.loads(body)["session"])


async def _upload(assault: Assault, head: bytes, body: Iterator[bytes]) -> int:
    """Upload until there is an answer; return its status, 0 if there is none."""
    peer = None
    try:
        peer = await Peer.connect(assault.target)
        await peer.send(head)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_pour, peer, body)
            status = await peer.first_status()
            nursery.cancel_scope.cancel()
    except (Gone, *GONE):
        return 0
    finally:
        if peer:
            assault.count(peer)
            await peer.aclose()
    return status


async def _pour(peer: Peer, body: Iterator[bytes]) -> None:
    with suppress(*GONE):
        for piece in body:
            await peer.send(piece)


KINDS = {
    "form-parts": (
        "A form with very many parts before its file gets 413.",
        _uploads(repeat(PARTS), FORM, LONG),
    ),
    "form-heads": (
        "A form with a part whose head is very long gets 413.",
        _uploads(repeat(LONG_HEADS), FORM, LONG),
    ),
    "tiny-chunks": (
        "A file in chunks of one byte gets 400.",
        _uploads(repeat(CHUNKS), CHUNKED),
    ),
}

for name, (outcome, run) in KINDS.items():
    add(Attack(name, outcome, run, VARIANTS, is_flood=True, seconds=SECONDS))
