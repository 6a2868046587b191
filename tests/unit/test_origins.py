"""Rules of which web pages may use the server."""

import pytest

from trio_chat.net.head import HttpError, parse_head
from trio_chat.net.origins import check_site, is_welcome


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://localhost", "localhost"),
        ("http://localhost", "LOCALHOST"),
        ("http://localhost", "localhost:80"),
        ("http://localhost:80", "localhost"),
        ("https://chat.example", "chat.example:443"),
        ("https://chat.example", "chat.example"),
        ("https://chat.example", "chat.example."),
        ("http://chat.example:8080", "chat.example:8080"),
        ("http://[::1]:8080", "[::1]:8080"),
        ("http://[::1]:8080", "[0:0:0:0:0:0:0:1]:8080"),
        ("https://xn--bcher-kva.example", "XN--bcher-kva.example"),
    ],
)
def test_a_page_of_the_server_is_welcome(origin: str, host: str) -> None:
    """However the host is written; the scheme does not count, as a proxy may change it."""
    assert is_welcome(origin, host, ())


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://localhost:81", "localhost"),
        ("http://localhost", "localhost:443"),
        ("http://localhost", "localhost:81"),
        ("http://evil.example", "localhost"),
        ("http://localhost.evil.example", "localhost"),
        ("http://localhost@evil.example", "localhost"),
        ("http://evil.example#localhost", "localhost"),
        ("null", "localhost"),
        ("", "localhost"),
        ("localhost", "localhost"),
        ("http://", ""),
        ("http://[::1", "[::1"),
        ("file://", "localhost"),
        ("https://other.example/", "localhost"),
    ],
)
def test_other_pages_are_not(origin: str, host: str) -> None:
    """Nor what is no origin."""
    assert not is_welcome(origin, host, ())


@pytest.mark.parametrize(
    "origin", ["https://good.example", "https://GOOD.example:443", "https://good.example."]
)
def test_allowed_pages_are_welcome(origin: str) -> None:
    """However their origin is written; a star allows all."""
    assert is_welcome(origin, "localhost", ["https://good.example"])
    assert is_welcome(origin, "localhost", ["*"])
    assert not is_welcome(origin, "localhost", ["https://better.example"])


SEARCH = "/api/v1/rooms/tea/search?q=a"
EVENTS = "/api/v1/rooms/tea/events"
MESSAGES = "/api/v1/rooms/tea/messages"


def status(method: str, target: str, *headers: str, allowed: tuple[str, ...] = ()) -> int:
    """Return the status that a request is refused with; 200 if it is not."""
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost:8080", *headers, "", ""]
    try:
        check_site(parse_head("\r\n".join(lines).encode()), allowed)
    except HttpError as refusal:
        return int(refusal.status)
    return 200


MATTERS = [
    ("POST", MESSAGES),
    ("PUT", f"{MESSAGES}/1"),
    ("DELETE", f"{MESSAGES}/1"),
    ("PATCH", "/"),
    ("GET", SEARCH),
    ("HEAD", SEARCH),
    ("GET", "/api/v1/rooms/tea/se%61rch"),
    ("GET", "/api/v1/rooms/te%0Aa/search"),
    ("GET", EVENTS),
    ("GET", "/ws"),
]


@pytest.mark.parametrize(("method", "target"), MATTERS)
@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_may_neither_change_nor_cost_anything(
    method: str, target: str, site: str
) -> None:
    """By links, images and forms, for which browsers may send no origin."""
    fetch = f"Sec-Fetch-Site: {site}"
    assert status(method, target, fetch) == 403
    assert status(method, target, fetch, "Origin: https://evil.example") == 403
    assert status(method, target, fetch, "Origin: null", allowed=("https://a.example",)) == 403


@pytest.mark.parametrize(("method", "target"), MATTERS)
def test_our_pages_allowed_pages_and_programs_may(method: str, target: str) -> None:
    """Programs send no such header, and a person who types an address is of no site."""
    assert status(method, target) == 200
    for site in ("same-origin", "none"):
        assert status(method, target, f"Sec-Fetch-Site: {site}") == 200
    cross = "Sec-Fetch-Site: cross-site"
    good = "https://good.example"
    assert status(method, target, cross, f"Origin: {good}", allowed=(good,)) == 200
    assert status(method, target, cross, allowed=("*",)) == 200


@pytest.mark.parametrize(
    ("method", "target"),
    [("GET", "/r/tea"), ("GET", MESSAGES), ("GET", "/api/v1/openapi.json"), ("GET", "/files/x/y")],
)
def test_links_of_other_sites_work(method: str, target: str) -> None:
    """To a room, above all."""
    fetch = "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate"
    assert status(method, target, *fetch) == 200


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_images_and_scripts_of_other_sites_are_told_nothing(method: str) -> None:
    """Not even by how long an answer takes; but for the page and its files, which all may have."""
    fetch = "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"
    assert status(method, MESSAGES, *fetch) == 403
    assert status(method, "/api/v1/rooms", *fetch) == 403
    assert status(method, "/files/0123456789abcdefghijkl/cat.png", *fetch) == 403
    assert status(method, "/static/icon.svg", *fetch) == 200
    assert status("OPTIONS", MESSAGES, "Sec-Fetch-Site: cross-site") == 200
