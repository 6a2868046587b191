"""A chat moves from a file to PostgreSQL and back, and nobody in it notices."""

import json
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import psycopg
import pytest
import structlog
import trio

from tests.integration.asking import ask, bearer
from tests.integration.chatters import chatting
from tests.integration.lives import CID, Life, live
from tests.integration.running import PATIENCE, Running, serving
from tests.integration.test_links import join
from tests.integration.told import told
from trio_chat.cli import main
from trio_chat.commands import migrate
from trio_chat.errors import BAD_USAGE, FAILED
from trio_chat.journal.postgres import moving
from trio_chat.journal.postgres.moving import DatabasePlace
from trio_chat.journal.sqlite.file import JournalFile
from trio_chat.journal.sqlite.moving import FilePlace

ALL = 60_000  # rows of which a test moves some
SETTINGS: dict[str, Any] = {"trusted_proxy": ("127.0.0.1",), "presence_grace": 0}


async def go_on(server: Running, life: Life) -> None:
    """See that a client finds all as it was, with what it knew."""
    wish = {"room": "tea", "last": life.last, "epoch": life.epoch}
    async with chatting(server, "Amy", wish, session=life.session) as amy:
        assert (amy.who, amy.epoch) == (life.who, life.epoch)
        joined = await amy.until("joined")
        assert "reset" not in joined
        again = await amy.ask(t="send", room="tea", text="the last one", cid=CID)
        assert (again["t"], again["seq"]) == ("ok", life.last)
        taken = await amy.ask(t="send", room="tea", text="something else", cid=CID)
        assert taken["code"] == "key_reused"
        marks = await ask(server, "GET", "/marks", authorization=bearer(life.session))
        assert {"room": "tea", "seq": life.last} in marks.json["marks"]
        found = await amy.ask(t="search", room="tea", query="better words")
        assert [hit["seq"] for hit in found["hits"]] == [1]
        assert (await join(amy, life.pair))["t"] == "joined"
        joined = await join(amy, life.private, life.links["moderate"])
        assert (joined["right"], joined["rules"]["slow"]) == ("moderate", 3600)


async def undo_what_was_cleared(server: Running, life: Life) -> None:
    """See that what a moderator has cleared can be taken back, as within a day everywhere."""
    async with chatting(server, "Amy", session=life.session) as amy:
        assert (await join(amy, life.private, life.links["moderate"]))["t"] == "joined"
        acts = (await amy.ask(t="audit", room=life.private))["acts"]
        [cleared] = [act["seq"] for act in acts if act["act"]["t"] == "cleared"]
        assert (await amy.ask(t="undo", room=life.private, act=cleared))["t"] == "ok"


