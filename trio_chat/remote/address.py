"""The address of a server: the one that it prints, or that of its WebSocket."""

import re
from typing import NamedTuple
from urllib.parse import urlsplit

SECURE = {"ws": False, "http": False, "wss": True, "https": True}
PORTS = {False: 80, True: 443}
WEBSOCKET = "/ws"  # its path, if the URL has none
VISIBLE = re.compile(r"[!-~]+")


class Address(NamedTuple):
    """The parts of an address; ``resource`` is the path and query of the WebSocket."""

    host: str
    port: int
    resource: str
    is_secure: bool

    @property
    def host_header(self) -> str:
        """The value of the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.is_secure] else f"{host}:{self.port}"


def parse(url: str) -> Address:
    """Return the address in a URL: ``ws``, ``wss``, ``http`` or ``https``, with or without path.

    Raises:
        ValueError: it is no such URL.
    """
    parts = urlsplit(url)
    if parts.scheme not in SECURE:
        raise ValueError(f"{url!r} does not begin with ws://, wss://, http:// or https://")
    if not parts.hostname or not VISIBLE.fullmatch(url):
        raise ValueError(f"{url!r} is not the address of a server")
    is_secure = SECURE[parts.scheme]
    path = parts.path if parts.path.strip("/") else WEBSOCKET
    resource = f"{path}?{parts.query}" if parts.query else path
    return Address(parts.hostname, parts.port or PORTS[is_secure], resource, is_secure)
