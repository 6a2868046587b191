"""The write-ahead log is copied into the database beside commits, and nothing of it is lost."""

import resource
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path

import pytest
import structlog
import trio

from tests.journal.drafts import kept, say
from trio_chat.journal.sqlite import checkpoints
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


def move(path: Path, to: Path) -> None:
    path.rename(to)


async def fill_log(journal: SqliteJournal) -> int:
    """Say something until the log is long; return how much."""
    count = 0
    while journal._file.guard.logged() < LONG:
        await journal.commit([say(MESSAGE)])
        count += 1
    return count


async def begins_anew(journal: SqliteJournal) -> int:
    """Say something until the log has begun anew; return how much."""
    count = 1
    before = journal._file.guard.logged()
    await journal.commit([say("then")])
    while journal._file.guard.logged() > before:
        await trio.sleep(0.02)
        await journal.commit([say("then")])
        count += 1
    return count


async def attempt(journal: SqliteJournal) -> None:
    """Wait for an attempt to copy the log, which is long."""
    journal._checkpoints.look()
    wanted = journal._checkpoints._is_long
    assert wanted.is_set()
    while journal._checkpoints._is_long is wanted:
        await trio.sleep(0.01)


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Let no file be longer for the block, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_long_log_is_copied_and_begins_anew(database: SqliteJournal, path: Path) -> None:
    """While commits go on; what it had is in the database's own file then."""
    async with running(database):
        count = await fill_log(database)
        count += await begins_anew(database)
        assert size(path) > LONG * PAGE // 2
        count += await fill_log(database)
        count += await begins_anew(database)
    assert await kept(database) == list(range(1, count + 1))


async def test_while_somebody_reads_the_log_grows_and_nothing_is_lost(
    database: SqliteJournal, path: Path
) -> None:
    """SQLite needs what was there when they began; once they are done, it begins anew."""
    async with running(database):
        await database.commit([say("before")])
        with closing(sqlite3.connect(path, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            assert reader.execute("SELECT count(*) FROM events").fetchone() == (1,)
            count = 1 + await fill_log(database)
            await attempt(database)
            await database.commit([say("meanwhile")])
            assert database._file.guard.logged() > LONG
            assert reader.execute("SELECT count(*) FROM events").fetchone() == (1,)
        count += 1 + await begins_anew(database)
    assert await kept(database) == list(range(1, count + 1))


async def test_without_a_task_for_it_commits_copy_the_log(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it must not grow for ever."""
    monkeypatch.setattr(checkpoints, "TOO_LONG", LONG)
    journal = await SqliteJournal.open(path)
    for _ in range(5 * LONG):
        await journal.commit([say(MESSAGE)])
    assert path.with_name("chat.db-wal").stat().st_size < 2 * LONG * PAGE
    await journal.close()


async def test_a_full_disk_is_told_once_and_the_log_is_copied_later(
    database: SqliteJournal, path: Path
) -> None:
    """What is acknowledged is in the log until then."""
    count = await fill_log(database)
    before = size(path)
    with structlog.testing.capture_logs() as logged:
        async with running(database):
            with largest_file(before + PAGE):
                await attempt(database)
                await attempt(database)
            count += await begins_anew(database)
    assert [line["event"] for line in logged].count("log cannot be copied") == 1
    assert await kept(database) == list(range(1, count + 1))


async def test_nothing_is_copied_into_a_file_that_is_not_ours(
    database: SqliteJournal, path: Path
) -> None:
    """Nor from a log that is not: the files were moved away, and come back."""
    count = await fill_log(database)
    away = path.with_name("away.db")
    move(path, away)
    before = away.read_bytes()
    with structlog.testing.capture_logs() as logged:
        async with running(database):
            await attempt(database)
            assert away.read_bytes() == before
            move(away, path)
            count += await begins_anew(database)
    assert "log cannot be copied" in [line["event"] for line in logged]
    assert await kept(database) == list(range(1, count + 1))
