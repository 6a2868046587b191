"""Rules for the listening sockets and the certificate."""

import errno
import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from trio_chat.config import Config, ConfigError
from trio_chat.net.listeners import KERNEL_LATER, PORT_ATTEMPTS, load_certificate, open_tcp, port_of

UNUSABLE = "no usable certificate and key in {0}"
NOT_ITS_KEY = "the key is not that of the certificate"


def has_ipv6() -> bool:
    """Tell whether this machine has the IPv6 loopback address."""
    with socket.socket(socket.AF_INET6) as sock:
        try:
            sock.bind(("::1", 0))
        except OSError:
            return False
        return True


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")


@asynccontextmanager
async def listening(config: Config) -> AsyncIterator[Sequence[trio.SocketListener]]:
    """Open listeners for the block."""
    opened = await open_tcp(config.host, config.port, config)
    try:
        yield opened
    finally:
        for listener in opened:
            await listener.aclose()


def hosts(opened: Sequence[trio.SocketListener]) -> list[str]:
    return [listener.socket.getsockname()[0] for listener in opened]


async def complaint(config: Config) -> str:
    """Return why it cannot listen so."""
    with pytest.raises(ConfigError) as caught:
        await open_tcp(config.host, config.port, config)
    return str(caught.value)


class Machine:
    """Stands in for ``trio.open_tcp_listeners``, and fails as told on the IPv6 loopback."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *errors: int | None) -> None:
        self.opened: list[trio.SocketListener] = []
        self._errors = list(errors)
        self._open = trio.open_tcp_listeners
        monkeypatch.setattr(trio, "open_tcp_listeners", self._open_listeners)

    async def _open_listeners(self, port: int, *, host: str) -> list[trio.SocketListener]:
        if host == "::1":
            number = self._errors.pop(0)
            if number is not None:
                raise OSError(number, "told to fail")
            host, port = "127.0.0.1", 0  # the machine need not have IPv6
        opened = await self._open(port, host=host)
        self.opened += opened
        return opened

    @property
    def still_open(self) -> list[trio.SocketListener]:
        return [listener for listener in self.opened if listener.socket.fileno() >= 0]


@needs_ipv6
async def test_localhost_is_both_loopback_addresses_on_one_port() -> None:
    """Port 0 picks one that is free on both."""
    async with listening(Config(port=0)) as opened:
        assert hosts(opened) == ["127.0.0.1", "::1"]
        ports = {port_of(listener) for listener in opened}
        assert len(ports) == 1
        assert ports != {0}


async def test_another_host_is_listened_on_as_it_is() -> None:
    """An address is an address."""
    async with listening(Config(host="127.0.0.1", port=0)) as opened:
        assert hosts(opened) == ["127.0.0.1"]


@pytest.mark.parametrize("number", [errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT])
async def test_a_machine_without_ipv6_is_served_on_ipv4(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That is no error."""
    Machine(monkeypatch, number)
    async with listening(Config(port=0)) as opened:
        assert hosts(opened) == ["127.0.0.1"]


async def test_a_picked_port_that_is_taken_on_ipv6_is_let_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another one is picked; nothing of the attempt remains."""
    machine = Machine(monkeypatch, errno.EADDRINUSE, errno.EADDRINUSE, None)
    async with listening(Config(port=0)) as opened:
        assert len(machine.opened) == 4
        assert machine.still_open == list(opened)


async def test_picking_a_port_ends_at_some_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """After so many attempts something else must be wrong."""
    machine = Machine(monkeypatch, *[errno.EADDRINUSE] * PORT_ATTEMPTS)
    assert await complaint(Config(port=0)) == (
        "port 0 is already in use; choose another one with --port"
    )
    assert (len(machine.opened), machine.still_open) == (PORT_ATTEMPTS, [])


async def test_a_port_that_is_taken_on_ipv6_only_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a chat helps nobody, and the other half is let go."""
    machine = Machine(monkeypatch, errno.EADDRINUSE)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert await complaint(Config(port=port)) == (
        f"port {port} is already in use; choose another one with --port"
    )
    assert machine.still_open == []


