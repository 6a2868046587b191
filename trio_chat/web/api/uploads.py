"""The part of the HTTP API that brings files: the raw bytes of one, or a form with one."""

from collections.abc import Awaitable, Callable
from functools import partial, wraps
from urllib.parse import quote

import trio
from quart import Response, request

from trio_chat.config import Config
from trio_chat.files.incoming import Incoming
from trio_chat.files.keeper import FileKeeper, Full
from trio_chat.files.pictures import BadPicture
from trio_chat.files.resumables import Resumable
from trio_chat.journal.types import Unavailable
from trio_chat.limits.bucket import Bucket
from trio_chat.limits.limits import Limits
from trio_chat.net.admission import retry_after
from trio_chat.net.problems import Problem
from trio_chat.net.site import prefix_of
from trio_chat.net.streams import SKIPPED
from trio_chat.protocol import answers, requests
from trio_chat.protocol.events import File
from trio_chat.web.api import PREFIX, reading
from trio_chat.web.api.answering import json_of, visitor
from trio_chat.web.api.calls import RETRY, Calls
from trio_chat.web.api.file_bodies import Body, Form, Pieces
from trio_chat.web.api.file_names import name_in_disposition, name_in_metadata
from trio_chat.web.api.governing import Route
from trio_chat.web.api.schemas import Uploaded

FILES = "/rooms/<room>/files"
PART = f"{FILES}/<part>"
FORM = "multipart/form-data"
PIECE = "application/offset+octet-stream"
VERSION_HEADER, VERSION = "Tus-Resumable", "1.0.0"
NAME_LIMIT = 1024  # characters of a name as it is given

