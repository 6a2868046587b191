"""Runs of servers on a PostgreSQL database: many at a time, and an epoch for each state of it."""

import psycopg
import pytest
import trio

from tests.journal.drafts import say
from tests.postgres import PostgresServer
from trio_chat.journal.postgres import database, link, runs, schema, terms
from trio_chat.journal.postgres.beside import opened_beside
from trio_chat.journal.postgres.database import Database
from trio_chat.journal.postgres.journal import PostgresJournal
from trio_chat.journal.postgres.schema import SCHEMA
from trio_chat.journal.types import Committed, JournalError, Replaced, Unavailable

PATIENCE = 60  # seconds; the machine may be busy
SECRET = "not-to-be-told"  # noqa: S105 - that is the point


async def identity(url: str) -> tuple[str, bytes]:
    """Open a database as a server does, and close it; return its epoch and its secret."""
    journal = await PostgresJournal.open(url)
    await journal.close()
    return journal.epoch, journal.secret


def schema_of(url: str) -> str:
    return url.rpartition("%3D")[2]


async def test_a_database_keeps_its_epoch(postgres_url: str) -> None:
    """From one start to the next, whatever PostgreSQL does with its rows meanwhile."""
    before = await identity(postgres_url)
    assert await identity(postgres_url) == before
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("VACUUM (FREEZE) meta")
    assert await identity(postgres_url) == before


async def test_a_restored_dump_begins_a_new_epoch(
    postgres: PostgresServer, postgres_url: str
) -> None:
    """Its secret stays, so sessions are valid; the second start goes on with that epoch."""
    before = await identity(postgres_url)
    schema = schema_of(postgres_url)
    saved = postgres.dump(schema)
    with postgres.connect() as connection:
        connection.execute(f"DROP SCHEMA {schema} CASCADE")
    postgres.restore(saved)
    after = await identity(postgres_url)
    assert after[0] != before[0]
    assert after[1] == before[1]
    assert await identity(postgres_url) == after


async def test_rows_that_were_put_back_begin_a_new_epoch(postgres_url: str) -> None:
    """Although the tables are the same: PostgreSQL knows who has written a row."""
    before = await identity(postgres_url)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE TEMPORARY TABLE saved AS SELECT * FROM meta")
        connection.execute("DELETE FROM meta")
        connection.execute("INSERT INTO meta SELECT * FROM saved")
    assert (await identity(postgres_url))[0] != before[0]


async def test_what_has_a_database_alone(postgres_url: str) -> None:
    """No server starts beside it, but waits a moment; nor does one whose connection was lost."""
    await identity(postgres_url)
    first = await PostgresJournal.open(postgres_url)
    await first.commit([say()])
    first._database.link.cut()
    with pytest.raises(Unavailable):
        await first.commit([say()])
    alone = link.Link(postgres_url)
    runs.lock(alone, PATIENCE, is_alone=True)
    with pytest.raises(JournalError, match="in use by a server of an earlier release, or by a"):
        Database(postgres_url, 0, lock_patience=0)
    first._writer._retry_at = 0
    with pytest.raises(Unavailable):
        await first.commit([say()])
    async with trio.open_nursery() as nursery:
        has_come = trio.Event()

        async def wait() -> None:
            await identity(postgres_url)
            has_come.set()

        nursery.start_soon(wait)
        await trio.sleep(3 * runs.LOCK_PAUSE)
        assert not has_come.is_set()
        runs.unlock(alone)
        alone.close()
    first._writer._retry_at = 0
    await first.commit([say()])
    await first.close()


