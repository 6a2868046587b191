"""Upkeep by one node beside the commits of another: neither undoes what the other has done."""

from collections.abc import Callable, Sequence
from contextlib import closing

import psycopg
import pytest
import trio

from tests.journal.drafts import (
    ANN,
    BEN,
    ROOM,
    Clock,
    created,
    delete,
    edit,
    everything,
    fill,
    kept,
    nobody_in,
    number_of,
    numbers,
    page,
    react,
    say,
    title,
)
from tests.journal.test_nodes import PATIENCE, Both, both
from trio_chat.commands import postgres_store
from trio_chat.journal.clearings import SEALED
from trio_chat.journal.postgres import checks, scrubs, states, unused, words
from trio_chat.journal.postgres.journal import PostgresJournal
from trio_chat.journal.postgres.link import Link
from trio_chat.journal.postgres.places import Places
from trio_chat.journal.postgres.rooms import hold
from trio_chat.journal.postgres.wire import Wire
from trio_chat.journal.sqlite.pruning import Limits
from trio_chat.journal.types import NO_SUCH_MESSAGE, Result, Write
from trio_chat.journal.views import Changes
from trio_chat.protocol.events import Clear, Person, Restore

__all__ = ["both"]  # a fixture

EVE = Person("e5", "Eve")
SECRET = "the text to forget"  # noqa: S105 - no password
CLEAR = Clear(room=ROOM, who=ANN, key="k", authors=[EVE.id], since=0)
HELD = "SELECT id FROM rooms WHERE id NOT IN (SELECT id FROM rooms FOR UPDATE SKIP LOCKED)"
WAITING = (
    "SELECT EXISTS (SELECT 1 FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock')"
)


async def until_somebody_waits(url: str, is_over: Callable[[], bool] = lambda: False) -> None:
    """Wait until a transaction waits for another one, or something else is over."""
    with psycopg.connect(url, autocommit=True) as connection, trio.fail_after(PATIENCE):
        while not is_over() and connection.execute(WAITING).fetchone() == (False,):
            await trio.sleep(0.01)


class Meanwhile:
    """A commit of another node, which begins in the midst of a step."""

    def __init__(self, node: PostgresJournal, writes: Sequence[Write]) -> None:
        self._node = node
        self._writes = writes
        self._is_done = trio.Event()
        self._has_begun = False
        self.results: Sequence[Result] = ()

    def begin(self) -> None:
        """Begin it, the first time, from the step's thread; it is over, or waits, upon return."""
        if not self._has_begun:
            self._has_begun = True
            trio.from_thread.run_sync(trio.lowlevel.spawn_system_task, self._commit)
            trio.from_thread.run(self._until_it_waits)

    async def _commit(self) -> None:
        self.results = await self._node.commit(self._writes)
        self._is_done.set()

    async def _until_it_waits(self) -> None:
        await until_somebody_waits(self._node._database.url, self._is_done.is_set)

    async def done(self) -> Sequence[Result]:
        """Return what has become of it."""
        with trio.fail_after(PATIENCE):
            await self._is_done.wait()
        return self.results


