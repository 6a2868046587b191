"""Files of messages, which go over HTTP beside the WebSocket: one connection each."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import quote, urlencode

import h11
import msgspec
import trio

from trio_chat.protocol.events import File
from trio_chat.remote.address import Address
from trio_chat.remote.errors import Refused, Unreachable
from trio_chat.remote.transport import Dial

PIECE = 64 * 1024  # bytes that are read and sent at once
STEP_TIMEOUT = 60.0  # seconds for one of these, and for the answer
BROKEN = (trio.BrokenResourceError, trio.TooSlowError, h11.RemoteProtocolError)
PROBLEM_LIMIT = 64 * 1024  # bytes of a refusal


class _Uploaded(msgspec.Struct):
    file: File


class Transfers:
    """Brings files to a server and fetches them.

    Args:
        dial: Opens a connection.
        address: The server's.
        session: Returns what shows who we are, if we know it yet.
    """

    def __init__(self, dial: Dial, address: Address, session: Callable[[], str | None]) -> None:
        self._dial = dial
        self._address = address
        self._session = session
        self._root = address.resource.partition("?")[0].rpartition("/")[0]

    async def upload(self, room: str, source: Path | bytes, name: str) -> File:
        """Upload a file for a message in a room; return what is told of it.

        Raises:
            Refused: the server does not take it.
            Unreachable: the connection failed, or is too slow.
            OSError: the file cannot be read.
        """
        path = f"/api/v1/rooms/{quote(room, safe='')}/files?{urlencode({'name': name})}"
        async with (
            _opened(source) as (size, pieces),
            self._asked("POST", path, size, pieces) as answer,
        ):
            return msgspec.json.decode(await answer.body(PROBLEM_LIMIT), type=_Uploaded).file

    async def download(self, file_id: str, target: Path) -> None:
        """Save a file, which must not be there; if that fails, nothing of it is left.

        Raises:
            Refused: there is no such file any more.
            Unreachable: the connection failed, or is too slow.
            OSError: the file cannot be written.
        """
        async with self._asked("GET", f"/files/{quote(file_id, safe='')}", 0, None) as answer:
            try:
                async with await trio.open_file(target, "xb") as file:
                    while data := await answer.data():
                        await file.write(data)
            except FileExistsError:
                raise
            except BaseException:
                with trio.CancelScope(shield=True):  # a moment: a file is unlinked
                    await trio.Path(target).unlink(missing_ok=True)
                raise

    @asynccontextmanager
    async def _asked(
        self, method: str, path: str, size: int, pieces: "Pieces | None"
    ) -> AsyncIterator["_Answer"]:
        """Ask for something on a connection of its own; yield the answer if it is good."""
        headers = [("Host", self._address.host_header), ("Connection", "close")]
        session = self._session()
        if session:
            headers.append(("Authorization", f"Bearer {session}"))
        if pieces:
            headers.append(("Content-Length", str(size)))
        try:
            async with await self._connect() as stream:
                answer = _Answer(stream)
                target = self._root + path
                await answer.ask(h11.Request(method=method, target=target, headers=headers), pieces)
                yield answer
        except (trio.BrokenResourceError, trio.TooSlowError, h11.RemoteProtocolError) as error:
            raise Unreachable(
                f"the file did not get through: {error or 'it took too long'}"
            ) from None

    async def _connect(self) -> trio.abc.Stream:
        try:
            with trio.fail_after(STEP_TIMEOUT):
                return await self._dial()
        except OSError as error:
            raise Unreachable(f"the server cannot be reached: {error}") from None


class Pieces:
    """A file in pieces.

    Args:
        read: Returns the next so many bytes, none at the end.
    """

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read = read

    async def next(self) -> bytes:
        """Return the next piece, empty at the end."""
        return await trio.to_thread.run_sync(self._read, PIECE)


@asynccontextmanager
async def _opened(source: Path | bytes) -> AsyncIterator[tuple[int, Pieces]]:
    """Open what is to be sent; yield its size and its pieces."""
    if isinstance(source, bytes):
        left = memoryview(source)

        def cut(size: int) -> bytes:
            nonlocal left
            piece, left = bytes(left[:size]), left[size:]
            return piece

        yield len(source), Pieces(cut)
        return
    file = await trio.to_thread.run_sync(lambda: source.open("rb"))
    try:
        size = await trio.to_thread.run_sync(lambda: source.stat().st_size)
        yield size, Pieces(file.read)
    finally:
        file.close()


class _Answer:
    """One exchange.

    Args:
        stream: The connection.
    """

    def __init__(self, stream: trio.abc.Stream) -> None:
        self._stream = stream
        self._http = h11.Connection(h11.CLIENT)

    async def ask(self, request: h11.Request, pieces: Pieces | None) -> None:
        """Send a request with its body, and read the head of the answer.

        Raises:
            Refused: the server does not grant it.
        """
        with suppress(trio.BrokenResourceError, h11.LocalProtocolError):  # it may have answered
            await self._send(request)
            while pieces and (piece := await pieces.next()):
                await self._send(h11.Data(data=piece))
            await self._send(h11.EndOfMessage())
        event = await self._event()
        while isinstance(event, h11.InformationalResponse):
            event = await self._event()
        assert isinstance(event, h11.Response)  # an end without one is an error of h11's
        if event.status_code not in (200, 201):
            raise await self._refusal(event)

    async def _refusal(self, response: h11.Response) -> Refused:
        code, text = "refused", f"the server says {response.status_code}"
        later = [float(value) for name, value in response.headers if name == b"retry-after"]
        with suppress(ValueError, KeyError, TypeError):
            told = json.loads(await self.body(PROBLEM_LIMIT))
            code, text = str(told["code"]), str(told["detail"])
        if response.status_code == 404 and code == "refused":  # noqa: PLR2004 - HTTP's
            code, text = "not_found", "the file is not there any more"
        return Refused(code, text, later[0] if later else None)

    async def _send(self, event: h11.Request | h11.Data | h11.EndOfMessage) -> None:
        data = self._http.send(event)
        with trio.fail_after(STEP_TIMEOUT):
            await self._stream.send_all(data or b"")

    async def _event(self) -> object:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            with trio.fail_after(STEP_TIMEOUT):
                self._http.receive_data(bytes(await self._stream.receive_some(PIECE)))
        return event

    async def data(self) -> bytes:
        """Return more of the body, nothing at the end."""
        event = await self._event()
        return bytes(event.data) if isinstance(event, h11.Data) else b""

    async def body(self, most: int) -> bytes:
        """Return a short body."""
        body = b""
        while (data := await self.data()) and len(body) < most:
            body += data
        return body
