"""Settings that can be written in more than one way, in their normal forms."""

import re
from functools import lru_cache
from ipaddress import IPv6Network, ip_network

from trio_chat import bus_url
from trio_chat.addresses import UNIX, Origin, bracketed, normal_host, parse_origin, split_port

MAPPED = 96  # bits before the IPv4 address in an IPv6 address that stands for one
UNIX_PREFIX = "unix:"  # before the path of a Unix socket to listen on
SYSTEMD = "systemd"  # the sockets that it passes; behind a colon the name of one
# The address of a page, whose path has only what stands for itself, and no dots alone.
BASE = re.compile(r"(https?://[^/?#]+)((?:/(?!\.\.?(?:/|$))[\w.~-]+)*)/?", re.ASCII | re.IGNORECASE)
MODE = re.compile("0?[0-7]{3}")
MOST_GROUP = 2**32 - 2  # the number of a group; the next one means none to the system
# Into the server.
OPEN, PASSWORD, TOKEN, PROXY, INVITE = WAYS = ("open", "password", "token", "proxy", "invite")


def listening_host(text: str) -> str:
    """Return the address to listen on in normal form.

    Raises:
        ValueError: it is none.
    """
    try:
        return normal_host(text.strip())
    except ValueError:
        raise ValueError(f"host must be an address or a name, not {text!r}") from None


def listening_place(text: str) -> str:
    """Return where to listen in normal form: ``HOST:PORT``, ``unix:PATH`` or ``systemd:NAME``.

    Raises:
        ValueError: it is none of these.
    """
    place = text.strip()
    word, _, name = place.partition(":")
    if word in (UNIX, SYSTEMD) and (name or place == SYSTEMD):
        return place
    try:
        host, port = split_port(place)
    except ValueError:
        host, port = "", None
    if port is None and not place.endswith(":0"):
        raise ValueError(
            "listen must be like 127.0.0.1:8080, [::1]:8080, unix:/run/chat.sock or systemd, "
            f"not {text!r}"
        )
    return f"{bracketed(host)}:{port or 0}"


def listening_address(text: str) -> str:
    """Return an address and a port to listen on in normal form; nothing stays nothing.

    Raises:
        ValueError: it is none.
    """
    if not text.strip():
        return ""
    try:
        host, port = split_port(text.strip())
    except ValueError:
        host, port = "", None
    if port is None:
        raise ValueError(f"metrics_listen must be like 127.0.0.1:9464, not {text!r}")
    return f"{bracketed(host)}:{port}"


def bus(text: str) -> str:
    """Return the URL of a bus, which is one; nothing stays nothing.

    Raises:
        ValueError: it is none; the message does not repeat it.
    """
    text = text.strip()
    if text:
        bus_url.parse(text)
    return text


def socket_mode(text: str) -> str:
    """Return the mode of a file in octal, as three digits.

    Raises:
        ValueError: it is none.
    """
    if not MODE.fullmatch(text.strip()):
        raise ValueError(f"socket_mode must be three octal digits such as 660, not {text!r}")
    return text.strip()[-3:]


def socket_group(text: str) -> str:
    """Return the name or the number of a group as it is, if the system can count so far.

    Raises:
        ValueError: it cannot.
    """
    digits = text.lstrip("0")
    if text.isdecimal() and (len(digits) > len(str(MOST_GROUP)) or int(text) > MOST_GROUP):
        raise ValueError(
            f"socket_group must be a name or a number up to {MOST_GROUP}, not {text!r}"
        )
    return text


def base_url(text: str) -> str:
    """Return the address of the page in normal form, with a slash at its end; nothing if empty.

    Raises:
        ValueError: it is none.
    """
    text = text.strip()
    if not text:
        return ""
    try:
        origin, prefix = split_base(text)
    except ValueError:
        raise ValueError(f"base_url must be like https://example.org/chat/, not {text!r}") from None
    return f"{origin}{prefix}/"


@lru_cache(maxsize=8)
def split_base(url: str) -> tuple[Origin, str]:
    """Return the origin in the address of the page, and its path without a slash at the end.

    Raises:
        ValueError: it is no such address.
    """
    found = BASE.fullmatch(url)
    if not found:
        raise ValueError(f"{url!r} is no address of a page")
    return parse_origin(found[1]), found[2]


def host_name(text: str) -> str:
    """Return a host name as it is compared: in normal form, without a port.

    Raises:
        ValueError: it is none.
    """
    try:
        host, _ = split_port(text.strip())
    except ValueError:
        raise ValueError(
            f"host_name must be a name such as chat.example.org, not {text!r}"
        ) from None
    return host


def ways(given: tuple[str, ...]) -> tuple[str, ...]:
    """Return the ways in, each once, of a list whose items may be lists with commas.

    Raises:
        ValueError: there is no such way.
    """
    ways = tuple(dict.fromkeys(way.strip() for item in given for way in item.split(",")))
    for way in ways:
        if way not in WAYS:
            raise ValueError(f"access must be one of {', '.join(WAYS)}, not {way!r}")
    return ways or (OPEN,)


def network(text: str) -> str:
    """Return an address or a network in normal form; ``unix`` stands for itself.

    Raises:
        ValueError: it is none.
    """
    if text.strip() == UNIX:
        return UNIX
    try:
        found = ip_network(text.strip(), strict=False)
        mapped = found.network_address.ipv4_mapped if isinstance(found, IPv6Network) else None
        if mapped:  # as peers of IPv4 are known
            found = ip_network((mapped, found.prefixlen - MAPPED))
        return str(found)
    except ValueError:
        raise ValueError(
            f"trusted_proxy must be an address or a network such as 10.0.0.0/8, not {text!r}"
        ) from None


def origin(text: str) -> str:
    """Return an origin as browsers send it: in normal form, without a default port or a slash.

    Raises:
        ValueError: it is none.
    """
    text = text.strip()
    try:
        return text if text in ("*", "null") else str(parse_origin(text))
    except ValueError:
        raise ValueError(f"allow_origin must be like https://example.org, not {text!r}") from None