async def test_a_message_into_a_room_that_is_shortened(
    both: Both, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is kept, wherever in the step it comes."""
    monkeypatch.setattr(unused, "LEFT", 2)
    one, other = both
    await one.commit([created(), *[title(str(number)) for number in range(5)]])
    clock.now += 10
    meanwhile = Meanwhile(other, [say("Is anybody here?")])
    shorten = unused.shorten

    def shorten_late(link: Link, name: str) -> int:
        meanwhile.begin()
        return shorten(link, name)

    monkeypatch.setattr(unused, "shorten", shorten_late)
    await one.unused([ROOM], clock.now)
    [result] = await meanwhile.done()
    assert await kept(other) == [number_of(result)]


async def test_changes_beside_a_clearing_that_goes_for_good(
    both: Both, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An edit and a reaction of others stay, though the state is written of reactions that go."""
    one, other = both
    await one.commit([say("teh tea"), react(1, who=EVE), Write(CLEAR)])
    clock.now += SEALED
    meanwhile = Meanwhile(other, [edit(1, "the tea"), react(1, who=BEN)])
    save = states.save

    def save_late(link: Link, room: int, seq: int, changes: Changes) -> None:
        meanwhile.begin()
        save(link, room, seq, changes)

    monkeypatch.setattr(states, "save", save_late)
    await one.prune(0, 0)
    assert numbers(await meanwhile.done()) == [4, 5]
    [message] = await page(other)
    assert (message.text, message.reactions) == ("the tea", {"🍋": [BEN]})


async def test_a_clearing_that_is_taken_back_before_it_goes_for_good(
    both: Both, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it has cleared is there, if another node was first."""
    one, other = both
    await one.commit([say("Hello!", who=EVE), Write(CLEAR)])
    clock.now += SEALED
    meanwhile = Meanwhile(other, [Write(Restore(room=ROOM, who=ANN, key="k"))])

    def hold_late(link: Link, ids: Sequence[int]) -> None:
        meanwhile.begin()
        hold(link, ids)

    monkeypatch.setattr("trio_chat.journal.postgres.sealing.hold", hold_late)
    await one.prune(0, 0)
    assert numbers(await meanwhile.done()) == [3]
    assert [message.text for message in await page(other)] == ["Hello!"]


async def test_an_edit_of_a_message_that_retention_deletes(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes before, and loses its text, or too late."""
    one, other = both
    await fill(one, 2)
    meanwhile = Meanwhile(other, [edit(1, SECRET)])
    begin_all = scrubs.begin_all

    def begin_early(link: Link, room: int, first: int, last: int) -> None:
        begin_all(link, room, first, last)
        meanwhile.begin()

    monkeypatch.setattr(scrubs, "begin_all", begin_early)
    assert await one.prune(1, 0) == {ROOM: 2}
    assert await meanwhile.done() == [NO_SUCH_MESSAGE]
    assert SECRET.encode() not in await everything(other)


async def test_retention_in_several_rooms_waits_for_nobody_who_waits_for_it(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step has all its rooms before it changes one of them."""
    one, other = both
    for room in (ROOM, "jam"):
        await fill(one, 2, room=room)
    meanwhile = Meanwhile(other, [delete(2, room="jam")])
    begin_all = scrubs.begin_all

    def begin_early(link: Link, room: int, first: int, last: int) -> None:
        begin_all(link, room, first, last)
        meanwhile.begin()

    monkeypatch.setattr(scrubs, "begin_all", begin_early)
    assert await one.prune(1, 0) == {ROOM: 2, "jam": 2}
    assert numbers(await meanwhile.done()) == [3]


@pytest.mark.parametrize("is_command", [False, True])
async def test_a_room_is_held_while_texts_of_edits_go(
    both: Both, monkeypatch: pytest.MonkeyPatch, *, is_command: bool
) -> None:
    """One at a time, so nobody else writes an event that was read before, nor waits for two."""
    one, _ = both
    url = one._database.url
    for room in (ROOM, "jam"):
        await one.commit([say(room=room), say(room=room), edit(1, SECRET, room=room)])
    held = []
    begin = scrubs.begin

    def look(link: Link, room: int, target: int) -> object:
        with closing(Link(url)) as beside:
            held.append(beside.all(HELD))
        return begin(link, room, target)

    monkeypatch.setattr(scrubs, "begin", look)
    if is_command:
        postgres_store.prune(url, Limits(1, 0, 0))
    else:
        await one.prune(1, 0)
    assert held == [[(1,)], [(2,)]]
    for room in (ROOM, "jam"):
        assert SECRET.encode() not in await everything(one, room)


async def test_a_room_that_somebody_is_in_at_another_node_is_not_forgotten(
    both: Both, clock: Clock
) -> None:
    """As long as that node runs."""
    one, other = both
    await fill(one, 1)
    await one.prune(0, clock.now + 1)
    node = other._database.run.id
    theirs = Places(node)
    theirs.move({(ROOM, "p"): ("Nick", False)})
    with closing(await Wire.open(other._database.url)) as wire:
        await theirs.write(wire.ask)
        assert await one.forget(clock.now + 1, nobody_in) == 0
        over = "UPDATE nodes SET until = clock_timestamp() WHERE id = decode($1, 'hex')"
        await wire.run(over, [node.hex().encode()])
        assert await one.forget(clock.now + 1, nobody_in) == 1


async def test_a_room_that_somebody_enters_at_another_node_while_others_are_forgotten(
    both: Both, clock: Clock
) -> None:
    """It stays: the step that forgets a room looks who is there."""
    one, other = both
    await one.commit([say(), say(room="jam")])
    await one.prune(0, clock.now + 1)
    with closing(Link(one._database.url)) as beside:

        def is_used(_: str) -> bool:
            come = "INSERT INTO here VALUES ('jam', %s, 'p', 'Nick', false) ON CONFLICT DO NOTHING"
            beside.execute(come, (other._database.run.id,))
            return False

        assert await one.forget(clock.now + 1, is_used) == 1
    assert [room.name for room in await one.rooms(9)] == ["jam"]


async def test_visits_that_two_nodes_note_at_once(both: Both) -> None:
    """Rows are taken in one order, so that neither waits for the other in a circle."""
    one, _ = both
    await one.note_visits({"jam": 1, ROOM: 1})
    noted = "UPDATE visits SET ts = 2 WHERE room = %s"
    with psycopg.connect(one._database.url) as other:
        other.execute(noted, ("jam",))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(one.note_visits, {ROOM: 3, "jam": 3})
            await until_somebody_waits(one._database.url)
            other.execute(noted, (ROOM,))
            other.commit()
    rows = one._database.link.all("SELECT ts FROM visits WHERE room = ANY(%s)", ([ROOM, "jam"],))
    assert rows == [(3,), (3,)]


async def test_a_state_that_is_made_anew(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change that a server commits meanwhile adds up, too."""
    one, other = both
    await one.commit([say("teh tea"), edit(1, "teh  tea")])
    url = one._database.url
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE states SET changes = 9")
    meanwhile = Meanwhile(other, [edit(1, "the tea")])
    save = states.save

    def save_late(link: Link, room: int, seq: int, changes: Changes) -> None:
        meanwhile.begin()
        save(link, room, seq, changes)

    monkeypatch.setattr(states, "save", save_late)
    with closing(Link(url)) as link:
        await trio.to_thread.run_sync(checks.mend_states, link)
        assert numbers(await meanwhile.done()) == [3]
        assert checks.all_states(link) == []
    assert [message.text for message in await page(other)] == ["the tea"]


async def test_an_index_that_is_made_anew(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a server commits meanwhile is found, page by page."""
    monkeypatch.setattr(checks, "PAGE", 2)
    one, other = both
    await fill(one, 5)
    url = one._database.url
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE words SET words = '' WHERE seq <> 3")
    meanwhile = Meanwhile(other, [edit(1, "the tea")])
    save = words.Changes.save

    def save_late(changes: words.Changes) -> None:
        meanwhile.begin()
        save(changes)

    with closing(Link(url)) as link:
        with monkeypatch.context() as patch:
            patch.setattr(words.Changes, "save", save_late)
            await trio.to_thread.run_sync(checks.mend_index, link)
            assert numbers(await meanwhile.done()) == [6]
        assert checks.index(link) == []
