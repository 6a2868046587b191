"""The write-ahead log is copied into the database beside commits, and nothing of it is lost."""

import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
import structlog
import trio

from tests.journal import trouble
from tests.journal.drafts import kept, say
from trio_chat.journal.sqlite import checkpoints
from trio_chat.journal.sqlite.checkpoints import Checkpoints
from trio_chat.journal.sqlite.journal import SqliteJournal

LONG = 40  # pages
PAGE = 4096
MESSAGE = "x" * 3000  # fills a page


@pytest.fixture(autouse=True)
def short_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let logs of few pages be long, and attempts follow each other at once."""
    monkeypatch.setattr(checkpoints, "LONG", LONG)
    monkeypatch.setattr(checkpoints, "FEW", 0)
    monkeypatch.setattr(checkpoints, "PAUSE", 0.01)
    monkeypatch.setattr(checkpoints, "LOOK_INTERVAL", 0.05)


@pytest.fixture
def copies(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Have a list of how many pages each attempt to copy has left."""
    left: list[int] = []
    copy = Checkpoints._copy

    def take_down(self: Checkpoints, database: sqlite3.Connection) -> int:
        left.append(copy(self, database))
        return left[-1]

    monkeypatch.setattr(Checkpoints, "_copy", take_down)
    return left


@asynccontextmanager
async def running(journal: SqliteJournal) -> AsyncIterator[None]:
    """Let the journal do beside what it does by itself."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(journal.run)
        with trio.fail_after(60):
            yield
        nursery.cancel_scope.cancel()


def size(path: Path) -> int:
    return path.stat().st_size


def logged(path: Path) -> int:
    """Return how many pages the log has, as its index tells."""
    index = path.with_name(f"{path.name}-shm").read_bytes()
    return int.from_bytes(index[16:20], sys.byteorder)


def move(path: Path, to: Path) -> None:
    path.rename(to)


async def fill_log(journal: SqliteJournal) -> int:
    """Say something until the log is long; return how much."""
    count = 0
    while journal._file.guard.uncopied() < LONG:
        await journal.commit([say(MESSAGE)])
        count += 1
    return count


async def begins_anew(journal: SqliteJournal, path: Path) -> int:
    """Say something until the log has begun anew; return how much."""
    count = 1
    before = logged(path)
    await journal.commit([say("then")])
    while logged(path) > before:
        await trio.sleep(0.02)
        await journal.commit([say("then")])
        count += 1
    return count


async def attempts(copies: list[int], count: int) -> None:
    """Wait until the log was tried to be copied so many times more."""
    wanted = len(copies) + count
    while len(copies) < wanted:
        await trio.sleep(0.01)


async def test_a_long_log_is_copied_and_begins_anew(database: SqliteJournal, path: Path) -> None:
    """While commits go on; what it had is in the database's own file then."""
    async with running(database):
        count = await fill_log(database)
        count += await begins_anew(database, path)
        assert size(path) > LONG * PAGE // 2
        count += await fill_log(database)
        count += await begins_anew(database, path)
    assert await kept(database) == list(range(1, count + 1))


