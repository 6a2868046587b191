"""Cases of messages in several frames, and of what may come between them."""

from tests.frames import BINARY, PING, TEXT, close, masked

from .case import (
    Maybe,
    binary,
    case,
    fragments,
    got_binary,
    got_pong,
    got_text,
    in_pieces,
    last,
    more,
    ping,
    pong,
    section,
    text,
)

FAULT = 1002  # protocol error
LONG = (
    b"All frames of a message carry parts of it, and the last one says so. " * 900
)  # 62,100 bytes
SIZES = (1_000, 1_300, 4_096, 60_000)  # bytes a frame

WHOLE = [
    case("two", text(b"one ", fin=False), last(b"two"), got_text(b"one two")),
    case("two-binary", binary(b"\0\xff", fin=False), last(b"\xfe"), got_binary(b"\0\xff\xfe")),
    case("ten", *fragments(TEXT, b"0123456789", 1), got_text(b"0123456789")),
    case("empty-ones", text(fin=False), more(), last(), got_text()),
    case("empty-binary-ones", binary(fin=False), more(), last(), got_binary()),
    case("first-empty", text(fin=False), last(b"all"), got_text(b"all")),
    case("last-empty", text(b"all", fin=False), last(), got_text(b"all")),
    case("only-the-middle", text(fin=False), more(b"all"), last(), got_text(b"all")),
    case(
        "one-message-after-another",
        *(text(b"a", fin=False), last(b"b"), binary(b"c", fin=False), last(b"d")),
        *(got_text(b"ab"), got_binary(b"cd")),
    ),
    case(
        "each-with-its-own-mask",
        masked(TEXT, b"one ", fin=False, mask=b"1234"),
        masked(0, b"two", mask=b"\xff\0\xff\0"),
        got_text(b"one two"),
    ),
]

BETWEEN = [
    case(
        "ping",
        *(text(b"a", fin=False), ping(b"p"), last(b"b")),
        *(got_pong(b"p"), got_text(b"ab")),
    ),
    case(
        "ping-is-answered-before-the-message-ends",
        *(text(b"a", fin=False), ping(b"p"), got_pong(b"p"), last(b"b"), got_text(b"ab")),
    ),
    case(
        "pings-everywhere",
        *(ping(b"1"), text(b"a", fin=False), ping(b"2"), more(b"b"), ping(b"3"), last(b"c")),
        *(got_pong(b"1"), got_pong(b"2"), got_pong(b"3"), got_text(b"abc")),
    ),
    case("pong", text(b"a", fin=False), pong(b"p"), last(b"b"), got_text(b"ab")),
    case(
        "ping-of-125", text(fin=False), ping(b"p" * 125), got_pong(b"p" * 125), last(), got_text()
    ),
    case("ping-of-126", text(fin=False), ping(b"p" * 126), last(), close=FAULT),
    # The peer has broken off its own message, and is told so.
    case("close", text(b"a", fin=False), close(1000), close=FAULT),
]

FAULTY = [
    case("ping-in-two", masked(PING, b"a", fin=False), last(b"b"), close=FAULT),
    case("pong-in-two", masked(10, b"a", fin=False), last(b"b"), close=FAULT),
    case("close-in-two", masked(8, b"\x03", fin=False), last(b"\xe8"), close=FAULT),
    case("last-without-a-first", last(b"all"), close=FAULT),
    case("more-without-a-first", more(b"all"), close=FAULT),
    case("empty-last-without-a-first", last(), close=FAULT),
    case(
        "last-behind-a-message",
        *(text(b"all"), last(b"too much"), Maybe(got_text(b"all"))),
        close=FAULT,
    ),
    case(
        "last-behind-the-last",
        *(text(b"a", fin=False), last(b"b"), got_text(b"ab"), last(b"c")),
        close=FAULT,
    ),
    case("text-in-a-text", text(b"a", fin=False), text(b"b"), close=FAULT),
    case("text-in-a-binary", binary(b"a", fin=False), text(b"b"), close=FAULT),
    case("binary-in-a-text", text(b"a", fin=False), binary(b"b"), close=FAULT),
    case("first-behind-a-first", text(b"a", fin=False), text(b"b", fin=False), close=FAULT),
    case("first-behind-more", text(fin=False), more(b"a"), binary(fin=False), close=FAULT),
    case("unmasked-last", text(b"a", fin=False), b"\x80\x01b", close=FAULT),
    case("reserved-bit-in-the-last", text(b"a", fin=False), b"\xc0\x80mask", close=FAULT),
]

LONG_ONES = [
    case(f"of-{size}-{kind.__name__[4:]}", *fragments(opcode, LONG, size), kind(LONG))
    for size in SIZES
    for opcode, kind in ((TEXT, got_text), (BINARY, got_binary))
]

CASES = [
    *in_pieces(section("fragments", WHOLE)),
    *in_pieces(section("between-fragments", BETWEEN)),
    *in_pieces(section("faulty-fragments", FAULTY)),
    *section("long-fragments", LONG_ONES),
]
