"""PostgreSQL goes away, hangs, or fails: nothing is lost, and all goes on when it is back."""

import signal
import time
from collections.abc import AsyncIterator, Callable
from functools import partial
from threading import Event
from unittest.mock import ANY

import psycopg
import pytest
import structlog.testing
import trio

from tests.journal.drafts import MUCH, ROOM, Clock, delete, fill, kept, numbers, say
from tests.postgres import PostgresServer
from trio_chat.config import Config
from trio_chat.core.canary import CANARY
from trio_chat.journal.postgres import space, writer
from trio_chat.journal.postgres.database import Database
from trio_chat.journal.postgres.journal import READERS, PostgresJournal
from trio_chat.journal.postgres.link import Link
from trio_chat.journal.types import (
    CANARY_REFUSED,
    STORAGE_FULL,
    Committed,
    Duplicate,
    Rejected,
    Unavailable,
)
from trio_chat.journal.views import ChangeLimits

PATIENCE = 60  # seconds; the machine may be busy
CID = "a-cid-of-mine"
CANCEL_WAITING = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
ENDLESS = "SELECT pg_sleep(1000)"
FAILS = """
CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'no space'; END$$;
CREATE TRIGGER fails BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION fail()
"""


@pytest.fixture
async def database(postgres_url: str) -> AsyncIterator[PostgresJournal]:
    """Return a journal that tries again at once after a failure."""
    journal = await PostgresJournal.open(postgres_url)
    yield journal
    await journal.close()


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait until something is tried again."""
    monkeypatch.setattr(writer, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(writer, "LAST_PAUSE", 0.001)


async def until_it_is_back(journal: PostgresJournal) -> bool:
    """Look as the feed does until the journal can be used; return whether others may have been."""
    with trio.fail_after(PATIENCE):
        while True:
            await trio.sleep(0.01)
            try:
                return await journal.has_changed()
            except Unavailable:
                pass


async def refused(call: Callable[[], object]) -> None:
    with pytest.raises(Unavailable):
        await call()  # type: ignore[misc]


class TestAway:
    """While PostgreSQL is not there, nothing is kept; then all goes on."""

    @pytest.mark.parametrize("crashes", [True, False])
    async def test_it_is_back(self, own_postgres: PostgresServer, *, crashes: bool) -> None:
        """With all that was acknowledged, however it ended; numbers and epoch go on."""
        journal = await PostgresJournal.open(own_postgres.new_url())
        epoch = journal.epoch
        await fill(journal, 3)
        own_postgres.crash() if crashes else own_postgres.stop()
        with structlog.testing.capture_logs() as logged:
            for _ in range(3):
                await refused(lambda: journal.commit([say()]))
                await refused(lambda: kept(journal))
                await refused(lambda: journal.load([ROOM], 1))
                await refused(lambda: journal.keep_people({"a": b"b"}))
                await refused(journal.has_changed)
            assert await journal.prune(1, 0) == {}
            await journal._vacuum()
            own_postgres.start()
            assert await until_it_is_back(journal)
        told = [entry["event"] for entry in logged]
        assert told.count("journal unavailable") == 1
        assert told.count("journal cannot be read") == 2  # of who reads, and of who loads
        assert told[-1] == "journal available again"
        assert not await journal.has_changed()
        assert numbers(await journal.commit([say()])) == [4]
        assert await kept(journal) == [1, 2, 3, 4]
        assert journal.epoch == epoch
        await journal.close()

    async def test_who_reads_does_not_feel_that_it_was_started_again(
        self, own_postgres: PostgresServer
    ) -> None:
        """All connections that were kept are lost; a query that finds so is run anew."""
        journal = await PostgresJournal.open(own_postgres.new_url())
        await fill(journal, 3)
        async with trio.open_nursery() as nursery:  # on several connections
            for _ in range(8):
                nursery.start_soon(kept, journal)
        own_postgres.stop()
        own_postgres.start()
        assert await kept(journal) == [1, 2, 3]
        await journal.close()

    async def test_it_is_not_asked_again_at_once(
        self, database: PostgresJournal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Calls fail at once for a fifth of the time that it has been away, within bounds."""
        monkeypatch.setattr(writer, "FIRST_PAUSE", 10)
        monkeypatch.setattr(writer, "LAST_PAUSE", 15)
        database._database.link.cut()
        await refused(lambda: database.commit([say()]))
        await refused(lambda: database.commit([say()]))
        assert 5 < database._writer._retry_at - time.monotonic() <= 10
        for away, pause in ((60, 12), (1000, 15)):
            database._writer._away_since = time.monotonic() - away
            told = database._writer._fail(OSError("again"))
            assert pause - 5 < database._writer._retry_at - time.monotonic() < pause + 0.1
            assert pause - 5 < told.retry_ms / 1000 < pause + 0.1
        database._writer._retry_at = 0

    @pytest.mark.parametrize("kept_before", range(1, 5))
    async def test_statements_that_fail_together_spoil_no_later_one(
        self, database: PostgresJournal, postgres_url: str, kept_before: int
    ) -> None:
        """What the server has passed over psycopg takes for prepared, on each new connection."""
        database._writer.cut()
        await refused(lambda: database.commit([say()]))
        await until_it_is_back(database)
        await fill(database, kept_before)
        with psycopg.connect(postgres_url, autocommit=True) as operator:
            operator.execute(FAILS)
            for _ in range(20):
                await until_it_is_back(database)
                await refused(lambda: database.commit([say()]))
            operator.execute("DROP TRIGGER fails ON events")
        await until_it_is_back(database)
        assert numbers(await database.commit([say()])) == [kept_before + 1]

    async def test_an_answer_that_was_lost(self, database: PostgresJournal) -> None:
        """What is committed all the same is heard of, and is not kept twice."""
        execute = Link.execute

        def lose(link: Link, statement: str, *values: object) -> int:
            count = execute(link, statement, *values)  # type: ignore[arg-type]
            if statement == "COMMIT" and link is database._database.link:
                link.cut()
                execute(link, "SELECT 1")
            return count

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Link, "execute", lose)
            await refused(lambda: database.commit([say(cid=CID)]))
        assert await until_it_is_back(database)
        [result] = await database.commit([say(cid=CID)])
        assert isinstance(result, Duplicate)
        assert await kept(database) == [1]

    async def test_a_statement_that_fails(
        self, database: PostgresJournal, postgres_url: str
    ) -> None:
        """Nothing of the turn is kept; the next one has another connection."""
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute("ALTER TABLE events ADD CHECK (seq < 3)")
        link = database._writer._link
        await fill(database, 2)
        await refused(lambda: database.commit([say(room="jam"), say(cid=CID)]))
        assert await kept(database, "jam") == []
        await trio.sleep(0.01)
        assert numbers(await database.commit([say(room="jam")])) == [1]
        assert database._writer._link is not link


