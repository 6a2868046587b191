"""Cases of text: every kind of valid and of invalid UTF-8, whole and cut anywhere.

The bytes are made by a rule of their own, as no decoder may be asked what is right.
"""

from tests.frames import TEXT

from .case import (
    Case,
    Maybe,
    case,
    fragments,
    got_binary,
    got_pong,
    got_text,
    in_pieces,
    last,
    more,
    ping,
    section,
    text,
)

NOT_UTF8 = 1007
CONTINUATIONS = range(0x80, 0xC0)
LEADS = {2: range(0xC0, 0xE0), 3: range(0xE0, 0xF0), 4: range(0xF0, 0xF8), 5: range(0xF8, 0xFC)}
FIRST_BITS = {1: 0x00, 2: 0xC0, 3: 0xE0, 4: 0xF0, 5: 0xF8, 6: 0xFC}
MOST = {1: 0x7F, 2: 0x7FF, 3: 0xFFFF, 4: 0x1FFFFF, 5: 0x3FFFFFF, 6: 0x7FFFFFFF}


def bare(number: int, size: int) -> bytes:
    """Put a number into ``size`` bytes by UTF-8's pattern, whether or not that is allowed."""
    rest = [0x80 | number >> 6 * place & 0x3F for place in range(size - 1)]
    return bytes((FIRST_BITS[size] | number >> 6 * (size - 1), *reversed(rest)))


GREETING = b"Caf\xc3\xa9 \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80"  # one to four bytes each

VALID = {
    "nothing": b"",
    "every-length": GREETING,
    "first-of-1": bare(0, 1),
    "first-of-2": bare(0x80, 2),
    "first-of-3": bare(0x800, 3),
    "first-of-4": bare(0x10000, 4),
    "last-of-1": bare(0x7F, 1),
    "last-of-2": bare(0x7FF, 2),
    "last-of-3": bare(0xFFFF, 3),
    "last-of-all": bare(0x10FFFF, 4),
    "before-surrogates": bare(0xD7FF, 3),
    "behind-surrogates": bare(0xE000, 3),
    "replacement": bare(0xFFFD, 3),
    "byte-order-mark": bare(0xFEFF, 3) + b"text",
    "noncharacters": b"".join(bare(0xFDD0 + n, 3) for n in range(32)),
    **{
        f"noncharacters-of-plane-{plane}": b"".join(
            bare(plane << 16 | low, 4 if plane else 3) for low in (0xFFFE, 0xFFFF)
        )
        for plane in range(17)
    },
}

INVALID = {
    "continuation-80": b"\x80",
    "continuation-bf": b"\xbf",
    **{f"{n}-continuations": b"\x80\xbf\x80\xbf\x80\xbf\x80"[:n] for n in range(2, 8)},
    "all-continuations": bytes(CONTINUATIONS),
    **{f"leads-of-{n}": b"".join(bytes((x,)) + b" " for x in LEADS[n]) for n in LEADS},
    "leads-of-6": b"\xfc \xfd ",
    **{f"cut-at-{n - 1}-of-{n}": bare(MOST[n], n)[:-1] for n in range(2, 7)},
    **{f"cut-low-at-{n - 1}-of-{n}": bare(0x0, n)[:-1] for n in range(2, 7)},
    "all-cut": b"".join(bare(MOST[n], n)[:-1] for n in range(2, 7)),
    "cut-in-a-text": b"caf\xc3 au lait",
    "fe": b"\xfe",
    "ff": b"\xff",
    "fe-fe-ff-ff": b"\xfe\xfe\xff\xff",
    **{f"slash-in-{n}": bare(0x2F, n) for n in range(2, 7)},
    **{f"nul-in-{n}": bare(0, n) for n in range(2, 7)},
    **{f"too-long-by-one-in-{n}": bare(MOST[n - 1], n) for n in range(2, 7)},
    "beyond-the-last": bare(0x110000, 4),
    "last-of-4": bare(MOST[4], 4),
    "first-of-5": bare(0x200000, 5),
    "last-of-5": bare(MOST[5], 5),
    "first-of-6": bare(0x4000000, 6),
    "last-of-6": bare(MOST[6], 6),
    **{f"surrogate-{n:x}": bare(n, 3) for n in (0xD800, 0xDB7F, 0xDB80, 0xDBFF, 0xDC00, 0xDFFF)},
    **{
        f"surrogates-{high:x}-{low:x}": bare(high, 3) + bare(low, 3)
        for high in (0xD800, 0xDB7F, 0xDB80, 0xDBFF)
        for low in (0xDC00, 0xDFFF)
    },
}


def _split(name: str, payload: bytes) -> Case:
    """Return a text that comes a byte a frame, pings between them included."""
    frames = fragments(TEXT, payload, 1)
    return case(f"{name}-a-byte-a-frame", *frames, got_text(payload))


# A ping that is read together with the bad text may be answered first.
PING_BEHIND = (ping(b"behind"), Maybe(got_pong(b"behind")))

GOOD = [
    case(name, text(b"<" + some + b">"), got_text(b"<" + some + b">"))
    for name, some in VALID.items()
]
SPLIT = [_split(name, some) for name, some in VALID.items()]
BAD = [
    case(name, text(b"a good start " + some + b" and end"), *PING_BEHIND, close=NOT_UTF8)
    for name, some in INVALID.items()
]
BAD_ENDS = [
    case(f"{name}-ends", text(some), *PING_BEHIND, close=NOT_UTF8) for name, some in INVALID.items()
]
BAD_SPLIT = [
    case(f"{name}-a-byte-a-frame", *fragments(TEXT, some + b"!", 1), close=NOT_UTF8)
    for name, some in INVALID.items()
]
AS_BINARY = [
    case("binary", b"\x82\x84\0\0\0\0\xff\xfe\xc0\x80", got_binary(b"\xff\xfe\xc0\x80")),
    case("ping", ping(b"\xff\xfe\xc0\x80"), got_pong(b"\xff\xfe\xc0\x80")),
]

# A text is checked when its message is complete; RFC 6455 says that the connection fails, not when.
TIMES = [
    case(
        "in-the-first-frame",
        *(text(b"\xce\xba\xff", fin=False), ping(b"still here"), got_pong(b"still here")),
        *(more(b"more"), last(b"end")),
        close=NOT_UTF8,
    ),
    case(
        "in-the-middle",
        *(text(b"good", fin=False), more(b"\xf4\x90\x80\x80"), ping(), got_pong(), last(b"good")),
        close=NOT_UTF8,
    ),
    case(
        "in-the-last-frame",
        *(text(b"good", fin=False), more(b"good"), last(b"\xed\xa0\x80")),
        close=NOT_UTF8,
    ),
    case(
        "cut-between-frames",
        *(text(b"\xf0\x9f", fin=False), ping(), got_pong(), last(b"\x98\x80")),
        got_text(b"\xf0\x9f\x98\x80"),
    ),
    case("unfinished-at-the-end", text(b"\xf0\x9f", fin=False), last(b"\x98"), close=NOT_UTF8),
    case(
        "each-message-by-itself",
        *(text(b"good"), got_text(b"good"), text(b"\xf0\x9f"), text(b"\x98\x80")),
        close=NOT_UTF8,
    ),
]

CASES = [
    *in_pieces(section("utf8", GOOD)),
    *section("utf8", SPLIT),
    *in_pieces(section("not-utf8", BAD)),
    *section("not-utf8", BAD_ENDS),
    *section("not-utf8", BAD_SPLIT),
    *in_pieces(section("any-bytes", AS_BINARY)),
    *in_pieces(section("not-utf8-when", TIMES)),
]