async def test_a_chat_moves_to_postgresql_and_back(
    tmp_path: Path, postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With all that is in it: clients resume exactly on each, and exports are the same."""
    one, two = str(tmp_path / "one.db"), str(tmp_path / "two.db")
    life = await live(one)

    async def lines(database: str) -> list[str]:
        return (await told(capsys, "export", "--database", database)).splitlines()

    before = await lines(one)
    await told(capsys, "migrate", one, postgres_url, "--dry-run")
    moved = await told(capsys, "migrate", one, postgres_url)
    counts = {line.split()[0]: int(line.split()[1]) for line in moved.splitlines()}
    assert counts["events"] > counts["rooms"] > 2
    assert counts["people"] >= 6
    assert counts["clearings"] >= 1
    there = await lines(postgres_url)
    assert there[1:] == before[1:]
    assert json.loads(there[0])["epoch"] == json.loads(before[0])["epoch"] == life.epoch
    assert "fault" not in await told(capsys, "check", "--database", postgres_url)
    async with serving(database=postgres_url, **SETTINGS) as server:
        await go_on(server, life)
    await told(capsys, "migrate", postgres_url, two, "--dry-run")
    assert not await trio.Path(two).exists()
    there = await lines(postgres_url)
    await told(capsys, "migrate", postgres_url, two)
    assert (await lines(two))[1:] == there[1:]
    assert "fault" not in await told(capsys, "check", "--database", two)
    async with serving(database=two, **SETTINGS) as server:
        await go_on(server, life)
        await undo_what_was_cleared(server, life)
    for left in (one, postgres_url):  # else their numbers would be given twice
        with structlog.testing.capture_logs() as logged:
            async with serving(database=left, **SETTINGS) as server, chatting(server, "Zoe") as zoe:
                assert zoe.epoch != life.epoch
        began = [f"{one['event']}: {one.get('reason')}" for one in logged if "new" in one["event"]]
        assert [why for why in began if "migrate" in why] == began != []


def fill(path: Path) -> None:
    """Make a database with many events, of people and their requests."""
    JournalFile(path, boot="x").close()
    said = '{"t":"msg","room":"tea","seq":%d,"ts":5,"text":"line %d","from":{"id":"a","nick":"A"}}'
    with closing(JournalFile(path)) as file:
        execute = file.writer
        execute.execute("BEGIN")
        execute.execute("INSERT INTO rooms VALUES (3, 'tea', '', ?, 5, 0)", (ALL // 2,))
        numbers = range(1, ALL // 2 + 1)
        execute.executemany(
            "INSERT INTO events VALUES (3, ?, 5, 1, NULL, 'a', ?)",
            ((seq, (said % (seq, seq)).encode()) for seq in numbers),
        )
        execute.executemany(
            "INSERT INTO cids VALUES (3, ?, ?, 5, 'a', x'00')",
            ((f"some-cid-{seq}", seq) for seq in numbers),
        )
        execute.execute("DELETE FROM meta WHERE key = 'index'")
        execute.execute("COMMIT")


def count(url: str) -> int:
    """Return how many rows have come so far."""
    with suppress(psycopg.errors.UndefinedTable), psycopg.connect(url) as link:
        rows = link.execute("SELECT (SELECT count(*) FROM cids) + (SELECT count(*) FROM events)")
        return int(rows.fetchall()[0][0])
    return 0


def kill_after(url: str, path: Path, rows: int) -> None:
    """Begin to move a database, and kill that when so many rows have come."""
    command = [sys.executable, "-m", "trio_chat", "migrate", str(path), url]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as moving:
        give_up_at = time.monotonic() + PATIENCE
        while count(url) <= rows:
            assert time.monotonic() < give_up_at
            assert moving.poll() is None
        moving.kill()


def test_a_move_goes_on_where_it_was_killed(
    tmp_path: Path, postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """And no server, nor another command, takes what is incomplete for a chat."""
    path = tmp_path / "one.db"
    fill(path)
    came = [0]
    for rows in (0, ALL // 2):
        kill_after(postgres_url, path, max(rows, came[-1]))
        came.append(count(postgres_url))
        assert came[-2] < came[-1] < ALL
    for command in (["--port", "0"], ["export"]):
        assert main([*command, "--database", postgres_url]) == BAD_USAGE
        assert "has a part of what was to be moved there" in capsys.readouterr().err
    other = tmp_path / "other.db"
    JournalFile(other).close()
    assert main(["migrate", str(other), postgres_url]) == BAD_USAGE
    assert "unfinished move of another database" in capsys.readouterr().err
    assert main(["migrate", str(path), postgres_url]) == 0
    printed = dict(line.split("\t")[:2] for line in capsys.readouterr().out.splitlines())
    assert (printed["cids"], printed["events"]) == (str(ALL // 2), str(ALL // 2))
    assert main(["check", "--database", postgres_url]) == 0


async def test_who_cannot_be_moved_is_told(
    tmp_path: Path,
    postgres_url: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """While a server runs on either; to what is not empty; from what is not there; to itself."""
    one, two = str(tmp_path / "one.db"), str(tmp_path / "two.db")

    async def refused(*arguments: str) -> str:
        assert await trio.to_thread.run_sync(main, ["migrate", *arguments]) == BAD_USAGE
        return capsys.readouterr().err

    assert "there is no database" in await refused(one, postgres_url)
    assert "no tables of this trio-chat" in await refused(postgres_url, one)
    assert "are the same database" in await refused(one, f"{tmp_path}/../{tmp_path.name}/one.db")
    assert "':memory:' is in its server alone" in await refused(one, ":memory:")
    monkeypatch.setattr(moving, "PATIENCE", 0.0)
    for place, others in ((one, (postgres_url, two)), (postgres_url, (two,))):
        async with serving(database=place) as server, chatting(server, "Ann", "tea") as ann:
            await ann.send("tea", "hello")
            for other in others:
                assert "in use by another trio-chat server" in await refused(place, other)
                if other != two:
                    continue
                JournalFile(Path(two)).close()
                assert "in use by another trio-chat server" in await refused(two, place)
    monkeypatch.setattr(moving, "PATIENCE", PATIENCE)  # the servers have just ended
    for more in ([], ["--dry-run"]):
        assert "the target is not empty" in await refused(one, postgres_url, *more)
        assert "the target is not empty" in await refused(postgres_url, one, *more)


def test_databases_that_differ_at_the_end_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As when a command has written meanwhile: then no server may have what came."""
    one, two = tmp_path / "one.db", tmp_path / "two.db"
    JournalFile(one, boot="x").close()
    monkeypatch.setattr(FilePlace, "index", change_something)
    assert main(["migrate", str(one), str(two)]) == FAILED
    assert "the databases differ in forgotten" in capsys.readouterr().err
    monkeypatch.undo()
    assert main(["migrate", str(one), str(two)]) == FAILED
    assert main(["export", "--database", str(two)]) == BAD_USAGE
    assert "has a part of what was to be moved there" in capsys.readouterr().err


def change_something(place: FilePlace, *_: object) -> None:
    """Do what no program does."""
    place._database.execute("INSERT INTO forgotten VALUES (1, 1)")


def epoch_of(path: Path) -> str:
    """Return the name of the numbers of a file."""
    with closing(JournalFile(path)) as file:
        return file.epoch


@pytest.mark.parametrize("is_copy", [False, True])
def test_a_copy_that_is_moved_has_other_numbers(tmp_path: Path, *, is_copy: bool) -> None:
    """As if a server had opened it: something may have been said since it was made."""
    one, two = tmp_path / "one.db", tmp_path / "two.db"
    JournalFile(one, boot="x").close()
    before = epoch_of(one)
    if is_copy:
        one.with_name("one.db-lock").unlink()
    assert main(["migrate", str(one), str(two)]) == 0
    assert (epoch_of(two) == before) is not is_copy


def test_a_database_that_fails_is_told(
    tmp_path: Path,
    postgres_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In one line, whichever it is."""
    one, two = tmp_path / "one.db", tmp_path / "two.db"
    JournalFile(one, boot="x").close()
    for kind, error, target, reason in (
        (FilePlace, sqlite3.OperationalError("no"), str(two), f"{two} cannot be used: no"),
        (DatabasePlace, psycopg.OperationalError("no"), postgres_url, " failed: no"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(kind, "write", Mock(side_effect=error))
            assert main(["migrate", str(one), target]) == FAILED
        assert reason in capsys.readouterr().err
    with closing(sqlite3.connect(two)) as database:
        database.execute("PRAGMA user_version = 1")
    assert main(["migrate", str(one), str(two)]) == BAD_USAGE
    assert "no database of this release" in capsys.readouterr().err


def test_how_long_it_would_take_is_told_in_a_unit_that_suits() -> None:
    """Of a few seconds nobody counts the fractions, nor those of hours."""
    assert [migrate.duration(seconds) for seconds in (0.1, 90, 3600)] == ["1 s", "90 s", "60 min"]
