"""The operator's commands while people chat: nobody has to wait, and all hear of what is new."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import trio

from tests.integration.commands import Command, command, outcome
from tests.integration.running import PATIENCE
from tests.integration.test_operator import done, export_of
from trio_chat.errors import BAD_USAGE
from trio_chat.remote import Room, connect

TALKERS = 4
BETWEEN = 25  # messages between two backups, at least


def url(running: Command) -> str:
    return f"http://localhost:{running.port}/"


async def talk(room: Room, kept: list[int]) -> None:
    while True:
        kept.append(await room.send("hello"))


def numbers(export: bytes) -> list[int]:
    """Return the numbers of the events in an export."""
    entries = [json.loads(line) for line in export.splitlines()]
    return [entry["seq"] for entry in entries if "seq" in entry]


async def test_a_backup_under_load_opens_clean(tmp_path: Path) -> None:
    """It is whole, and has all that was acknowledged before it began."""
    database = str(tmp_path / "chat.db")
    kept: list[int] = []
    async with (
        command("--database", database) as running,
        connect(url(running), nick="Ann") as chat,
        trio.open_nursery() as nursery,
    ):
        for _ in range(TALKERS):
            nursery.start_soon(talk, chat.room("tea"), kept)
        for number in range(3):
            with trio.fail_after(PATIENCE):
                while len(kept) < (number + 1) * BETWEEN:
                    await trio.sleep(0.01)
            acknowledged = max(kept)
            copy = str(tmp_path / f"{number}.db")
            await done("backup", "--database", database, copy)
            with closing(sqlite3.connect(copy)) as opened:
                assert opened.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            found = numbers(await done("export", "--database", copy))
            assert found == list(range(1, len(found) + 1))
            assert len(found) >= acknowledged
        assert len(kept) > 3 * BETWEEN  # nobody had to wait for a backup
        nursery.cancel_scope.cancel()


async def test_people_hear_of_what_is_imported_and_pruned(tmp_path: Path) -> None:
    """They are told what is new, find it by its words, and what is gone is gone for them, too."""
    database, file = str(tmp_path / "chat.db"), tmp_path / "x.jsonl"
    file.write_bytes(export_of(3, text="Darjeeling"))
    async with (
        command("--database", database) as running,
        connect(url(running), nick="Ann") as chat,
    ):
        tea = chat.room("tea")
        assert (await tea.history()).messages == []
        await done("import", "--database", database, str(file))
        with trio.fail_after(PATIENCE):
            heard = [await anext(tea) for _ in range(3)]
        assert [message.text for message in heard] == [f"Darjeeling {seq}" for seq in (1, 2, 3)]
        assert [hit.seq for hit in (await tea.search("darj*")).hits] == [3, 2, 1]
        await done("prune", "--database", database, "--keep-messages", "1")
        assert [message.seq for message in (await tea.history()).messages] == [3]
        assert [hit.seq for hit in (await tea.search("darj*")).hits] == [3]


@pytest.mark.parametrize("ending", ["-wal", "-shm", "-lock"])
async def test_a_command_beside_a_server_whose_files_were_removed(
    tmp_path: Path, ending: str
) -> None:
    """It refuses, before the server has noticed and after, and all that was said is kept."""
    database = str(tmp_path / "chat.db")
    async with command("--database", database) as running:
        async with connect(url(running), nick="Ann") as chat:
            for number in range(10):
                await chat.room("tea").send(f"hello {number}")
        await trio.Path(f"{database}{ending}").unlink()
        for wait in (0, 2):
            await trio.sleep(wait)
            for asked in (["operator-link"], ["prune", "--keep-messages", "1"], ["rooms"]):
                refused = await outcome(*asked, "--database", database)
                assert refused.returncode == BAD_USAGE
                assert f"{ending} was removed while a server has it" in refused.stderr.decode()
    found = numbers(await done("export", "--database", database))
    assert found == list(range(1, 11))
    await done("check", "--database", database)
