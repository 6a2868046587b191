"""The server's end of one stream of Server-Sent Events, without I/O: a request in, events out.

There is no length and no chunk: the stream is as long as the connection, which every client and
every proxy understands, and an event is whole when its blank line has come.
"""

import random
import re
from collections.abc import Sequence
from email.utils import formatdate
from urllib.parse import parse_qs, unquote

from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from trio_chat.config import Config
from trio_chat.net.head import DATA_HEADERS, Head
from trio_chat.net.origins import is_welcome
from trio_chat.net.problems import Problem, of_foreign_origin, of_no_use
from trio_chat.net.transport import Received
from trio_chat.protocol import requests
from trio_chat.protocol.close import NOT_TO_TALK, CloseReason
from trio_chat.protocol.names import BadName, check_room

MEDIA_TYPE = "text/event-stream"
PATH = re.compile("/api/v1/rooms/([^/]+)/events")
POINT = re.compile(r"(?:([0-9A-Za-z]{1,64})\.)?([0-9]{1,15})")  # EPOCH.SEQ, or SEQ alone
RETRY_MS = 1_000, 5_000  # between these a browser waits, lest all come back in the same moment
COMMENT = b":\n\n"  # says nothing; a stream that is silent for long is cut by some proxies


class EventStream:
    """One stream after its beginning."""

    is_one_way = True

    def feed(self, data: bytes) -> Received:  # noqa: ARG002 - whatever it is
        """End it: who asks for a stream has nothing more to say."""
        return Received(ended=True, fault=NOT_TO_TALK)

    def ping(self) -> bytes:
        """Return a comment."""
        return COMMENT

    def close(self, ending: CloseReason) -> bytes:  # noqa: ARG002 - told already
        """Return nothing: the end of the connection is the end of the stream."""
        return b""


def is_asked_for(head: Head) -> bool:
    """Return whether a request is for a stream; ``HEAD`` and others are not."""
    return head.method == "GET" and PATH.fullmatch(unquote(head.path)) is not None


def begin(head: Head, config: Config) -> tuple[requests.Join, bytes]:
    """Check a request for a stream.

    Returns:
        Which room is followed from which number, which is the ``id`` of the wish, too; and the
        answer to send before anything else.

    Raises:
        Problem: there can be no such stream, or not for this page.
    """
    for origin in head.values("origin"):
        if not is_welcome(origin, "".join(head.values("host")), config.allow_origin):
            raise of_foreign_origin(origin)
    if head.has_body:
        raise Problem("bad_request", "a request for a stream has no body")
    accepted = parse_accept_header(",".join(head.values("accept")), MIMEAccept)
    if accepted and not accepted.quality(MEDIA_TYPE):
        raise of_no_use(MEDIA_TYPE)
    return _wish(head, config.room_limit), _answer(head.values("origin"))


def _wish(head: Head, room_limit: int) -> requests.Join:
    """Return what is followed, and from where.

    Raises:
        Problem: there can be no such room, or no such place in one.
    """
    found = PATH.fullmatch(unquote(head.path))
    assert found
    try:
        room = check_room(found[1], room_limit)
    except BadName as error:
        raise Problem("bad_room", str(error)) from None
    # A browser that comes back has the header, and ``last`` still in its address, which is older.
    newer = _point(head.values("last-event-id"))
    older = _point(parse_qs(head.query).get("last", []))
    epoch, last = newer or older or (None, None)
    return requests.Join(id=last, room=room, last=last, epoch=epoch)


def _point(told: Sequence[str]) -> tuple[str, int] | None:
    """Return an epoch and a number, if they were told.

    Raises:
        Problem: what was told is none.
    """
    if not any(told):
        return None
    found = POINT.fullmatch(told[0])
    if not found or len(told) > 1:
        raise Problem("bad_request", "say where to go on by an event's id, or by its number")
    return found[1], int(found[2])


def _answer(origins: Sequence[str]) -> bytes:
    lines = [
        "HTTP/1.1 200 OK",
        f"Content-Type: {MEDIA_TYPE}",
        "Cache-Control: no-store",
        "Connection: close",
        f"Date: {formatdate(usegmt=True)}",
        "Vary: Origin",
        "X-Accel-Buffering: no",  # nginx and others would collect events
        *(f"{name}: {value}" for name, value in DATA_HEADERS.items()),
        *(f"Access-Control-Allow-Origin: {origin}" for origin in origins),
    ]
    retry_ms = random.randint(*RETRY_MS)  # noqa: S311 - no secret
    return "\r\n".join([*lines, "", f"retry: {retry_ms}\n\n"]).encode()
