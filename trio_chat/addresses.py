"""Hosts and origins: parsed into their normal form, in which they can be compared."""

import re
import socket
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

import idna

NAME = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
NAME_LIMIT = 253  # characters of a host name
LAST_LABEL_OF_ADDRESS = re.compile(r"[0-9]+|0x[0-9a-f]*")  # no name ends so
AUTHORITY = re.compile(r"(\[[^\[\]]*\]|[^\[\]:]*)(?::([0-9]{0,5}))?")
SCHEME = re.compile(r"[a-z][a-z0-9+.-]*")
HIGHEST_PORT = 65535
NO_PAGES = {"ws", "wss"}  # schemes from which no page comes
ZONE = "%"  # before the interface in an IPv6 address: a name that only its own machine knows
DEFAULT_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}
# What stands for the address of whoever connects by a Unix socket: a program of this machine.
UNIX = "unix"
CACHED = 1024  # hosts and origins whose parts are kept


class Origin(NamedTuple):
    """Where a page comes from; ``port`` is ``None`` if its scheme has no default one."""

    scheme: str
    host: str
    port: int | None

    def __str__(self) -> str:
        """Return it as browsers send it."""
        host = bracketed(self.host)
        is_default = self.port == DEFAULT_PORTS.get(self.scheme)
        return f"{self.scheme}://{host}" + ("" if is_default else f":{self.port}")


@lru_cache(CACHED)
def normal_host(text: str) -> str:
    """Return a name or an address in normal form: as browsers send it, without brackets.

    Case and a dot at the end make no difference, letters beyond ASCII are as good as their
    punycode, and each way to write an IPv6 address is the same.

    Raises:
        ValueError: it is neither a name nor an address.
    """
    if ":" in text:
        is_bracketed = text.startswith("[") and text.endswith("]")
        return str(IPv6Address(text[1:-1] if is_bracketed else text))
    host = _ascii(text.lower()).removesuffix(".")
    if not NAME.fullmatch(host) or len(host) > NAME_LIMIT:
        raise ValueError(f"{text!r} is no host")
    if LAST_LABEL_OF_ADDRESS.fullmatch(host.rpartition(".")[2]):
        return _ipv4(host)
    return host


def _ipv4(text: str) -> str:
    """Return an IPv4 address in normal form; parts may be left out, as in ``127.1``.

    Raises:
        ValueError: it is none.
    """
    try:
        return socket.inet_ntoa(socket.inet_aton(text))
    except OSError:
        raise ValueError(f"{text!r} is no address") from None


def _ascii(name: str) -> str:
    """Return a name with punycode for what is beyond ASCII.

    Raises:
        ValueError: it has characters that no name has.
    """
    return name if name.isascii() else idna.encode(name, uts46=True).decode()


def split_port(text: str) -> tuple[str, int | None]:
    """Return the normal form of the host in an authority such as a ``Host`` header, and its port.

    Raises:
        ValueError: it is no host, or no port.
    """
    found = AUTHORITY.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is no host with a port")
    host, port = found.groups()
    if port and int(port) > HIGHEST_PORT:
        raise ValueError(f"{port} is no port")
    return normal_host(host), int(port) if port else None


@lru_cache(CACHED)
def parse_origin(text: str) -> Origin:
    """Return the parts of an origin such as ``https://example.org``.

    Raises:
        ValueError: it is none, or has more parts than an origin.
    """
    scheme, separator, authority = text.lower().partition("://")
    if not separator or not SCHEME.fullmatch(scheme) or scheme in NO_PAGES:
        raise ValueError(f"{text!r} is no origin")
    host, port = split_port(authority.removesuffix("/"))
    if ZONE in host:
        raise ValueError(f"{text!r} has a zone, which browsers do not send")
    return Origin(scheme, host, DEFAULT_PORTS.get(scheme) if port is None else port)


def authority_of(url: str) -> str:
    """Return the host and the port in a URL as they are written there.

    Raises:
        ValueError: it is no URL.
    """
    return urlsplit(url).netloc


def bracketed(host: str) -> str:
    """Return a host as it is written in a URL."""
    return f"[{host}]" if ":" in host else host


@lru_cache(CACHED)
def is_address(host: str) -> bool:
    """Return whether a host is an address, and no name."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
