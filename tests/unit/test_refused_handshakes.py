"""Rules of the log lines about refused WebSockets."""

import ssl

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


def test_what_no_proxy_can_be_blamed_for_is_logged_with_its_reason() -> None:
    """Once for each; what is no WebSocket is not, nor whoever opens the address in a browser."""
    handshakes = RefusedHandshakes()
    with structlog.testing.capture_logs() as logged:
        for _ in range(2):
            refuse(handshakes, 429, KEY, VERSION, host="one.example")
            refuse(handshakes, 429, KEY, VERSION, host="two.example")
        refuse(handshakes, 426, KEY, "Sec-WebSocket-Version: 8")
        refuse(handshakes, 403, KEY, VERSION, path="/api/v1/rooms")
        refuse(handshakes, 426)
    assert [(line["log_level"], line["status"], line["reason"]) for line in logged] == [
        ("info", 429, "Too Many Requests"),
        ("info", 426, "Upgrade Required"),
    ]


def test_a_tls_handshake_that_fails_is_logged_with_its_reason() -> None:
    """Once for each; not if the peer has hung up."""
    handshakes = RefusedHandshakes()
    wrong, eof = ssl.SSLError(1, "http request"), ssl.SSLEOFError(8, "EOF")
    wrong.reason, eof.reason = "HTTP_REQUEST", "UNEXPECTED_EOF_WHILE_READING"
    with structlog.testing.capture_logs() as logged:
        for cause in (wrong, wrong, None, eof, ssl.SSLZeroReturnError(6, "EOF"), OSError("gone")):
            handshakes.tell_tls(cause)
    assert [(line["event"], line["reason"]) for line in logged] == [
        ("TLS handshake failed", "HTTP_REQUEST")
    ]


def test_strangers_who_try_a_protocol_keep_no_proxy_out_of_the_log() -> None:
    """Each kind of peer has a line of its own for each protocol."""
    handshakes = RefusedHandshakes()
    with structlog.testing.capture_logs() as logged:
        for peers in ("public", "public", "machine"):
            handshakes.tell_protocol(b"\x16\x03\x01", peers)
        handshakes.tell_protocol(b"GET / HTTP/1.1", "machine")
    assert [line["reason"] for line in logged] == ["TLS", "TLS"]


def test_nobody_can_fill_the_log_with_refused_websockets() -> None:
    """There are so many lines at most, of so many characters."""
    handshakes = RefusedHandshakes()
    with structlog.testing.capture_logs() as logged:
        refuse(handshakes, 403, KEY, VERSION, host="x" * 1000)
        for number in range(TOLD_LIMIT):
            refuse(handshakes, 403, KEY, VERSION, host=f"{number}.example")
    assert logged[0]["host"] == "x" * NAME_LIMIT
    assert len(logged) == TOLD_LIMIT
