"""What nodes that share a PostgreSQL database do for each other, below the hub."""

from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import psycopg
import pytest
import trio

from tests.journal.drafts import ROOM, Clock, fill, nobody_in, say
from tests.postgres import PostgresServer, url_at
from trio_chat.journal import hearing
from trio_chat.journal.bus import NoBus
from trio_chat.journal.hearing import NOTIFY
from trio_chat.journal.hints import Codec, Hint
from trio_chat.journal.people import NOBODY, PersonRecord, decode, encode, merged
from trio_chat.journal.postgres import claims, forgetting, held, places
from trio_chat.journal.postgres import wire as wire_module
from trio_chat.journal.postgres.database import Database
from trio_chat.journal.postgres.journal import PostgresJournal
from trio_chat.journal.postgres.link import Link
from trio_chat.journal.postgres.notify import NotifyBus
from trio_chat.journal.postgres.places import Places
from trio_chat.journal.postgres.wire import Wire
from trio_chat.journal.types import (
    NO_SUCH_MESSAGE,
    Arrived,
    Claimed,
    Elsewhere,
    HeldChanged,
    InRoom,
    Result,
    Unavailable,
)

LATER = 10**15  # a time, in ms since 1970
PATIENCE = 60  # seconds; the machine may be busy
MUCH = b"x" * 20_000_000
NODES = "SELECT nodes FROM nicks WHERE folded = 'kim'"

Both = tuple[PostgresJournal, PostgresJournal]


@pytest.fixture
async def both(postgres_url: str, clock: Clock) -> AsyncIterator[Both]:
    """Return the journals of two nodes on one database."""
    one, other = (PostgresJournal(Database(postgres_url, clock()), clock) for _ in range(2))
    yield one, other
    await one.close()
    await other.close()


def bus_of(journal: PostgresJournal) -> NotifyBus:
    assert isinstance(journal.bus, NotifyBus)
    return journal.bus


async def test_one_node_sees_to_what_is_due(both: Both) -> None:
    """The others leave it alone until that one is gone."""
    one, other = both
    await fill(one, 5)
    await one.keep_people({"ann": encode(PersonRecord(nick="Ann", seen=1))})
    assert await one.prune(4, 0) == {ROOM: 2}
    assert await other.prune(2, 0) == {}
    assert await other.forget(LATER, nobody_in) == 0
    assert await other.forget_people(LATER) == []
    await one.close()
    with trio.fail_after(PATIENCE):  # PostgreSQL takes a moment to let go of its lock
        while not (pruned := await other.prune(2, 0)):
            await trio.sleep(0.01)
    assert pruned == {ROOM: 4}
    assert await other.forget_people(LATER) == ["ann"]


