"""TCP sockets that listen, their options, and TLS on top of them."""

import errno
import socket
import ssl
from collections.abc import Sequence
from pathlib import Path

import trio

from trio_chat.config import Config, ConfigError
from trio_chat.named_files import check_ordinary

DEFER_ACCEPT = 1  # seconds, roughly, after which a connection is accepted without data, too
# Keys are agreed on by elliptic curves alone. A client chooses the group: with one of the large
# finite fields that OpenSSL takes otherwise, its hello costs the server up to a hundred times more.
# The curve is the one for which browsers and programs send a key at once, without another round.
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"  # of TLS 1.2; those of TLS 1.3 leave the group open
CURVE = "X25519"
OLDER_CURVE = "prime256v1"  # nearly as cheap; ssl of Python 3.11.2, Debian 12's, takes no newer one
# How OpenSSL names a key of another certificate, of another kind perhaps.
MISMATCHES = ("KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH", "NO_CERTIFICATE_ASSIGNED")
# Seconds behind our own deadline, which is counted: what nobody waits to write is ended then.
KERNEL_LATER = 10.0
PORT_ATTEMPTS = 10  # a port that is free on one loopback address may be taken on the other


class PortInUse(ConfigError):
    """Somebody listens on a port already."""


async def open_tcp(
    host: str, port: int, config: Config, *, flag: str = "--port"
) -> list[trio.SocketListener]:
    """Open the listening sockets of a host, all on the same port.

    Args:
        host: An address or a name; ``localhost`` has two addresses.
        port: 0 picks a free one.
        config: Options of the sockets.
        flag: What chooses another port.

    Raises:
        ConfigError: the address cannot be used; the message says why.
    """
    try:
        if host == "localhost":
            listeners = await _open_loopbacks(port)
        else:
            listeners = await trio.open_tcp_listeners(port, host=host)
    except OSError as error:
        kind = PortInUse if error.errno == errno.EADDRINUSE else ConfigError
        raise kind(_explain(error, host, port, flag)) from None
    for listener in listeners:
        set_options(listener, config)
    return listeners


async def _open_loopbacks(port: int, attempts: int = PORT_ATTEMPTS) -> list[trio.SocketListener]:
    """Listen on both loopback addresses, so that ``localhost`` works whichever way it resolves."""
    listeners = await trio.open_tcp_listeners(port, host="127.0.0.1")
    try:
        picked = port_of(listeners[0])
        return listeners + await trio.open_tcp_listeners(picked, host="::1")
    except OSError as error:
        if error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
            return listeners  # a machine without IPv6
        await listeners[0].aclose()
        if port or attempts == 1:
            raise
    return await _open_loopbacks(port, attempts - 1)


def set_options(listener: trio.SocketListener, config: Config) -> None:
    """Set the options that every socket inherits that is accepted from now on."""
    sock = listener.socket
    # A fixed size: the kernel would let the buffer of a peer that does not read grow to 4 MiB.
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, config.send_buffer)
    if hasattr(socket, "TCP_DEFER_ACCEPT"):  # Linux: accept a connection when it has sent data
        # Trio accepts one connection in each round of its loop. If a thousand connect at once and
        # their requests have come, one is answered in each round. If all were accepted first, their
        # requests would come in the same round, and all other connections would wait for it.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, DEFER_ACCEPT)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux: end a connection that acknowledges nothing
        milliseconds = int((config.write_timeout + KERNEL_LATER) * 1000)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)


def _explain(error: OSError, host: str, port: int, flag: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is already in use; choose another one with {flag}"
    if error.errno == errno.EACCES:
        return f"port {port} needs more rights; choose one above 1023 with {flag}"
    # getaddrinfo's errors count differently and have no name in errno
    reason = error.strerror or str(error)
    return f"cannot listen on host {host!r}: {reason}"


def port_of(listener: trio.SocketListener) -> int:
    """Return the port on which a listener of TCP listens."""
    return int(listener.socket.getsockname()[1])


class TlsListener(trio.abc.Listener[trio.SSLStream[trio.SocketStream]]):
    """Accepts connections that begin with a TLS handshake, which is not made yet.

    ``context`` is the one of those that are accepted next; others keep theirs.

    Args:
        listener: Accepts connections; it is closed with this one.
        context: With the certificate.
    """

    def __init__(self, listener: trio.SocketListener, context: ssl.SSLContext) -> None:
        self._listener = listener
        self.context = context

    async def accept(self) -> trio.SSLStream[trio.SocketStream]:
        """Accept a connection."""
        stream = await self._listener.accept()
        return trio.SSLStream(stream, self.context, server_side=True, https_compatible=True)

    async def aclose(self) -> None:
        """Close the listener."""
        await self._listener.aclose()


def load_certificate(config: Config) -> ssl.SSLContext | None:
    """Return the TLS context for the configured certificate; ``None`` if none is configured.

    Raises:
        ConfigError: the files cannot be read or do not fit together.
    """
    if config.certfile is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # whatever the system's own settings say
    context.set_alpn_protocols(["http/1.1"])
    context.set_ciphers(CIPHERS)
    _set_curve(context)
    context.options |= ssl.OP_NO_RENEGOTIATION  # which is another handshake
    files = list(dict.fromkeys((config.certfile, config.keyfile or config.certfile)))
    try:
        for file in files:
            check_ordinary(file)  # OpenSSL does not say which one it cannot read
        _load_chain(context, files)
    except OSError as error:
        raise ConfigError(f"cannot read {error.filename}: {error.strerror}") from None
    return context


def _load_chain(context: ssl.SSLContext, files: Sequence[Path]) -> None:
    """Load a certificate and its key, from two files or from one.

    Raises:
        ConfigError: they are not there, or do not fit together.
        OSError: a file cannot be read.
    """
    try:
        context.load_cert_chain(files[0], files[-1], _refuse_password)
    except ssl.SSLError as error:
        names = " and ".join(map(str, files))
        reason = error.reason or _missing(files[0], files[-1])
        if reason in MISMATCHES:
            reason = "the key is not that of the certificate"
        raise ConfigError(f"no usable certificate and key in {names}: {reason}") from None


def _missing(certfile: Path, keyfile: Path) -> str:
    """Return in words what is not in files in which OpenSSL finds nothing to use.

    Raises:
        OSError: a file cannot be read.
    """
    for file, begin, what in (
        (certfile, b"CERTIFICATE-----", "certificate"),
        (keyfile, b"PRIVATE KEY-----", "private key"),
    ):
        if begin not in file.read_bytes():
            return f"{file} has no {what} (PEM)"
    return "not PEM"


def _refuse_password() -> str:
    """Stop OpenSSL from asking for a password on the terminal: mostly nobody is there.

    Raises:
        ConfigError: always.
    """
    raise ConfigError("the private key has a password; store it without one (openssl pkey)")


def _set_curve(context: ssl.SSLContext) -> None:
    try:
        context.set_ecdh_curve(CURVE)
    except ssl.SSLError:
        context.set_ecdh_curve(OLDER_CURVE)
