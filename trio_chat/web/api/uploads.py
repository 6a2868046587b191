"""The part of the HTTP API that brings files: the raw bytes of one, or a form with one."""

import base64
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Protocol, cast
from urllib.parse import quote

import trio
from quart import Response, request
from quart_trio.wrappers.request import TrioRequest
from werkzeug.http import parse_options_header
from werkzeug.sansio import multipart
from werkzeug.sansio.multipart import Data, Epilogue, Event, MultipartDecoder, NeedData

from trio_chat.config import Config
from trio_chat.files.incoming import Incoming
from trio_chat.files.keeper import FileKeeper, Full
from trio_chat.files.pictures import BadPicture
from trio_chat.files.resumables import Resumable
from trio_chat.journal.types import Unavailable
from trio_chat.limits.limits import Limits
from trio_chat.net.admission import retry_after
from trio_chat.net.problems import Problem
from trio_chat.net.site import prefix_of
from trio_chat.protocol import answers, requests
from trio_chat.protocol.events import File
from trio_chat.web.api import PREFIX, reading
from trio_chat.web.api.answering import json_of, visitor
from trio_chat.web.api.calls import RETRY, Calls
from trio_chat.web.api.governing import Route
from trio_chat.web.api.schemas import Uploaded
from trio_chat.web.transfers import FLOW, Flow

FILES = "/rooms/<room>/files"
PART = f"{FILES}/<part>"
FORM = "multipart/form-data"
PIECE = "application/offset+octet-stream"
VERSION_HEADER, VERSION = "Tus-Resumable", "1.0.0"
FORM_BUFFER = 512 * 1024  # bytes of a form that may wait for its next line
NAME_LIMIT = 1024  # characters of a name as it is given


