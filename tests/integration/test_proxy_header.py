"""Proxies that only pass on bytes: the PROXY protocol, believed from trusted proxies alone."""

import ssl
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
import structlog
import trio
import trustme

from tests import frames
from tests.integration.proxying import ask_from, haproxy
from tests.integration.running import Running, read_all, running, serving, status
from trio_chat.net.proxy_header import LONGEST_REST, SIGNATURE
from trio_chat.rates import Rate

GET = b"GET /api/v1/rooms HTTP/1.1\r\nHost: localhost\r\n\r\n"
ANN = "203.0.113.5"
TRUSTING: dict[str, Any] = {
    "trusted_proxy": ("127.0.0.1", "10.0.0.0/8"),
    "loopback_limits": "on",
    "http_rate": Rate(0.001, 100),  # so that who has asked for something is remembered
}


def binary(
    source: str, *, command: int = 0x21, family: int | None = None, more: bytes = b""
) -> bytes:
    """Return a header of version 2."""
    address = ip_address(source)
    kind = {4: 0x11, 6: 0x21}[address.version] if family is None else family
    rest = 2 * address.packed + b"\x10\x00\x00\x50" + more
    return SIGNATURE + bytes([command, kind]) + len(rest).to_bytes(2) + rest


def line(*words: str) -> bytes:
    """Return a header of version 1."""
    return " ".join(["PROXY", *words]).encode() + b"\r\n"


async def exchange(server: Running, *pieces: bytes) -> int:
    """Send a request in pieces; return the status of the answer, 0 without one."""
    async with await server.connect_tcp() as stream:
        for piece in pieces:
            await stream.send_all(piece)
            await trio.sleep(0.01)
        answer = bytes(await stream.receive_some(65536))
    return status(answer) if answer else 0


def senders(server: Running) -> set[str]:
    """Return who has asked for something."""
    return set(server.server._limits.addresses.quotas)


@pytest.mark.parametrize(
    ("header", "sender"),
    [
        (line("TCP4", ANN, "192.0.2.1", "4711", "80"), ANN),
        (line("TCP6", "2001:db8::1", "::1", "4711", "80"), "2001:db8::"),
        (line("UNKNOWN"), "127.0.0.1"),
        (line("UNKNOWN", "ffff::1", "ffff::2", "1", "2"), "127.0.0.1"),
        (binary(ANN), ANN),
        (binary("2001:db8::1"), "2001:db8::"),
        (binary(f"::ffff:{ANN}"), ANN),
        (binary(ANN, more=b"\x04\x00\x03abc"), ANN),
        (binary(ANN, command=0x20), "127.0.0.1"),
        (binary(ANN, family=0x31), "127.0.0.1"),
        (binary("10.1.2.3"), "10.1.2.3"),
        (b"", "127.0.0.1"),
    ],
)
async def test_a_trusted_proxy_tells_who_is_behind_it(header: bytes, sender: str) -> None:
    """Before the request; what comes in pieces is put together, and nothing else is read."""
    async with running(**TRUSTING) as server:
        before = senders(server)
        assert await exchange(server, header + GET) == 200
        wire = header + GET
        assert await exchange(server, *(wire[at : at + 5] for at in range(0, len(wire), 5))) == 200
        assert senders(server) - before <= {sender}
        assert sender in senders(server)


async def test_requests_that_begin_like_a_header_are_requests() -> None:
    """A PUT or a POST begins with the same letter."""
    async with serving(**TRUSTING) as server:
        for method in (b"PUT", b"POST", b"P"):
            request = method + b" /api/v1/limits HTTP/1.1\r\nHost: localhost\r\n\r\n"
            assert await exchange(server, request) == 405


@pytest.mark.parametrize(
    "header",
    [
        b"PROXY ",
        line("TCP4", ANN),
        line("TCP4", "garbage", ANN, "1", "2"),
        line("TCP4", "999.0.0.1", ANN, "1", "2"),
        line("TCP4", ANN, ANN, "1", "2").replace(b"\r\n", b"\n"),
        line("TCP4", ANN, ANN, "1", "2 HTTP/1.1"),
        line("UDP4", ANN, ANN, "1", "2"),
        line("UNKNOWN", "x" * 200),
        b"PROXY /x HTTP/1.1\r\nHost: localhost\r\n\r\n",
        SIGNATURE,
        b"\r\n\r\n" + GET,
        binary(ANN)[:-1],
        binary(ANN, command=0x11),
        binary(ANN, command=0x22),
        binary(ANN, family=0x21),
        binary(ANN, more=b"x" * LONGEST_REST),
    ],
)
async def test_what_is_not_clean_is_refused(header: bytes) -> None:
    """The request behind it may be anybody's."""
    async with serving(**TRUSTING) as server, await server.connect_tcp() as stream:
        await stream.send_all(header)
        await stream.send_eof()
        answer = await read_all(stream)
        assert status(answer) == 400
        assert "203.0.113.5" not in senders(server)


