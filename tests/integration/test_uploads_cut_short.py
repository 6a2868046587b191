"""Uploads that are given up, cut off or crowded at the worst moment: nothing is lost, or left."""

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import structlog
import trio

from tests.integration.asking import ask, bearer, session
from tests.integration.chatters import chatting
from tests.integration.running import PATIENCE, Running, running, serving
from tests.integration.uploads import fetch, upload
from trio_chat.files import resumables
from trio_chat.files.blobs import Blobs
from trio_chat.files.index import NAME
from trio_chat.web.api.uploads import PIECE

FILES = "/rooms/tea/files"
TUS = {"tus_resumable": "1.0.0"}


async def begin(server: Running, ann: str, length: int) -> str:
    """Begin an upload; return its path."""
    begun = await ask(
        server, "POST", FILES, upload_length=str(length), authorization=bearer(ann), **TUS
    )
    assert begun.status == 201, begun
    return begun.header("location").removeprefix("/api/v1")


def piece_of(path: str, length: int) -> bytes:
    """Return the head of a request that brings the first piece."""
    head = f"PATCH /api/v1{path} HTTP/1.1\r\nHost: localhost\r\nUpload-Offset: 0\r\n"
    head += f"Tus-Resumable: 1.0.0\r\nContent-Type: {PIECE}\r\nContent-Length: {length}\r\n\r\n"
    return head.encode()


async def until(is_so: Callable[[], object]) -> None:
    """Wait until something is so."""
    with trio.fail_after(PATIENCE):
        while not is_so():
            await trio.sleep(0.01)


def held_up(monkeypatch: pytest.MonkeyPatch, name: str) -> tuple[threading.Event, threading.Event]:
    """Let a step of ``Blobs`` take until the second event is set; the first tells that it began."""
    step, begun, go_on = getattr(Blobs, name), threading.Event(), threading.Event()

    def wait(*arguments: Any) -> None:  # noqa: ANN401 - whatever the step takes
        if arguments[-2:] != (b"", 0):  # which makes the file
            begun.set()
            assert go_on.wait(PATIENCE)
        step(*arguments)

    monkeypatch.setattr(Blobs, name, wait)
    return begun, go_on


def assert_nothing_is_left(server: Running, folder: Path) -> None:
    """See that no upload is counted, and nothing of one is on the disk."""
    assert server.server.keeper.figures.coming == 0
    assert [*(folder / "chat.db.files" / "parts").iterdir()] == []


async def test_what_is_given_up_while_a_piece_comes_is_gone(tmp_path: Path) -> None:
    """The request that brings the piece is refused; there is as much space as before."""
    async with running(database=str(tmp_path / "chat.db"), file_limit=1000) as server:
        keeper = server.server.keeper
        ann = await session(server, "Ann")
        path = await begin(server, ann, 1000)
        async with await server.connect() as stream:
            await stream.send_all(piece_of(path, 600) + b"y" * 300)
            await until(lambda: keeper.figures.coming == 300)
            assert (await ask(server, "DELETE", path, **TUS)).status == 204
            await stream.send_all(b"y" * 300)
            with trio.fail_after(PATIENCE):
                assert b" 404 " in bytes(await stream.receive_some())
        assert_nothing_is_left(server, tmp_path)


async def test_what_is_given_up_while_a_piece_is_written_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is deleted when the disk has taken the piece."""
    async with running(database=str(tmp_path / "chat.db"), file_limit=1000) as server:
        keeper = server.server.keeper
        ann = await session(server, "Ann")
        path = await begin(server, ann, 1000)
        begun, go_on = held_up(monkeypatch, "write")
        async with await server.connect() as stream, trio.open_nursery() as nursery:
            await stream.send_all(piece_of(path, 600) + b"y" * 300)
            await until(begun.is_set)
            [given_up] = keeper.resumables._uploads.values()

            async def give_up() -> None:
                assert (await ask(server, "DELETE", path, **TUS)).status == 204

            nursery.start_soon(give_up)
            await until(lambda: not keeper.resumables._uploads)
            go_on.set()
            await until(lambda: not given_up.lock.locked())
        assert_nothing_is_left(server, tmp_path)


async def test_who_hangs_up_while_a_file_is_kept_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As all of it had come: whoever asks again is told which file it is."""
    async with running(database=str(tmp_path / "chat.db"), file_limit=10) as server:
        ann = await session(server, "Ann")
        path = await begin(server, ann, 10)
        begun, go_on = held_up(monkeypatch, "keep")
        async with await server.connect() as stream:
            await stream.send_all(piece_of(path, 10))
            [coming] = server.server.keeper.resumables._uploads.values()
            await until(coming.lock.locked)
            await stream.send_all(b"0123456789")
            await until(begun.is_set)
        await trio.sleep(0.2)  # the server sees that they are gone
        go_on.set()
        piece = {"upload_offset": "10", "content_type": PIECE, **TUS}
        with trio.fail_after(PATIENCE):
            while (again := await ask(server, "PATCH", path, **piece)).status == 423:
                await trio.sleep(0.01)
        assert again.status == 200, again
        assert (await fetch(server, again.json["file"]["id"])).body == b"0123456789"
        assert server.server.keeper.figures.coming == 0
        assert server.server.keeper.figures.count == 1


