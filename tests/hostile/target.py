"""The address of the server under attack, and the ways to connect to it."""

import socket
import ssl
from dataclasses import dataclass, replace
from typing import Self, TypeVar
from urllib.parse import urlsplit

import trio

CONNECT_TIMEOUT = 10.0  # seconds for TCP and TLS together
DEFAULT_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}


Transport = TypeVar("Transport", bound=trio.abc.HalfCloseableStream)
Stream = trio.SocketStream | trio.SSLStream[trio.SocketStream]


class Problem(Exception):
    """The suite cannot be run as it is asked for; the message is one line for a person."""


@dataclass(frozen=True)
class Target:
    """Where a server listens.

    Args:
        host: Name or address to connect to.
        port: TCP port.
        secure: Whether it speaks TLS; its certificate is not checked.
        pid: The server's process if it is on this machine and may be examined, else 0.
        source: The local address to connect from; empty for the system's choice.
        keys: The folder with the keys of its tokens (``token_keys``), if it takes any.
    """

    host: str
    port: int
    secure: bool = False
    pid: int = 0
    source: str = ""
    keys: str = ""

    @classmethod
    def parse(cls, url: str, pid: int = 0) -> Self:
        """Return the target that a URL names.

        Raises:
            Problem: the URL has no host, or not one of the schemes http, https, ws and wss.
        """
        parts = urlsplit(url)
        if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
            raise Problem(f"{url} is not like http://localhost:8080/")
        port = parts.port or DEFAULT_PORTS[parts.scheme]
        return cls(parts.hostname, port, parts.scheme in ("https", "wss"), pid)

    def coming_from(self, source: str) -> "Target":
        """Return the same server, reached from another local address."""
        return replace(self, source=source)

    @property
    def authority(self) -> str:
        """The value of the ``Host`` header."""
        return f"{self.host}:{self.port}"

    async def connect_tcp(self) -> trio.SocketStream:
        """Connect without TLS.

        Raises:
            OSError: the server cannot be reached in time.
        """
        with trio.move_on_after(CONNECT_TIMEOUT):
            return await trio.open_tcp_stream(
                self.host, self.port, local_address=self.source or None
            )
        raise TimeoutError("cannot connect in time")

    async def connect(self) -> Stream:
        """Connect, with TLS if the server has it.

        Raises:
            OSError: the server cannot be reached in time.
            trio.BrokenResourceError: the TLS handshake failed.
        """
        return await self.secured(await self.connect_tcp())

    async def secured(self, tcp: Transport) -> Transport | trio.SSLStream[Transport]:
        """Return a connection with TLS on top, if the server has it.

        Raises:
            OSError: no handshake in time.
            trio.BrokenResourceError: the TLS handshake failed.
        """
        if not self.secure:
            return tcp
        stream = trio.SSLStream(tcp, trusting(), server_hostname=self.host, https_compatible=True)
        with trio.move_on_after(CONNECT_TIMEOUT):
            await stream.do_handshake()
            return stream
        await trio.aclose_forcefully(tcp)
        raise TimeoutError("no TLS handshake in time")


def trusting() -> ssl.SSLContext:
    """Return a TLS context that takes any certificate: the suite makes its own."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def network_address() -> str:
    """Return an address of this machine that is not loopback; a loopback one if it has none.

    Loopback is exempt from limits by address, so attacks come from here.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.connect(("192.0.2.1", 9))  # sends nothing: a route is looked up
        except OSError:
            return "127.0.0.1"
        return str(sock.getsockname()[0])
