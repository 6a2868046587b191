"""Rules for request heads."""

from contextlib import suppress
from dataclasses import replace
from email.utils import parsedate_to_datetime
from itertools import pairwise

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from tests.integration.running import header
from trio_chat.net.head import Head, HttpError, check_encoding, parse_head, read_head

GOOD = b"GET /a%20b?c=d HTTP/1.1\r\nHost: localhost\r\nX-Two: 1\r\nX-Two: 2\r\n\r\n"
LIMIT = 1024


class Pieces(trio.abc.ReceiveStream):
    """A peer whose bytes arrive in pieces, and who then hangs up."""

    def __init__(self, pieces: tuple[bytes, ...]) -> None:
        self._pieces = [piece for piece in pieces if piece]

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        await trio.lowlevel.checkpoint()
        return self._pieces.pop(0) if self._pieces else b""

    async def aclose(self) -> None:
        raise AssertionError("reading a head closes nothing")


async def read(*pieces: bytes, limit: int = LIMIT, already: bytes = b"") -> Head | None:
    """Read a head that arrives in pieces."""
    return await read_head(Pieces(pieces), limit, already)


async def refusal(*pieces: bytes, limit: int = LIMIT) -> int:
    """Return the status with which a head is refused."""
    with pytest.raises(HttpError) as caught:
        await read(*pieces, limit=limit)
    return caught.value.status


async def test_head_tells_what_is_asked() -> None:
    """Method, target, path and headers are there; header names in lower case."""
    head = await read(GOOD)
    assert head is not None
    assert (head.method, head.target, head.path) == ("GET", "/a%20b?c=d", "/a%20b")
    assert head.http_version == "1.1"
    assert head.values("x-two") == ["1", "2"]
    assert head.values("x-none") == []
    assert (head.raw, head.rest) == (GOOD, b"")


@given(st.lists(st.integers(0, len(GOOD) + 4), max_size=6))
def test_any_split_of_the_bytes_gives_the_same_head(cuts: list[int]) -> None:
    """Where the network cuts makes no difference; what is behind the head is kept."""
    data = GOOD + b"more"
    edges = [0, *sorted(cuts), len(data)]
    pieces = [data[start:end] for start, end in pairwise(edges)]
    head = trio.run(read, *pieces)
    assert head is not None
    assert head.raw == GOOD
    assert b"more".startswith(head.rest)


@pytest.mark.parametrize("cut", [0, 10, len(GOOD) - 1, len(GOOD), len(GOOD) + 4])
async def test_a_head_may_have_begun_to_arrive_before(cut: int) -> None:
    """Behind the one before; nothing more is read than it takes."""
    data = GOOD + b"more"
    head = await read(data[cut:], already=data[:cut])
    assert head is not None
    assert (head.raw, head.rest) == (GOOD, b"more" if cut != len(GOOD) else b"")


def test_a_path_may_begin_with_two_slashes() -> None:
    """And names no host; a target may be a whole address, too."""
    double = parse_head(b"GET //a/b?c HTTP/1.1\r\nHost: a\r\n\r\n")
    assert (double.path, double.query) == ("//a/b", "c")
    whole = parse_head(b"GET http://a/b?c HTTP/1.1\r\nHost: a\r\n\r\n")
    assert (whole.path, whole.query) == ("/b", "c")


@pytest.mark.parametrize(
    ("version", "header", "expected"),
    [
        (b"1.1", b"", True),
        (b"1.1", b"Connection: keep-alive\r\n", True),
        (b"1.1", b"Content-Length: 0\r\n", True),
        (b"1.1", b"Connection: close\r\n", False),
        (b"1.1", b"Connection: TE ,Close\r\n", False),
        (b"1.1", b"Connection: keep-alive,\tclose\t\r\n", False),
        (b"1.1", b"Content-Length: 1\r\n", True),
        (b"1.1", b"Transfer-Encoding: chunked\r\n", False),
        (b"1.0", b"", False),
        (b"1.0", b"Connection: keep-alive\r\n", False),
    ],
)
def test_a_connection_is_kept_if_nothing_speaks_against_it(
    version: bytes, header: bytes, expected: bool
) -> None:
    """The peer's wish, its version, a body that alone tells where it ends, or the server."""
    head = parse_head(b"GET / HTTP/" + version + b"\r\nHost: a\r\n" + header + b"\r\n")
    assert head.is_kept_alive == expected
    assert not replace(head, is_last=True).is_kept_alive


