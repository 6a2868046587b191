"""Reads the head of one HTTP/1.1 request, and refuses what is not clean."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import parse_qs, unquote_to_bytes, urlsplit

import h11
import trio

from trio_chat.clock import http_date
from trio_chat.net.head_lines import read_lines

END_OF_HEAD = b"\r\n\r\n"
BEGIN = 16  # bytes of a request that was none, by which others know what it is
READ_SIZE = 16 * 1024
LONGEST_QUERY = 4096  # letters that are unescaped, in up to three milliseconds; a name has 3,072
HTTP2_PREFACE = b"PRI * HTTP/2.0\r\n"
ONE_VERSION = "only HTTP/1.1 is supported"
# What no head may hold: control characters but the tab, and a carriage return without a line feed.
UNCLEAN = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)")
PATH = re.compile(rb"[A-Z]+ (?:https?://[^/?# ]*)?(/[^?# \r\n]*)", re.IGNORECASE)  # as it comes
TARGET = re.compile(  # RFC 9112, section 3.2
    "(/.*|[*])|(https?://[^/?#]+)([/?#].*)?", re.IGNORECASE
)
COMMON_HEADERS = {  # of all answers
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
DATA_HEADERS = {  # of answers that are data, and must not be taken for a page
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    **COMMON_HEADERS,
}
LENGTH, CODING = b"\r\ncontent-length:", b"\r\ntransfer-encoding:"  # which say where a body ends
ONCE = {b"\r\nhost:": "host", LENGTH: "content-length", CODING: "transfer-encoding"}


class HttpError(Exception):
    """A request that is refused; it carries the answer.

    Args:
        status: The HTTP status.
        detail: A line for people.
        headers: Besides those that every refusal has.

    ``path`` is that of the request if it was read before the head turned out to be none; ``begun``
    is how it begins.
    """

    media_type = "text/plain; charset=utf-8"

    def __init__(self, status: int, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(status, detail)
        self.status = HTTPStatus(status)
        self.detail = detail
        self.headers = headers or {}
        self.path = ""
        self.begun = b""

    def body(self) -> bytes:
        """Return the body of the response."""
        return f"{self.detail}\n".encode("utf-8", "backslashreplace")

    def answer(self) -> bytes:
        """Return the whole HTTP response; it ends the connection."""
        body = self.body()
        return _head_of(self.status, self.media_type, body, self.headers) + body


def _head_of(status: HTTPStatus, media_type: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    """Return the head of an HTTP response that ends its connection."""
    lines = [
        f"HTTP/1.1 {status.value} {status.phrase}",
        f"Content-Type: {media_type}",
        f"Content-Length: {len(body)}",
        "Connection: close",
        f"Date: {http_date()}",
        *(f"{name}: {value}" for name, value in {**DATA_HEADERS, **headers}.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode("ascii")


class Answer(NamedTuple):
    """A whole HTTP response as it goes over the wire."""

    wire: bytes
    is_last: bool  # of its connection, as it says itself


def last_answer(
    head: "Head", media_type: str, body: bytes, *, status: int = 200, headers: Mapping[str, str]
) -> Answer:
    """Return a response without a body to HEAD, with it to another request; it is the last one."""
    wire = _head_of(HTTPStatus(status), media_type, body, headers)
    return Answer(wire if head.method == "HEAD" else wire + body, is_last=True)


@dataclass(frozen=True, slots=True)
class Head:
    """A request head: what it asks for, and the bytes as they came.

    ``headers`` are in order, names in lower case. ``rest`` is what has been read behind it, which
    may be a part of its body, or all of it and the beginning of further requests. ``is_last``: the
    server wants no further request on the connection.
    """

    method: str
    target: str
    path: str  # of the target, still percent-encoded
    query: str  # likewise
    http_version: str
    headers: list[tuple[str, str]]
    raw: bytes
    rest: bytes
    is_last: bool = False

    def values(self, name: str) -> list[str]:
        """Return the values of every header called ``name`` (lower case)."""
        return [value for key, value in self.headers if key == name]

    def names(self, header: str) -> list[str]:
        """Return the names that the headers of one kind list, in lower case."""
        listed = ",".join(self.values(header)).lower().split(",")
        return [name.strip() for name in listed]

    def parameters(self, name: str) -> list[str]:
        """Return the values of every parameter called ``name``; empty ones count as none.

        Raises:
            HttpError: the query is too long to look.
        """
        if len(self.query) > LONGEST_QUERY:
            raise HttpError(400, f"the query has more than {LONGEST_QUERY} letters")
        return parse_qs(self.query).get(name, [])

    def with_headers(self, headers: list[tuple[str, str]]) -> "Head":
        """Return the head with other headers, also in the bytes."""
        lines = [f"{self.method} {self.target} HTTP/{self.http_version}"]
        lines += [f"{name}: {value}" for name, value in headers]
        return replace(self, headers=headers, raw="\r\n".join([*lines, "", ""]).encode("ascii"))

    @property
    def has_body(self) -> bool:
        """Whether something follows that is part of the request."""
        framing = self.values("content-length") + self.values("transfer-encoding")
        return any(value != "0" for value in framing)

    @property
    def body_size(self) -> int | None:
        """How many bytes of a body follow; ``None``: only the body tells, as it comes in chunks."""
        if self.values("transfer-encoding"):
            return None
        return int("".join(self.values("content-length")) or 0)

    @property
    def body_left(self) -> int:
        """How many bytes of a body are still to come, as far as the head tells."""
        return max(0, (self.body_size or 0) - len(self.rest))

    @property
    def is_kept_alive(self) -> bool:
        """Whether there may be a further request behind this one, on the same connection.

        Where a body of chunks ends is told by the body alone, so nothing is read behind that.
        """
        is_asked = self.http_version == "1.1" and "close" not in self.names("connection")
        return is_asked and not self.is_last and not self.values("transfer-encoding")


async def read_head(
    stream: trio.abc.ReceiveStream, limit: int, already_read: bytes = b""
) -> Head | None:
    """Read one request head of at most ``limit`` bytes, which may have begun to arrive before.

    The caller sets the deadline.

    Returns:
        The head, or ``None`` if the peer hung up before it was complete.

    Raises:
        HttpError: what came is not a clean request head.
        trio.BrokenResourceError: the connection broke.
    """
    buffer = bytearray(already_read)
    searched = 0
    try:
        while (end := _find_end(buffer, searched, limit)) < 0:
            searched = max(0, len(buffer) - len(END_OF_HEAD) + 1)
            data = await stream.receive_some(READ_SIZE)
            if not data:
                return None
            buffer += data
        return parse_head(bytes(buffer[:end]), bytes(buffer[end:]))
    except HttpError as refusal:
        refusal.path, refusal.begun = path_of(buffer), bytes(buffer[:BEGIN])
        raise


def path_of(request: bytes | bytearray) -> str:
    """Return the path of a request as it comes, or nothing if it has none."""
    found = PATH.match(request)
    return found[1].decode("latin-1") if found else ""


def _find_end(buffer: bytearray, searched: int, limit: int) -> int:
    """Return where the head ends, or -1 if the end has not come yet.

    Raises:
        HttpError: this is not the beginning of a head, or it is longer than the limit.
    """
    if buffer and not b"A" <= buffer[:1] <= b"Z":  # a TLS hello, or noise: no method starts so
        raise HttpError(400, "not an HTTP request")
    end = buffer.find(END_OF_HEAD, searched)
    if end > limit or (end < 0 and len(buffer) > limit):
        raise HttpError(431, f"request head is longer than {limit} bytes")
    return end + len(END_OF_HEAD) if end >= 0 else -1


def parse_head(raw: bytes, rest: bytes = b"") -> Head:
    """Parse a complete request head.

    Raises:
        HttpError: it is not clean HTTP/1.1 (or 1.0) in ASCII.
    """
    if raw.startswith(HTTP2_PREFACE):
        raise HttpError(505, ONE_VERSION)
    if not raw.isascii():
        raise HttpError(400, "request head is not ASCII")
    if UNCLEAN.search(raw):
        raise HttpError(400, "control character in request head")
    _check_framing(raw)
    try:
        method, target, http_version, headers = read_lines(raw)
    except h11.RemoteProtocolError as error:
        detail = str(error).partition(": bytearray(")[0]  # h11 shows what it has read so
        raise HttpError(error.error_status_hint, detail) from None
    if not http_version.startswith("1."):
        raise HttpError(505, ONE_VERSION)
    path, query = _parts(target)
    return Head(
        method=method,
        target=target,
        path=path,
        query=query,
        http_version=http_version,
        headers=headers,
        raw=raw,
        rest=rest,
    )


def _parts(target: str) -> tuple[str, str]:
    """Return path and query of a target; a path may begin with two slashes, and names no host.

    ``urlsplit`` keeps what it has split at hand: given a path, the time that it takes would tell
    that somebody has used that path. So it checks the host alone.

    Raises:
        HttpError: it is none that a server is asked for.
    """
    found = TARGET.fullmatch(target)
    if not found:
        raise HttpError(400, "bad request target")
    own, host, rest = found.groups("")
    try:
        urlsplit(host)
    except ValueError:
        raise HttpError(400, "bad request target") from None
    path, _, query = (own or rest).partition("#")[0].partition("?")
    return path, query


def check_encoding(head: Head) -> None:
    """Refuse a request whose target has names in another encoding than UTF-8.

    Raises:
        HttpError: it has.
    """
    try:
        unquote_to_bytes(head.target).decode()
    except UnicodeDecodeError:
        raise HttpError(400, "request target is not UTF-8") from None


def _check_framing(raw: bytes) -> None:
    """Refuse a head that two readers could read differently, which is how requests are smuggled."""
    if raw.count(b"\n") != raw.count(b"\r\n"):
        raise HttpError(400, "bare line feed in request head")
    if b"\r\n " in raw or b"\r\n\t" in raw:
        raise HttpError(400, "folded header")
    lower = raw.lower()
    for begin, name in ONCE.items():
        if lower.count(begin) > 1:
            raise HttpError(400, f"repeated {name} header")
    if LENGTH in lower and CODING in lower:
        raise HttpError(400, "content-length and transfer-encoding contradict")
