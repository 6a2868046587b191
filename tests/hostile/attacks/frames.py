"""Floods of each type of WebSocket frame, which never become a request."""

import trio

from tests.frames import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT
from tests.hostile.attack import FAIR_ENDS, FLOODS, Assault, Attack, Variant, Wrong, add, attack
from tests.hostile.flood import begun_with, flood, greeted, plain, same, silent
from tests.hostile.peer import Peer, frame

FRAGMENTS = frame(b"[", TEXT, fin=False) + frame(b"", CONTINUATION, fin=False) * 100
OPENING, MORE = frame(b"[", TEXT, fin=False), frame(b"", CONTINUATION, fin=False)
WHOLE = FRAGMENTS + frame(b"]", CONTINUATION)
CONTROL = {
    "pings": (frame(b"", PING), "pings"),
    "long-pings": (frame(b"x" * 125, PING), "pings of 125 bytes"),
    "pongs": (frame(b"", PONG), "pongs that nobody asked for"),
}

for name, (piece, what) in CONTROL.items():
    add(
        Attack(
            name,
            f"A flood of {what} is read slowly, and ends with 4504 after ten seconds.",
            flood(greeted(), same(piece)),
            FLOODS,
            is_flood=True,
        )
    )
add(
    Attack(
        "empty-arrays",
        "A flood of frames without a request is read slowly, and ends with 4504.",
        flood(greeted(), same(frame(b"[]"))),
        FLOODS,
        is_flood=True,
    )
)
add(
    Attack(
        "fragments",
        "A flood of messages in a hundred fragments each is read slowly, and ends with 4504.",
        flood(greeted(), same(WHOLE)),
        FLOODS,
        is_flood=True,
    )
)
add(
    Attack(
        "endless-fragments",
        "A message that never ends is over with 1009 after `fragment_limit` frames.",
        flood(greeted(), begun_with(OPENING, MORE), {1009, *FAIR_ENDS}),
        FLOODS,
        is_flood=True,
    )
)
add(
    Attack(
        "binary",
        "A flood of binary messages in the plain dialect is read slowly, and ends with 4504.",
        flood(plain("hostile-binary-{}"), same(frame(b"x" * 200, BINARY))),
        FLOODS,
        is_flood=True,
    )
)
add(
    Attack(
        "empty-texts",
        "A flood of empty messages in the plain dialect is read slowly, and ends with 4504.",
        flood(plain("hostile-empty-{}"), same(frame(b""))),
        FLOODS,
        is_flood=True,
    )
)
add(
    Attack(
        "binary-in-v1",
        "The first binary frame in the dialect v1 ends the connection with 4501.",
        flood(silent, same(frame(b"x", BINARY)), {4501, *FAIR_ENDS}),
        (Variant(16, 0),),
        is_flood=True,
    )
)
add(
    Attack(
        "closes",
        "What comes behind a close frame is not read; the close is answered with its code.",
        flood(silent, same(frame((1000).to_bytes(2), CLOSE)), {1000, *FAIR_ENDS}),
        (Variant(16, 0),),
        is_flood=True,
    )
)


@attack(variants=(Variant(1, 0), Variant(16, 0)))
async def too_long_frame(assault: Assault, number: int) -> None:
    """Messages beyond `frame_limit` end with 1009 before they are read."""
    peer = await assault.open()
    await peer.send(b"\x81\xff" + (1 << 40).to_bytes(8) + b"mask")
    await _expect(peer, 1009)


@attack(variants=(Variant(1, 0), Variant(16, 0)))
async def bit_by_bit(assault: Assault, number: int) -> None:
    """Frames that come byte by byte are taken when they are complete, and cost others nothing."""
    peer = await assault.open()
    await peer.hello()
    for byte in frame(b'[{"t":"rooms","id":1}]'):
        await peer.send(bytes((byte,)))
        await trio.sleep(0.02)
    await peer.until("rooms")
    await peer.aclose()


async def _expect(peer: Peer, code: int) -> None:
    if not await peer.ended(10):
        raise Wrong(f"not ended with {code}")
    await peer.aclose()
    if peer.code != code:
        raise Wrong(f"ended with {peer.ending} instead of {code}")
