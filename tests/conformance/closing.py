"""Cases of the close: who begins, with which code and reason, and what may follow."""

from tests.frames import CLOSE, Seen, close, masked

from .case import Maybe, case, got_pong, got_text, in_pieces, ping, section, text

FAULT, NOT_UTF8, NO_CODE = 1002, 1007, 1005
REASON = "Auf Wiedersehen, до свидания, さようなら".encode()
GOOD_CODES = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014)
FREE_CODES = (3000, 3999, 4000, 4499, 4999)
BAD_CODES = (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535)

CODES = [
    *(case(f"{code}", close(code), close=code) for code in GOOD_CODES + FREE_CODES),
    *(case(f"{code}-with-a-reason", close(code, REASON), close=code) for code in FREE_CODES),
    *(case(f"{code}", close(code), close=FAULT) for code in BAD_CODES),
    *(case(f"{code}-with-a-reason", close(code, REASON), close=FAULT) for code in BAD_CODES),
    case("none", masked(CLOSE), close=NO_CODE),
    case("half", masked(CLOSE, b"\x03"), close=FAULT),
]

REASONS = [
    case("some", close(1000, REASON), close=1000),
    case("of-123", close(1000, b"*" * 123), close=1000),
    case("of-124", close(1000, b"*" * 124), close=FAULT),
    case("of-300", close(1000, b"*" * 300), close=FAULT),
    case("not-utf8", close(1000, b"\xce\xba\xff"), close=NOT_UTF8),
    case("surrogate", close(1000, b"\xed\xa0\x80"), close=NOT_UTF8),
    case("unfinished", close(1000, b"\xf0\x9f\x98"), close=NOT_UTF8),
]

AFTERWARDS = [
    case("another-close", close(1000), close(1001), close=1000),
    case("a-ping", close(1000), ping(b"too late"), close=1000),
    case("a-text", close(1000), text(b"too late"), close=1000),
    case("a-fault", close(1000), b"\xff" * 20, close=1000),
    case("another-fault", b"\xff" * 20, b"\xff" * 20, close=FAULT),
    case("much", close(1000), text(b"*" * 60_000), close=1000),
]

BEFORE = [
    case("nothing", close(1000), close=1000),
    case("a-text", text(b"bye"), got_text(b"bye"), close(1000), close=1000),
    case("a-text-at-once", text(b"bye"), close(1000), Maybe(got_text(b"bye")), close=1000),
    case("a-ping", ping(b"bye"), got_pong(b"bye"), close(1000), close=1000),
    case("a-ping-at-once", ping(b"bye"), close(1000), Seen(10, b"bye"), close=1000),
]

CASES = [
    *in_pieces(section("close-code", CODES)),
    *in_pieces(section("close-reason", REASONS)),
    *in_pieces(section("behind-a-close", AFTERWARDS)),
    *in_pieces(section("before-a-close", BEFORE)),
]