async def test_no_more_begin_at_once_than_may(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that are about to begin count, too."""
    monkeypatch.setattr(resumables, "EACH", 3)
    async with running(database=str(tmp_path / "chat.db"), file_limit=10) as server:
        ann = await session(server, "Ann")
        told = []

        async def one() -> None:
            wanted = {"upload_length": "4", "authorization": bearer(ann), **TUS}
            told.append((await ask(server, "POST", FILES, **wanted)).status)

        async with trio.open_nursery() as nursery:
            for _ in range(12):
                nursery.start_soon(one)
        assert sorted(told) == [201] * 3 + [429] * 9


async def test_an_address_has_some_of_the_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever many names are there; others have theirs, and this machine has all."""
    monkeypatch.setattr(resumables, "OF_ADDRESS", 2)
    proxy: dict[str, Any] = {"trusted_proxy": ("127.0.0.1",)}
    async with running(database=str(tmp_path / "chat.db"), **proxy) as server:
        wanted = {"upload_length": "4", **TUS}
        at = {"x_forwarded_for": "2001:db8::1"}, {"x_forwarded_for": "2001:db8::2"}
        for nick, where, status in (
            *(("Ann", at[0], 201), ("Bob", at[1], 201), ("Cem", at[0], 429)),
            *(("Dan", {"x_forwarded_for": "192.0.2.1"}, 201), ("Eve", {}, 201)),
            *(("Fay", {}, 201), ("Gil", {}, 201)),
        ):
            token = bearer(await session(server, nick))
            answer = await ask(server, "POST", FILES, authorization=token, **wanted, **where)
            assert answer.status == status, (nick, answer)


async def test_only_bytes_give_an_upload_more_time(tmp_path: Path) -> None:
    """Not a request that brings none, or those for another place."""
    async with running(database=str(tmp_path / "chat.db"), file_limit=10) as server:
        path = await begin(server, await session(server, "Ann"), 4)
        [coming] = server.server.keeper.resumables._uploads.values()
        for offset, body, is_later in (
            *(("2", b"xy", False), ("0", b"", False), ("0", b"xy", True), ("2", b"xy", True)),
            ("4", b"", False),
        ):
            until_then = coming.until
            piece = {"upload_offset": offset, "content_type": PIECE, **TUS}
            await ask(server, "PATCH", path, body, **piece)
            assert (coming.until > until_then) is is_later, offset


async def test_what_is_complete_takes_no_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It can be asked for as long as there are not too many of these."""
    monkeypatch.setattr(resumables, "IN_ALL", 2)
    async with running(database=str(tmp_path / "chat.db"), file_limit=10) as server:
        ann = await session(server, "Ann")
        paths = []
        for _ in range(3):
            paths.append(await begin(server, ann, 1))
            piece = {"upload_offset": "0", "content_type": PIECE, **TUS}
            assert (await ask(server, "PATCH", paths[-1], b"x", **piece)).status == 200
        told = [(await ask(server, "HEAD", path, **TUS)).status for path in paths]
        assert told == [404, 200, 200]


async def test_files_stay_though_their_index_was_read_for_long(tmp_path: Path) -> None:
    """As by a backup: what could not be noted meanwhile is noted then, and so is all else."""
    settings: dict[str, Any] = {"database": str(tmp_path / "chat.db")}
    files = []
    async with serving(**settings) as server, chatting(server, "Ann", "tea") as ann:
        files.append(await upload(server, ann.session, b"first"))
        place = tmp_path / "chat.db.files" / NAME
        with (
            structlog.testing.capture_logs() as logged,
            closing(sqlite3.connect(place, isolation_level=None)) as reader,
        ):
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM files").fetchone()
            await ann.send("tea", "", files=[{"id": files[0]["id"]}])
            await until(lambda: any("index of files" in line["event"] for line in logged))
        files.append(await upload(server, ann.session, b"second"))
        await ann.send("tea", "", files=[{"id": files[1]["id"]}])
        with trio.fail_after(PATIENCE):
            for one in files:
                while not (row := await server.server.keeper.row(one["id"])) or not row.seq:
                    await trio.sleep(0.01)
    async with serving(**settings) as server:
        assert [(await fetch(server, one["id"])).body for one in files] == [b"first", b"second"]
