"""Cases of single frames: their lengths, pings and pongs, reserved bits, opcodes, and masks."""

from tests.frames import CLOSE, PING, TEXT, masked, unmasked

from .case import (
    Maybe,
    binary,
    case,
    got_binary,
    got_pong,
    got_text,
    in_pieces,
    ping,
    pong,
    section,
    text,
)

FAULT = 1002  # protocol error
LENGTHS = (0, 1, 2, 124, 125, 126, 127, 128, 4096, 65_534, 65_535, 65_536)
PIECES = (1, 2, 3, 13, 997)  # bytes
OPAQUE = bytes(range(256)) * 300
GOOD_BEFORE = (
    (text(b"good"), got_text(b"good")),
    (),
)  # its echo is awaited, then the fault is sent
GOOD_MEANWHILE = ((text(b"good"),), (Maybe(got_text(b"good")),))  # the fault may be seen first
RESERVED_OPCODES = (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)


def _with_bits(bits: int, frame: bytes) -> bytes:
    """Set reserved bits (1 to 7) in the first byte of a frame."""
    return bytes((frame[0] | bits << 4,)) + frame[1:]


def _stretched(opcode: int, payload: bytes, size: int) -> bytes:
    """Return a frame whose length takes more bytes than it needs."""
    length = {2: 126, 8: 127}[size]
    body = masked(opcode, payload)[-4 - len(payload) :]
    return bytes((0x80 | opcode, 0x80 | length)) + len(payload).to_bytes(size) + body


ECHOES = [
    *(case(f"text-{size}", text(b"*" * size), got_text(b"*" * size)) for size in LENGTHS),
    *(case(f"binary-{size}", binary(OPAQUE[:size]), got_binary(OPAQUE[:size])) for size in LENGTHS),
    *(
        case(
            f"{kind.__name__}-{size}-in-pieces-of-{piece}",
            kind(b"a" * size),
            echo(b"a" * size),
            piece=piece,
        )
        for kind, echo in ((text, got_text), (binary, got_binary))
        for size in (125, 126, 65_536)
        for piece in PIECES
        if size // piece < 10_000
    ),
    case(
        "three-in-one-write",
        text(b"1") + binary(b"2") + text(b"3"),
        got_text(b"1"),
        got_binary(b"2"),
        got_text(b"3"),
    ),
    case("a-mask-of-zeros", masked(TEXT, b"plain", mask=bytes(4)), got_text(b"plain")),
    case("a-mask-of-ones", masked(TEXT, b"plain", mask=b"\xff" * 4), got_text(b"plain")),
    case("a-nul-is-text", text(b"a\0b"), got_text(b"a\0b")),
]

PINGS = [
    case("empty", ping(), got_pong()),
    case("with-text", ping(b"are you there"), got_pong(b"are you there")),
    case("with-bytes", ping(b"\0\xff\xfe\xfd\x80"), got_pong(b"\0\xff\xfe\xfd\x80")),
    case("of-125", ping(OPAQUE[:125]), got_pong(OPAQUE[:125])),
    case("of-126", ping(OPAQUE[:126]), close=FAULT),
    case("pong-unasked", pong(), ping(b"1"), got_pong(b"1")),
    case("pong-unasked-with-bytes", pong(b"nobody asked"), ping(b"1"), got_pong(b"1")),
    case("pong-of-126", pong(OPAQUE[:126]), close=FAULT),
    case("ten", *(ping(b"%d" % n) for n in range(10)), *(got_pong(b"%d" % n) for n in range(10))),
    case("before-a-text", ping(b"p"), text(b"t"), got_pong(b"p"), got_text(b"t")),
]

RESERVED_BITS = [
    case(f"{name}-{bits}-{len(start)}", *start, _with_bits(bits, frame) + ping(), *end, close=FAULT)
    for bits in range(1, 8)
    for name, frame in (
        ("text", text(b"bad")),
        ("binary", binary(b"bad")),
        ("empty-text", text()),
        ("ping", ping(b"bad")),
        ("pong", pong(b"bad")),
        ("close", masked(CLOSE, b"\x03\xe8")),
    )
    for start, end in (GOOD_BEFORE, GOOD_MEANWHILE)
]

OPCODES = [
    case(f"{opcode}-{len(payload)}", masked(opcode, payload), close=FAULT)
    for opcode in RESERVED_OPCODES
    for payload in (b"", b"unknown", OPAQUE[:200])
] + [
    case(f"{opcode}-behind-{len(start)}", *start, masked(opcode, b"?") + ping(), *end, close=FAULT)
    for opcode in RESERVED_OPCODES
    for start, end in (GOOD_BEFORE, GOOD_MEANWHILE)
]

MASKS = [
    case(f"none-{opcode}-{len(payload)}", unmasked(opcode, payload), close=FAULT)
    for opcode in (1, 2, 8, 9, 10)
    for payload in (b"", b"\x03\xe8bare")
]

LENGTH_FORMS = [
    # Who sends must take the shortest form; that who reads may take others harms nobody.
    case("two-bytes-for-5", _stretched(TEXT, b"short", 2), got_text(b"short")),
    case("eight-bytes-for-5", _stretched(TEXT, b"short", 8), got_text(b"short")),
    case("eight-bytes-for-200", _stretched(TEXT, b"s" * 200, 8), got_text(b"s" * 200)),
    case("the-highest-bit", bytes((0x81, 0xFF)) + b"\xff" * 8, close=1009),
    case("ping-with-two-bytes", _stretched(PING, b"short", 2), got_pong(b"short")),
]


CASES = [
    *section("echo", ECHOES),
    *in_pieces(section("ping", PINGS)),
    *in_pieces(section("reserved-bits", RESERVED_BITS)),
    *in_pieces(section("opcode", OPCODES)),
    *in_pieces(section("mask", MASKS)),
    *in_pieces(section("length", LENGTH_FORMS)),
]