View = Callable[..., Awaitable[Response]]


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
            (FILES, "POST", read_first(self._post)),
            (PART, "HEAD", self._tell_offset),
            (PART, "PATCH", read_first(self._go_on)),
            (PART, "DELETE", self._give_up),
        ]

    async def _post(self, room: str) -> Response:
        who = await self._admit(room)
        if VERSION_HEADER in request.headers:
            return await self._create(who)
        if "copy" in request.args:
            copy = await self._copy(who, reading.value(request, "copy") or "")
            return json_of(Uploaded(copy), 201)
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

    async def _copy(self, who: answers.MayUpload, file_id: str) -> File:
        """Keep a file that the sender may read once more; its bytes count as theirs.

        Raises:
            Problem: there is none, its sender has sent too much, or there is no place for it.
        """
        try:
            await self._recall(who.who)
            pay = partial(self._pay, who.who)
            copy = await self._keeper.copy(file_id, who.who, who.room, pay)
        except Full:
            raise self._full() from None
        except Unavailable:
            raise _unavailable() from None
        if copy is None:
            raise Problem("not_found", "there is no such file, or no more")
        return copy

    def _check_size(self, size: int) -> None:
        if size > self._config.file_limit:
            raise Problem("too_long", f"a file has at most {self._config.file_limit} bytes")

    async def _begin(self, who: answers.MayUpload, name: str) -> Incoming:
        try:
            await self._recall(who.who)
            return await self._keeper.begin(who.who, who.room, name[:NAME_LIMIT], self._address())
        except Full:
            raise self._full() from None
        except Unavailable:
            raise _unavailable() from None

    def _address(self) -> str:
        return self._limits.addresses.counted(visitor().address)

    def _full(self) -> Problem:
        now = trio.current_time()
        self._limits.counters.count("max_files", "http", visitor().address, now)
        return Problem("storage_full", "the server has no space for more files")

    async def _write_all(self, incoming: Incoming, pieces: Pieces, limit: int) -> None:
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
            return await self._keeper.complete(incoming, partial(self._pay, incoming.person_id))
        except Full:
            raise self._full() from None
        except BadPicture as error:
            raise Problem("bad_picture", str(error)) from None
        except Unavailable:
            raise _unavailable() from None

    async def _recall(self, person_id: str) -> None:
        """Count what somebody has uploaded before this server was started.

        Raises:
            Unavailable: it cannot be told just now.
        """
        bucket, now = self._bucket(person_id)
        if not bucket.depth or not bucket.is_full(now):  # what is not full has all of it
            return
        spent = await self._keeper.spent(person_id, bucket.depth)
        bucket, now = self._bucket(person_id)
        if bucket.is_full(now):  # nor has another request counted it meanwhile
            for ago, size in spent:
                bucket.take(now - ago, size)
            bucket.limit_debt(now, 0)

    def _bucket(self, person_id: str) -> tuple[Bucket, float]:
        """Return what somebody may upload, and the time."""
        now = trio.current_time()
        return self._limits.people.of(person_id, now).bucket("file_byte_rate"), now

    def _pay(self, person_id: str, size: int) -> None:
        bucket, now = self._bucket(person_id)
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
        uploads = self._keeper.resumables
        if not uploads.has_room(who.who, self._address()):
            raise Problem("too_many_files", "too many uploads are under way")
        name = name_in_metadata(request.headers.get("Upload-Metadata", ""))
        with uploads.beginning(who.who, self._address()):
            incoming = await self._begin(who, name)
        try:
            upload = await uploads.begin(incoming, length)
        except Unavailable:
            raise _unavailable() from None
        response = _tus(Response(b"", 201), upload)
        path = f"{PREFIX}/rooms/{quote(who.room, safe='')}/files/{incoming.part}"
        response.headers["Location"] = prefix_of(self._config) + path
        return response

    async def _tell_offset(self, room: str, part: str) -> Response:
        return _tus(Response(b""), self._find(room, part))

    async def _go_on(self, room: str, part: str) -> Response:
        """Take the next piece; what has come of one that is cut off stays, and gives it time."""
        _check_version()
        upload = self._find(room, part)
        if request.mimetype != PIECE:
            raise Problem("unsupported_media_type", f"send {PIECE}", 415, {"Accept": PIECE})
        try:
            upload.lock.acquire_nowait()
        except trio.WouldBlock:
            raise Problem("busy", "another request brings a piece of it", 423) from None
        had = upload.incoming.size
        try:
            with trio.CancelScope() as upload.piece:
                await self._take_piece(upload)
        finally:
            if upload.incoming.size > had:
                self._keeper.resumables.touch(upload)
            upload.lock.release()
        if upload.piece.cancelled_caught:
            raise _no_upload()
        if upload.file is None:
            return _tus(Response(b"", 204), upload)
        return _tus(json_of(Uploaded(upload.file)), upload)

    async def _take_piece(self, upload: Resumable) -> None:
        if _number("Upload-Offset") != upload.incoming.size + _kept_size(upload):
            raise Problem("wrong_offset", "the next piece begins elsewhere; ask HEAD", 409)
        if upload.file is None:
            await self._write_all(upload.incoming, Body(), upload.length)
        if upload.file is None and upload.incoming.size == upload.length:
            file = await self._complete(upload.incoming)
            await self._keeper.resumables.complete(upload, file)

    async def _give_up(self, room: str, part: str) -> Response:
        _check_version()
        upload = self._find(room, part)
        await self._keeper.resumables.end(upload)
        return _tus(Response(b"", 204), upload)

    def _find(self, room: str, part: str) -> Resumable:
        found = self._keeper.resumables.find(part, room)
        if found is None:
            raise _no_upload()
        return found

    async def _content(self) -> tuple[str, Pieces]:
        """Return the name of the file that a request brings, and its bytes as they come.

        Raises:
            Problem: it is a form without a file.
        """
        body = Body()
        if request.mimetype == FORM:
            form = Form(request.mimetype_params.get("boundary", ""), body)
            return await form.find_file(), form
        name = reading.value(request, "name")
        return name or name_in_disposition(request.headers.get("Content-Disposition", "")), body


def read_first(view: View) -> View:
    """Return a view whose refusals come when a body that is not too long has been read.

    A proxy that passes a refusal on before that hangs up on whoever still sends, who then never
    gets it.
    """

    @wraps(view)
    async def read(**parts: str) -> Response:
        try:
            return await view(**parts)
        except Problem:
            if "expect" not in request.headers and (request.content_length or 0) <= SKIPPED:
                body = Body()
                while await body.next() is not None:
                    pass
            raise

    return read


def _no_upload() -> Problem:
    return Problem("not_found", "there is no such upload, or it was given up")


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


def _kept_size(upload: Resumable) -> int:
    """Return how many bytes are kept of an upload that is complete."""
    return upload.length if upload.file else 0


def _tus(response: Response, upload: Resumable) -> Response:
    """Tell how far an upload has come."""
    response.headers[VERSION_HEADER] = VERSION
    response.headers["Upload-Offset"] = str(upload.incoming.size + _kept_size(upload))
    response.headers["Upload-Length"] = str(upload.length)
    return response
