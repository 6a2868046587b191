"""Addresses: of a server, as it prints it or of its WebSocket, and of rooms in its page."""

import re
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

from trio_chat.addresses import DEFAULT_PORTS, bracketed, split_port
from trio_chat.protocol.names import trim_link

SECURE = {"ws": False, "http": False, "wss": True, "https": True}
WEBSOCKET = "ws"  # the last part of its path, if the URL has none
PAGE = re.compile(r"(.*/)r(?:/([^/]*)/?)?")  # the path of a room's page; its name may be missing
SECRET = re.compile(r"[\w-]{1,64}", re.ASCII)  # of a link
OPERATOR = "operator="  # before the secret of an operator's link
PAIR = "pair="  # before a code of another device
PAGES = {"ws": "http", "wss": "https"}  # schemes of pages
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

    A path that ends in a slash, or is that of a page, is where the server is; the WebSocket is
    below it.

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
    folder, _, last = path.rpartition("/")
    if parts.scheme in PAGES.values() and last != WEBSOCKET:
        folder = path.removesuffix("/")
        last = ""
    path = f"{folder}/{last or WEBSOCKET}"
    resource = f"{path}?{quote(parts.query, UNRESERVED + '?')}" if parts.query else path
    return Address(host, port or DEFAULT_PORTS[parts.scheme], resource, SECURE[parts.scheme])


class Link(NamedTuple):
    """A link: the server's address, perhaps a room, and the secret of a link to it.

    ``operator`` is the secret of an operator's link, ``pair`` a code of another device.
    """

    url: str
    room: str = ""
    secret: str | None = None
    operator: str | None = None
    pair: str | None = None


def split_link(url: str) -> Link:
    """Split a link to a server or to a room's page; what only follows it in a text is left out.

    Raises:
        ValueError: it is no URL.
    """
    if not url.isprintable():  # ``urlsplit`` drops some of that, and another address is left
        raise ValueError(f"{url!r} is not the address of a server")
    parts = urlsplit(url)
    fragment = trim_link(parts.fragment)
    operator, pair = (_behind(kind, fragment) for kind in (OPERATOR, PAIR))
    page = PAGE.fullmatch(parts.path)
    if not page:
        return Link(parts._replace(fragment="").geturl(), operator=operator, pair=pair)
    secret = fragment if SECRET.fullmatch(fragment) else None
    server = f"{parts.scheme}://{parts.netloc}{page[1]}"
    return Link(server, unquote(trim_link(page[2] or "")), secret, operator, pair)


def _behind(kind: str, fragment: str) -> str | None:
    return fragment.removeprefix(kind) if fragment.startswith(kind) else None


def link_to(url: str, room: str, secret: str) -> str:
    """Return the link to a room of the server with an address."""
    name = re.sub(r"\.\Z", "%2E", quote(room))  # as it is, it would be a sentence's
    return f"{_page(url)}r/{name}#{secret}"


def link_to_pair(url: str, code: str) -> str:
    """Return the link by which a browser comes as the person who has made a code."""
    return f"{_page(url)}#{PAIR}{code}"


def _page(url: str) -> str:
    """Return the address of the page of a server; it ends in a slash."""
    parts = urlsplit(url)
    folder = urlsplit(f"ws://host{parse(url).resource}").path.rpartition("/")[0]
    scheme = PAGES.get(parts.scheme, parts.scheme)
    return f"{scheme}://{parts.netloc}{folder}/"
