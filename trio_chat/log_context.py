"""Tells in each line of the log about which connection it is, whoever writes the line.

A connection has a task of its own, and so has whatever it starts; libraries that log there, too,
need not know of it.
"""

from collections.abc import MutableMapping
from contextvars import ContextVar
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import Any, NamedTuple

from trio_chat.addresses import UNIX

MACHINE, PRIVATE, PUBLIC, PROXY, UNKNOWN = "machine", "private", "public", "proxy", "unknown"


class Subject(NamedTuple):
    """A connection: its number since the start, and from where its peer is."""

    connection: int
    peer: str


class Details:
    """What holds for all lines of this process.

    Whether lines of level debug are ``wanted``, which each connection has: structlog makes a logger
    for each line before it leaves it out, which takes 10 µs. Which ``worker`` it is, if it is one.
    """

    wanted = True  # until the settings are known
    worker: int | None = None


details = Details()

_subject: ContextVar[Subject | None] = ContextVar("subject", default=None)


def begin(connection: int, peer: str) -> None:
    """Let all that this task logs from now on be about a connection."""
    _subject.set(Subject(connection, peer))


def reveal(peer: str) -> None:
    """Take in who is behind a proxy."""
    subject = _subject.get()
    if subject:
        _subject.set(subject._replace(peer=peer))


def add_subject(
    _logger: object, _method: str, entry: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Add to a line about which connection it is, and of which worker; a processor of structlog."""
    subject = _subject.get()
    if subject:
        entry["connection"] = subject.connection
        entry.setdefault("peer", subject.peer)
    if details.worker is not None:
        entry["worker"] = details.worker
    return entry


@lru_cache
def peer_class(address: str) -> str:
    """Return from where an address is, which tells nobody who it is."""
    if address == UNIX:
        return MACHINE
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return UNKNOWN
    if isinstance(parsed, IPv6Address):
        parsed = parsed.ipv4_mapped or parsed
    if parsed.is_loopback:
        return MACHINE
    return PRIVATE if parsed.is_private else PUBLIC
