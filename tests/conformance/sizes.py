"""Cases of the limit of a message, and of messages of megabytes, for a server that allows them."""

from collections.abc import Iterator

from tests.frames import BINARY, TEXT, Seen

from .case import (
    Case,
    Step,
    binary,
    case,
    fragments,
    got_binary,
    got_text,
    last,
    more,
    section,
    text,
)

TOO_BIG = 1009
KIB, MIB = 1024, 1024 * 1024
LIMIT = 64 * KIB  # bytes of a message, which the server is started with; see conftest.py
LARGE_LIMIT = 17 * MIB
KINDS = {"text": TEXT, "binary": BINARY}
PATTERN = {"text": "Grüße, 世界! ".encode() * 4, "binary": bytes(range(256))}
ROUND_TRIPS = (0, 16, 64, 256, 1_024, 4_096, 16_384)  # bytes a message
ROUNDS = 200

LIMITS = [
    case("at-the-limit", text(b"*" * LIMIT), got_text(b"*" * LIMIT)),
    case("beyond-the-limit", text(b"*" * (LIMIT + 1))[:14], close=TOO_BIG),
    case("announced-only", b"\x82\xff" + (1 << 62).to_bytes(8) + b"mask", close=TOO_BIG),
    case(
        "at-the-limit-in-two",
        *(text(b"a" * (LIMIT - 1), fin=False), last(b"b"), got_text(b"a" * (LIMIT - 1) + b"b")),
    ),
    case("beyond-it-in-two", text(b"a" * LIMIT, fin=False), last(b"b")[:6], close=TOO_BIG),
    case(
        "beyond-it-in-many",
        *(binary(b"a" * 1_000, fin=False), *[more(b"a" * 1_000)] * 64, more(b"a" * 1_000)[:8]),
        close=TOO_BIG,
    ),
    case(
        "each-message-by-itself",
        *(
            binary(b"a" * LIMIT),
            got_binary(b"a" * LIMIT),
            text(b"b" * LIMIT),
            got_text(b"b" * LIMIT),
        ),
    ),
]


def payload(kind: str, size: int) -> bytes:
    """Return so many bytes: any, or for a text whole characters of one to three bytes."""
    pattern = PATTERN[kind]
    whole = pattern * (size // len(pattern))
    return whole + b"." * (size - len(whole))


def _large() -> Iterator[Case]:
    for kind, opcode in KINDS.items():
        for size in (64 * KIB, 256 * KIB, MIB, 4 * MIB, 8 * MIB, 16 * MIB):
            yield _echo(f"{kind}-of-{size}", opcode, payload(kind, size), size)
        for size in (64, 256, KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB, 4 * MIB):
            yield _echo(f"{kind}-in-frames-of-{size}", opcode, payload(kind, 4 * MIB), size)
        for piece in (64, 128, 256, 512, KIB, 2 * KIB):
            whole = payload(kind, MIB)
            yield _echo(f"{kind}-in-pieces-of-{piece}", opcode, whole, MIB, piece)
        for size in ROUND_TRIPS:
            yield _round_trips(kind, opcode, payload(kind, size))


def _echo(id: str, opcode: int, payload: bytes, size: int, piece: int = 0) -> Case:
    frames = b"".join(fragments(opcode, payload, size))
    return case(id, frames, Seen(opcode, payload), piece=piece)


def _round_trips(kind: str, opcode: int, payload: bytes) -> Case:
    frame = b"".join(fragments(opcode, payload, len(payload) or 1))
    steps: list[Step] = [frame, Seen(opcode, payload)] * ROUNDS
    return case(f"{kind}-{ROUNDS}-times-{len(payload)}", *steps)


CASES = section("limit", LIMITS)
LARGE = section("large", _large())
