"""Rules of a stream of events: which requests get one, and how it begins."""

import re

import pytest

from trio_chat.config import Config
from trio_chat.net import eventstream
from trio_chat.net.head import Head, parse_head
from trio_chat.net.problems import Problem
from trio_chat.protocol import requests
from trio_chat.protocol.close import GOING_AWAY, NOT_TO_TALK

PATH = "/api/v1/rooms/tea/events"
CONFIG = Config(allow_origin=("https://good.example",), room_limit=10)


def head(target: str = PATH, *headers: str, method: str = "GET") -> Head:
    lines = [f"{method} {target} HTTP/1.1", "Host: chat.example", *headers, "", ""]
    return parse_head("\r\n".join(lines).encode())


def begin(target: str = PATH, *headers: str) -> tuple[requests.Join, str]:
    asked = head(target, *headers)
    assert eventstream.is_asked_for(asked)
    wish, answer = eventstream.begin(asked, CONFIG)
    return wish, answer.decode()


@pytest.mark.parametrize("target", [PATH, "/api/v1/rooms/tea/%65vents?x", "http://a" + PATH])
def test_a_get_of_the_path_asks_for_a_stream(target: str) -> None:
    """However it is written."""
    assert eventstream.is_asked_for(head(target))


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("HEAD", PATH),
        ("POST", PATH),
        ("GET", PATH + "/"),
        ("GET", "/api/v1/rooms//events"),
        ("GET", "/api/v1/rooms/a/b/events"),
        ("GET", "/api/v1/rooms/a%2Fb/events"),
        ("GET", "/api/v1/rooms/tea/messages"),
    ],
)
def test_nothing_else_does(method: str, target: str) -> None:
    """The rest of the API answers it."""
    assert not eventstream.is_asked_for(head(target, method=method))


def test_the_answer_has_no_length_and_is_kept_by_nobody() -> None:
    """Proxies are asked not to collect it; browsers to come back not all at once."""
    wish, answer = begin()
    assert wish == requests.Join(room="tea")
    first, _, rest = answer.partition("\r\n")
    told, _, body = rest.partition("\r\n\r\n")
    headers = dict(line.split(": ") for line in told.split("\r\n"))
    assert first == "HTTP/1.1 200 OK"
    assert headers["Content-Type"] == "text/event-stream"
    assert (headers["Cache-Control"], headers["Connection"]) == ("no-store", "close")
    assert (headers["X-Accel-Buffering"], headers["Vary"]) == ("no", "Origin")
    assert not headers.keys() & {"Content-Length", "Transfer-Encoding"}
    found = re.fullmatch(r"retry: (\d+)\n\n", body)
    assert found
    assert 1_000 <= int(found[1]) <= 5_000


@pytest.mark.parametrize(
    ("query", "headers", "last", "epoch"),
    [
        ("", ["Last-Event-ID: ep0ch.7"], 7, "ep0ch"),
        ("?last=ep0ch.7", [], 7, "ep0ch"),
        ("?last=7", [], 7, None),
        ("?last=0", [], 0, None),
        ("?last=ep0ch.3", ["Last-Event-ID: ep0ch.7"], 7, "ep0ch"),
        ("?last=", [], None, None),
        ("", ["Last-Event-ID:"], None, None),
        ("?last=3", ["Last-Event-ID:"], 3, None),
        ("", ["Content-Length: 0"], None, None),
    ],
)
def test_a_stream_goes_on_at_the_last_event(
    query: str, headers: list[str], last: int | None, epoch: str | None
) -> None:
    """As a browser tells it by itself, or as it is asked for at first; the header is newer."""
    wish, _ = begin(PATH + query, *headers)
    assert wish == requests.Join(id=last, room="tea", last=last, epoch=epoch)


@pytest.mark.parametrize(
    ("target", "headers", "code"),
    [
        ("/api/v1/rooms/a%20b/events", [], "bad_room"),
        ("/api/v1/rooms/morethanten/events", [], "bad_room"),
        (PATH, ["Last-Event-ID: x"], "bad_request"),
        (PATH, ["Last-Event-ID: ep0ch.-1"], "bad_request"),
        (PATH, ["Last-Event-ID: a.b.1"], "bad_request"),
        (PATH, ["Last-Event-ID: 1234567890123456"], "bad_request"),
        (PATH, ["Last-Event-ID: 1", "Last-Event-ID: 2"], "bad_request"),
        (PATH + "?last=1&last=2", [], "bad_request"),
        (PATH + "?last=x", ["Last-Event-ID: 1"], "bad_request"),
        (PATH + "?last=x", ["Last-Event-ID:"], "bad_request"),
        (PATH, ["Content-Length: 1"], "bad_request"),
        (PATH, ["Transfer-Encoding: chunked"], "bad_request"),
        (PATH, ["Accept: application/json"], "not_acceptable"),
        (PATH, ["Accept: text/event-stream;q=0"], "not_acceptable"),
        (PATH, ["Origin: https://evil.example"], "foreign_origin"),
        (PATH, ["Origin: null"], "foreign_origin"),
    ],
)
def test_what_cannot_be_is_a_problem(target: str, headers: list[str], code: str) -> None:
    """Before anything of a stream is sent."""
    with pytest.raises(Problem) as raised:
        begin(target, *headers)
    assert raised.value.code == code


@pytest.mark.parametrize("accept", ["text/event-stream", "*/*", "text/html,*/*;q=0.8", "text/*"])
def test_who_takes_anything_takes_events(accept: str) -> None:
    """Among them programs that say nothing about it, and a browser's address line."""
    begin(PATH, f"Accept: {accept}")


@pytest.mark.parametrize("origin", ["https://good.example", "http://chat.example"])
def test_a_welcome_page_may_read_it(origin: str) -> None:
    """Its browser asks for that in the answer."""
    assert f"\r\nAccess-Control-Allow-Origin: {origin}\r\n" in begin(PATH, f"Origin: {origin}")[1]


def test_who_talks_into_a_stream_is_told_that_nobody_listens() -> None:
    """Else it would cost something to read it."""
    stream = eventstream.EventStream()
    received = stream.feed(b"GET / HTTP/1.1\r\n\r\n")
    assert received.ended
    assert received.fault == NOT_TO_TALK


def test_a_quiet_stream_gets_comments_and_ends_with_the_connection() -> None:
    """What ``bye`` has told needs no close frame."""
    stream = eventstream.EventStream()
    assert stream.is_one_way
    assert stream.ping() == b":\n\n"
    assert stream.close(GOING_AWAY) == b""
