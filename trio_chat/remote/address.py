"""The address of a server: the one that it prints, or that of its WebSocket."""

from typing import NamedTuple
from urllib.parse import quote, urlsplit

from trio_chat.addresses import DEFAULT_PORTS, bracketed, split_port

SECURE = {"ws": False, "http": False, "wss": True, "https": True}
WEBSOCKET = "ws"  # the last part of its path, if the URL has none
UNRESERVED = "!$&'()*+,-./:;=@_~%"  # what stands for itself in a path or query; % is an escape


class Address(NamedTuple):
    """The parts of an address; ``resource`` is the path and query of the WebSocket."""

    host: str
    port: int
    resource: str
    is_secure: bool

    @property
    def host_header(self) -> str:
        """The value of the Host header."""
        host = bracketed(self.host.partition("%")[0])  # a zone means nothing to others
        is_default = self.port == DEFAULT_PORTS["https" if self.is_secure else "http"]
        return host if is_default else f"{host}:{self.port}"


def parse(url: str) -> Address:
    """Return the address in a URL: ``ws``, ``wss``, ``http`` or ``https``, with or without path.

    A path that ends in a slash is where the server is; the WebSocket is below it.

    Raises:
        ValueError: it is no such URL.
    """
    parts = urlsplit(url)
    if parts.scheme not in SECURE:
        raise ValueError(f"{url!r} does not begin with ws://, wss://, http:// or https://")
    wrong = f"{url!r} is not the address of a server"
    if not url.isprintable() or " " in url:  # some of which ``urlsplit`` drops
        raise ValueError(wrong)
    try:
        host, port = split_port(parts.netloc.replace("%25", "%"))  # before a zone, RFC 6874
    except ValueError:
        raise ValueError(wrong) from None
    if port == 0:
        raise ValueError("there is no port 0")
    path = quote(parts.path or "/", UNRESERVED)
    if path.endswith("/"):
        path += WEBSOCKET
    resource = f"{path}?{quote(parts.query, UNRESERVED + '?')}" if parts.query else path
    return Address(host, port or DEFAULT_PORTS[parts.scheme], resource, SECURE[parts.scheme])