async def test_nobody_else_is_believed() -> None:
    """To others it is no request, and the log has the flag that would help."""
    for header in (binary(ANN), line("TCP4", ANN, ANN, "1", "2")):
        with structlog.testing.capture_logs() as logged:
            async with serving() as server:
                assert await exchange(server, header + GET) == 400
                assert await exchange(server, header + GET) == 400
                assert await exchange(server, b"FROM x\r\n" + GET) == 400
        told = [entry["setting"] for entry in logged if "setting" in entry]
        assert told == ["--trusted-proxy 127.0.0.1"]


async def test_nobody_else_is_believed_before_tls(tmp_path: Path) -> None:
    """The handshake fails, and the log has the flag, too."""
    issued = trustme.CA().issue_cert("localhost")
    issued.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "both.pem"))
    with structlog.testing.capture_logs() as logged:
        settings: dict[str, Any] = {"certfile": tmp_path / "both.pem"}
        async with serving(**settings) as server, await server.connect_tcp() as stream:
            await stream.send_all(binary(ANN))
            await read_all(stream)
    told = [entry["setting"] for entry in logged if "setting" in entry]
    assert told == ["--trusted-proxy 127.0.0.1"]


async def test_a_header_that_never_comes_is_not_waited_for_long() -> None:
    """As long as for the request."""
    async with serving(**TRUSTING, head_timeout=0.3) as server:
        for begun in (b"P", b"PROXY TCP4", SIGNATURE, binary(ANN)[:-3]):
            assert await exchange(server, begun) == 408


async def test_limits_are_those_of_who_is_behind_it() -> None:
    """From the first byte, also of headers that the sender adds to its own request."""
    async with serving(**TRUSTING, connections_per_address=2) as server:
        held = []
        for number in range(2):
            stream = await server.connect_tcp()
            made_up = b"X-Forwarded-For: 198.51.100.%d" % number
            await stream.send_all(binary(ANN) + frames.upgrade(made_up))
            assert status(bytes(await stream.receive_some(65536))) == 101
            held.append(stream)
        assert await exchange(server, binary(ANN) + GET) == 429
        assert await exchange(server, binary("203.0.113.6") + GET) == 200
        for stream in held:
            await trio.aclose_forcefully(stream)


async def test_the_sender_has_no_word_in_who_it_is() -> None:
    """A user name is believed only from a proxy that speaks HTTP."""
    settings = {**TRUSTING, "access": ("proxy",), "access_header": "Remote-User"}
    async with serving(**settings) as server:
        named = GET.replace(b"Host", b"Remote-User: Ann\r\nHost")
        assert await exchange(server, named) == 200
        assert await exchange(server, binary(ANN) + named) == 401


async def test_it_comes_before_tls(tmp_path: Path) -> None:
    """As of a proxy that does not look into it."""
    authority = trustme.CA()
    certfile = tmp_path / "server.pem"
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(str(certfile))
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    async with serving(**TRUSTING, trust=trust, certfile=certfile) as server:
        for header in (binary(ANN), line("TCP4", ANN, ANN, "1", "2"), b""):
            tcp = await server.connect_tcp()
            await tcp.send_all(header)
            async with trio.SSLStream(tcp, trust, server_hostname="localhost") as stream:
                await stream.send_all(GET)
                assert status(bytes(await stream.receive_some(65536))) == 200
        assert ANN in senders(server)


@pytest.mark.parametrize("version", ["send-proxy", "send-proxy-v2"])
async def test_it_works_behind_haproxy(version: str, tmp_path: Path) -> None:
    """In either version of the protocol."""
    async with serving(**TRUSTING) as server:
        async with haproxy(tmp_path, server.port, version) as port:
            upgrade = frames.upgrade(b"Sec-WebSocket-Protocol: trio-chat.v1")
            for wire, expected in ((GET, 200), (upgrade, 101)):
                assert status(await ask_from("127.0.0.9", port, wire)) == expected
        assert "127.0.0.9" in senders(server)
