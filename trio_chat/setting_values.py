"""Settings that can be written in more than one way, in their normal forms."""

from ipaddress import IPv6Network, ip_network

from trio_chat.addresses import bracketed, normal_host, parse_origin, split_port

MAPPED = 96  # bits before the IPv4 address in an IPv6 address that stands for one
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
    """Return an address or a network in normal form.

    Raises:
        ValueError: it is none.
    """
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
