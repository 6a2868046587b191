"""The chat over TLS: what works, and peers that break it."""

import ssl
import warnings
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

import pytest
import trio
import trio_websocket
import trustme

from tests import frames
from tests.frames import CLOSE, TEXT, Seen, masked
from tests.integration.asking import ask
from tests.integration.followers import following
from tests.integration.running import (
    PATIENCE,
    Running,
    header,
    read_all,
    reset,
    running,
    serving,
    status,
)
from tests.integration.stalling import LINE, SMALL, say, until_gone, until_there
from trio_chat.net.streams import Stream
from trio_chat.rates import Rate
from trio_chat.remote import Unreachable, connect

GET = b"GET /r/ HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Secure(NamedTuple):
    """A certificate for localhost, and who trusts it."""

    certfile: Path
    trust: ssl.SSLContext
    authority: trustme.CA

    def context(self) -> ssl.SSLContext:
        """Return a client's context that trusts it, to be changed by a test."""
        context = ssl.create_default_context()
        self.authority.configure_trust(context)
        return context

    def running(self, **settings: object) -> AbstractAsyncContextManager[Running]:
        """Run a server with the certificate; its proofs of health go over TLS too."""
        return running(trust=self.trust, certfile=self.certfile, **settings)


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Secure:
    """Make a certificate."""
    authority = trustme.CA()
    certfile = tmp_path_factory.mktemp("tls") / "server.pem"
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(str(certfile))
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    return Secure(certfile, trust, authority)


async def test_the_python_client_chats_over_tls(secure: Secure) -> None:
    """By the address that the server prints."""
    async with (
        secure.running() as server,
        connect(server.address, nick="Ann", ssl_context=secure.trust) as ann,
    ):
        assert await ann.room("tea").send("secret") == 1


async def test_the_python_client_trusts_no_stranger(secure: Secure) -> None:
    """It goes on trying for a while: a certificate that has run out is renewed, as a rule."""
    async with secure.running() as server:
        with pytest.raises(Unreachable, match=r"no TLS with the server: .*CERTIFICATE_VERIFY"):
            await connect(server.ws, nick="Ann", connect_timeout=1).__aenter__()


async def test_a_room_is_followed_over_https(secure: Secure) -> None:
    """Although TLS streams cannot be written to at once."""
    async with secure.running() as server, following(server) as fay:
        assert (await fay.next()).event == "joined"
        answer = await ask(server, "POST", "/rooms/tea/messages", "secret")
        assert answer.status == 201
        assert (await fay.next()).data["text"] == "secret"


async def test_the_page_comes_over_https(secure: Secure) -> None:
    """The address says so, and the certificate is the configured one."""
    async with secure.running() as server:
        assert server.address == f"https://localhost:{server.port}/"
        answer = await server.exchange(GET)
        assert status(answer) == 200
        assert header(answer, b"content-type") == b"text/html; charset=utf-8"


async def test_browsers_are_told_to_stay_with_https(secure: Secure) -> None:
    """For a week; not on this machine, where other servers may have no TLS."""
    async with secure.running(host_name=("chat.example.org",)) as server:
        for name, expected in (
            (b"chat.example.org", b"max-age=604800"),
            (b"localhost", b""),
            (b"[::1]:8080", b""),
            (b"127.0.0.1:8080", b""),
        ):
            answer = await server.exchange(GET.replace(b"localhost", name))
            assert status(answer) == 200
            assert header(answer, b"strict-transport-security") == expected


async def test_old_tls_is_refused(secure: Secure) -> None:
    """Before 1.2, whatever the client would take."""
    async with secure.running() as server, await server.connect_tcp() as tcp:
        context = secure.context()
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings(action="ignore"):
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises(trio.BrokenResourceError):
            await trio.SSLStream(tcp, context, server_hostname="localhost").do_handshake()


