"""A journal that cannot be written for a while: nobody is told what is not kept."""

import errno
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pytest
import structlog
import trio
import trio_websocket

from tests.integration.chatters import chatting
from tests.integration.commands import command, outcome
from tests.integration.running import PATIENCE, Running, running
from tests.integration.stalling import until_there
from tests.journal import trouble
from tests.journal.disk import failing_writes


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """Hold a file's lock for the block, as a backup that takes its time might."""
    other = sqlite3.connect(database, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
    finally:
        other.close()


async def test_a_locked_file_is_unavailable_until_it_is_free(tmp_path: Path) -> None:
    """The sender is told when to try again; with the same cid it is said once."""
    database = tmp_path / "chat.db"
    request = {"t": "send", "room": "tea", "text": "hello", "cid": "5f0c1b7e-8d0a-4a51"}
    async with (
        running(database=str(database)) as server,
        chatting(server, "Ann", "tea") as ann,
        chatting(server, "Bob", "tea") as bob,
    ):
        assert await ann.send("tea", "before") == 1
        with locked(database):
            for _ in range(3):
                refused = await ann.ask(**request)
                assert (refused["t"], refused["code"]) == ("error", "unavailable")
                assert refused["retry_ms"] > 0
            # Everything that needs no commit goes on.
            assert len((await bob.ask(t="history", room="tea"))["messages"]) == 1
            assert (await bob.ask(t="join", room="milk"))["t"] == "joined"
        with trio.fail_after(PATIENCE):
            while (answer := await ann.ask(**request))["t"] == "error":
                await trio.sleep(answer["retry_ms"] / 1000)
        assert (answer["seq"], "dup" in answer) == (2, False)
        heard = [await bob.until("msg"), await bob.until("msg")]
        assert [(entry["seq"], entry["text"]) for entry in heard] == [(1, "before"), (2, "hello")]


@pytest.mark.parametrize("number", [errno.EDQUOT, errno.EROFS, errno.EIO, errno.EFBIG])
async def test_a_disk_that_fails_is_unavailable_until_it_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """The log has one line, in the system's words; what was acknowledged is read all the time."""
    database = tmp_path / "chat.db"
    with structlog.testing.capture_logs() as logs:
        async with (
            running(database=str(database)) as server,
            chatting(server, "Ann", "tea") as ann,
        ):
            assert await ann.send("tea", "before") == 1
            with failing_writes(number, monkeypatch):
                for _ in range(3):
                    refused = await ann.ask(t="send", room="tea", text="x" * 3000)
                    assert refused["code"] == "unavailable"
                page = await ann.ask(t="history", room="tea")
                assert [entry["text"] for entry in page["messages"]] == ["before"]
            with trio.fail_after(PATIENCE):
                while (await ann.ask(t="send", room="tea", text="after"))["t"] == "error":
                    await trio.sleep(0.1)
    errors = [entry["reason"] for entry in logs if entry["event"] == "journal unavailable"]
    assert errors == [os.strerror(number)]


async def test_a_disk_that_is_full_loses_nothing(tmp_path: Path) -> None:
    """A server in a process of its own says what it is, goes on with room, and may be killed."""
    with trouble.mounted(tmp_path / "mount", "size=3m") as directory:
        database, filler = directory / "chat.db", directory / "filler"
        settings = ("--database", str(database), "--keep-free", "0")
        async with command(*settings) as server:
            async with chatting(cast("Running", server), "Ann", "tea") as ann:
                kept = [await ann.send("tea", "before")]
                trouble.fill_up(filler)
                answer = await ann.ask(t="send", room="tea", text="x" * 3000)
                while answer["t"] == "ok":
                    kept.append(answer["seq"])
                    answer = await ann.ask(t="send", room="tea", text="x" * 3000)
                assert answer["code"] == "unavailable"
                filler.unlink()
                with trio.fail_after(PATIENCE):
                    while (answer := await ann.ask(t="send", room="tea", text="y"))["t"] == "error":
                        await trio.sleep(0.1)
                kept.append(answer["seq"])
            server.process.kill()
            assert b'"reason": "No space left on device"' in await server.errors()
        exported = await outcome("export", "--database", str(database))
        lines = [json.loads(line) for line in exported.stdout.splitlines()]
        assert [line["seq"] for line in lines if "seq" in line] == kept


async def test_a_plain_client_is_told_in_words(tmp_path: Path) -> None:
    """It has no ids, so what it said is not told again by itself."""
    database = tmp_path / "chat.db"
    async with (
        running(database=str(database)) as server,
        trio_websocket.open_websocket_url(server.ws) as plain,
    ):
        await until_there(server, 1)
        with locked(database):
            await plain.send_message("hello?")
            assert await plain.get_message() == "(the server cannot store messages just now)"
        heard = ""
        with trio.fail_after(PATIENCE):
            while heard != "hello!":
                await plain.send_message("hello!")
                heard = str(await plain.get_message()).partition("\n")[0]
                await trio.sleep(0.1)
