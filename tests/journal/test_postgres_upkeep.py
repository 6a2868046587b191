"""What a PostgreSQL journal does beside commits: people, retention, forgetting, erasing."""

from collections import deque
from collections.abc import AsyncIterator, Callable

import psycopg
import pytest
import structlog.testing

from tests.journal.drafts import (
    ANN,
    BEN,
    MUCH,
    ROOM,
    Clock,
    created,
    delete,
    edit,
    everything,
    fill,
    forgetting_act,
    kept,
    nobody_in,
    numbers,
    page,
    react,
    say,
    title,
)
from trio_chat.clock import wall_clock
from trio_chat.journal.clearings import SEALED
from trio_chat.journal.people import NOBODY, PersonRecord, decode, encode
from trio_chat.journal.postgres import beside, erasing, forgetting, pruning, unused
from trio_chat.journal.postgres.database import Database
from trio_chat.journal.postgres.forgetting import Forgettable
from trio_chat.journal.postgres.journal import PostgresJournal
from trio_chat.journal.postgres.link import Link
from trio_chat.journal.sqlite.pruning import Limits
from trio_chat.journal.types import NO_SUCH_MESSAGE, RoomState, Write
from trio_chat.journal.views import ChangeLimits
from trio_chat.protocol.events import Clear, Person

EVE = Person("e5", "Eve")
SECRET = "the text to forget"  # noqa: S105 - no password


@pytest.fixture
async def database(postgres_url: str, clock: Clock) -> AsyncIterator[PostgresJournal]:
    """Return a journal with a clock that a test sets."""
    journal = PostgresJournal(Database(postgres_url, clock()), clock)
    yield journal
    await journal.close()


async def reopened(journal: PostgresJournal) -> PostgresJournal:
    """Return what the next server sees."""
    await journal.close()
    return PostgresJournal(Database(journal._database.url, journal._clock()), journal._clock)


def rows(journal: PostgresJournal, query: str) -> list[tuple[object, ...]]:
    return journal._database.link.all(query)


