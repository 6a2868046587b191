"""Reads the lines of a request head: plain ones at once, all others with h11.

Plain are the shapes that browsers and most programs send, about which no two readers can disagree.
They take a fraction of the time that h11 needs, which also has the words for what is wrong.
"""

import re
from typing import NamedTuple, cast

import h11

NAME = "[-!#$%&'*+.^_`|~0-9A-Za-z]+"  # RFC 9110, section 5.6.2
REQUEST_LINE = re.compile("([A-Z]+) ([!-~]+) HTTP/1[.]1")
HEADER = re.compile(f"({NAME}): ?([!-~](?:[ -~]*[!-~])?)")  # with a value, no space behind it
LENGTH, CODING = "content-length", "transfer-encoding"
SIZE = re.compile("[0-9]{1,15}")  # a length that needs no second look; h11 knows about others


class Lines(NamedTuple):
    """What the lines say. ``headers`` are in order, names in lower case."""

    method: str
    target: str
    http_version: str
    headers: list[tuple[str, str]]


def read_lines(raw: bytes) -> Lines:
    """Read a head, up to and with its empty line.

    Args:
        raw: ASCII without control characters but tabs and the ends of lines.

    Raises:
        h11.RemoteProtocolError: this is no HTTP/1.
    """
    return _read_plain(raw.decode("ascii")) or _read_any(raw)


def _read_plain(text: str) -> Lines | None:
    first, *lines = text.removesuffix("\r\n\r\n").split("\r\n")
    request = REQUEST_LINE.fullmatch(first)
    if not request:
        return None
    headers = []
    hosts = lengths = 0
    for line in lines:
        header = HEADER.fullmatch(line)
        if not header:
            return None
        name, value = header.groups()
        name = name.lower()
        if name == CODING or (name == LENGTH and not SIZE.fullmatch(value)):
            return None
        hosts += name == "host"
        lengths += name == LENGTH
        headers.append((name, value))
    is_plain = hosts == 1 and lengths <= 1
    return Lines(request[1], request[2], "1.1", headers) if is_plain else None


def _read_any(raw: bytes) -> Lines:
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=len(raw))
    connection.receive_data(raw)
    request = cast("h11.Request", connection.next_event())
    return Lines(
        request.method.decode(),
        request.target.decode(),
        request.http_version.decode(),
        [(name.decode(), value.decode()) for name, value in request.headers],
    )