async def test_changes_of_people_are_read_in_parts(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever was kept since the last look comes, perhaps more than once."""
    one, other = both
    bus_of(other).others = 1
    assert await other.people_changes() == {}
    monkeypatch.setattr(forgetting, "CHANGES", 2)
    kept = {f"person {number}": encode(PersonRecord(seen=number)) for number in range(6)}
    for id, data in kept.items():
        await one.keep_people({id: data})
    found: dict[str, bytes] = {}
    for _ in range(7):
        found |= await other.people_changes()
    assert found == kept
    bus_of(other).others = 0
    assert await other.people_changes() == {}


async def test_what_another_node_has_kept_of_a_person_stays(both: Both) -> None:
    """A sign-out, too, that this node has not read yet; it reads what both know then."""
    one, other = both
    bus_of(one).others = 1
    ours, theirs = PersonRecord(nick="Ann", seen=2), PersonRecord(nick="Ann", seen=1)
    ours.see("00000000001x", 2)
    theirs.end("00000000001x")
    await other.keep_people({"ann": encode(theirs)})
    for _ in range(2):
        await one.keep_people({"ann": encode(ours)})
        found = decode((await one.people_changes())["ann"])
        assert found == merged(ours, theirs)
        assert found.is_over("00000000001x")


@pytest.mark.parametrize(
    ("id", "before", "data"),
    [
        ("ann", b"?", encode(PersonRecord(nick="Ann"))),
        ("ann", encode(PersonRecord(nick="Ann")), None),
        ("@pair", encode(PersonRecord(nick="Ann")), encode(PersonRecord(seen=1))),
    ],
    ids=["damaged", "deleted", "beside"],
)
async def test_what_stays_of_no_record_before(
    both: Both, id: str, before: bytes, data: bytes | None
) -> None:
    """It was damaged, the person is forgotten, or it is none of a person."""
    await both[1].keep_people({id: before})
    await both[0].keep_people({id: data})
    with closing(Link(both[0]._database.url)) as link:
        assert forgetting.load_people(link) == ({} if data is None else {id: data})


async def test_who_comes_back_while_people_are_forgotten(both: Both) -> None:
    """At another node, between the look who is forgotten and the deletion: they stay."""

    class Late(Link):
        """Lets somebody come back after the first query."""

        def all(self, statement: str, parameters: Sequence[object] = ()) -> list[Any]:
            found = super().all(statement, parameters)
            if not back:
                back.append(encode(PersonRecord(nick="Ann", seen=LATER)))
                with closing(Link(url)) as link, link.transaction():
                    forgetting.keep_people(link, {"ann": back[0]})
            return found

    url, back = both[0]._database.url, list[bytes]()
    await both[0].keep_people({id: encode(PersonRecord(seen=1)) for id in ("ann", "ben")})
    with closing(Late(url)) as link:
        assert forgetting.forget_people_step(link, LATER) == (["ben"], None)
        assert forgetting.load_people(link) == {"ann": back[0]}


async def test_more_people_than_are_read_at_a_time_are_kept_at_once(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after PostgreSQL was away: all of them come, and then what was kept later."""
    monkeypatch.setattr(forgetting, "CHANGES", 3)
    one, other = both
    bus_of(other).others = 1
    kept = {f"person {number}": encode(PersonRecord(seen=number)) for number in range(8)}
    kept[NOBODY] = encode(PersonRecord(floor="1"))
    await one.keep_people(kept)
    await one.keep_people(last := {"last": encode(PersonRecord(seen=9))})
    found = [dict(await other.people_changes()) for _ in range(5)]
    assert all(len(records) <= 3 for records in found)
    assert {id: data for records in found for id, data in records.items()} == kept | last


async def test_people_are_read_in_the_order_of_transactions(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where one number of a transaction has more digits than the one before."""
    monkeypatch.setattr(forgetting, "CHANGES", 2)
    with closing(Link(both[0]._database.url)) as link:
        for number in range(98, 102):
            row = (f"person {number}", b"", str(number))
            link.execute("INSERT INTO people (id, data, xid) VALUES (%s, %s, %s::xid8)", row)
        mark, found = forgetting.FIRST, list[str]()
        for _ in range(4):
            records, mark = forgetting.people_since(link, mark)
            found += records
    assert [*dict.fromkeys(found)] == [f"person {number}" for number in range(98, 102)]


async def test_people_who_are_being_kept_while_others_are_read(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transaction that began before those of a look, and ends after it, is not passed over."""
    monkeypatch.setattr(forgetting, "CHANGES", 2)
    one, other = both
    bus_of(other).others = 1
    with closing(Link(one._database.url)) as link, link.transaction():
        forgetting.keep_people(link, {"late": encode(PersonRecord(seen=1))})
        for number in range(4):
            await one.keep_people({f"person {number}": encode(PersonRecord(seen=number))})
        assert (await other.people_changes()).keys() == {"person 0", "person 1"}
    found = [await other.people_changes() for _ in range(5)]
    assert "late" in {id for records in found for id in records}


async def test_nothing_to_tell(both: Both) -> None:
    """What is refused is no news, and a server that is alone tells nobody of anything."""
    bus = bus_of(both[0])
    refused: list[Result] = [NO_SUCH_MESSAGE]
    for others in (0, 1):
        bus.others = others
        bus.tell(refused)
        assert not bus._outgoing
    bus.others = 0
    [committed] = await both[0].commit([say()])
    bus.tell([committed])
    bus.share({}, [])
    assert not bus._outgoing
    NoBus().tell([committed])
    NoBus().share({}, [])
    NoBus().claim({"ann": "a"})
    NoBus().hold({1: None})


async def test_no_more_nodes_are_remembered_than_may_be(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one heard longest ago goes."""
    monkeypatch.setattr(hearing, "NODES", 2)
    bus = bus_of(both[0])
    for number in (1, 2, 1, 3):
        codec = Codec(both[0].secret, str(number) * 32)
        bus._hearing.take(codec.encode(Hint(number, {}, [])), NOTIFY)
    assert [*bus._hearing._lasts] == [b"1" * 16, b"3" * 16]


async def test_a_node_that_is_cut_off_claims_if_it_is_alone(both: Both) -> None:
    """Then nobody else can; it is written later. One that others know of claims nothing."""
    bus = bus_of(both[0])
    told: list[Arrived | Claimed] = []
    bus._emit = told.append
    bus._is_cut_off = True
    for others in (1, 0):
        bus.others = others
        bus.claim({"ann": "a", "eve": None})
    bus.claim({"ann": "a"})
    assert told == [Claimed([("ann", "a")], {"ann": "a"})]
    assert bus._claims.is_due


async def test_a_node_commits_nothing_after_its_lease(both: Both) -> None:
    """If others run, until it has claimed again what it holds."""
    bus = bus_of(both[0])
    await both[0].commit([say()])
    bus._leased_until = trio.current_time() - 1
    await both[0].commit([say()])
    bus.others = 1
    with pytest.raises(Unavailable):
        await both[0].commit([say()])
    bus._claims.wish({"ann": "a"})
    bus._claims.lapse()
    bus._leased_until = float("inf")
    assert bus.has_lapsed
    with closing(await Wire.open(both[0]._database.url)) as wire:
        assert await bus._claims.write(wire.ask)
        assert not bus.has_lapsed

        async def ask(*question: bytes) -> object:
            bus._claims.wish({"ann": None})
            return await wire.ask(*question)

        bus._claims.wish({"ann": "b"})
        assert await bus._claims.write(ask) == Claimed([("ann", "b")], ANY, ANY)
        assert bus._claims.is_due  # it is not wanted any more


async def test_the_last_node_after_a_crash_waits_for_nobody(both: Both) -> None:
    """While another one runs, or what it commits is under way, it gets nothing new at once."""
    one, other = both
    claims = bus_of(one)._claims
    url = one._database.url
    with psycopg.connect(url, autocommit=True) as connection, closing(await Wire.open(url)) as wire:
        connection.execute("TRUNCATE nicks")

        async def granted() -> bool:
            claims.wish({"ann": "a"})
            claimed = await claims.write(wire.ask)
            connection.execute("UPDATE nicks SET since = clock_timestamp() WHERE folded = ''")
            assert claimed
            return claimed.holders.get("ann") == "a"

        assert not await granted()
        over = "UPDATE nodes SET until = clock_timestamp() WHERE id = %s"
        connection.execute(over, (other._database.run.id,))
        assert not await granted()
        await other.close()
        assert await granted()


async def test_a_node_whose_record_is_gone_has_no_lease(both: Both) -> None:
    """A beat that is not written makes it no longer."""
    bus = bus_of(both[0])
    bus._leased_until = 1.0
    bus._id = b"00"
    with closing(await Wire.open(both[0]._database.url)) as wire:
        await bus._beat(wire)
    assert (bus._leased_until, bus.others) == (1.0, 2)


async def test_what_is_dropped_while_others_look(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does not come back by a look that has begun before; nor does what is wanted no more."""
    monkeypatch.setattr(held, "DROPPED", 1)
    one, other = bus_of(both[0]), bus_of(both[1])
    assert await other.held() is None
    assert await other.held() is None  # it is alone, and has looked
    other.others = 1
    with closing(await Wire.open(both[0]._database.url)) as wire:

        async def ask(statement: str, *parameters: bytes) -> object:
            one.hold({1: None})
            return await wire.ask(statement, *parameters)

        one.hold({1: b"first", 2: b"second"})
        await one._held.write(ask)
        one.hold({2: None, 1: b"first"})
        one._held._there = {2}
        one.others = 1
        assert await one.held() == HeldChanged({1: b"first"}, [])
        await one._held.write(wire.ask)
        assert await other.held() == HeldChanged({1: b"first"}, [])


class TestClaims:
    """A node holds what the table says, after whatever has come in between."""

    async def test_what_somebody_has_by_another_node_alone(self, both: Both) -> None:
        """After a crash this one does not hold it for them, as it cannot claim anything new yet."""
        ours, theirs = (bus_of(journal)._claims for journal in both)
        url = both[0]._database.url
        with closing(await Wire.open(url)) as wire, closing(Link(url)) as link:
            theirs.wish({"kim": "k"})
            await theirs.write(wire.ask)
            link.execute("TRUNCATE nicks")
            link.execute("UPDATE nodes SET until = 'infinity'")
            theirs.begin()
            assert await theirs.write(wire.ask)
            link.execute("UPDATE nicks SET since = 'infinity' WHERE folded = ''")
            ours.wish({"kim": "k"})
            assert await ours.write(wire.ask) == Claimed([("kim", "k")], {"": ""}, ANY)
            ours.begin()
            assert not ours.is_due

    async def test_what_somebody_gets_by_another_node_meanwhile(self, both: Both) -> None:
        """Between the claim and the look who has it: then it is claimed once more, at once."""
        ours, theirs = (bus_of(journal)._claims for journal in both)
        url = both[0]._database.url
        with closing(await Wire.open(url)) as wire, closing(Link(url)) as link:
            theirs.wish({"kim": "l"})
            await theirs.write(wire.ask)

            async def ask(statement: str, *parameters: bytes) -> object:
                if statement == claims.HOLDERS:
                    theirs.wish({"kim": "k"})
                    await theirs.write(wire.ask)
                return await wire.ask(statement, *parameters)

            ours.wish({"kim": "k"})
            assert await ours.write(ask) == Claimed([("kim", "k")], {"": "", "kim": "k"}, ANY)
            assert both[0]._database.run.id in link.value(NODES)

    @pytest.mark.parametrize("later", [None, "k", "l"])
    async def test_a_claim_whose_answer_is_lost(self, both: Both, later: str | None) -> None:
        """It is released if nobody wants it any more, and does not stand in anybody's way here."""
        ours, theirs = (bus_of(journal)._claims for journal in both)

        async def ask(statement: str, *parameters: bytes) -> object:
            if statement == claims.HOLDERS:
                raise psycopg.OperationalError
            return await wire.ask(statement, *parameters)

        with closing(await Wire.open(both[0]._database.url)) as wire:
            ours.wish({"kim": "k"})
            with pytest.raises(psycopg.OperationalError):
                await ours.write(ask)
            ours.wish({"kim": later})
            ours.begin()
            claimed = await ours.write(wire.ask)
            assert claimed == (later and Claimed([("kim", later)], {"": "", "kim": later}, ANY))
            theirs.wish({"kim": "m"})
            claimed = await theirs.write(wire.ask)
            assert claimed
            assert claimed.holders["kim"] == (later or "m")

    async def test_what_a_node_gave_somebody_else_while_it_was_alone(self, both: Both) -> None:
        """The table has it for the one of before until this node can write again."""
        ours = bus_of(both[0])._claims
        with closing(await Wire.open(both[0]._database.url)) as wire:
            ours.wish({"kim": "k"})
            await ours.write(wire.ask)
            ours.wish({"kim": None})
            ours.wish({"kim": "l"})
            assert ours.grant_all() == Claimed([("kim", "l")], {"kim": "l"})
            ours.begin()
            claimed = await ours.write(wire.ask)
            assert claimed == Claimed([("kim", "l")], {"": "", "kim": "l"}, ANY)


class TestWires:
    """Connections without threads fail as others do."""

    async def test_no_server_there(self) -> None:
        """It is told why."""
        with pytest.raises(psycopg.OperationalError, match="nowhere"):
            await Wire.open("postgresql://ann@/chat?host=/nowhere")

    @pytest.mark.parametrize("answers", [False, True])
    async def test_an_address_behind_which_there_is_no_server(
        self,
        postgres: PostgresServer,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        *,
        answers: bool,
    ) -> None:
        """The next one is tried, while all else here goes on; if there is none it is told why."""

        async def end(connection: trio.SocketStream) -> None:
            await connection.aclose()

        monkeypatch.setattr(wire_module, "CONNECT_TIMEOUT", PATIENCE if answers else 0.2)
        with trio.socket.socket(trio.socket.AF_UNIX) as dead:
            await dead.bind(str(tmp_path / ".s.PGSQL.5432"))
            dead.listen()
            async with trio.open_nursery() as nursery:
                if answers:
                    nursery.start_soon(trio.serve_listeners, end, [trio.SocketListener(dead)])
                with closing(await Wire.open(url_at(tmp_path, postgres.folder))) as wire:
                    assert await wire.run("SELECT 1") == [[b"1"]]
                failure = psycopg.OperationalError if answers else trio.TooSlowError
                with pytest.raises(failure, match="closed" if answers else None):
                    await Wire.open(url_at(tmp_path))
                nursery.cancel_scope.cancel()

    async def test_a_statement_that_fails(self, postgres_url: str) -> None:
        """It is told why; others before it are not affected."""
        with closing(await Wire.open(postgres_url)) as wire:
            assert await wire.run("SELECT $1::integer + 1, NULL", [b"1"]) == [[b"2", None]]
            with pytest.raises(psycopg.Error, match="nonsense"):
                await wire.run("SELECT nonsense")

    async def test_more_than_the_socket_takes(self, postgres_url: str) -> None:
        """It goes out bit by bit."""
        with closing(await Wire.open(postgres_url)) as wire:
            assert await wire.run("SELECT length($1)", [MUCH]) == [[str(len(MUCH)).encode()]]

    async def test_what_comes_while_nobody_waits(self, postgres_url: str) -> None:
        """It is heard next."""
        with closing(await Wire.open(postgres_url)) as wire:
            await wire.run("LISTEN tea")
            await wire.run("SELECT pg_notify('tea', 'one'), pg_notify('tea', 'two')")
            assert await wire.heard() == [b"one", b"two"]


async def test_places_are_written_in_parts(
    both: Both, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them at first, then what has changed; and all again when nobody knows."""
    monkeypatch.setattr(places, "AT_ONCE", 2)
    node = both[0]._database.run.id
    mine = Places(node)
    with closing(await Wire.open(postgres_url)) as wire:

        async def ask(statement: str, *parameters: bytes) -> object:
            return await wire.run(statement, parameters)

        async def seen() -> list[InRoom] | None:
            found = await bus_of(both[1]).elsewhere(lambda: ["tea", "jam"])
            return None if found is None else [*found.places]

        bus_of(both[1]).others = 1
        mine.move({("tea", f"p{number}"): (f"Nick {number}", False) for number in range(5)})
        mine.move({("tea", "p0"): None, ("jam", "p1"): ("Nick 1", True)})
        assert mine.is_due
        await mine.write(ask)
        assert not mine.is_due
        expected = [InRoom("jam", "p1", "Nick 1", is_quiet=True)]
        expected += [InRoom("tea", f"p{number}", f"Nick {number}") for number in range(1, 5)]
        assert await seen() == expected
        assert await seen() is None
        mine.move({("tea", "p1"): None, ("jam", "p1"): ("Nicky", False)})
        await mine.write(ask)
        expected = [InRoom("jam", "p1", "Nicky"), *expected[2:]]
        assert await seen() == expected
        await wire.run("TRUNCATE here")
        mine.begin()
        await mine.write(ask)
        assert await seen() == expected
        await wire.run("DELETE FROM nodes WHERE id = decode($1, 'hex')", [node.hex().encode()])
        bus_of(both[1]).others = 0
        assert await bus_of(both[1]).elsewhere(lambda: ["tea"]) == Elsewhere(["tea"], [])
        assert await bus_of(both[1]).elsewhere(lambda: ["tea"]) is None


async def test_a_look_that_was_given_up_is_made_again(both: Both, postgres_url: str) -> None:
    """What it has found reaches somebody in the end."""
    theirs, reads = Places(both[0]._database.run.id), Places(both[1]._database.run.id)
    theirs.move({("tea", "p"): ("Nick", False)})
    with closing(await Wire.open(postgres_url)) as wire, closing(Link(postgres_url)) as link:
        await theirs.write(wire.ask)
        for _ in range(2):
            found = reads.find(link, ["tea"])
            assert found.elsewhere
        assert reads.take(found)
        assert reads.take(reads.find(link, ["tea"])) is None


async def test_the_last_words_of_the_last_other_node(both: Both) -> None:
    """What it wrote before it ended is looked for once more, however late that is."""
    one, other = both
    bus = bus_of(one)
    bus._count_others(1)
    for _ in range(2):
        assert await one.has_changed()
        await one.people_changes()
        await one.bus.held()
    await other.commit([say("last words")])
    await other.keep_people({"ann": encode(PersonRecord(nick="Ann", seen=5))})
    bus_of(other).hold({7: b"held"})
    with closing(await Wire.open(other._database.url)) as wire:
        await bus_of(other)._held.write(wire.ask)
    bus._count_others(0)
    with trio.fail_after(PATIENCE):
        await bus.until_missed()
    assert await one.has_changed()
    assert (await one.people_changes()).keys() == {"ann"}
    assert await one.bus.held() == HeldChanged({7: b"held"}, [])
    for _ in range(2):
        assert not await one.has_changed()
        assert await one.people_changes() == {}
        assert await one.bus.held() is None


async def test_who_comes_while_places_are_written_is_written_too(
    both: Both, postgres_url: str
) -> None:
    """With each statement that is under way somebody comes, first and later."""
    mine = Places(both[0]._database.run.id)
    come: list[str] = []
    with closing(await Wire.open(postgres_url)) as wire:

        async def ask(statement: str, *parameters: bytes) -> object:
            if len(come) < 20:
                come.append(f"p{len(come):02}")
                mine.move({("tea", come[-1]): ("Nick", False)})
            return await wire.run(statement, parameters)

        while mine.is_due:
            await mine.write(ask)
    bus_of(both[1]).others = 1
    found = await bus_of(both[1]).elsewhere(lambda: ["tea"])
    assert found
    assert [place.person_id for place in found.places] == come


async def test_people_of_a_node_whose_lease_ends_while_they_are_read(
    both: Both, postgres_url: str
) -> None:
    """They are there: nobody would look again when it runs on, as nothing has changed."""

    class Late(Link):
        """Takes so long from one query to the next that the lease is over."""

        def all(self, statement: str, parameters: Sequence[object] = ()) -> list[Any]:
            found = super().all(statement, parameters)
            self.execute("UPDATE nodes SET until = '-infinity' WHERE id = %s", (node,))
            return found

    node = both[0]._database.run.id
    theirs, reads = Places(node), Places(both[1]._database.run.id)
    theirs.move({("tea", "p"): ("Nick", False)})
    with closing(await Wire.open(postgres_url)) as wire, closing(Late(postgres_url)) as late:
        await theirs.write(wire.ask)
        found = reads.take(reads.find(late, ["tea"]))
        assert found
        assert [place.nick for place in found.places] == ["Nick"]
        lapsed = reads.take(reads.find(late, ["tea"]))
        assert lapsed
        assert not lapsed.places


async def test_who_is_alone_waits_for_nobody() -> None:
    """Its bus never says that something was missed, nor that somebody is elsewhere."""
    bus = NoBus()
    with trio.move_on_after(0):
        await bus.until_missed()
    with trio.move_on_after(0):
        await bus.run(lambda _: None)
    assert await bus.elsewhere(lambda: ["tea"]) is None