class Uploading:
    """Answers requests that bring files.

    Args:
        calls: Ask the hub who may.
        keeper: Keeps the files.
        limits: The rates of bytes.
        config: ``file_limit``.
    """

    def __init__(self, calls: Calls, keeper: FileKeeper, limits: Limits, config: Config) -> None:
        self._calls = calls
        self._keeper = keeper
        self._limits = limits
        self._config = config

    def routes(self) -> list[Route]:
        """Return the rules, methods and views."""
        return [
            (FILES, "POST", self._post),
            (PART, "HEAD", self._tell_offset),
            (PART, "PATCH", self._go_on),
            (PART, "DELETE", self._give_up),
        ]

    async def _post(self, room: str) -> Response:
        who = await self._admit(room)
        if VERSION_HEADER in request.headers:
            return await self._create(who)
        length = request.content_length
        if length is not None and request.mimetype != FORM:
            self._check_size(length)
        name, pieces = await self._content()
        incoming = await self._begin(who, name)
        try:
            await self._write_all(incoming, pieces, self._config.file_limit)
            file = await self._complete(incoming)
        finally:
            with trio.CancelScope(shield=True):  # a moment: a file is unlinked
                await self._keeper.drop(incoming)
        return json_of(Uploaded(file), 201)

    async def _admit(self, room: str) -> answers.MayUpload:
        """Return who uploads for which room.

        Raises:
            Problem: they may not.
        """
        who = reading.author(request, visitor())
        if not self._keeper.is_on:
            raise Problem("unsupported", "this server keeps no files; see --files", 403)
        asked = reading.make_request(requests.Upload, {"room": room}, self._config)
        answer = await self._calls.ask(who, asked, visitor())
        assert isinstance(answer, answers.MayUpload)
        refusal = self._keeper.refusal(answer.who)
        if refusal:
            raise Problem("too_many_files", refusal)
        return answer

    def _check_size(self, size: int) -> None:
        if size > self._config.file_limit:
            raise Problem("too_long", f"a file has at most {self._config.file_limit} bytes")

    async def _begin(self, who: answers.MayUpload, name: str) -> Incoming:
        try:
            return await self._keeper.begin(who.who, who.room, name[:NAME_LIMIT])
        except Full:
            raise self._full() from None
        except Unavailable:
            raise _unavailable() from None

    def _full(self) -> Problem:
        now = trio.current_time()
        self._limits.counters.count("max_files", "http", visitor().address, now)
        return Problem("storage_full", "the server has no space for more files")

    async def _write_all(self, incoming: Incoming, pieces: "Pieces", limit: int) -> None:
        """Write more of a file, up to a number of bytes, and take its price.

        Raises:
            Problem: it is too long, its sender has sent too much, or there is no place for it.
        """
        try:
            while (piece := await pieces.next()) is not None:
                if incoming.size + len(piece) > limit:
                    raise Problem("too_long", f"a file has at most {limit} bytes")
                self._pay(incoming.person_id, len(piece))
                await self._keeper.write(incoming, piece)
        except Full:
            raise self._full() from None
        except Unavailable:
            raise _unavailable() from None

    async def _complete(self, incoming: Incoming) -> File:
        try:
            return await self._keeper.complete(incoming)
        except BadPicture as error:
            raise Problem("bad_picture", str(error)) from None
        except Unavailable:
            raise _unavailable() from None

    def _pay(self, person_id: str, size: int) -> None:
        now = trio.current_time()
        bucket = self._limits.people.of(person_id, now).bucket("file_byte_rate")
        if delay := bucket.delay(now, size):
            self._limits.counters.count("file_byte_rate", "http", visitor().address, now)
            text = "you have uploaded too much; try again later"
            raise Problem("too_fast", text, headers=retry_after(delay))
        bucket.take(now, size)

    # In pieces, as tus 1.0 has it

    async def _create(self, who: answers.MayUpload) -> Response:
        """Begin a file that comes in pieces, of a length that is told now."""
        _check_version()
        length = _number("Upload-Length")
        self._check_size(length)
        if not self._keeper.resumables.has_room(who.who):
            raise Problem("too_many_files", "too many uploads are under way")
        incoming = await self._begin(who, _name_of(request.headers.get("Upload-Metadata", "")))
        upload = self._keeper.resumables.begin(incoming, length)
        response = _tus(Response(b"", 201), upload)
        path = f"{PREFIX}/rooms/{quote(who.room, safe='')}/files/{incoming.part}"
        response.headers["Location"] = prefix_of(self._config) + path
        return response

    async def _tell_offset(self, room: str, part: str) -> Response:
        return _tus(Response(b""), self._find(room, part))

    async def _go_on(self, room: str, part: str) -> Response:
        """Take the next piece; what has come of one that is cut off stays."""
        _check_version()
        upload = self._find(room, part)
        if request.mimetype != PIECE:
            raise Problem("unsupported_media_type", f"send {PIECE}", 415, {"Accept": PIECE})
        try:
            upload.lock.acquire_nowait()
        except trio.WouldBlock:
            raise Problem("busy", "another request brings a piece of it", 423) from None
        try:
            if _number("Upload-Offset") != upload.incoming.size + _kept_size(upload):
                raise Problem("wrong_offset", "the next piece begins elsewhere; ask HEAD", 409)
            if upload.file is None:
                await self._write_all(upload.incoming, _Body(), upload.length)
            if upload.file is None and upload.incoming.size == upload.length:
                upload.file = await self._complete(upload.incoming)
        finally:
            self._keeper.resumables.touch(upload)
            upload.lock.release()
        if upload.file is None:
            return _tus(Response(b"", 204), upload)
        return _tus(json_of(Uploaded(upload.file)), upload)

    async def _give_up(self, room: str, part: str) -> Response:
        _check_version()
        upload = self._find(room, part)
        await self._keeper.resumables.end(upload)
        return _tus(Response(b"", 204), upload)

    def _find(self, room: str, part: str) -> Resumable:
        found = self._keeper.resumables.find(part, room)
        if found is None:
            raise Problem("not_found", "there is no such upload, or it was given up")
        return found

    async def _content(self) -> tuple[str, "Pieces"]:
        """Return the name of the file that a request brings, and its bytes as they come.

        Raises:
            Problem: it is a form without a file.
        """
        body = _Body()
        if request.mimetype == FORM:
            form = _Form(request.mimetype_params.get("boundary", ""), body)
            return await form.find_file(), form
        _, options = parse_options_header(request.headers.get("Content-Disposition"))
        return reading.value(request, "name") or options.get("filename", ""), body