async def test_a_log_that_grows_fast_is_copied_without_a_pause(
    database: SqliteJournal, path: Path, copies: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that its length does not depend on how fast the disk is."""
    monkeypatch.setattr(checkpoints, "PAUSE", 600)
    monkeypatch.setattr(checkpoints, "LONGEST", 2 * LONG)
    async with running(database):
        for _ in range(3):
            count = len(copies)
            while len(copies) == count:
                await database.commit([say(MESSAGE)])


async def test_a_log_that_grows_slowly_is_copied_after_a_pause(
    database: SqliteJournal, path: Path, copies: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The longer it is, the fewer pages are written to the database."""
    monkeypatch.setattr(checkpoints, "PAUSE", 600)
    async with running(database):
        await fill_log(database)
        while database._file.guard.uncopied():
            await trio.sleep(0.01)
        count = len(copies)
        await fill_log(database)
        await trio.sleep(0.2)
        assert len(copies) == count


async def test_what_others_than_commits_write_is_copied_too(
    database: SqliteJournal, path: Path, copies: list[int]
) -> None:
    """Such as records of people."""
    async with running(database):
        await database.keep_people({f"p{number}": MESSAGE.encode() for number in range(2 * LONG)})
        await attempts(copies, 1)
    assert size(path) > 2 * LONG * PAGE


async def test_no_checkpoint_begins_when_all_is_copied(
    database: SqliteJournal, path: Path, copies: list[int]
) -> None:
    """Before SQLite 3.51.3 what is committed at that moment could be lost."""
    begun: list[str] = []
    for one in (database._checkpoints._beside, database._file.writer):
        one.set_trace_callback(begun.append)
    async with running(database):
        await fill_log(database)
        await attempts(copies, 1)
    checkpoints = [step for step in begun if "wal_checkpoint" in step]
    assert len(checkpoints) == 1
    for one in (database._checkpoints._beside, database._file.writer):
        assert database._checkpoints._copy(one) == 0
    assert [step for step in begun if "wal_checkpoint" in step] == checkpoints


async def test_while_somebody_reads_the_log_grows_and_nothing_is_lost(
    database: SqliteJournal, path: Path, copies: list[int]
) -> None:
    """SQLite needs what was there when they began; once they are done, it begins anew."""
    async with running(database):
        await database.commit([say("before")])
        with closing(sqlite3.connect(path, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            assert reader.execute("SELECT count(*) FROM events").fetchone() == (1,)
            count = 1 + await fill_log(database)
            await attempts(copies, 1)  # which copies what was there when they began
            count += await fill_log(database)
            await attempts(copies, 2 * checkpoints.ROUNDS)
            await database.commit([say("meanwhile")])
            assert logged(path) > LONG
            assert reader.execute("SELECT count(*) FROM events").fetchone() == (1,)
        count += 1 + await begins_anew(database, path)
    assert await kept(database) == list(range(1, count + 1))


async def test_without_a_task_for_it_commits_copy_the_log(path: Path) -> None:
    """As it must not grow for ever: after a thousand pages, as SQLite does."""
    journal = await SqliteJournal.open(path)
    for _ in range(30):
        await journal.commit([say(MESSAGE) for _ in range(100)])
    assert logged(path) < 1_500
    await journal.close()


async def test_a_full_disk_is_told_once_and_the_log_is_copied_later(
    database: SqliteJournal, path: Path, copies: list[int]
) -> None:
    """What is acknowledged is in the log until then."""
    count = await fill_log(database)
    with structlog.testing.capture_logs() as logged_lines, trouble.limited(size(path) + PAGE):
        async with running(database):
            await attempts(copies, 2)
    async with running(database):
        count += await begins_anew(database, path)
    assert [line["event"] for line in logged_lines] == ["log cannot be copied"]
    assert await kept(database) == list(range(1, count + 1))


async def test_nothing_is_copied_into_a_file_that_is_not_ours(
    database: SqliteJournal, path: Path, copies: list[int]
) -> None:
    """Nor from a log that is not: the files were moved away, and come back."""
    count = await fill_log(database)
    away = path.with_name("away.db")
    move(path, away)
    before = away.read_bytes()
    with structlog.testing.capture_logs() as logged_lines:
        async with running(database):
            await attempts(copies, 1)
            assert away.read_bytes() == before
            move(away, path)
            count += await begins_anew(database, path)
    assert "log cannot be copied" in [line["event"] for line in logged_lines]
    assert await kept(database) == list(range(1, count + 1))


async def test_an_end_waits_for_no_copy(path: Path) -> None:
    """What is not copied is safe in the log."""
    journal = await SqliteJournal.open(path)
    count = await fill_log(journal)
    with structlog.testing.capture_logs() as logged_lines:
        await journal.close()
    assert not logged_lines
    journal = await SqliteJournal.open(path)
    assert await kept(journal) == list(range(1, count + 1))
    await journal.close()
