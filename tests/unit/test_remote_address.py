"""Rules of a server's address, and of the pauses between calls."""

import pytest

from trio_chat.remote.address import parse
from trio_chat.remote.backoff import Backoff


@pytest.mark.parametrize(
    ("url", "host", "port", "resource", "is_secure", "host_header"),
    [
        ("http://localhost:8080/", "localhost", 8080, "/ws", False, "localhost:8080"),
        ("ws://chat.example.org", "chat.example.org", 80, "/ws", False, "chat.example.org"),
        ("wss://chat.example.org/a/ws?x=1", "chat.example.org", 443, "/a/ws?x=1", True, None),
        ("https://[::1]:9/", "::1", 9, "/ws", True, "[::1]:9"),
        ("WSS://Chat.Example.org.:443", "chat.example.org", 443, "/ws", True, None),
        (
            "https://chat.example.org:80/",
            "chat.example.org",
            80,
            "/ws",
            True,
            "chat.example.org:80",
        ),
        ("http://b\xfccher.example/", "xn--bcher-kva.example", 80, "/ws", False, None),
        ("http://[0:0::1]/", "::1", 80, "/ws", False, "[::1]"),
        ("http://[fe80::1%25eth0]:9/", "fe80::1%eth0", 9, "/ws", False, "[fe80::1]:9"),
        ("https://a.example/chat/", "a.example", 443, "/chat/ws", True, None),
        ("https://a.example/chat", "a.example", 443, "/chat/ws", True, None),
        ("https://a.example/chat/ws", "a.example", 443, "/chat/ws", True, None),
        (
            "ws://localhost/w\xfcrfel%20?q=\xe9",
            "localhost",
            80,
            "/w%C3%BCrfel%20?q=%C3%A9",
            False,
            None,
        ),
    ],
)
def test_the_address_in_the_browser_is_that_of_the_chat(
    url: str, host: str, port: int, resource: str, *, is_secure: bool, host_header: str | None
) -> None:
    """As well as that of its WebSocket; ports have their defaults."""
    address = parse(url)
    assert address == (host, port, resource, is_secure)
    assert address.host_header == (host_header or host)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("localhost:8080", "does not begin with"),
        ("ftp://localhost/", "does not begin with"),
        ("http:///ws", "is not the address"),
        ("http://local host/", "is not the address"),
        ("http://local\nhost/", "is not the address"),
        ("http://localhost:/\u2028", "is not the address"),
        ("http://ann:secret@localhost/", "is not the address"),
        ("http://localhost:65536/", "is not the address"),
        ("http://[::1/", "Invalid IPv6 URL"),
        ("http://localhost:0/", "no port 0"),
    ],
)
def test_what_is_no_address_is_told(url: str, why: str) -> None:
    """Before anybody is called."""
    with pytest.raises(ValueError, match=why):
        parse(url)


def test_a_pause_is_random_below_its_ceiling() -> None:
    """So a crowd does not come back at the same moment."""
    pauses = {Backoff().next_delay() for _ in range(100)}
    assert len(pauses) > 90
    assert all(0 <= pause <= 0.5 for pause in pauses)