async def test_tables_of_an_earlier_release(postgres_url: str) -> None:
    """They are changed while no server has them, and then stay so."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(schema.MIGRATIONS[0])
        connection.execute("INSERT INTO meta VALUES ('schema', '1')")
        connection.execute("INSERT INTO people VALUES ('ann', 'x')")
    running = link.Link(postgres_url)
    runs.lock(running)
    with pytest.raises(JournalError, match="servers of that still run: end all of them"):
        Database(postgres_url, 0, lock_patience=0)
    running.close()
    await identity(postgres_url)
    async with trio.open_nursery() as nursery:
        for _ in range(2):
            nursery.start_soon(identity, postgres_url)


async def test_many_servers_start_at_once(postgres_url: str) -> None:
    """One makes the tables; all have the same numbers, and hear of an end in order."""
    journals: list[PostgresJournal] = []

    async def start() -> None:
        journals.append(await PostgresJournal.open(postgres_url))

    async with trio.open_nursery() as nursery:
        for _ in range(4):
            nursery.start_soon(start)
    assert len({(journal.epoch, journal.secret) for journal in journals}) == 1
    for number, journal in enumerate(journals):
        [committed] = await journal.commit([say()])
        assert isinstance(committed, Committed)
        assert committed.event.seq == number + 1
    for journal in journals:
        await journal.close()
    with psycopg.connect(postgres_url) as connection:
        assert connection.execute("SELECT count(*) FROM nodes").fetchone() == (0,)


@pytest.mark.parametrize(
    "harm",
    [
        "DROP TABLE meta",
        "DELETE FROM meta",
        "UPDATE meta SET value = '0' WHERE key = 'schema'",
        "DELETE FROM nodes",
    ],
)
async def test_a_database_that_is_not_what_it_was(postgres_url: str, harm: str) -> None:
    """A running server notices, and keeps nothing more."""
    journal = await PostgresJournal.open(postgres_url)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(harm)
    with pytest.raises(Replaced):
        await journal.has_changed()
    journal._writer._retry_at = 0
    with pytest.raises(Unavailable):
        await journal.commit([say()])
    with pytest.raises(Unavailable):
        await journal.rooms(1)
    journal._writer._retry_at = 0
    with pytest.raises(Replaced):
        await journal.has_changed()
    await journal.close()


async def test_a_promoted_standby_begins_a_new_epoch(own_postgres: PostgresServer) -> None:
    """A standby itself is refused; once it is promoted, it may lack what others know."""
    url = own_postgres.new_url()
    before = await identity(url)
    own_postgres.become_standby()
    with pytest.raises(JournalError, match="standby, which only reads"):
        await PostgresJournal.open(url)
    own_postgres.promote()
    after = await identity(url)
    assert after[0] != before[0]
    assert after[1] == before[1]


def meta_of_others(schema: str, kind: str = "bytea") -> str:
    """Return what makes a table such as ours, which another program may have, too."""
    made = f"CREATE TABLE meta (key text, value {kind})"
    return f"{made}; INSERT INTO meta VALUES ('schema', '{schema}')"  # noqa: S608 - our own


class TestRefusals:
    """What cannot be used is refused at the start, in one line without a password."""

    @pytest.mark.parametrize(
        ("url", "told"),
        [
            (f"postgresql://ann:{SECRET}@/chat?host=/nowhere", "cannot be opened: .*/nowhere"),
            (f"postgresql://ann:{SECRET}@db/chat?nonsense", "no URL that PostgreSQL understands"),
            (f"postgresql://ann:{SECRET} @db/chat?sslmode", "no URL that PostgreSQL understands"),
            (f"postgresql://ann:{SECRET}@{SECRET}@db/chat", "no URL that PostgreSQL understands"),
        ],
    )
    def test_what_is_not_there(self, url: str, told: str) -> None:
        """Neither the server nor such a URL."""
        with pytest.raises(JournalError, match=told) as refused:
            Database(url, 0)
        assert SECRET not in str(refused.value)
        assert "\n" not in str(refused.value)

    @pytest.mark.parametrize(
        ("made", "told"),
        [
            ("CREATE TABLE events (x int)", "tables of another program"),
            ("CREATE TABLE meta (x int)", "tables of another program"),
            ("CREATE TABLE meta (key text, value bytea)", "tables of another program"),
            (meta_of_others("1.2.0", "text"), "tables of another program"),
            (meta_of_others("3", "text"), "tables of another program"),
            (meta_of_others("3"), "tables of another program"),
            (meta_of_others("0"), "tables of another program"),
            (meta_of_others("1.2.0"), "tables of another program"),
            (meta_of_others("9" * 5000), "tables of another program"),
            (
                f"CREATE TABLE meta AS SELECT 'schema' AS key, '{SCHEMA + 1}'::bytea AS value",
                f"newer trio-chat: its schema is {SCHEMA + 1}, this one knows {SCHEMA}",
            ),
        ],
    )
    def test_tables_of_others(self, postgres_url: str, made: str, told: str) -> None:
        """Nothing of them is changed; a command says the same as a server."""
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(made)
        with pytest.raises(JournalError, match=told):
            Database(postgres_url, 0)
        with pytest.raises(JournalError, match=told), opened_beside(postgres_url):
            pass

    def test_no_place_for_tables(self, postgres: PostgresServer) -> None:
        """The search path names a schema that is not there."""
        with pytest.raises(JournalError, match="no schema for tables"):
            Database(postgres.url("not_there"), 0)

    def test_another_encoding(self, postgres: PostgresServer) -> None:
        """It could not keep each text."""
        with postgres.connect() as connection:
            connection.execute(
                "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"
            )
        with pytest.raises(JournalError, match="encoding UTF8"):
            Database(postgres.url().replace("@/postgres", "@/latin"), 0)

    def test_a_server_that_is_too_old(
        self, postgres_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It has not all that is needed."""
        monkeypatch.setattr(database, "OLDEST", 999_99_99)
        with pytest.raises(JournalError, match="needs PostgreSQL 13 or newer"):
            Database(postgres_url, 0)

    def test_a_pooler(self, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """It may hand a session from one to another, and with it the lock; else it may be there."""
        monkeypatch.setattr(link.Link, "pid", property(lambda _: 1))
        Database(postgres_url, 0).link.close()
        monkeypatch.setattr(database, "PROCESS", "SELECT 2")
        with pytest.raises(JournalError, match="a pooler that hands connections round"):
            Database(postgres_url, 0)

    def test_what_a_server_does_not_tell(
        self, postgres_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A managed server may hide its system; the rest of the mark has to do."""
        monkeypatch.setattr(terms, "PLACE", ["DO $$BEGIN RAISE insufficient_privilege; END$$"])
        first = Database(postgres_url, 0)
        first.link.close()
        assert first.run.mark.split(" ")[1].startswith(":")
        second = Database(postgres_url, 0)
        second.link.close()
        assert first.run.epoch == second.run.epoch