class TestStandbys:
    """What a synchronous standby may not have is not acknowledged."""

    async def test_a_standby_that_is_dead(
        self, own_postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Sends are refused until it is taken out; a resend finds what was kept all the same."""
        journal = await PostgresJournal.open(own_postgres.new_url())
        await fill(journal, 1)
        own_postgres.lack_standby()
        with monkeypatch.context() as patch:
            patch.setattr(writer, "COMMIT_TIMEOUT", 0.5)
            for _ in range(3):  # the one that hangs still holds the room
                journal._writer._retry_at = 0
                await refused(lambda: journal.commit([say(cid=CID)]))
        own_postgres.configure("synchronous_standby_names", "")
        assert await until_it_is_back(journal)
        assert isinstance((await journal.commit([say(cid=CID)]))[0], Duplicate)
        assert await kept(journal) == [1, 2]
        await journal.close()

    async def test_a_wait_for_it_that_somebody_cancels(self, own_postgres: PostgresServer) -> None:
        """PostgreSQL says that it is done, with a warning: that is no acknowledgement."""
        journal = await PostgresJournal.open(own_postgres.new_url())
        own_postgres.lack_standby()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(refused, partial(journal.commit, [say(cid=CID)]))
            with own_postgres.connect() as other, trio.fail_after(PATIENCE):
                while not other.execute(CANCEL_WAITING).fetchall():
                    await trio.sleep(0.01)
        own_postgres.configure("synchronous_standby_names", "")
        assert await until_it_is_back(journal)
        assert isinstance((await journal.commit([say(cid=CID)]))[0], Duplicate)
        await journal.close()


class TestHanging:
    """PostgreSQL does not answer: each wait has an end."""

    async def test_a_commit_that_hangs(
        self, own_postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is given up with its connection; what waits behind it is as well."""
        journal = await PostgresJournal.open(own_postgres.new_url())
        await fill(journal, 1)
        monkeypatch.setattr(writer, "COMMIT_TIMEOUT", 0.3)
        own_postgres.pause()
        async with trio.open_nursery() as nursery:
            for _ in range(3):
                nursery.start_soon(refused, partial(journal.commit, [say()]))
        monkeypatch.undo()
        own_postgres.pause(signal.SIGCONT)
        await until_it_is_back(journal)
        await journal.commit([say()])
        said = await kept(journal)
        assert said == list(range(1, len(said) + 1))
        await journal.close()

    async def test_a_read_that_hangs(self, postgres_url: str) -> None:
        """It is refused in time, and others go on."""
        journal = PostgresJournal(Database(postgres_url, 0), read_timeout=0.5)
        await fill(journal, 1)
        with trio.fail_after(PATIENCE), structlog.testing.capture_logs():
            async with trio.open_nursery() as nursery:
                for _ in range(READERS):
                    read = partial(journal._readers.read, lambda link: link.all(ENDLESS))
                    nursery.start_soon(refused, read)
            assert await kept(journal) == [1]
        await journal.close()

    async def test_a_read_that_was_given_up_is_not_begun_again(self, postgres_url: str) -> None:
        """Though its connection, which another one had used before, is lost by that."""
        journal = PostgresJournal(Database(postgres_url, 0), read_timeout=0.5)
        readers, begun = journal._readers, 0

        def hang(link: Link) -> object:
            nonlocal begun
            begun += 1
            return link.all(ENDLESS)

        with trio.fail_after(PATIENCE):
            assert await kept(journal) == []
            await refused(partial(readers.read, hang))
            while readers._threads.running:
                await trio.sleep(0.01)
        assert begun == 1
        await journal.close()

    async def test_waiting_for_a_connection_counts(self, postgres_url: str) -> None:
        """Whoever waits as long as a read may take is told to try again, too."""
        journal = PostgresJournal(Database(postgres_url, 0), read_timeout=0.5)
        gate = Event()
        with trio.fail_after(PATIENCE):
            async with trio.open_nursery() as nursery:
                for _ in range(READERS):
                    read = partial(journal._readers.read, lambda _: gate.wait(PATIENCE))
                    nursery.start_soon(refused, read)
                await trio.testing.wait_all_tasks_blocked()
                await refused(partial(journal._readers.read, lambda _: None))
                gate.set()
        await journal.close()

    async def test_closing_while_a_commit_hangs(
        self, own_postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A server that stops does not wait for it for ever."""
        monkeypatch.setattr("trio_chat.journal.postgres.journal.CLOSE_TIMEOUT", 0.2)
        journal = await PostgresJournal.open(own_postgres.new_url())
        own_postgres.pause()
        with structlog.testing.capture_logs() as logged:
            with trio.move_on_after(0.1):
                await journal.commit([say()])
            await journal.close()
        assert "journal cannot be closed in order" in {entry["event"] for entry in logged}
        own_postgres.pause(signal.SIGCONT)

    async def test_closing_leaves_a_read_that_was_given_up(self, postgres_url: str) -> None:
        """It closes its own connection at its end; nothing is read any more."""
        journal = await PostgresJournal.open(postgres_url)
        gate, links = Event(), []

        def slow(link: Link) -> None:
            links.append(link)
            gate.wait(PATIENCE)

        with trio.move_on_after(0.5):
            await journal._readers.read(slow)
        await journal.close()
        gate.set()
        with trio.fail_after(PATIENCE):
            while not links[0].is_broken:
                await trio.sleep(0.01)
        await refused(lambda: kept(journal))

    async def test_closing_without_a_connection(self, own_postgres: PostgresServer) -> None:
        """There is nothing to close, nor to cut."""
        journal = await PostgresJournal.open(own_postgres.new_url())
        own_postgres.stop()
        await refused(lambda: journal.commit([say()]))
        journal._writer.cut()
        await journal.close()


class TestSettings:
    """What an operator sets counts here, too."""

    async def test_the_space_has_a_limit(
        self, database: PostgresJournal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Then only deletions are taken, until there is space again."""
        await fill(database, 1)
        await database.has_changed()
        monkeypatch.setattr(space, "INTERVAL", 0)
        database._writer._space._look_at = 0
        database.reconfigure(Config(max_database=1_000_000))
        await database.has_changed()
        assert isinstance((await database.commit([say()]))[0], Committed)
        assert database.figures.database > 1000
        database._writer._space.limit = 1
        with structlog.testing.capture_logs() as logged:
            await database.has_changed()
            assert await database.commit([say(), CANARY]) == [STORAGE_FULL, CANARY_REFUSED]
            assert isinstance((await database.commit([delete(1)]))[0], Committed)
            database._writer._space.limit = 0
            await database.has_changed()
        assert (await database.commit([CANARY]))[0] == Duplicate(0, ANY)
        told = [entry["event"] for entry in logged]
        assert told == ["database full", "database has space again"]
        assert isinstance((await database.commit([say()]))[0], Committed)
        assert database.counts["storage_full"] == 1

    async def test_changes_of_a_message_have_limits(self, database: PostgresJournal) -> None:
        """Those of the settings, from the next commit on."""
        database._writer._limits = ChangeLimits(changes=0)
        await fill(database, 1)
        [result] = await database.commit([delete(1)])
        assert isinstance(result, Committed)
        assert not isinstance(result, Rejected)

    async def test_reads_have_the_time_that_is_set(self, database: PostgresJournal) -> None:
        """All of them."""
        database.reconfigure(Config(read_timeout=1.5, erase_within=200))
        assert database._loader.timeout == 1.5
        assert database._upkeep.erase_within == 200

    async def test_commits_are_durable(self, postgres: PostgresServer, postgres_url: str) -> None:
        """Though the database is set to acknowledge before it has written; more stays as it is."""
        for given, used in (("off", "on"), ("remote_apply", "remote_apply")):
            url = f"{postgres_url}%20-csynchronous_commit%3D{given}"
            link = Link(url)
            assert link.value("SHOW synchronous_commit") == used
            link.close()


class TestOddTexts:
    """PostgreSQL's texts have no character of the number 0; what is told has it."""

    async def test_it_is_kept(self, database: PostgresJournal, clock: Clock) -> None:
        """In what was said, in a cid, and in a name that nobody should have."""
        odd = "a\0b\ud7ff'\\ %s \N{GRINNING FACE}"
        [result] = await database.commit([say(odd, cid=f"{CID}\0")])
        assert isinstance(result, Committed)
        [(_, data)] = await database.after(ROOM, 0, 9, MUCH)
        assert data == result.data
        assert isinstance((await database.commit([say(odd, cid=f"{CID}\0")]))[0], Duplicate)
        assert await database.rooms(9, ["a\0b"]) == []
        assert await database.rooms_of({"a\0b"}, 0, 9) == []
        await database.note_visits({"a\0b": clock.now})
        assert await database.unused(["a\0b"], 2**62) == ["a\0b"]
