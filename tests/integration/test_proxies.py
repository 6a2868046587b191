"""A server behind a proxy: names and origins are those that the browser sees."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import structlog

from tests import frames
from tests.integration.proxying import ask_from, find, free_port, started
from tests.integration.running import Running, serving, status
from trio_chat.rates import Rate

NGINX = find("nginx")
V1 = b"Sec-WebSocket-Protocol: trio-chat.v1"
OUTSIDE = (
    b"X-Forwarded-For: 203.0.113.5",
    b"X-Forwarded-Proto: https",
    b"X-Forwarded-Host: chat.example.org",
)
SLOW = Rate(0.001, 100)  # so that who has asked for something is remembered
TRUSTING: dict[str, Any] = {"trusted_proxy": ("127.0.0.1",), "host_name": ("chat.example.org",)}


async def shakes_hands(server: Running, *headers: bytes) -> int:
    """Return the status with which a WebSocket is answered."""
    stream = await server.connect_tcp()
    async with stream:
        await stream.send_all(frames.upgrade(*headers))
        return status(bytes(await stream.receive_some(65536)))


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        (b"https://chat.example.org", 101),
        (b"http://chat.example.org", 403),
        (b"https://evil.example", 403),
        (b"https://chat.example.org:8443", 403),
    ],
)
async def test_a_page_is_of_the_origin_that_the_proxy_tells(origin: bytes, expected: int) -> None:
    """On the socket, and likewise when it posts, or reads the events of a room."""
    async with serving(**TRUSTING) as server:
        page = b"Origin: " + origin
        assert await shakes_hands(server, V1, page, *OUTSIDE) == expected
        head = b"\r\n".join([b"Host: inside", page, *OUTSIDE, b"", b""])
        got = await server.exchange(b"GET /api/v1/rooms HTTP/1.1\r\n" + head)
        assert status(got) == (200 if expected == 101 else expected)


async def test_a_name_that_the_proxy_tells_has_to_be_known() -> None:
    """It is checked like any other."""
    async with serving(trusted_proxy=("127.0.0.1",)) as server:
        assert await shakes_hands(server, V1, *OUTSIDE) == 421
    async with serving(host_name=("chat.example.org",)) as server:
        wire = b"GET /r/ HTTP/1.1\r\nHost: inside.example\r\nX-Forwarded-Host: localhost\r\n\r\n"
        assert status(await server.exchange(wire)) == 421


async def test_a_proxy_that_speaks_another_protocol_is_told_what_is_spoken_here() -> None:
    """HTTP/2, or TLS where there is none: its own log has a 502 at best."""
    http2 = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    with structlog.testing.capture_logs() as logged:
        async with serving() as server:
            for begun in (http2, b"\x16\x03\x01\x00\xfa\x01", b"\x00garbage", http2):
                await server.exchange(begun)
    told = [line for line in logged if line["event"] == "HTTP/1.1 is spoken here"]
    assert [line["reason"] for line in told] == ["HTTP/2", "TLS"]
    assert "have the proxy speak HTTP/1.1" in told[0]["advice"]


async def test_what_is_sent_behind_a_refusal_costs_the_proxy_nothing() -> None:
    """Whose the connection was is not known, and many others are behind the proxy."""
    rate = Rate(1000, 1000)
    async with serving(**TRUSTING, loopback_limits="on", address_byte_rate=rate) as server:
        limits = server.server._limits
        async with await server.connect_tcp() as stream:
            await stream.send_all(b"garbage\r\n\r\n" + b"x" * 100_000)
            assert status(bytes(await stream.receive_some(65536))) == 400
            assert not await stream.receive_some(65536)
            await stream.send_eof()
    assert "127.0.0.1" not in limits.addresses.quotas


async def test_who_is_behind_the_proxy_is_in_the_log_and_not_the_proxy() -> None:
    """On a kept connection each request has its own sender."""
    with structlog.testing.capture_logs() as logged:
        async with serving(**TRUSTING, http_rate=SLOW) as server:
            limits = server.server._limits
            stream = await server.connect_tcp()
            wire = b"GET /r/ HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 203.0.113.%d\r\n\r\n"
            async with stream:
                for number in range(2):
                    await stream.send_all(wire % number)
                    assert (await stream.receive_some(65536)).startswith(b"HTTP/1.1 200 ")
            assert {"203.0.113.0", "203.0.113.1"} <= limits.addresses.quotas.keys()
            assert "127.0.0.1" not in limits.addresses.quotas
    assert not [entry for entry in logged if entry["log_level"] == "warning"]


CONFIGURATION = """
daemon off; pid {folder}/nginx.pid; error_log stderr error;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  upstream chat {{ server 127.0.0.1:{upstream}; keepalive 4; }}
  map $http_upgrade $connection_upgrade {{ default upgrade; '' ''; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://chat;
      proxy_http_version 1.1;
      proxy_buffering off;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
    }}
  }}
}}
"""


@asynccontextmanager
async def proxied(folder: Path) -> AsyncIterator[tuple[Running, int]]:
    """Run a server behind nginx; yields it and the port of the proxy."""
    trust: dict[str, Any] = {"trusted_proxy": ("127.0.0.1",), "loopback_limits": "on"}
    async with serving(**trust, http_rate=SLOW) as server:
        assert NGINX
        port = free_port()
        file = folder / "nginx.conf"
        file.write_text(CONFIGURATION.format(folder=folder, port=port, upstream=server.port))
        async with started(port, NGINX, "-c", str(file)):
            yield server, port


@pytest.mark.skipif(NGINX is None, reason="there is no nginx here")
async def test_it_works_behind_nginx(tmp_path: Path) -> None:
    """Page, API, and socket; a sender that the browser makes up is not believed."""
    made_up = b"X-Forwarded-For: 203.0.113.5\r\nForwarded: for=127.0.0.9"
    page = b"GET /r/ HTTP/1.1\r\nHost: localhost\r\n%b\r\n\r\n" % made_up
    rooms = page.replace(b"/r/", b"/api/v1/rooms")
    socket = frames.upgrade(V1, made_up, b"Origin: http://localhost")
    foreign = frames.upgrade(V1, b"Origin: https://localhost")
    async with proxied(tmp_path) as (server, port):
        answers = [
            status(await ask_from("127.0.0.9", port, wire))
            for wire in (page, rooms, socket, foreign)
        ]
        assert answers == [200, 200, 101, 403]
        assert server.server._limits.addresses.quotas.keys() == {"127.0.0.9"}
