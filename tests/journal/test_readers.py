"""Rules of reading from a file: each read sees one moment, and none takes longer than it may."""

import sqlite3
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from threading import Event

import pytest
import structlog
import trio

from tests.journal.drafts import MUCH, ROOM, edit, fill, kept, page, say
from trio_chat.journal.search.query import parse
from trio_chat.journal.sqlite import index, pruning
from trio_chat.journal.sqlite.file import JournalFile
from trio_chat.journal.sqlite.journal import READERS, SqliteJournal
from trio_chat.journal.types import Bounds, Unavailable

ENDLESS = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c"
PATIENCE = 60  # seconds; the machine may be busy


@pytest.fixture
async def hurried(path: Path) -> AsyncIterator[SqliteJournal]:
    """Return a journal in which a read may take a fifth of a second."""
    journal = await SqliteJournal.open(path, read_timeout=0.2)
    yield journal
    await journal.close()


def endless(database: sqlite3.Connection) -> object:
    return database.execute(ENDLESS).fetchone()


class TestOneMoment:
    """What a read returns was true at one moment."""

    async def test_a_search_while_retention_deletes(
        self, database: SqliteJournal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What the index names is read as it was then."""
        await fill(database, 5)
        find = index.find

        def pruned(*arguments: object) -> object:
            trio.from_thread.run(database.prune, 1, 0)
            return find(*arguments)  # type: ignore[arg-type]

        async def search() -> list[int]:
            found = await database.search(ROOM, parse("text"), Bounds(), 9, MUCH)
            return [message.seq for message in found.messages]

        monkeypatch.setattr(index, "find", pruned)
        assert await search() == [5, 4, 3, 2, 1]
        monkeypatch.undo()
        assert await search() == [5]

    async def test_searches_and_retention_at_once(
        self, database: SqliteJournal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whenever they meet, each search finds a stretch of messages up to the last one."""
        monkeypatch.setattr(pruning, "STEP", 3)
        await fill(database, 300)

        async def search(cancel_scope: trio.CancelScope) -> None:
            for _ in range(20):
                found = await database.search(ROOM, parse("text"), Bounds(), 400, MUCH)
                seqs = [message.seq for message in found.messages]
                assert seqs == list(range(300, 300 - len(seqs), -1))
            cancel_scope.cancel()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(search, nursery.cancel_scope)
            for keep in range(290, 0, -3):
                await database.prune(keep, 0)

    async def test_an_index_that_is_out_of_step(self, database: SqliteJournal) -> None:
        """A message that is in the index alone is not found."""
        await fill(database, 2)
        database._file.writer.execute("DELETE FROM events WHERE seq = 2")
        found = await database.search(ROOM, parse("text"), Bounds(), 9, MUCH)
        assert [message.seq for message in found.messages] == [1]

    async def test_a_state_that_is_damaged(self, database: SqliteJournal) -> None:
        """The message stands as it was said."""
        await database.commit([say("said"), edit(1, "edited")])
        database._file.writer.execute("UPDATE states SET data = x'7b22'")
        assert [message.text for message in await page(database)] == ["said"]


class TestDeadlines:
    """A read ends in time, whatever it is."""

    async def test_hard_ones_do_not_stop_others(self, hurried: SqliteJournal) -> None:
        """They are told to try again, and their connections are free again."""
        await fill(hurried, 1)
        refused = 0

        async def read() -> None:
            nonlocal refused
            with pytest.raises(Unavailable):
                await hurried._readers.read(endless)
            refused += 1

        with trio.fail_after(PATIENCE), structlog.testing.capture_logs() as logged:
            async with trio.open_nursery() as nursery:
                for _ in range(READERS):
                    nursery.start_soon(read)
            assert refused == READERS
            assert await kept(hurried) == [1]
        assert {entry["event"] for entry in logged} == {"read took too long"}

    async def test_waiting_for_a_connection_counts(self, hurried: SqliteJournal) -> None:
        """Whoever waits as long as a read may take is told to try again, too."""
        gate = Event()
        with trio.fail_after(PATIENCE):
            async with trio.open_nursery() as nursery:
                for _ in range(READERS):
                    nursery.start_soon(partial(_refused, hurried, lambda _: gate.wait(PATIENCE)))
                await trio.testing.wait_all_tasks_blocked()
                await _refused(hurried, lambda _: None)
                gate.set()

    async def test_loading_a_room_waits_for_no_other_reader(self, database: SqliteJournal) -> None:
        """It has a connection of its own."""
        gate = Event()
        with trio.fail_after(PATIENCE):
            async with trio.open_nursery() as nursery:
                for _ in range(READERS):
                    nursery.start_soon(database._readers.read, lambda _: gate.wait(PATIENCE))
                await trio.testing.wait_all_tasks_blocked()
                await database.load([ROOM], 1)
                gate.set()

    async def test_a_cancelled_read_stops(self, database: SqliteJournal) -> None:
        """At once for who waits for it, and soon for its connection."""
        with trio.fail_after(PATIENCE):
            for _ in range(2 * READERS):
                with trio.move_on_after(0.01) as scope:
                    await database._readers.read(endless)
                assert scope.cancelled_caught
            assert await kept(database) == []

    async def test_closing_leaves_a_read_that_was_given_up(self, path: Path) -> None:
        """It closes its own connection at its end."""
        journal = SqliteJournal(JournalFile(path))
        gate, connections = Event(), []

        def slow(database: sqlite3.Connection) -> None:
            connections.append(database)
            gate.wait(PATIENCE)

        with trio.move_on_after(0.05):
            await journal._readers.read(slow)
        await journal.close()
        gate.set()
        with trio.fail_after(PATIENCE):
            while True:
                await trio.sleep(0.01)
                try:
                    connections[0].execute("SELECT 1")
                except sqlite3.ProgrammingError:
                    break

    async def test_nothing_is_read_when_it_is_closed(self, path: Path) -> None:
        """A read that begins too late, as the server stops, is refused."""
        journal = SqliteJournal(JournalFile(path))
        await journal.close()
        await _refused(journal, lambda _: None)


async def _refused(journal: SqliteJournal, query: object) -> None:
    with pytest.raises(Unavailable):
        await journal._readers.read(query)  # type: ignore[arg-type]
