"""Terms of a PostgreSQL database: when one begins, who goes on in it, and what is refused."""

from collections.abc import Callable, Mapping

import psycopg
import pytest
import trio

from tests.journal.drafts import ROOM, say
from tests.postgres import PostgresServer
from trio_chat.journal.postgres import terms
from trio_chat.journal.postgres.journal import PostgresJournal
from trio_chat.journal.postgres.link import Link
from trio_chat.journal.terms import Term, Terms
from trio_chat.journal.types import Committed, Duplicate, Moved, Replaced, Unavailable

OTHER_MARK = "UPDATE meta SET value = value WHERE key = 'mark'"
CID = "0123456789abcdef"


def execute(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


async def moved(journal: PostgresJournal, told: Mapping[str, int] | None = None) -> Moved:
    """Let a journal notice that the database is in another term, and go on there."""
    assert await journal.moved(lambda: told or {}) is None
    journal._writer._retry_at = 0
    with pytest.raises(Unavailable):
        await journal.has_changed()
    found = await journal.moved(lambda: told or {})
    assert found
    return found


async def number(journal: PostgresJournal, cid: str | None = None) -> int:
    """Keep an event; return its number."""
    [result] = await journal.commit([say(cid=cid)])
    assert isinstance(result, Committed | Duplicate)
    return result.seq if isinstance(result, Duplicate) else result.event.seq


async def test_a_run_goes_on_in_another_term(postgres_url: str) -> None:
    """Nothing is written before that is taken in; rooms tell where terms have begun."""
    journal, other = [await PostgresJournal.open(postgres_url) for _ in range(2)]
    before = journal.terms
    assert [await number(journal), await number(journal)] == [1, 2]
    execute(postgres_url, OTHER_MARK)
    found = await moved(journal, {ROOM: 2})
    assert found.terms.present.number == before.present.number + 1
    assert [(state.last, state.starts) for state in found.states] == [(2, ((1, 1),))]
    assert (found.terms.origin, before.epoch in found.terms) == (before.origin, True)
    assert (await moved(other)).terms.epoch == journal.epoch == other.epoch
    assert [await number(other), await number(journal)] == [3, 4]
    [state] = await journal.load([ROOM], 0)
    assert state.starts == ((1, 1), (2, 3))
    assert [found.terms.end(one, state.starts, 4) for one in (before.epoch, "?")] == [2, None]
    await journal.close()
    await other.close()


async def test_the_record_of_a_run_that_is_lost_with_a_term(postgres_url: str) -> None:
    """It is made anew: the backup is of before the server was started."""
    journal = await PostgresJournal.open(postgres_url)
    execute(postgres_url, OTHER_MARK, "DELETE FROM nodes")
    await moved(journal)
    assert await journal.has_changed()
    await journal.close()


async def test_what_is_under_way_counts_as_failed(postgres_url: str) -> None:
    """A read, or a commit, of the term before tells nothing any more, though it was done."""
    journal = await PostgresJournal.open(postgres_url)

    async def overtaken(call: Callable[[], object]) -> None:
        with pytest.raises(Unavailable):
            await call()  # type: ignore[misc]

    def go_on(_: Link) -> None:
        trio.from_thread.run_sync(journal._database.enter, journal._database.run)

    await overtaken(lambda: journal._readers.read(go_on))
    await overtaken(lambda: journal._writer.write("test", go_on))
    assert await number(journal) == 1
    await journal.close()


async def test_files_that_were_put_back(own_postgres: PostgresServer) -> None:
    """A copy of its files is no other system, and has no other timeline, but is behind."""
    url = own_postgres.new_url()
    journal = await PostgresJournal.open(url)
    await number(journal)
    own_postgres.save_files()
    with pytest.raises(Unavailable):
        await journal.commit([say()])
    journal._writer._retry_at = 0
    assert await number(journal) == 2
    own_postgres.put_back_files()
    with pytest.raises(Unavailable):
        await journal.commit([say()])
    found = await moved(journal, {ROOM: 2})
    assert [(state.last, state.starts) for state in found.states] == [(1, ((1, 1),))]
    assert [await number(journal), await number(journal)] == [2, 3]
    await journal.close()


async def test_a_log_that_is_shorter_than_it_was(postgres_url: str) -> None:
    """As where files were put back: nothing is kept there before another term is taken in."""
    journal = await PostgresJournal.open(postgres_url)
    assert await number(journal) == 1
    writer, link = journal._writer, journal._writer._link
    assert link
    link.close()
    writer._link, writer._end = None, "FFFFFFFF/0"
    for _ in range(2):
        with pytest.raises(Unavailable):
            await journal.commit([say()])
        assert writer.has_moved
        writer._retry_at = 0
    found = await journal.moved(lambda: {ROOM: 1})
    assert found
    assert found.terms.present.number == 2
    assert await number(journal) == 2
    await journal.close()


async def test_others_begin_no_term_again(postgres_url: str) -> None:
    """Where a term was made by another one it is taken over, also at a start."""
    first = await PostgresJournal.open(postgres_url)
    execute(postgres_url, OTHER_MARK)
    second = await PostgresJournal.open(postgres_url)
    assert (await moved(first)).terms.epoch == second.epoch
    assert second.terms.present.number == 2
    await first.close()
    await second.close()


async def test_a_lower_term_is_refused_and_an_equal_one_goes_beyond(postgres_url: str) -> None:
    """As of a primary that was replaced, and of two standbys that were promoted."""
    journal = await PostgresJournal.open(postgres_url)
    execute(postgres_url, OTHER_MARK)
    await moved(journal)
    kept, known = journal.epoch, journal.terms
    execute(
        postgres_url,
        "DELETE FROM terms WHERE term = 2",
        "UPDATE meta SET value = (SELECT token::bytea FROM terms) WHERE key = 'epoch'",
    )
    journal._writer._retry_at = 0
    for _ in range(2):
        with pytest.raises(Unavailable):
            await journal.has_changed()
        with pytest.raises(Unavailable):
            await journal.moved(dict)
    assert journal.epoch == kept
    execute(
        postgres_url,
        "INSERT INTO terms (term, token, place) VALUES (2, 'another', '')",
        "UPDATE meta SET value = 'another' WHERE key = 'epoch'",
    )
    found = await journal.moved(dict)
    assert found
    assert (found.terms.present.number, known.epoch in found.terms) == (3, False)
    assert await number(journal, CID) == await number(journal, CID) == 1
    await journal.close()


async def test_a_chat_that_is_gone_meanwhile(postgres_url: str) -> None:
    """Between two looks: then the run ends, as it has nowhere to go on."""
    journal = await PostgresJournal.open(postgres_url)
    execute(postgres_url, OTHER_MARK)
    with pytest.raises(Unavailable):
        await journal.has_changed()
    execute(postgres_url, "DELETE FROM meta WHERE key = 'secret'")
    with pytest.raises(Unavailable):
        await journal.moved(dict)
    journal._writer._retry_at = 0
    with pytest.raises(Replaced):
        await journal.has_changed()
    await journal.close()


async def test_nodes_tell_each_other_within_a_term(postgres_url: str) -> None:
    """What is heard of the term before is dropped, and nothing is told in another one."""
    journal = await PostgresJournal.open(postgres_url)
    bus, run, worked = journal._notify, journal._database.run, []

    class Late:
        async def ask(self, *_: object) -> list[object]:
            return []

        async def heard(self) -> list[bytes]:
            bus.renew(run._replace(terms=Terms([Term(1, "another")])))
            return [b"late"]

    await bus._listen(Late())  # type: ignore[arg-type]
    assert bus.figures.heard.total() == 0

    async def work(_: object) -> None:
        worked.append(True)

    await bus._keeper._connect(work)
    bus.renew(run)
    await bus._keeper._connect(work)
    assert worked == [True]
    await journal.close()


async def test_an_epoch_of_an_earlier_release(postgres_url: str) -> None:
    """It is that of the first term, so clients and marks go on."""
    journal = await PostgresJournal.open(postgres_url)
    await journal.close()
    execute(postgres_url, "DELETE FROM terms")
    again = await PostgresJournal.open(postgres_url)
    assert (again.epoch, again.terms.present.number) == (journal.epoch, 1)
    await again.close()
    link = Link(postgres_url)
    assert terms.is_marked(link)
    link.close()