@pytest.mark.parametrize(
    ("header", "size"),
    [
        (b"", 0),
        (b"Content-Length: 0\r\n", 0),
        (b"Content-Length: 007\r\n", 7),
        (b"Content-Length: 5, 5\r\n", 5),
        (b"Transfer-Encoding: chunked\r\n", None),
    ],
)
def test_the_head_tells_where_its_body_ends(header: bytes, size: int | None) -> None:
    """Unless that comes in chunks."""
    head = parse_head(b"POST / HTTP/1.1\r\nHost: a\r\n" + header + b"\r\n")
    assert head.body_size == size


async def test_hanging_up_early_is_no_request() -> None:
    """A peer that leaves in the middle of a head gets no answer."""
    assert await read() is None
    assert await read(GOOD[:20]) is None


async def test_head_over_the_limit_is_refused_with_431() -> None:
    """Whether its end is in sight or not."""
    assert await refusal(GOOD, limit=30) == 431
    assert await refusal(GOOD[:40], limit=30) == 431


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01", 400),  # a TLS client on a plain port
        (b"\r\n\r\n", 400),
        (b"hello\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),  # no Host
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: \xc3\xbc\r\n\r\n", 400),
        (b"GET /\xc3\xbc HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\n folded: b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", 400),
        (b"GET http://[ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET http:///a HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET ? HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET # HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: a\x01b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: \x1b[31m\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: \x7f\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: a\x00\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", 400),
        (b"GET /\x1b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", 400),
        (
            b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            400,
        ),
        (b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        *(
            (GOOD.replace(b"HTTP/1.1", b"HTTP/%b" % version), 505)
            for version in (b"0.9", b"2.0", b"3.0", b"9.9")
        ),
    ],
)
async def test_what_is_not_clean_is_refused(head: bytes, status: int) -> None:
    """Everything that two readers could read differently is refused, with the right status."""
    assert await refusal(head) == status


@pytest.mark.parametrize(
    "target", ["/?", "//a", "/a#b", "/%", "/%zz", "/r/t%C3%A9", "http://a", "HTTPS://a?b", "*"]
)
def test_forms_of_targets_that_are_served(target: str) -> None:
    """A path, a whole URL, and the asterisk of OPTIONS."""
    check_encoding(parse_head(f"GET {target} HTTP/1.1\r\nHost: a\r\nX: a\tb\r\n\r\n".encode()))


@pytest.mark.parametrize("target", ["/r/%ff", "/?from=Zo%EB", "/%ed%a0%80"])
def test_names_that_are_no_utf_8_are_refused(target: str) -> None:
    """They would be kept, or looked for, garbled."""
    head = parse_head(f"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    with pytest.raises(HttpError) as caught:
        check_encoding(head)
    assert caught.value.status == 400


def test_http_1_0_is_served() -> None:
    """Old proxies speak HTTP/1.0."""
    assert parse_head(b"GET / HTTP/1.0\r\n\r\n").http_version == "1.0"


def test_refusal_carries_its_answer() -> None:
    """The answer has status, headers and a body that says why, and ends the connection."""
    answer = HttpError(426, "only version 13", {"Upgrade": "websocket"}).answer()
    date = header(answer, b"date")
    assert parsedate_to_datetime(date.decode()).tzinfo
    assert answer.replace(b"Date: %b\r\n" % date, b"") == (
        b"HTTP/1.1 426 Upgrade Required\r\n"
        b"Content-Type: text/plain; charset=utf-8\r\n"
        b"Content-Length: 16\r\n"
        b"Connection: close\r\n"
        b"Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"
        b"X-Content-Type-Options: nosniff\r\n"
        b"Referrer-Policy: no-referrer\r\n"
        b"Cross-Origin-Resource-Policy: same-origin\r\n"
        b"Cross-Origin-Opener-Policy: same-origin\r\n"
        b"Upgrade: websocket\r\n"
        b"\r\n"
        b"only version 13\n"
    )


def test_a_refusal_has_its_characters_as_they_are() -> None:
    """The body is UTF-8, as its media type says, and is as long in bytes as it says."""
    head, _, body = HttpError(404, '"caf\u00e9" may be one').answer().partition(b"\r\n\r\n")
    assert body.decode("utf-8") == '"caf\u00e9" may be one\n'
    assert f"Content-Length: {len(body)}\r\n".encode() in head


@given(st.binary(max_size=200))
def test_noise_is_refused_or_read_but_never_crashes(noise: bytes) -> None:
    """Any bytes give a head or a refusal."""
    with suppress(HttpError):
        parse_head(b"GET " + noise + b"\r\n\r\n")


def test_a_line_that_is_none_is_refused_in_words() -> None:
    """Without what a library shows of it, which nobody outside would know what to do with."""
    with pytest.raises(HttpError) as caught:
        parse_head(b"PROXY TCP6 ::1 ::1 1 2\r\n\r\n")
    assert caught.value.detail == "illegal request line"
