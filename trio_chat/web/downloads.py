"""Downloads: what a message has sent along, to be shown if it is a picture, else to be saved."""

from http import HTTPStatus
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import trio
from quart import Response, abort, request
from quart.wrappers.response import ResponseBody
from quart_trio import QuartTrio
from werkzeug.http import parse_etags

from trio_chat.files.keeper import FileKeeper, Found
from trio_chat.files.kinds import OTHER, PICTURES
from trio_chat.journal.types import Unavailable
from trio_chat.protocol.events import File
from trio_chat.web.ranges import Unsatisfiable, wanted_part

PIECE = 64 * 1024  # bytes that are read and sent at once
CACHING = "private, no-cache"  # a browser asks each time, as the message may be gone by now
SANDBOX = "default-src 'none'; frame-ancestors 'none'; sandbox"  # instead of the page's policy


def install_downloads(app: QuartTrio, keeper: FileKeeper) -> None:
    """Add the routes of files to an app."""

    @app.get("/files/<file_id>", provide_automatic_options=False)
    @app.get("/files/<file_id>/<path:name>", provide_automatic_options=False)
    async def download(file_id: str, name: str = "") -> Response:  # noqa: ARG001 - for people
        try:
            found = await keeper.find(file_id)
        except Unavailable as unavailable:
            response = Response("the file cannot be read just now\n", 503, mimetype="text/plain")
            response.headers["Retry-After"] = str(-(-unavailable.retry_ms // 1000))
            return response
        if found is None:
            abort(404)
        return _respond(found)


class Content(ResponseBody):
    """A part of a file, which is read in threads, as fast as it is sent.

    Args:
        path: Where it is.
        begin: Its first byte.
        end: The one behind its last.
    """

    def __init__(self, path: Path, begin: int, end: int) -> None:
        self._path = path
        self._begin = begin
        self._left = end - begin

    async def __aenter__(self) -> Self:
        """Open the file."""
        self._file = await trio.to_thread.run_sync(self._open)
        return self

    def _open(self) -> FileIO:
        file = FileIO(self._path)
        file.seek(self._begin)
        return file

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self._file.close()

    def __aiter__(self) -> Self:
        """Return itself."""
        return self

    async def __anext__(self) -> bytes:
        """Return the next piece."""
        data = await trio.to_thread.run_sync(self._file.read, min(PIECE, self._left))
        self._left -= len(data)
        if not data:
            raise StopAsyncIteration
        return data


def _respond(found: Found) -> Response:
    """Return the answer with a file, or a part of it."""
    file = found.file
    tag = file.id
    headers = {
        "ETag": f'"{tag}"',
        "Cache-Control": CACHING,
        "Content-Security-Policy": SANDBOX,
        "Accept-Ranges": "bytes",
        "Content-Disposition": disposition(file.name, is_shown=file.type in PICTURES),
    }
    if parse_etags(request.headers.get("If-None-Match")).contains_weak(tag):
        return Response(b"", HTTPStatus.NOT_MODIFIED, headers)
    try:
        part = _wanted_part(file)
    except Unsatisfiable:
        headers["Content-Range"] = f"bytes */{file.size}"
        return Response(b"", HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers)
    begin, end = part or (0, file.size)
    if part:
        headers["Content-Range"] = f"bytes {begin}-{end - 1}/{file.size}"
    media_type = file.type if file.type in PICTURES else OTHER
    body = b"" if request.method == "HEAD" else Content(found.path, begin, end)
    status = HTTPStatus.PARTIAL_CONTENT if part else HTTPStatus.OK
    response = Response(body, status, headers, content_type=media_type)
    response.content_length = end - begin
    response.timeout = None  # the exchange has one
    return response


def _wanted_part(file: File) -> tuple[int, int] | None:
    """Return the part of a file that is asked for; ``None`` for the whole file.

    A range is for ``GET`` alone, and with ``If-Range`` for the content that has that tag.

    Raises:
        Unsatisfiable: the range has no byte of the file.
    """
    tag = request.headers.get("If-Range")
    if request.method != "GET" or tag not in (None, f'"{file.id}"'):
        return None
    return wanted_part(", ".join(request.headers.getlist("Range")), file.size)


def disposition(name: str, *, is_shown: bool) -> str:
    """Return the header that tells how a file is called, and whether it is shown."""
    kind = "inline" if is_shown else "attachment"
    plain = "".join(letter if letter.isascii() and letter not in '\\"' else "_" for letter in name)
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
