"""Who is behind a proxy: reads what trusted proxies tell, and ignores it from all others."""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import NamedTuple

import structlog

from trio_chat.addresses import DEFAULT_PORTS, UNIX, split_port
from trio_chat.config import Config
from trio_chat.log_context import PUBLIC, peer_class
from trio_chat.net.head import Head
from trio_chat.net.told import Told

FORWARDED = "forwarded"  # RFC 7239
FOR, PROTO, HOST = (f"x-forwarded-{name}" for name in ("for", "proto", "host"))
HEADERS = frozenset({FORWARDED, FOR, PROTO, HOST})
SCHEMES = ("http", "https")
# A parameter of the header, which may be empty, and what ends it.
PARAMETER = re.compile(
    r"[ \t]*(?:([\w!#$%&'*+.^`|~-]+)=(?:([\w!#$%&'*+.^`|~:-]+)|\"((?:[^\"\\]|\\.)*)\"))?"
    r"[ \t]*([;,]|$)",
    re.ASCII,
)
WITH_PORT = re.compile(r"(?:\[([^\[\]]+)\]|([^:]+))(?::[\w.-]+)?", re.ASCII)

# In the log, of a proxy that is not trusted.
IGNORED = "a proxy that is not trusted tells who sent a request; this is ignored"
REFUSED = "a proxy that is not trusted speaks the PROXY protocol; its connection is refused"

log = structlog.get_logger()


class Hop(NamedTuple):
    """What a proxy tells of a request: who sent it, and how. What it does not tell is empty."""

    address: str = ""
    proto: str = ""
    host: str = ""