async def test_a_scanner_finds_nothing_old_or_weak(secure: Secure) -> None:
    """One (sslscan) tries protocols, ciphers, groups, renegotiation and Heartbleed."""
    async with secure.running() as server:
        scan = ["sslscan", "--xml=-", "--ipv4", f"localhost:{server.port}"]
        run = await trio.run_process(scan, capture_stdout=True)
    found = ET.fromstring(run.stdout)  # noqa: S314 - what sslscan says is no stranger's
    enabled = {one.get("version") for one in found.iter("protocol") if one.get("enabled") == "1"}
    assert "1.3" in enabled
    assert enabled <= {"1.2", "1.3"}
    ciphers = [str(one.get("cipher")) for one in found.iter("cipher")]
    assert ciphers
    assert all(one.startswith(("TLS_", "ECDHE-")) for one in ciphers)
    assert all("GCM" in one or "CHACHA20" in one for one in ciphers)
    groups = {str(one.get("name")).partition(" ")[0] for one in found.iter("group")}
    assert groups <= {"x25519", "secp256r1"}  # some versions add what else it is called
    assert {one.get("supported") for one in found.iter("renegotiation")} == {"0"}
    assert {one.get("vulnerable") for one in found.iter("heartbleed")} == {"0"}


async def test_the_chat_goes_over_wss(secure: Secure) -> None:
    """Everybody hears everybody, in order."""
    async with (
        secure.running() as server,
        trio_websocket.open_websocket_url(server.ws, ssl_context=secure.trust) as one,
        trio_websocket.open_websocket_url(server.ws, ssl_context=secure.trust) as two,
    ):
        for count in range(100):
            await one.send_message(f"message {count}")
            assert await one.get_message() == f"message {count}"
            assert await two.get_message() == f"message {count}"


async def test_a_long_message_comes_whole(secure: Secure) -> None:
    """Longer than a TLS record, split in two frames."""
    async with secure.running(text_limit=50_000) as server, await server.shake_hands() as stream:
        await stream.send_all(masked(TEXT, b"x" * 20_000, fin=False))
        await stream.send_all(masked(frames.CONTINUATION, b"y" * 20_000) + frames.close(1000))
        heard = list(frames.parse(await read_all(stream)))
        assert heard[-1] == Seen(CLOSE, b"\x03\xe8")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_keys_are_agreed_on_by_elliptic_curves(
    version: ssl.TLSVersion, secure: Secure
) -> None:
    """In both versions that there are."""
    async with secure.running() as server, await server.connect_tcp() as tcp:
        context = secure.context()
        context.minimum_version = context.maximum_version = version
        stream = trio.SSLStream(tcp, context, server_hostname="localhost")
        await stream.do_handshake()
        cipher = stream.cipher()
        assert cipher
        assert cipher[0].startswith("ECDHE" if version is ssl.TLSVersion.TLSv1_2 else "TLS_")


async def test_a_key_exchange_that_is_dear_for_the_server_is_refused(secure: Secure) -> None:
    """One over a finite field: a client could ask for 8,192 bits."""
    async with secure.running() as server, await server.connect_tcp() as tcp:
        context = secure.context()
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers("DHE+AESGCM")
        with pytest.raises(trio.BrokenResourceError):
            await trio.SSLStream(tcp, context, server_hostname="localhost").do_handshake()


@pytest.mark.parametrize("group", ["ffdhe2048", "ffdhe8192"])
async def test_a_finite_field_is_refused_in_tls_1_3_too(group: str, secure: Secure) -> None:
    """There it is chosen beside the cipher."""
    async with secure.running() as server, await server.connect_tcp() as tcp:
        context = secure.context()
        try:
            context.set_ecdh_curve(group)
        except ssl.SSLError:
            pytest.skip("this Python's ssl offers no such group")
        with pytest.raises(trio.BrokenResourceError):
            await trio.SSLStream(tcp, context, server_hostname="localhost").do_handshake()


async def test_tls_handshakes_of_an_address_have_a_rate(secure: Secure) -> None:
    """Beyond it they are cut off before they cost anything; a trusted proxy's count for nobody."""
    limits: dict[str, Any] = {"tls_rate": Rate(0.001, 2), "loopback_limits": "on"}
    async with serving(trust=secure.trust, certfile=secure.certfile, **limits) as server:
        for _ in range(2):
            assert status(await server.exchange(GET)) == 200
        async with await server.connect_tcp() as tcp:
            stream = trio.SSLStream(tcp, secure.trust, server_hostname="localhost")
            with pytest.raises(trio.BrokenResourceError):
                await stream.do_handshake()
        assert server.server._limits.counters.reached["tls_rate", "http"] == 1
    limits["trusted_proxy"] = ("127.0.0.1",)
    async with serving(trust=secure.trust, certfile=secure.certfile, **limits) as server:
        for _ in range(3):
            assert status(await server.exchange(GET)) == 200