async def test_a_port_that_is_taken_on_ipv4_is_taken() -> None:
    """The line says what to do."""
    async with listening(Config(port=0)) as opened:
        port = port_of(opened[0])
        for host in ("localhost", "127.0.0.1"):
            assert await complaint(Config(host=host, port=port)) == (
                f"port {port} is already in use; choose another one with --port"
            )


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (
            OSError(errno.EACCES, "Permission denied"),
            "port 80 needs more rights; choose one above 1023 with --port",
        ),
        (
            socket.gaierror(socket.EAI_NONAME, "Name or service not known"),
            "cannot listen on host 'nowhere': Name or service not known",
        ),
        (OSError("something else"), "cannot listen on host 'nowhere': something else"),
    ],
)
async def test_what_cannot_be_listened_on_is_explained(
    error: OSError, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one line, for a person."""

    async def fail(port: int, *, host: str) -> list[trio.SocketListener]:
        await trio.lowlevel.checkpoint()
        raise error

    monkeypatch.setattr(trio, "open_tcp_listeners", fail)
    assert await complaint(Config(host="nowhere", port=80)) == line


async def test_accepted_sockets_inherit_what_bounds_a_stuck_peer() -> None:
    """A small send buffer, and a time after which the kernel gives up."""
    config = Config(host="127.0.0.1", port=0, send_buffer=50_000, write_timeout=3)
    async with (
        listening(config) as [listener],
        await trio.open_tcp_stream("127.0.0.1", port_of(listener)),
        await listener.accept() as accepted,
    ):
        size = accepted.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
        assert size in (50_000, 100_000)  # Linux counts its own bookkeeping in
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            timeout = accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
            assert timeout == 1000 * (3 + KERNEL_LATER)


@pytest.mark.skipif(not hasattr(socket, "TCP_DEFER_ACCEPT"), reason="the system cannot do it")
async def test_a_connection_is_there_when_it_has_sent_something() -> None:
    """So a crowd that connects at once is accepted one by one, each with its request."""
    async with (
        listening(Config(host="127.0.0.1", port=0)) as [listener],
        await trio.open_tcp_stream("127.0.0.1", port_of(listener)),
        await trio.open_tcp_stream("127.0.0.1", port_of(listener)) as eager,
    ):
        await eager.send_all(b"GET")
        async with await listener.accept() as accepted:
            assert accepted.socket.getpeername() == eager.socket.getsockname()


async def test_a_system_without_these_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own deadlines hold anyway."""
    monkeypatch.delattr(socket, "TCP_USER_TIMEOUT", raising=False)
    monkeypatch.delattr(socket, "TCP_DEFER_ACCEPT", raising=False)
    async with listening(Config(host="127.0.0.1", port=0)) as opened:
        assert len(opened) == 1


def _locked(key: bytes) -> bytes:
    """Return a key that can only be used with a password."""
    return load_pem_private_key(key, None).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
    )


@pytest.fixture(scope="module")
def pems(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a certificate and its key, in one file and in two."""
    folder = tmp_path_factory.mktemp("pems")
    authority = trustme.CA()
    cert = authority.issue_cert("localhost")
    cert.private_key_and_cert_chain_pem.write_to_path(str(folder / "both.pem"))
    cert.cert_chain_pems[0].write_to_path(str(folder / "cert.pem"))
    cert.private_key_pem.write_to_path(str(folder / "key.pem"))
    trustme.CA().issue_cert("x").private_key_pem.write_to_path(str(folder / "other.pem"))
    rsa = authority.issue_cert("localhost", key_type=trustme.KeyType.RSA)
    rsa.private_key_pem.write_to_path(str(folder / "rsa.pem"))
    (folder / "cut.pem").write_bytes(cert.private_key_pem.bytes()[:60])
    (folder / "nonsense.pem").write_text("nonsense")
    (folder / "empty.pem").write_text("")
    (folder / "locked.pem").write_bytes(_locked(cert.private_key_pem.bytes()))
    return folder


def test_without_a_certificate_there_is_no_tls() -> None:
    """Plain HTTP is for behind a proxy, or at home."""
    assert load_certificate(Config()) is None


@pytest.mark.parametrize(("cert", "key"), [("both.pem", None), ("cert.pem", "key.pem")])
def test_a_certificate_turns_tls_on(cert: str, key: str | None, pems: Path) -> None:
    """With the key in the same file or in its own."""
    config = Config(certfile=pems / cert, keyfile=pems / key if key else None)
    assert load_certificate(config) is not None


@pytest.mark.parametrize(
    ("cert", "key", "line"),
    [
        ("missing.pem", None, "cannot read {0}/missing.pem: No such file or directory"),
        ("cert.pem", "missing.pem", "cannot read {0}/missing.pem: No such file or directory"),
        (".", None, "cannot read {0}: Is a directory"),
        ("cert.pem", ".", "cannot read {0}: Is a directory"),
        ("empty.pem", None, f"{UNUSABLE}/empty.pem: {{0}}/empty.pem has no certificate (PEM)"),
        ("cert.pem", "locked.pem", "the private key has a password; store it without one"),
        ("nonsense.pem", None, f"{UNUSABLE}/nonsense.pem: {{0}}/nonsense.pem has no certificate"),
        ("cert.pem", None, f"{UNUSABLE}/cert.pem: {{0}}/cert.pem has no private key (PEM)"),
        ("cert.pem", "cut.pem", f"{UNUSABLE}/cert.pem and {{0}}/cut.pem: not PEM"),
        ("cert.pem", "other.pem", f"{UNUSABLE}/cert.pem and {{0}}/other.pem: {NOT_ITS_KEY}"),
        ("cert.pem", "rsa.pem", f"{UNUSABLE}/cert.pem and {{0}}/rsa.pem: {NOT_ITS_KEY}"),
    ],
)
def test_unusable_files_are_named(cert: str, key: str | None, line: str, pems: Path) -> None:
    """In one line, with the reason."""
    with pytest.raises(ConfigError) as caught:
        load_certificate(Config(certfile=pems / cert, keyfile=pems / key if key else None))
    assert str(caught.value).startswith(line.format(pems))
    assert "\n" not in str(caught.value)


def test_a_python_whose_ssl_does_not_know_the_curve_takes_an_older_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Debian 12's Python 3.11.2 refuses X25519; the server serves https with it, too."""
    chosen: list[str] = []

    def choose(self: ssl.SSLContext, name: str) -> None:
        if name == "X25519":
            raise ssl.SSLError("unknown group")
        chosen.append(name)

    monkeypatch.setattr(ssl.SSLContext, "set_ecdh_curve", choose)
    file = tmp_path / "both.pem"
    trustme.CA().issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(file)
    assert load_certificate(Config(certfile=file))
    assert chosen == ["prime256v1"]
