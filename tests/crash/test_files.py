"""The server is killed while people send files: what is acknowledged is there, with its files."""

import random
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import trio

from tests.crash.process import Server
from trio_chat.remote import ChatError, connect

SENDERS = 3
CRASHES = 3
GONE = (ChatError, OSError, trio.BrokenResourceError)


async def send(server: Server, number: int, kept: dict[int, bytes]) -> None:
    """Send files as one person until cancelled; remember what was acknowledged."""
    async with connect(
        f"http://127.0.0.1:{server.port}/", nick=f"Sender {number}", connect_timeout=300
    ) as chat:
        room = await chat.join("tea")
        while True:
            content = random.randbytes(100_000)  # noqa: S311 - no secret
            with suppress(*GONE):
                kept[await room.send_file(content, name="a.bin")] = content
            await trio.sleep(0.05)


async def test_no_acknowledged_file_is_lost(tmp_path: Path) -> None:
    """However often the server is killed; and no content is left that no file has."""
    server = Server(tmp_path / "chat.db")
    kept: dict[int, bytes] = {}
    await server.start()
    try:
        async with trio.open_nursery() as nursery:
            for number in range(SENDERS):
                nursery.start_soon(send, server, number, kept)
            for crash in range(1, CRASHES + 1):
                with trio.fail_after(300):
                    while len(kept) < 5 * crash:
                        await trio.sleep(0.05)
                await server.kill()
                await server.start()
            nursery.cancel_scope.cancel()
        url = f"http://127.0.0.1:{server.port}/"
        async with connect(url, nick="Reader", connect_timeout=300) as chat:
            page = await (await chat.join("tea")).history()
            files = {said.seq: said.files for said in page.messages if said.files}
            assert files.keys() >= kept.keys()
            for seq, content in kept.items():
                await chat.download(files[seq][0], tmp_path / str(seq))
                assert (tmp_path / str(seq)).read_bytes() == content
    finally:
        with trio.CancelScope(shield=True):
            await server.kill()
    names = {path.name for path in (tmp_path / "chat.db.files").glob("??/*")}
    with closing(sqlite3.connect(tmp_path / "chat.db.files" / "index.db")) as index:
        assert names == {digest for (digest,) in index.execute("SELECT digest FROM files")}
