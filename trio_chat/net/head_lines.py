"""Reads the lines of a request head: plain ones at once, all others with h11.

Plain are the shapes that browsers and most programs send, about which no two readers can disagree.
They take a fraction of the time that h11 needs, which also has the words for what is wrong.
"""

import re
from typing import NamedTuple, cast

import h11

NAME = "[-!#$%&'*+.^_`|~0-9A-Za-z]+"  # RFC 9110, section 5.6.2
REQUEST_LINE = re.compile("([A-Z]+) ([!-~]+) HTTP/1[.]1\r\n")
HEADER = re.compile(  # a line of one, with a value and no space behind that
    f"^({NAME}): ?([!-~](?:[ -~]*[!-~])?)\r$", re.MULTILINE
)
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
    request = REQUEST_LINE.match(text)
    if not request:
        return None
    headers = [(name.lower(), value) for name, value in HEADER.findall(text, request.end())]
    if len(headers) != text.count("\n") - 2:  # the first line and the empty one are none
        return None
    names = [name for name, _ in headers]
    lengths = [value for name, value in headers if name == LENGTH]
    is_plain = names.count("host") == 1 and CODING not in names and len(lengths) <= 1
    if not is_plain or not all(map(SIZE.fullmatch, lengths)):
        return None
    return Lines(request[1], request[2], "1.1", headers)


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
