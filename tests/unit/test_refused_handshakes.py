"""Rules of the log lines about refused WebSockets."""

import pytest
import structlog

from trio_chat.addresses import NAME_LIMIT
from trio_chat.net.head import HttpError, parse_head
from trio_chat.net.refused_handshakes import RefusedHandshakes
from trio_chat.net.told import TOLD_LIMIT

KEY = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="
VERSION = "Sec-WebSocket-Version: 13"


def refuse(
    handshakes: RefusedHandshakes,
    status: int,
    *headers: str,
    host: str = "inside",
    path: str = "/ws",
) -> None:
    """Have a request refused."""
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}", *headers, "", ""]
    handshakes.tell(parse_head("\r\n".join(lines).encode()), HttpError(status, "no"))


@pytest.mark.parametrize(
    ("status", "word"),
    [(403, "--allow-origin"), (426, "Upgrade"), (505, "HTTP/1.1")],
)
def test_a_refused_websocket_is_logged_with_what_helps(status: int, word: str) -> None:
    """Once, however often the page tries again."""
    handshakes = RefusedHandshakes()
    with structlog.testing.capture_logs() as logged:
        for _ in range(2):
            refuse(handshakes, status, KEY, VERSION, "Origin: https://chat.example.org")
    (line,) = logged
    assert word in line.pop("advice")
    assert line == {
        "event": "WebSocket refused",
        "log_level": "warning",
        "status": status,
        "host": "inside",
        "origin": "https://chat.example.org",
    }


def test_what_no_proxy_can_be_blamed_for_is_not_logged() -> None:
    """Another reason, path or version, and whoever opens the address in a browser."""
    handshakes = RefusedHandshakes()
    with structlog.testing.capture_logs() as logged:
        refuse(handshakes, 429, KEY, VERSION)
        refuse(handshakes, 426, KEY, "Sec-WebSocket-Version: 8")
        refuse(handshakes, 403, KEY, VERSION, path="/api/v1/rooms")
        refuse(handshakes, 426)
    assert logged == []


def test_nobody_can_fill_the_log_with_refused_websockets() -> None:
    """There are so many lines at most, of so many characters."""
    handshakes = RefusedHandshakes()
    with structlog.testing.capture_logs() as logged:
        refuse(handshakes, 403, KEY, VERSION, host="x" * 1000)
        for number in range(TOLD_LIMIT):
            refuse(handshakes, 403, KEY, VERSION, host=f"{number}.example")
    assert logged[0]["host"] == "x" * NAME_LIMIT
    assert len(logged) == TOLD_LIMIT
