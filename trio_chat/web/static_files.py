"""Answers requests for the page and its files from memory: a request head in, an answer out."""

import re
from functools import lru_cache

from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header, parse_etags, quote_etag

from trio_chat.clock import http_date
from trio_chat.net.head import Answer, Head, HttpError
from trio_chat.net.hosts import has_public_name
from trio_chat.web.assets import File

PAGE = "r/"
ROOM = re.compile("/r/[^/]*")  # the page itself checks the name of the room
METHODS = ("GET", "HEAD")
# For a week browsers ask by https alone: long enough to help, short enough to be taken back.
HSTS = "Strict-Transport-Security: max-age=604800"


class Files:
    """The page and its files.

    Args:
        files: What there is, by the path without its first slash.
        is_secure: Whether they are served over TLS.
    """

    def __init__(self, files: dict[str, File], *, is_secure: bool = False) -> None:
        self._files = files
        self._before: dict[str, File] = {}  # those of an open page, whose later parts it asks for
        self._is_secure = is_secure

    def change(self, files: dict[str, File]) -> None:
        """Serve other files from now on; those before stay where browsers may ask for them."""
        self._before, self._files = self._files, files

    def answer(self, head: Head) -> Answer | None:
        """Return the answer to a request for a file; ``None`` if there is no such file.

        Raises:
            HttpError: the method is neither GET nor HEAD.
        """
        path = PAGE if ROOM.fullmatch(head.path) else head.path[1:]
        file = self._files.get(path) or self._before.get(path)
        if file is None:
            return None
        if head.method not in METHODS:
            raise HttpError(405, "this can only be read", {"Allow": ", ".join(METHODS)})
        is_last = not head.is_kept_alive or head.has_body  # which nobody reads
        extra = ["Connection: close"] if is_last else []
        # On this machine other servers, on other ports, may have no TLS.
        extra += [HSTS] if self._is_secure and has_public_name(head) else []
        return Answer(_respond(file, head, extra), is_last)


def _respond(file: File, head: Head, extra: list[str]) -> bytes:
    """Return the answer with the file, compressed if the peer accepts that; 304 if it has it."""
    is_packed = file.packed is not None and _takes_gzip(",".join(head.values("accept-encoding")))
    content = (is_packed and file.packed) or file.content
    tag = f"{file.tag}-gzip" if is_packed else file.tag
    lines = [
        f"Date: {http_date()}",
        f"ETag: {quote_etag(tag)}",
        f"Cache-Control: {file.caching}",
        *(["Vary: Accept-Encoding"] if file.packed is not None else []),
        *(f"{name}: {value}" for name, value in file.headers.items()),
        *extra,
    ]
    if parse_etags(",".join(head.values("if-none-match"))).contains_weak(tag):
        return _join("HTTP/1.1 304 Not Modified", *lines)
    about = [
        f"Content-Type: {file.media_type}",
        f"Content-Length: {len(content)}",
        *(["Content-Encoding: gzip"] if is_packed else []),
    ]
    return _join("HTTP/1.1 200 OK", *lines, *about) + (content if head.method == "GET" else b"")


@lru_cache
def _takes_gzip(accepted: str) -> bool:
    return parse_accept_header(accepted, Accept)["gzip"] > 0


def _join(*lines: str) -> bytes:
    return "\r\n".join([*lines, "", ""]).encode("ascii")
