"""The Python client sends files and saves them."""

from pathlib import Path

import pytest
import trio

from tests.integration.asking import session
from tests.integration.running import Running, running
from tests.integration.test_remote import address, until
from tests.integration.uploads import fetch, upload
from trio_chat.remote import Message, Refused, Unreachable, connect
from trio_chat.remote.address import parse
from trio_chat.remote.transfers import Transfers
from trio_chat.remote.transport import dialer

LARGE = bytes(range(256)) * 4096


async def test_files_go_and_come(tmp_path: Path) -> None:
    """As they are on the disk, or in memory; who has none of a message's files gets an error."""
    source = tmp_path / "a file.txt"
    source.write_bytes(LARGE)
    async with (
        running(database=str(tmp_path / "chat.db"), file_limit=2_000_000) as server,
        connect(address(server), nick="Ann") as ann,
        connect(address(server), nick="Ben") as ben,
    ):
        room, other = await ann.join("tea"), await ben.join("tea")
        assert await room.send_file(source, "look", alt="numbers") == 1
        *_, message = await until(other, Message)
        assert isinstance(message, Message)
        [file] = message.files
        assert (file.name, file.size, file.alt) == ("a file.txt", len(LARGE), "numbers")
        await ben.download(file, tmp_path / "copy")
        assert (tmp_path / "copy").read_bytes() == LARGE
        with pytest.raises(FileExistsError):
            await ben.download(file, tmp_path / "copy")
        both = [await room.upload(one, name=one.decode()) for one in (b"x", b"y")]
        assert await room.send("", files=both) == 2
        with pytest.raises(FileNotFoundError):
            await room.send_file(tmp_path / "nothing")
        with pytest.raises(Refused) as refused:
            await room.upload(LARGE * 2)
        assert refused.value.code == "too_long"
        await room.delete(1)
        with pytest.raises(Refused) as refused:
            await ben.download(file.id, tmp_path / "late")
        assert refused.value.code == "not_found"
        assert not (tmp_path / "late").exists()


def transfers(server: Running | int) -> Transfers:
    """Return what asks a server as nobody."""
    port = server if isinstance(server, int) else server.port
    place = parse(f"http://localhost:{port}/")
    return Transfers(dialer(place, None), place, lambda: None)


async def test_who_is_nobody_uploads_nothing(tmp_path: Path) -> None:
    """The server says why; whoever asks too much hears when to come again."""
    async with running(database=str(tmp_path / "chat.db")) as server:
        with pytest.raises(Refused, match="session token"):
            await transfers(server).upload("tea", b"x", "x")
        file = await upload(server, await session(server, "Ann"), b"x")
        assert (await fetch(server, file["id"])).body == b"x"
        await transfers(server).download(file["id"], tmp_path / "x")
        with pytest.raises(FileExistsError):
            await transfers(server).download(file["id"], Path("/"))


ANSWERS = {
    b"": "did not get through",
    b"HTTP/1.1 404 \r\nContent-Length: 0\r\n\r\n": "not there any more",
    b"HTTP/1.1 500 \r\nContent-Length: 2\r\nRetry-After: 3\r\n\r\n{}": "500",
    b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhalf": "did not get through",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 \r\nContent-Length: 0\r\n\r\n": "any more",
    b"no HTTP at all\r\n\r\n": "did not get through",
}


@pytest.mark.parametrize("answer", ANSWERS)
async def test_a_server_that_answers_badly_is_told(tmp_path: Path, answer: bytes) -> None:
    """And nothing is left of what did not come."""

    async def serve(stream: trio.SocketStream) -> None:
        async with stream:
            await stream.receive_some(65536)
            await stream.send_all(answer)

    async with trio.open_nursery() as nursery:
        [listener] = await trio.open_tcp_listeners(0, host="127.0.0.1")
        nursery.start_soon(trio.serve_listeners, serve, [listener])
        there = transfers(listener.socket.getsockname()[1])
        with pytest.raises((Refused, Unreachable), match=ANSWERS[answer]):
            await there.download("1", tmp_path / "x")
        nursery.cancel_scope.cancel()
    assert not (tmp_path / "x").exists()


async def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    """In a line."""
    [listener] = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listener.socket.getsockname()[1]
    await listener.aclose()
    with pytest.raises(Unreachable, match="cannot be reached"):
        await transfers(port).upload("tea", b"x", "x")
