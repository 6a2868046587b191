"""The server's end of one stream of Server-Sent Events, without I/O: a request in, events out.

The stream has neither a length nor chunks: it ends with the connection, which every client and
every proxy understands. An event is complete with its blank line.
"""

import random
import re
from collections.abc import Sequence
from urllib.parse import unquote

from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from trio_chat.clock import http_date
from trio_chat.config import Config
from trio_chat.net.head import DATA_HEADERS, Head
from trio_chat.net.origins import is_welcome
from trio_chat.net.problems import Problem, of_foreign_origin, of_no_use
from trio_chat.net.site import allowed_origins
from trio_chat.net.transport import Received
from trio_chat.protocol import requests
from trio_chat.protocol.close import NOT_TO_TALK, CloseReason
from trio_chat.protocol.names import BadName, check_room

MEDIA_TYPE = "text/event-stream"
PATH = re.compile("/api/v1/rooms/([^/]+)/events")
POINT = re.compile(r"(?:([0-9A-Za-z]{1,64})\.)?([0-9]{1,15})")  # EPOCH.SEQ, or SEQ alone
RETRY_MS = 1_000, 5_000  # range of the time before a browser reconnects, so that they spread
COMMENT = b":\n\n"  # is ignored; keeps proxies from cutting an idle stream


class EventStream:
    """One stream after its first bytes."""

    is_one_way = True

    def feed(self, data: bytes) -> Received:  # noqa: ARG002 - whatever it is
        """End the stream: the peer may not send anything behind its request."""
        return Received(ended=True, fault=NOT_TO_TALK)

    def ping(self) -> bytes:
        """Return a comment."""
        return COMMENT

    def close(self, reason: CloseReason) -> bytes:  # noqa: ARG002 - the dialect has told it
        """Return nothing: the end of the connection is the end of the stream."""
        return b""

    def release(self) -> None:
        """Do nothing: it holds nothing."""


def is_asked_for(head: Head) -> bool:
    """Return whether a request is for a stream; ``HEAD`` and others are not."""
    return head.method == "GET" and PATH.fullmatch(unquote(head.path)) is not None


def begin(head: Head, config: Config) -> tuple[requests.Join, bytes]:
    """Check a request for a stream.

    Returns:
        The join request that it stands for, with the number to follow from as its ``id``, too; and
        the answer to send before anything else.

    Raises:
        Problem: the request is wrong, or comes from a page of a foreign origin.
    """
    for origin in head.values("origin"):
        if not is_welcome(origin, "".join(head.values("host")), allowed_origins(config)):
            raise of_foreign_origin(origin)
    if head.has_body:
        raise Problem("bad_request", "a request for a stream has no body")
    accepted = parse_accept_header(",".join(head.values("accept")), MIMEAccept)
    if accepted and not accepted.quality(MEDIA_TYPE):
        raise of_no_use(MEDIA_TYPE)
    return _join_request(head, config.room_limit), _answer(head.values("origin"))


def _join_request(head: Head, room_limit: int) -> requests.Join:
    """Return which room is followed, and from where.

    Raises:
        Problem: the room's name or the number is wrong.
    """
    found = PATH.fullmatch(unquote(head.path))
    assert found
    try:
        room = check_room(found[1], room_limit)
    except BadName as error:
        raise Problem("bad_room", str(error)) from None
    # A browser that reconnects sends the header, and in its address the ``last`` of the beginning.
    newer = _point(head.values("last-event-id"))
    older = _point(head.parameters("last"))
    epoch, last = newer or older or (None, None)
    return requests.Join(id=last, room=room, last=last, epoch=epoch)


def _point(values: Sequence[str]) -> tuple[str, int] | None:
    """Return the epoch and the number that a header or a parameter has, if it is there.

    Raises:
        Problem: its value is not of that form, or it is there twice.
    """
    if not any(values):
        return None
    found = POINT.fullmatch(values[0])
    if not found or len(values) > 1:
        raise Problem("bad_request", "say where to go on by an event's id, or by its number")
    return found[1], int(found[2])


def _answer(origins: Sequence[str]) -> bytes:
    lines = [
        "HTTP/1.1 200 OK",
        f"Content-Type: {MEDIA_TYPE}",
        "Cache-Control: no-store",
        "Connection: close",
        f"Date: {http_date()}",
        "Vary: Origin",
        "X-Accel-Buffering: no",  # nginx and others would collect events
        *(f"{name}: {value}" for name, value in DATA_HEADERS.items()),
        *(f"Access-Control-Allow-Origin: {origin}" for origin in origins),
    ]
    retry_ms = random.randint(*RETRY_MS)  # noqa: S311 - no secret
    return "\r\n".join([*lines, "", f"retry: {retry_ms}\n\n"]).encode()