def _unavailable() -> Problem:
    return Problem("unavailable", "the file cannot be stored just now", headers=RETRY)


def _check_version() -> None:
    """Refuse another version of tus.

    Raises:
        Problem: it is another one.
    """
    if VERSION_HEADER not in request.headers:
        raise Problem("bad_request", f"say which version of tus: {VERSION_HEADER}: {VERSION}")
    if request.headers[VERSION_HEADER] != VERSION:
        raise Problem("bad_request", f"this is tus {VERSION}", 412, {"Tus-Version": VERSION})


def _number(header: str) -> int:
    """Return the number that a header has.

    Raises:
        Problem: it has none.
    """
    text = request.headers.get(header, "")
    if not reading.NUMBER.fullmatch(text):
        raise Problem("bad_request", f"{header} is not a number")
    return int(text)


def _name_of(metadata: str) -> str:
    """Return the file name among what a client tells of an upload, if it is there."""
    for pair in metadata.split(","):
        key, _, value = pair.strip().partition(" ")
        if key in ("filename", "name"):
            with suppress(ValueError):
                return base64.b64decode(value, validate=True).decode()
    return ""


def _kept_size(upload: Resumable) -> int:
    """Return how many bytes are kept of an upload that is complete."""
    return upload.length if upload.file else 0


def _tus(response: Response, upload: Resumable) -> Response:
    """Tell how far an upload has come."""
    response.headers[VERSION_HEADER] = VERSION
    response.headers["Upload-Offset"] = str(upload.incoming.size + _kept_size(upload))
    response.headers["Upload-Length"] = str(upload.length)
    return response


class Pieces(Protocol):
    """The bytes of a file, as they come."""

    async def next(self) -> bytes | None:
        """Return more; ``None`` at the end."""
        ...


class _Body:
    """The body of a request, which comes as fast as it is taken."""

    def __init__(self) -> None:
        scope: Mapping[str, Any] = request.scope
        self._flow: Flow = scope[FLOW]
        self._body = cast("TrioRequest", request).body

    async def next(self) -> bytes | None:
        data = await anext(self._body, None)
        self._flow.take(len(data or b""))
        return data


class _Form:
    """The first file of a form.

    Args:
        boundary: Between its parts.
        body: The form.
    """

    def __init__(self, boundary: str, body: _Body) -> None:
        self._body = body
        self._decoder = MultipartDecoder(boundary.encode(), FORM_BUFFER)
        self._is_over = False

    async def find_file(self) -> str:
        """Come to the first file, and return its name.

        Raises:
            Problem: there is none.
        """
        while not isinstance(event := await self._event(), multipart.File):
            if isinstance(event, Epilogue):
                raise Problem("bad_request", "the form has no file")
        return event.filename

    async def next(self) -> bytes | None:
        if self._is_over:
            return None
        event = await self._event()
        assert isinstance(event, Data)  # the last of which tells that it is
        self._is_over = not event.more_data
        return event.data

    async def _event(self) -> Event:
        """Return what comes next in the form.

        Raises:
            Problem: it is no form, or ends too soon.
        """
        while True:
            try:
                event = self._decoder.next_event()
            except ValueError as error:
                raise Problem("bad_request", f"the form cannot be read: {error}") from None
            if not isinstance(event, NeedData):
                return event
            self._decoder.receive_data(await self._body.next())