async def test_plain_http_on_the_tls_port_gets_nothing_from_us(secure: Secure) -> None:
    """There is no one to talk to, and no harm is done."""
    async with secure.running() as server, await server.connect_tcp() as stream:
        await stream.send_all(GET)
        with trio.fail_after(PATIENCE):
            assert b"HTTP/1.1 200" not in await read_all(stream)


CLIENT_HELLO_BEGINS = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"


@pytest.mark.parametrize("begin", [b"", CLIENT_HELLO_BEGINS])
async def test_a_tls_handshake_that_never_ends_is_left_after_the_head_timeout(
    begin: bytes, secure: Secure
) -> None:
    """It counts as part of the head."""
    async with (
        secure.running(head_timeout=0.5, close_timeout=0.5) as server,
        await server.connect_tcp() as stream,
    ):
        await stream.send_all(begin)
        with trio.fail_after(PATIENCE):
            assert await read_all(stream) == b""


async def test_a_head_that_never_ends_is_answered_over_tls(secure: Secure) -> None:
    """The peer can read it, so it is told."""
    async with secure.running(head_timeout=0.5) as server:
        assert status(await server.exchange(GET[:10])) == 408


async def test_peers_that_vanish_are_forgotten_over_tls(secure: Secure) -> None:
    """In the handshake, behind it, in the chat: with a goodbye, without one, with a reset."""
    async with secure.running() as server:
        for leave in (trio.aclose_forcefully, reset):
            for wire in (b"", CLIENT_HELLO_BEGINS, b"garbage" * 100):
                tcp = await server.connect_tcp()
                await tcp.send_all(wire)
                await leave(tcp)
            for wire in (b"", GET[:10], GET, frames.upgrade(), frames.upgrade() + b"\x81"):
                stream = await server.connect()
                await stream.send_all(wire)
                await leave(stream)


async def test_a_peer_that_stops_reading_over_tls_is_dropped_by_the_write_deadline(
    secure: Secure,
) -> None:
    """TLS cannot be written to directly; the deadline of the write pump holds, others go on."""
    roomy = {"outbox_frames": 10**6, "outbox_bytes": 10**8}
    async with (
        secure.running(write_timeout=0.5, **roomy) as server,
        tolerant(await server.shake_hands(buffer=SMALL)),
        await server.shake_hands() as one,
    ):
        await until_there(server, 2)
        for _ in range(200):
            await say(one, LINE)
        await until_gone(server, left=1, prod=partial(trio.sleep, 0.05))
        await say(one, b"still here")


@asynccontextmanager
async def tolerant(stream: Stream) -> AsyncIterator[Stream]:
    """Close a stream at the end without caring whether the other end is there."""
    try:
        yield stream
    finally:
        await trio.aclose_forcefully(stream)


async def test_a_chat_over_tls_ends_with_a_tls_goodbye(secure: Secure) -> None:
    """Without one the peer cannot tell the end from a cut."""
    async with secure.running() as server, tolerant(await server.shake_hands()) as stream:
        await stream.send_all(frames.close(1000))
        received = b""
        with trio.fail_after(PATIENCE):
            while data := await stream.receive_some():
                received += data
        assert [*frames.parse(received)] == [Seen(CLOSE, b"\x03\xe8")]


async def test_who_sends_a_whole_file_over_tls_reads_that_it_is_refused(
    secure: Secure, tmp_path: Path
) -> None:
    """As without TLS: what still comes is read for a while, and the connection is not reset."""
    password = tmp_path / "password"
    password.write_text("secret")
    head = b"POST /api/v1/rooms/tea/files HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
    settings: dict[str, Any] = {"access": ("password",), "access_password_file": password}
    async with serving(trust=secure.trust, certfile=secure.certfile, **settings) as server:
        for size in (100_000, 8_000_000):
            async with await server.connect() as stream:
                with trio.fail_after(PATIENCE):
                    await stream.send_all(head % size + bytes(size))
                    assert status(bytes(await stream.receive_some())) == 401


async def test_supervisors_are_answered_over_tls(secure: Secure) -> None:
    """On the same port as all others."""
    async with secure.running() as server:
        for path in (b"healthz", b"readyz"):
            answer = await server.exchange(GET.replace(b"r/", path))
            assert (status(answer), answer[-3:]) == (200, b"ok\n")
