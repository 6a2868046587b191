"""Bodies that bring files: the bytes of one as they come, alone or in a form."""

import re
from collections.abc import Mapping
from typing import Any, Protocol, cast

import trio
from quart import request
from quart_trio.wrappers.request import TrioRequest
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.sansio import multipart
from werkzeug.sansio.multipart import Data, Epilogue, Event, MultipartDecoder, NeedData

from trio_chat.net.problems import Problem
from trio_chat.web.api.file_names import check_disposition
from trio_chat.web.transfers import FLOW, Flow

PARTS = 32  # of a form, up to its file
HEAD_LIMIT = 4 * 1024  # bytes of the head of a part
BEFORE_FILE = 64 * 1024  # bytes of a form before its file
STEP = 4 * 1024  # bytes of a form that are searched for its file in one go
LONGEST_BOUNDARY = 80  # bytes of one, with what is around it


class Pieces(Protocol):
    """The bytes of a file, as they come."""

    async def next(self) -> bytes | None:
        """Return more; ``None`` at the end."""
        ...


class Body:
    """The body of a request, which comes as fast as it is taken."""

    def __init__(self) -> None:
        scope: Mapping[str, Any] = request.scope
        self._flow: Flow = scope[FLOW]
        self._body = cast("TrioRequest", request).body

    async def next(self) -> bytes | None:
        """Return more; ``None`` at the end."""
        data = await anext(self._body, None)
        self._flow.take(len(data or b""))
        return data


class Form:
    """The first file of a form.

    Args:
        boundary: Between its parts.
        body: The form.
    """

    def __init__(self, boundary: str, body: Body) -> None:
        self._body = body
        # What it holds of parts without a file, it gives away at once.
        most = HEAD_LIMIT + STEP + LONGEST_BOUNDARY
        self._decoder = MultipartDecoder(boundary.encode(), most, max_parts=PARTS)
        # The end of what may be a delimiter of parts. Were it the last that the decoder has, that
        # would take the ``\r`` in front of it for the part's.
        self._delimiter = re.compile(
            rb"--" + re.escape(boundary.encode()) + rb"(?:-|[^\S\n\r]*\r?)\Z"
        )
        self._has_file = False
        self._ahead = b""  # has come, and waits for the decoder
        self._searched = 0  # bytes
        self._is_over = False

    async def find_file(self) -> str:
        """Come to the first file, and return its name.

        Raises:
            Problem: there is none, too much is before it, or its name is not UTF-8.
        """
        while not isinstance(event := await self._event(), multipart.File):
            if isinstance(event, Epilogue):
                raise Problem("bad_request", "the form has no file")
            await trio.lowlevel.checkpoint()
        check_disposition(event.headers["content-disposition"])
        self._has_file = True
        self._decoder.max_form_memory_size = None  # of the file, it holds no more than has come
        return event.filename

    async def next(self) -> bytes | None:
        """Return more of the file; ``None`` at its end."""
        if self._is_over:
            return None
        event = await self._event()
        assert isinstance(event, Data)  # the last of which tells that it is
        self._is_over = not event.more_data
        return event.data

    async def _event(self) -> Event:
        """Return what comes next in the form.

        Raises:
            Problem: it is no form, ends too soon, or is too long before its file.
        """
        while True:
            try:
                event = self._decoder.next_event()
                if not isinstance(event, NeedData):
                    return event
                self._decoder.receive_data(await self._whole_lines())
            except RequestEntityTooLarge:
                text = f"a form has at most {PARTS} parts, with heads of {HEAD_LIMIT} bytes"
                raise Problem("too_long", text) from None
            except ValueError as error:
                raise Problem("bad_request", f"the form cannot be read: {error}") from None

    async def _whole_lines(self) -> bytes | None:
        """Return what has come, which does not end in the middle of a delimiter."""
        data = await self._more()
        before = bytes(self._decoder.buffer[-LONGEST_BOUNDARY:])
        while data and len(data) < BEFORE_FILE and self._delimiter.search(before + data):
            more = await self._more(LONGEST_BOUNDARY)
            if not more:
                break
            data += more
        return data

    async def _more(self, size: int = STEP) -> bytes | None:
        """Return what has come of the file, but little of what is before it.

        Raises:
            Problem: there is too much before it.
        """
        data = self._ahead or await self._body.next()
        if self._has_file or data is None:
            self._ahead = b""
            return data
        if self._searched >= BEFORE_FILE:
            raise Problem("too_long", f"a form has at most {BEFORE_FILE} bytes before its file")
        data, self._ahead = data[:size], data[size:]
        self._searched += len(data)
        return data
