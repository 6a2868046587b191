"""Rules for the page's files, as they are asked for."""

import gzip
from email.utils import parsedate_to_datetime

import pytest

from tests.integration.running import END_OF_HEAD, header, status
from trio_chat.net.head import DATA_HEADERS, HttpError, parse_head
from trio_chat.web.assets import File
from trio_chat.web.static_files import Files

TEXT = b"some words " * 100
PACKED = gzip.compress(TEXT)
FILES = Files(
    {
        "r/": File(TEXT, PACKED, "text/html", "no-cache", "one"),
        "static/a.png": File(b"picture", None, "image/png", "immutable", "two"),
    }
)


def ask(path: str, *headers: str, method: str = "GET") -> bytes:
    """Return the answer to a request; nothing if there is no such file."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *headers, "", ""]
    answer = FILES.answer(parse_head("\r\n".join(lines).encode()))
    return answer.wire if answer else b""


def body(answer: bytes) -> bytes:
    """Return what is behind the head."""
    return answer.partition(END_OF_HEAD)[2]


@pytest.mark.parametrize("path", ["/r/", "/r/tea", "/r/%2F", "/r/tea?query", "http://localhost/r/"])
def test_the_page_is_the_same_for_all_rooms(path: str) -> None:
    """There is one address for it a room."""
    assert body(ask(path)) == TEXT


@pytest.mark.parametrize("path", ["/", "/r", "/r/a/b", "//r/", "/static/", "/static/a.png/", "/a"])
def test_what_is_no_file_is_somebody_elses(path: str) -> None:
    """Nothing is looked for outside of what there was at the start."""
    assert ask(path) == b""


def test_a_file_comes_with_all_that_is_to_know_of_it() -> None:
    """Its type, its size, its age, how it may be kept, and what a browser may do with it."""
    answer = ask("/static/a.png")
    assert status(answer) == 200
    assert body(answer) == b"picture"
    expected = {
        b"content-type": b"image/png",
        b"content-length": b"7",
        b"cache-control": b"immutable",
        b"etag": b'"two"',
        **{name.lower().encode(): text.encode() for name, text in DATA_HEADERS.items()},
    }
    assert {name: header(answer, name) for name in expected} == expected
    assert parsedate_to_datetime(header(answer, b"date").decode()).tzinfo


@pytest.mark.parametrize(
    ("accepted", "is_packed"),
    [
        ("gzip", True),
        ("br, gzip", True),
        ("deflate, gzip;q=0.5", True),
        ("*", True),
        ("gzip;q=0", False),
        ("br", False),
        ("", False),
    ],
)
def test_it_is_compressed_for_who_takes_that(accepted: str, is_packed: bool) -> None:
    """Caches in between are told so."""
    answer = ask("/r/", f"Accept-Encoding: {accepted}")
    assert body(answer) == (PACKED if is_packed else TEXT)
    assert header(answer, b"content-encoding") == (b"gzip" if is_packed else b"")
    assert header(answer, b"vary") == b"Accept-Encoding"
    assert header(ask("/static/a.png", f"Accept-Encoding: {accepted}"), b"vary") == b""


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (('If-None-Match: "one"',), 304),
        (('If-None-Match: "other", W/"one"',), 304),
        (("If-None-Match: *",), 304),
        (('If-None-Match: "other"',), 200),
        (('If-None-Match: "one"', "Accept-Encoding: gzip"), 200),
        (('If-None-Match: "one-gzip"', "Accept-Encoding: gzip"), 304),
    ],
)
def test_what_the_browser_has_is_not_sent_again(headers: tuple[str, ...], expected: int) -> None:
    """Compressed and not are two things to it."""
    answer = ask("/r/", *headers)
    assert status(answer) == expected
    assert bool(body(answer)) == (expected == 200)
    assert header(answer, b"etag").startswith(b'"one')


def test_head_gets_the_same_without_the_body() -> None:
    """Down to the length."""
    full, short = ask("/r/"), ask("/r/", method="HEAD")
    assert body(short) == b""
    assert header(short, b"content-length") == header(full, b"content-length")


def test_a_file_can_only_be_read() -> None:
    """Other methods are told which there are."""
    with pytest.raises(HttpError) as caught:
        ask("/r/tea", method="POST")
    assert (caught.value.status, caught.value.headers) == (405, {"Allow": "GET, HEAD"})


def test_the_last_answer_says_that_it_is() -> None:
    """Because it was asked for, or because a body follows that nobody reads."""
    for extra in ("Connection: close", "Content-Length: 5"):
        head = parse_head(f"GET /r/ HTTP/1.1\r\nHost: a\r\n{extra}\r\n\r\n".encode())
        answer = FILES.answer(head)
        assert answer
        assert answer.is_last
        assert header(answer.wire, b"connection") == b"close"
    assert header(ask("/r/"), b"connection") == b""
