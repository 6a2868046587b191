"""Data care: scheduled backups, a backup put back, what takes space, and a warning in time."""

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import trio

from tests.integration.chatters import chatting
from tests.integration.commands import Command, command, outcome
from tests.integration.running import PATIENCE, status
from tests.integration.test_metrics import figures, get, value, watched
from tests.journal.drafts import say
from trio_chat.commands import file_store, restore, stats
from trio_chat.errors import BAD_USAGE, FAILED
from trio_chat.journal.sqlite.journal import SqliteJournal

SOON = str(1 / 3600)  # hours: a second


async def fill(path: Path, *texts: str) -> None:
    """Keep messages in a database."""
    journal = await SqliteJournal.open(path)
    await journal.commit([say(text) for text in texts])
    await journal.close()


def texts(path: Path) -> list[str]:
    """Return the messages in a database, which is sound."""
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        rows = database.execute("SELECT data FROM events WHERE is_message ORDER BY room, seq")
        return [json.loads(data)["text"] for (data,) in rows]


async def until_kept(port: int, count: int) -> None:
    """Wait until so many backups were taken."""
    with trio.fail_after(3 * PATIENCE):
        while value(await figures(port), "backups_total", outcome="kept") < count:
            await trio.sleep(0.2)


def kept(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


async def test_a_server_backs_up_while_people_talk(tmp_path: Path) -> None:
    """Each copy is whole, private and sound; old ones go, and figures tell of them."""
    folder = tmp_path / "backups"
    folder.mkdir()
    settings = ("--backup-every", SOON, "--backup-folder", str(folder), "--backup-keep", "2")
    async with watched("--database", str(tmp_path / "chat.db"), *settings) as (chat, port):
        async with chatting(chat, "Ann", {"room": "tea"}) as ann:
            for number in range(4):
                await ann.send("tea", f"line {number}")
                await until_kept(port, number + 1)
        found = await figures(port)
        assert value(found, "backup_last_timestamp_seconds") > 1_700_000_000
        assert value(found, "backups_total", outcome="failed") == 0
    copies = [path for path in kept(folder) if path.suffix == ".db"]
    assert len(copies) == 2
    for path in copies:
        assert path.stat().st_mode & 0o777 == 0o600
        assert texts(path)[:3] == ["line 0", "line 1", "line 2"]


async def test_a_backup_that_fails_is_an_error_and_a_figure(tmp_path: Path) -> None:
    """What was there before stays, and the chat goes on."""
    folder = tmp_path / "backups"
    folder.mkdir()
    settings = ("--backup-every", "1", "--backup-folder", str(folder))
    path = tmp_path / "chat.db"
    await fill(path, "hello")
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        # As a disk would that has lost a page of an index: nothing else notices.
        database.execute("PRAGMA writable_schema = ON")
        database.execute("UPDATE sqlite_schema SET rootpage = 3 WHERE name = 'changes'")
    async with watched("--database", str(path), *settings) as (chat, port):
        told = await chat.errors(until=b'"no backup"')
        assert b"is not sound" in told or b"damaged" in told
        assert value(await figures(port), "backups_total", outcome="failed") == 1
        assert status(await get(chat.port, "/healthz")) == 200
    assert kept(folder) == []


async def test_a_stop_waits_for_no_backup(tmp_path: Path) -> None:
    """The copy under way is given up; what is left of it, if anything, goes with the next one."""
    folder, path = tmp_path / "backups", tmp_path / "chat.db"
    folder.mkdir()
    await fill(path, *["x" * 4000] * 5000)
    settings = ("--backup-every", "1", "--backup-folder", str(folder))
    async with watched("--database", str(path), *settings):
        with trio.fail_after(PATIENCE):
            while not kept(folder):
                await trio.sleep(0.01)
    (folder / "chat-20260101T000000Z.db.0123abcd.part").touch()
    soon = ("--backup-every", "0.01", "--backup-keep", "1", "--backup-folder", str(folder))
    async with watched("--database", str(path), *soon) as (_, port):
        await until_kept(port, 1)
        with trio.fail_after(PATIENCE):
            while [one.suffix for one in kept(folder)] != [".db"]:
                await trio.sleep(0.05)


async def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """At the start, in a line."""
    path = str(tmp_path / "chat.db")
    settings = ("--backup-every", "1", "--backup-folder", str(tmp_path / "no"))
    refused = await outcome("--port", "0", "--database", path, *settings)
    assert refused.returncode == BAD_USAGE
    assert b"is no folder" in refused.stderr.splitlines()[-1]


async def joins(chat: Command, **more: object) -> dict[str, object]:
    """Come into the room of all these tests; return what somebody is told there."""
    wish = {"room": "tea", **more}
    async with chatting(chat, "Ann", wish) as ann:
        return {**await ann.until("joined")}


async def test_a_backup_is_put_back(tmp_path: Path) -> None:
    """While no server runs; the database of before stays beside it, with its log, as it was."""
    path, copy = tmp_path / "chat.db", tmp_path / "copy.db"
    database = ("--database", str(path))
    await fill(path, "before")
    assert (await outcome("backup", *database, str(copy))).returncode == 0
    async with command(*database) as chat:
        before = await joins(chat)
        refused = await outcome("restore", *database, str(copy))
        assert (refused.returncode, texts(path)) == (BAD_USAGE, ["before"])
        assert b"is in use by a trio-chat server: stop it first" in refused.stderr
    await fill(path, "after")
    with closing(sqlite3.connect(path, isolation_level=None)) as hot:  # as after a kill -9
        hot.execute("UPDATE rooms SET topic = 'tea'")
        assert path.with_name("chat.db-wal").exists()
        done = await outcome("restore", *database, str(copy))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(b"restored 1 event from ")
    assert texts(path) == ["before"]
    assert path.stat().st_mode & 0o777 == 0o600
    [aside] = [one for one in kept(tmp_path) if "before" in one.name and one.suffix[-1] == "Z"]
    assert str(aside).encode() in done.stdout
    assert texts(aside) == ["before", "after"]
    with closing(sqlite3.connect(aside)) as old:
        assert old.execute("SELECT topic FROM rooms WHERE name = 'tea'").fetchone() == ("tea",)
    async with command(*database) as chat:
        told = await joins(chat, last=2, epoch=before["epoch"])
    assert (told["reset"], told["last"]) == (True, 1)
    assert told["epoch"] != before["epoch"]


async def test_a_backup_is_put_where_nothing_is(tmp_path: Path) -> None:
    """As on another machine."""
    path, copy = tmp_path / "chat.db", tmp_path / "copy.db"
    await fill(copy, "hello")
    done = await outcome("restore", "--database", str(path), str(copy))
    assert (done.returncode, b"before" in done.stdout) == (0, False)
    assert texts(path) == ["hello"]


async def test_what_is_no_sound_backup_is_not_put_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database stays as it was, and nothing is left beside it."""
    path, copy = tmp_path / "chat.db", tmp_path / "copy.db"
    await fill(path, "hello")
    await fill(copy, *["x" * 1000] * 100)
    copy.write_bytes(copy.read_bytes()[: copy.stat().st_size // 2])
    notes = tmp_path / "notes"
    notes.write_text("not a database")
    before = kept(tmp_path)
    for wrong in (copy, notes, path, tmp_path / "nothing"):
        refused = await outcome("restore", "--database", str(path), str(wrong))
        assert refused.returncode in (BAD_USAGE, FAILED), wrong
        assert len(refused.stderr.splitlines()) == 1, refused.stderr
    assert kept(tmp_path) == before
    assert texts(path) == ["hello"]


def test_a_database_that_cannot_be_kept_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As on a file system without hard links."""
    path, copy = tmp_path / "chat.db", tmp_path / "copy.db"
    for one in (path, copy):
        trio.run(fill, one, one.name)

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    with pytest.raises(Exception, match=r"cannot restore .*: Operation not permitted"):
        restore.main(["--database", str(path), str(copy)])
    assert texts(path) == ["chat.db"]


def stats_of(path: Path, capsys: pytest.CaptureFixture[str]) -> dict[tuple[str, str], list[int]]:
    """Return what the command tells, by what and name: how many, and bytes."""
    capsys.readouterr()
    assert stats.main(["--database", str(path), "--json"]) == 0
    rows = map(json.loads, capsys.readouterr().out.splitlines())
    return {(row["what"], row["name"]): [row["count"], row["bytes"]] for row in rows}


def test_stats_tell_what_takes_space(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Files, parts and rooms; the largest room first, and all parts are the file."""
    path = tmp_path / "chat.db"

    async def talk() -> None:
        async with (
            command("--database", str(path)) as chat,
            chatting(chat, "Ann", {"room": "tea"}, {"room": "pub"}) as ann,
        ):
            await ann.send("tea", "x")
            seq = await ann.send("pub", "x" * 3000)
            await ann.ask(t="react", room="pub", seq=seq, emoji="👍")

    trio.run(talk)
    told = stats_of(path, capsys)
    assert told["messages", "tea"][0] == told["messages", "pub"][0] == 1
    assert told["messages", "pub"][1] > 3000
    assert told["changes", "pub"][0] == 1
    assert told["acts", ""][0] >= 1  # the link of the first start
    rooms = [name for what, name in told if what == "messages"]
    assert rooms == ["pub", "tea"]
    parts = sum(size for (what, _), (_, size) in told.items() if what == "part")
    assert parts == told["file", "database"][1]
    assert told["part", "search index"][1] > 0


def test_stats_do_without_the_table_of_pages(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which not each SQLite has; rooms and files are told all the same."""
    path = tmp_path / "chat.db"
    trio.run(fill, path, "hello")
    monkeypatch.setattr(file_store, "PAGES", "SELECT name, size FROM no_such_table")
    told = stats_of(path, capsys)
    assert [name for what, name in told if what == "part"] == ["free for more"]
    assert told["messages", "tea"][0] == 1


async def test_low_space_is_told_before_it_is_gone(tmp_path: Path) -> None:
    """In the log, by a figure, and to whoever asks whether the server is ready, which it is."""
    path = tmp_path / "chat.db"
    await fill(path, *["x" * 3000] * 310)
    used = path.stat().st_size
    limit = ("--max-database", str(int(used / 0.95)))
    async with watched("--database", str(path), *limit) as (chat, port):
        assert value(await figures(port), "space_low") == 1
        assert b"ok (space runs low)" in await get(port, "/readyz")
        assert (await get(chat.port, "/readyz")).endswith(b"\r\n\r\nok\n")