class TestPeople:
    """What is kept of people is there for the next server."""

    async def test_as_they_were_when_they_changed_last(self, database: PostgresJournal) -> None:
        """Those who were forgotten are in no table."""
        assert database.people == {}
        ann = PersonRecord(nick="Ann", seen=1)
        await database.keep_people({"a": encode(ann), "b": b"?", "c": None})
        ann.nick = "Änn"
        await database.keep_people({"a": encode(ann), "b": None})
        database = await reopened(database)
        assert {id: decode(data) for id, data in database.people.items()} == {"a": ann}
        await database.close()

    async def test_a_damaged_record_is_of_nobody(self, database: PostgresJournal) -> None:
        """The log tells how many; the others are as they were."""
        await database.keep_people({"a": encode(PersonRecord(nick="Ann")), "b": b"?"})
        with structlog.testing.capture_logs() as logged:
            database = await reopened(database)
        assert database.people.keys() == {"a"}
        assert "what is kept of people is damaged" in {entry["event"] for entry in logged}
        assert await database.forget_people(0) == ["b"]
        await database.close()

    async def test_they_are_forgotten_in_steps(
        self, database: PostgresJournal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Those not seen since a time; what holds for people without a record stays."""
        monkeypatch.setattr(forgetting, "PEOPLE", 2)
        records = {str(number): PersonRecord(seen=number % 3) for number in range(7)}
        records[NOBODY] = PersonRecord(floor="1")
        await database.keep_people({id: encode(record) for id, record in records.items()})
        assert await database.forget_people(2) == ["0", "1", "3", "4", "6"]
        assert forgetting.load_people(database._database.link).keys() == {NOBODY, "2", "5"}

    async def test_they_are_kept_in_steps(
        self, database: PostgresJournal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """However many there are, what is said is kept in between; the order stays."""
        monkeypatch.setattr(forgetting, "PEOPLE", 2)
        await database.keep_people({id: encode(PersonRecord(seen=1)) for id in "edcba"})
        found = rows(database, "SELECT string_agg(id, '' ORDER BY id) FROM people GROUP BY xid")
        assert sorted(found) == [("a",), ("bc",), ("de",)]

    @pytest.mark.parametrize(
        ("nick", "later", "is_noted"),
        [("Ann", "Anna", True), ("Ann", None, True), ("Ann", "Ann", False), ("", "Ann", False)],
    )
    async def test_a_nick_that_is_gone_is_erased_in_time(
        self, database: PostgresJournal, nick: str, later: str | None, *, is_noted: bool
    ) -> None:
        """As what was deleted is; one that stays is not."""
        await database.keep_people({"a": encode(PersonRecord(nick=nick))})
        new = None if later is None else encode(PersonRecord(nick=later))
        await database.keep_people({"a": new})
        assert len(rows(database, "SELECT 1 FROM meta WHERE key = 'unerased'")) == is_noted


class TestKeeping:
    """What was said is there for the next server."""

    async def test_all_of_it(self, database: PostgresJournal, clock: Clock) -> None:
        """Numbers, topic, cids; and times go on although the clock went back."""
        await database.commit([say(cid="kept-for-ever"), title("Tea"), react(1)])
        before = await everything(database)
        clock.now -= 500
        database = await reopened(database)
        assert await everything(database) == before
        [again] = await database.commit([say(cid="kept-for-ever")])
        assert again == (1, 1_000_000)
        assert numbers(await database.commit([say()])) == [4]
        assert rows(database, "SELECT last, ts FROM rooms") == [(4, 1_000_000)]
        await database.close()

    async def test_an_event_that_is_damaged(self, database: PostgresJournal) -> None:
        """The rest goes on."""
        await fill(database, 2)
        database._database.link.execute("UPDATE events SET data = '{' WHERE seq = 1")
        assert [event.seq for event in await page(database)] == [2]
        results = await database.commit([react(1), edit(1), delete(1), react(2)])
        assert results[:3] == [NO_SUCH_MESSAGE] * 3
        assert numbers(results[3:]) == [3]

    async def test_some_rooms_are_listed_by_name(self, database: PostgresJournal) -> None:
        """Public ones, the latest first."""
        for room in ("old", "jam", "~" + "a" * 26, "new"):
            await fill(database, 1, room=room)
            database._clock.now += 1  # type: ignore[attr-defined]
        found = await database.rooms(9, ["jam", "new", "none", "~" + "a" * 26])
        assert [room.name for room in found] == ["new", "jam"]

    async def test_a_file_system_that_keeps_what_it_is_told(
        self, postgres_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Without ``fsync`` a power loss may take what is acknowledged: the log says so."""
        value = Link.value

        def safe(link: Link, statement: str, *values: object) -> object:
            is_asked = statement == "SELECT current_setting('fsync')"
            return "on" if is_asked else value(link, statement, *values)  # type: ignore[arg-type]

        with structlog.testing.capture_logs() as logged:
            Database(postgres_url, 0).link.close()
            monkeypatch.setattr(Link, "value", safe)
            Database(postgres_url, 0).link.close()
        told = [entry["event"] for entry in logged]
        assert told == ["PostgreSQL has fsync off: what is kept does not survive a power loss"]

    def test_a_link_that_cannot_be_set_up(self, postgres_url: str) -> None:
        """It is closed."""
        with pytest.raises(psycopg.errors.UndefinedObject):
            Link(postgres_url, "SET no_such_setting = 1")


class TestRetention:
    """What is due is deleted in steps, between commits."""

    async def test_a_room_loses_some_at_a_time(
        self, database: PostgresJournal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Its words and states go along."""
        monkeypatch.setattr(pruning, "STEP", 3)
        await fill(database, 20)
        await database.commit([edit(2), edit(20)])
        assert await database.prune(1, 0) == {ROOM: 20}
        assert await kept(database) == [20, 21, 22]
        [state] = await database.load([ROOM], 5)
        recent = await database.after(ROOM, 0, 9, MUCH)
        assert state == RoomState(ROOM, 20, 22, "", recent, state.starts)
        assert rows(database, "SELECT seq FROM words") == [(20,)]
        assert rows(database, "SELECT seq FROM states") == [(20,)]

    async def test_what_is_due_is_found_in_few_reads(
        self, database: PostgresJournal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """However many rooms there are; long ones are not looked at as a whole at once."""
        rooms = [f"room{number}" for number in range(50)]
        for _ in range(3):
            await database.commit([say(room=room) for room in rooms])
        await fill(database, 30)
        reads = 0
        read = database._readers.read

        async def counted(query: Callable[[Link], object]) -> object:
            nonlocal reads
            reads += 1
            return await read(query)

        monkeypatch.setattr(database._readers, "read", counted)
        assert await database.prune(3, 0) == {ROOM: 28}
        assert reads == 2  # and whether there is something to erase
        monkeypatch.setattr(pruning, "SCAN", 10)
        monkeypatch.setattr(pruning, "STEP", 4)
        firsts: dict[str, int] = {}
        while pruned := await database.prune(0, 2**62):
            firsts |= pruned
        assert firsts == {**dict.fromkeys(rooms, 4), ROOM: 31}

    async def test_what_was_deleted_before_a_failure_is_told(
        self, database: PostgresJournal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The hub must know what is gone, or nobody is told of the gap."""
        await fill(database, 5)
        await fill(database, 5, room="jam")
        delete_in_step = pruning.delete_in_step

        def fail_later(link: Link, rooms: deque[pruning.Due]) -> dict[str, int]:
            if rooms[0].name == "jam":
                raise psycopg.OperationalError("the disk is full")
            return delete_in_step(link, rooms)

        monkeypatch.setattr(pruning, "ROOM_COST", pruning.STEP)
        monkeypatch.setattr("trio_chat.journal.postgres.upkeep.delete_in_step", fail_later)
        assert await database.prune(2, 0) == {ROOM: 4}
        assert [await kept(database), await kept(database, "jam")] == [[4, 5], [1, 2, 3, 4, 5]]

    async def test_a_room_that_was_pruned_meanwhile(
        self, database: PostgresJournal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Nothing more of it is deleted."""
        await fill(database, 5)
        find_due = pruning.find_due

        def twice(link: Link, limits: Limits, after: int = 0) -> pruning.Page:
            found = find_due(link, limits, after)
            return found._replace(due=[*found.due, *found.due])

        monkeypatch.setattr("trio_chat.journal.postgres.upkeep.find_due", twice)
        assert await database.prune(2, 0) == {ROOM: 4}
        assert await kept(database) == [4, 5]


class TestForgetting:
    """Rooms that nobody needs go in steps."""

    async def test_page_by_page(
        self, database: PostgresJournal, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """However many there are; a room in which something is said meanwhile stays."""
        monkeypatch.setattr(forgetting, "SCAN", 2)
        await database.commit([say(room=f"room{count}") for count in range(5)])
        await database.prune(0, clock.now + 1)
        read = database._readers.read

        async def read_late(call: Callable[[Link], object]) -> object:
            found: object = await read(call)
            rooms = found[0] if isinstance(found, tuple) else ()
            if any(isinstance(room, Forgettable) and room.name == "room4" for room in rooms):
                await database.commit([say(room="room4")])
            return found

        monkeypatch.setattr(database._readers, "read", read_late)
        await database.forget(clock.now + 1, nobody_in)
        assert [room.name for room in await database.rooms(9)] == ["room4"]
        assert database.counts["rooms_forgotten"] == 4

    async def test_a_long_room_is_shortened_before(
        self, database: PostgresJournal, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A step at a time, so that its forgetting holds up nobody; it is counted, and no other."""
        monkeypatch.setattr(unused, "LEFT", 3)
        monkeypatch.setattr(unused, "STEP", 4)
        await database.commit([title(str(number)) for number in range(10)])
        await database.commit([say(room="keys", cid=f"{number:032}") for number in range(10)])
        clock.now += 10
        await database.prune(0, clock.now)
        await database.commit([title(str(number)) for number in range(10)])
        clock.now += 10
        told: list[dict[str, int]] = []

        async def tell(first: dict[str, int]) -> None:
            told.append(first)

        assert await database.unused([ROOM, "keys"], clock.now, tell) == [ROOM, "keys"]
        assert told == [{ROOM: 15}, {ROOM: 19}, {"keys": 11}, {"keys": 11}]
        assert await kept(database) == [19, 20]
        assert rows(database, "SELECT count(*) FROM cids") == [(2,)]
        forgotten = [forgetting_act(clock.now, room="keys"), forgetting_act(clock.now)]
        await database.commit([*forgotten, say(room="jam"), forgetting_act(clock.now, room="jam")])
        assert [room.name for room in await database.rooms(9)] == ["jam"]
        assert rows(database, "SELECT count(*) FROM cids") == [(0,)]
        assert database.counts["rooms_forgotten"] == 2

    async def test_rooms_of_a_restored_part_count_as_visited(
        self, database: PostgresJournal, clock: Clock
    ) -> None:
        """If nobody has noted visits before; a restart begins nothing anew."""
        await database.commit([created()])
        database._database.link.execute("DELETE FROM visits")
        clock.now += 10
        database = await reopened(database)
        clock.now += 10
        database = await reopened(database)
        assert await database.unused([ROOM], clock.now - 10) == []
        assert await database.unused([ROOM], clock.now - 9) == [ROOM]
        await database.close()


class TestErasing:
    """What is deleted is in no row any more, and PostgreSQL is asked to give its place free."""

    async def test_it_is_in_no_table(self, database: PostgresJournal, postgres_url: str) -> None:
        """Neither the text, nor that of an edit, nor their words."""
        await database.commit([say(SECRET), edit(1, f"{SECRET} again")])
        await database.commit([delete(1)])
        with psycopg.connect(postgres_url) as connection:
            for table in ("events", "states", "words", "cids"):
                query = f"SELECT * FROM {table}"  # noqa: S608
                told = repr(connection.execute(query).fetchall())
                assert "forget" not in told

    async def test_its_place_is_given_free_in_time(
        self, database: PostgresJournal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Once after deletions, and not before half of the time is over."""
        asked: list[None] = []
        monkeypatch.setattr(erasing, "VACUUM", "SELECT 1")
        vacuum = database._database.vacuum
        monkeypatch.setattr(database._database, "vacuum", lambda: asked.append(vacuum()))
        await fill(database, 2)
        await database.prune(0, 0)
        await database.commit([delete(1)])
        await database.prune(0, 0)
        assert asked == []
        database._upkeep.erase_within = 0
        await database.prune(0, 0)
        await database.prune(0, 0)
        assert len(asked) == 1
        await database.commit([delete(2)])
        [(noted,)] = rows(database, "SELECT value FROM meta WHERE key = 'unerased'")
        assert isinstance(noted, bytes)
        assert abs(int(noted) - wall_clock()) < 3_600_000

    async def test_all_edits_of_a_pruned_message_lose_their_texts(
        self, database: PostgresJournal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whoever reads before that is done is told none."""
        await database.commit([say(), say()])
        await database.commit([edit(1, f"{SECRET} {number}") for number in range(5)])
        monkeypatch.setattr("trio_chat.journal.postgres.scrubs.step", lambda _: False)
        await database.prune(1, 0)
        assert SECRET.encode() not in await everything(database)
        assert len(rows(database, "SELECT 1 FROM scrubs")) == 1
        monkeypatch.undo()
        await database.prune(1, 0)
        assert rows(database, "SELECT 1 FROM scrubs") == []
        assert SECRET not in repr(rows(database, "SELECT data FROM events"))

    async def test_cleared_reactions_go_for_good_beside_a_damaged_change(
        self, database: PostgresJournal, clock: Clock
    ) -> None:
        """What is kept of the message stays, but for what is cleared."""
        await database.commit([say(), react(1, who=EVE), react(1)])
        database._database.link.execute("UPDATE events SET data = '{' WHERE seq = 3")
        clear = Clear(room=ROOM, who=ANN, key="k", authors=[EVE.id], since=0)
        await database.commit([Write(clear)])
        clock.now += SEALED
        await database.prune(0, 0)
        assert [message.reactions for message in await page(database)] == [{"🍋": [BEN]}]
        [(data,)] = rows(database, "SELECT data FROM events WHERE seq = 2")
        assert b'"on":false' in bytes(data)  # type: ignore[call-overload]

    async def test_limits_of_changes(self, database: PostgresJournal) -> None:
        """A message that was changed as often as it may be can still be deleted."""
        database._writer._limits = ChangeLimits(changes=2)
        results = await database.commit([say(), edit(1), edit(1, "3"), edit(1, "4"), delete(1)])
        assert [type(one).__name__ for one in results] == [
            *["Committed"] * 3,
            "Rejected",
            "Committed",
        ]


async def test_a_command_makes_tables_newer_while_no_server_runs(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It keeps servers out meanwhile, and lets them in again."""

    def make_newer(_: Link, be_alone: Callable[[], None]) -> bool:
        be_alone()
        return True

    await PostgresJournal(Database(postgres_url, 0), Clock()).close()
    monkeypatch.setattr(beside, "migrate", make_newer)
    beside.prepare(postgres_url)
    await PostgresJournal(Database(postgres_url, 0), Clock()).close()