class Forwarding:
    """Finds the sender of each request that came by way of trusted proxies.

    Args:
        config: ``trusted_proxy``.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._told_near, self._told_far = Told(), Told()
        self._has_complained = False

    def is_trusted(self, address: str) -> bool:
        """Whether an address is that of a trusted proxy."""
        trusted = self._config.trusted_proxy
        if address == UNIX:
            return UNIX in trusted
        known = normal_address(address) if trusted else ""
        return bool(known) and any(ip_address(known) in network for network in _networks(trusted))

    def reveal(self, head: Head, peer: str, *, is_told: bool = False) -> tuple[Head, str]:
        """Return a request as its sender made it, and the sender's address.

        Its ``Host`` is the one that the sender used, with the port if the scheme is known, and
        what proxies have added is gone. Without a trusted proxy both are as they came.

        Args:
            head: The request.
            peer: The address from which it came.
            is_told: Whether a trusted proxy has told that, by the PROXY protocol. What else is told
                adds nothing then, and may be the sender's own: it is taken out.
        """
        if not any(name in HEADERS for name, _ in head.headers):
            return head, peer
        if not self.is_trusted(peer):
            if is_told:
                return _restored(head, "".join(head.values("host"))), peer
            self.warn(peer)
            return head, peer
        hop = self._sender(head, peer)
        host = _authority(hop, "".join(head.values("host")))
        return _restored(head, host), hop.address or peer

    def _sender(self, head: Head, peer: str) -> Hop:
        """Return the hop that tells of the sender.

        A proxy that sets one kind of header may pass on the other as the sender has made it up. So
        if they contradict each other, neither is believed.
        """
        if not head.values(FORWARDED):
            return self._last_untrusted(x_hops(head))
        hop = self._last_untrusted(forwarded_hops(head))
        if not head.values(FOR):
            return hop
        other = self._last_untrusted(x_hops(head))
        if other.address == hop.address:
            return other
        self._complain(peer)
        return Hop()

    def _last_untrusted(self, hops: Sequence[Hop]) -> Hop:
        """Return the hop of the right-most address that is no trusted proxy's.

        An address that cannot be read stands for whoever is behind the proxy that tells it.
        """
        told_by = ""
        for hop in reversed(hops):
            if not hop.address:
                return hop._replace(address=told_by)
            if not self.is_trusted(hop.address):
                return hop
            told_by = hop.address
        return hops[0]

    def warn(self, peer: str, *, is_refused: bool = False) -> None:
        """Log once in an hour that a peer tells who is behind it, and is not believed.

        Strangers who do so do not keep a proxy nearby out of the log.

        Args:
            peer: Who tells it.
            is_refused: Whether nothing of the connection can be read for it.
        """
        is_far = peer_class(peer) == PUBLIC
        if (self._told_far if is_far else self._told_near).is_new((peer, is_refused)):
            log.warning(
                REFUSED if is_refused else IGNORED,
                address=peer,
                setting=f"--trusted-proxy {peer}",
                advice="trust it only if it is a proxy of yours; anybody can send this",
            )

    def _complain(self, peer: str) -> None:
        if not self._has_complained:
            self._has_complained = True
            log.warning(
                "a trusted proxy sends Forwarded and X-Forwarded-For that contradict each other, "
                "so neither is believed; it has to set one and remove the other",
                address=peer,
            )


@lru_cache(maxsize=1)
def _networks(texts: tuple[str, ...]) -> list[IPv4Network | IPv6Network]:
    return [ip_network(text) for text in texts if text != UNIX]


def forwarded_hops(head: Head) -> list[Hop]:
    """Return the hops of ``Forwarded``, the latest last; for garbage one that is empty."""
    with suppress(ValueError):
        return list(_elements(",".join(head.values(FORWARDED)))) or [Hop()]
    return [Hop()]


def _elements(text: str) -> Iterator[Hop]:
    """Read a ``Forwarded`` header.

    Raises:
        ValueError: it is none.
    """
    found: dict[str, str] = {}
    position = 0
    while position <= len(text):
        match = PARAMETER.match(text, position)
        if not match:
            raise ValueError(f"{text!r} is no Forwarded header")
        name, token, quoted, end = match.groups()
        if name:
            found.setdefault(name.lower(), token or re.sub(r"\\(.)", r"\1", quoted or ""))
        if end != ";":
            if found:
                yield _hop(found.get("for", ""), found.get("proto", ""), found.get("host", ""))
            found = {}
        position = match.end() if end else len(text) + 1


def x_hops(head: Head) -> list[Hop]:
    """Return the hops of the ``X-Forwarded`` headers, the latest last.

    A proxy may append to the lists of scheme and host, or replace them.
    """
    senders, schemes, hosts = (_listed(head, name) for name in (FOR, PROTO, HOST))
    count = len(senders) or 1
    return [
        _hop(*(_aligned(values, count - index) for values in (senders, schemes, hosts)))
        for index in range(count)
    ]


def _listed(head: Head, name: str) -> list[str]:
    return [item for part in ",".join(head.values(name)).split(",") if (item := part.strip())]


def _aligned(values: Sequence[str], from_right: int) -> str:
    """Return the value at a place that is counted from the right; the first one if it is short."""
    return values[max(0, len(values) - from_right)] if values else ""


def _hop(sender: str, proto: str, host: str) -> Hop:
    scheme = proto.lower()
    return Hop(normal_address(sender), scheme if scheme in SCHEMES else "", host)


@lru_cache
def normal_address(text: str) -> str:
    """Return an address in normal form, without brackets, port and zone; nothing if it is none."""
    for candidate in (text, *(part for part in _parts(text) if part)):
        with suppress(ValueError):
            parsed = ip_address(candidate.partition("%")[0])
            mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
            return str(mapped or parsed)
    return ""


def _parts(text: str) -> tuple[str | None, ...]:
    found = WITH_PORT.fullmatch(text)
    return found.groups() if found else ()


def _authority(hop: Hop, host: str) -> str:
    """Return the ``Host`` that the sender used, with the port of the scheme if it has none."""
    host = hop.host or host
    if not hop.proto or not host:
        return host
    with suppress(ValueError):
        _, port = split_port(host)
        return host if port else f"{host.removesuffix(':')}:{DEFAULT_PORTS[hop.proto]}"
    return host  # which is refused later


def _restored(head: Head, host: str) -> Head:
    """Return a head with another ``Host``, and without what proxies have added."""
    headers = [pair for pair in head.headers if pair[0] not in (*HEADERS, "host")]
    if host:
        headers.insert(0, ("host", host))
    return head.with_headers(headers)
