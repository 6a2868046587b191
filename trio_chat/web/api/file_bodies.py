"""Bodies that bring files: the bytes of one as they come, alone or in a form."""

from collections.abc import Mapping
from typing import Any, Protocol, cast

from quart import request
from quart_trio.wrappers.request import TrioRequest
from werkzeug.sansio import multipart
from werkzeug.sansio.multipart import Data, Epilogue, Event, MultipartDecoder, NeedData

from trio_chat.net.problems import Problem
from trio_chat.web.api.file_names import check_disposition
from trio_chat.web.transfers import FLOW, Flow

FORM_BUFFER = 512 * 1024  # bytes of a form that may wait for its next line


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
        self._decoder = MultipartDecoder(boundary.encode(), FORM_BUFFER)
        self._is_over = False

    async def find_file(self) -> str:
        """Come to the first file, and return its name.

        Raises:
            Problem: there is none, or its name is not UTF-8.
        """
        while not isinstance(event := await self._event(), multipart.File):
            if isinstance(event, Epilogue):
                raise Problem("bad_request", "the form has no file")
        check_disposition(event.headers["content-disposition"])
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
