"""Several tasks use one journal at once, and some of them are cancelled."""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trio

from tests.journal.conftest import make, place_of
from tests.journal.drafts import ROOM, Clock, everything, fill, kept, numbers, say
from trio_chat.journal.journal import Journal
from trio_chat.journal.postgres import pruning as postgres_pruning
from trio_chat.journal.sqlite import pruning
from trio_chat.journal.sqlite.journal import SqliteJournal


@pytest.fixture(params=["sqlite", "postgres"])
async def database(
    request: pytest.FixtureRequest, path: Path, clock: Clock
) -> AsyncIterator[Journal]:
    """Return a journal of each kind that works in threads."""
    chosen = make(request.param, place_of(request, path), clock)
    yield chosen
    await chosen.close()


class TestCancelling:
    """All or nothing, and the journal can be used afterwards."""

    @pytest.mark.parametrize("delay", [0, 0.0001, 0.001, 0.01])
    async def test_a_commit(self, database: Journal, delay: float) -> None:
        """Whenever it is cancelled: the events are all there or none is."""
        drafts = [say(cid=f"message-{number}") for number in range(500)]
        with trio.move_on_after(delay):
            await database.commit(drafts)
        [number] = numbers(await database.commit([say()]))  # waits for what is being written
        assert number in (1, 501)
        assert await kept(database) == list(range(1, number + 1))

    async def test_a_commit_that_waits_for_another(self, database: Journal) -> None:
        """One that has not begun is not done."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(database.commit, [say("first") for _ in range(500)])
            await trio.lowlevel.checkpoint()
            nursery.start_soon(database.commit, [say("second")])
            await trio.lowlevel.checkpoint()
            nursery.cancel_scope.cancel()
        assert b"second" not in await everything(database)

    async def test_reading(self, database: Journal) -> None:
        """A read that was cancelled leaves its connection to the next."""
        await fill(database, 2)
        for _ in range(5):
            with trio.move_on_after(0.0001):
                await everything(database)
        assert await kept(database) == [1, 2]


class TestTogether:
    """Several tasks use the journal at once."""

    async def test_readers_do_not_wait_for_the_writer(self, database: Journal) -> None:
        """Each sees all of a commit or nothing of it."""
        seen = set()

        async def read() -> None:
            while len(await kept(database)) < 300:
                seen.add(len(await kept(database)))

        async with trio.open_nursery() as nursery:
            for _ in range(5):
                nursery.start_soon(read)
            for _ in range(30):
                await database.commit([say() for _ in range(10)])
        assert all(count % 10 == 0 for count in seen)

    async def test_commits_while_retention_deletes(
        self, database: Journal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Both come to their end, and no number is lost."""
        for module in (pruning, postgres_pruning):
            monkeypatch.setattr(module, "STEP", 5)
        await fill(database, 100)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(database.prune, 10, 0)
            for number in range(101, 121):
                assert numbers(await database.commit([say()])) == [number]
        assert await kept(database) == list(range((await kept(database))[0], 121))

    async def test_a_room_that_somebody_enters_while_it_is_forgotten(
        self, database: Journal, clock: Clock
    ) -> None:
        """It stays, though some of the keys that it had are gone."""
        await database.commit([say(cid=f"{number:032}") for number in range(1_500)])
        await database.prune(0, clock.now + 1)
        answers = iter([False, True])
        assert await database.forget(clock.now + 1, lambda _: next(answers)) == 0
        assert [room.name for room in await database.rooms(9)] == [ROOM]

    async def test_closing_while_cancelled(self, path: Path) -> None:
        """A server that is in a hurry still closes the file; nothing is left beside it."""
        journal = await SqliteJournal.open(path)
        await fill(journal, 1)
        with trio.CancelScope() as scope:
            scope.cancel()
            await journal.close()
        assert sorted(file.name for file in path.parent.iterdir()) == ["chat.db", "chat.db-lock"]
        with pytest.raises(sqlite3.ProgrammingError):
            journal._file.writer.execute("SELECT 1")
