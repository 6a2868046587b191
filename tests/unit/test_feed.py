"""Rules of following what other programs write to the journal."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from tests.unit.members import House, Listener, arrives, house, kinds, says
from trio_chat.core import rooms
from trio_chat.core.messages import PageDone, Unregister
from trio_chat.journal.feed import INTERVAL, follow
from trio_chat.journal.memory import MemoryJournal
from trio_chat.journal.types import (
    Elsewhere,
    ForeignWrites,
    HeldChanged,
    Moved,
    PeopleChanged,
    RoomState,
    Unavailable,
    Write,
)
from trio_chat.protocol.events import Message, Person, Topic

Change = Moved | ForeignWrites | PeopleChanged | Elsewhere | HeldChanged

EVE = Person("e", "Eve")
SEND = {"t": "send", "room": "tea", "text": "mine"}


class Journal(MemoryJournal):
    """A journal that others write to, and that cannot be read when a test says so."""

    def __init__(self) -> None:
        super().__init__(clock=lambda: 1000)
        self.is_down = False
        self.changes: list[bool | Unavailable] = []
        self.loads: list[float] = []

    async def written(self, count: int = 1, text: str = "theirs") -> None:
        """Let another program write some messages."""
        for _ in range(count):
            await self.commit([Write(Message(room="tea", who=EVE, text=text))])

    async def load(self, names: Sequence[str], recent: int) -> list[RoomState]:
        self.loads.append(trio.current_time())
        if self.is_down:
            raise Unavailable(1500)
        return await super().load(names, recent)

    async def has_changed(self) -> bool:
        change = self.changes.pop(0) if self.changes else False
        if isinstance(change, Unavailable):
            raise change
        return change


async def notice(home: House) -> None:
    """Let the hub hear of what others have written."""
    await home.turn(ForeignWrites(await home.journal.load(home.rooms, 0)))


def numbers(told: Sequence[dict[str, Any]]) -> list[int]:
    return [entry["seq"] for entry in told if entry["t"] == "msg"]


async def test_an_open_room_hears_of_what_others_have_written() -> None:
    """Everybody there, in order, and the topic is known to who comes later."""
    journal = Journal()
    async with house(journal) as home:
        ann, guest = await home.person("Ann", "tea"), Listener()
        await home.turn(arrives(guest, "tea"))
        await ann.ask(SEND)
        await journal.written(2)
        await journal.commit([Write(Topic(room="tea", text="All about tea"))])
        await notice(home)
        told = ann.told()
        assert kinds(told) == ["msg", "msg", "topic"]
        assert [entry["seq"] for entry in told] == [2, 3, 4]
        assert guest.got == [b"Ann: mine", b"Eve: theirs\nEve: theirs"]
        joined, *_ = await (await home.person("Bob")).ask({"t": "join", "room": "tea"})
        assert (joined["last"], joined["topic"]) == (4, "All about tea")


async def test_what_others_have_written_is_told_before_anything_newer() -> None:
    """Although the hub hears of it only by the number of its own next event."""
    journal = Journal()
    async with house(journal) as home:
        ann, bob = await home.person("Ann", "tea"), await home.person("Bob", "tea")
        bob.told()
        await ann.ask(SEND)
        await journal.written(2)
        told = await ann.ask({**SEND, "id": 1}, {**SEND, "id": 2})
        assert [entry["seq"] for entry in told if entry["t"] == "ok"] == [4, 5]
        assert numbers(told) == [2, 3, 4, 5]
        assert numbers(bob.told()) == [1, 2, 3, 4, 5]
        assert numbers(await ann.ask(SEND)) == [6]


async def test_nothing_is_told_again_when_nothing_is_new() -> None:
    """A look may come late, when all is known."""
    journal = Journal()
    async with house(journal) as home:
        ann = await home.person("Ann", "tea")
        await ann.ask(SEND)
        await notice(home)
        assert ann.told() == []


async def catch_up(home: House, member: Listener, journal: Journal) -> list[int]:
    """Do as a client: read what was missed from the journal; return its numbers."""
    [missed] = member.pages
    member.pages.clear()
    page = [
        seq for seq, _ in await journal.after("tea", missed.after, 5, 10**6) if seq <= missed.until
    ]
    await home.turn(PageDone(missed, page[-1]))
    return page


async def test_much_is_read_from_the_journal_by_each_client_at_its_own_pace() -> None:
    """Others are not held up, and all get everything once, in order; guests count no numbers."""
    journal = Journal()
    async with house(journal) as home:
        ann, guest = await home.person("Ann", "tea"), Listener()
        await home.turn(arrives(guest, "tea"))
        await ann.ask(SEND)
        await journal.written(8)
        await home.turn(says(guest, "hello"))
        assert ann.told() == []
        got = await catch_up(home, ann.member, journal)
        await journal.written()  # once more, while it reads
        await home.turn(says(guest, "again"))
        while ann.member.pages:
            got += await catch_up(home, ann.member, journal)
        assert [*got, *numbers(ann.told())] == list(range(2, 13))
        assert guest.got == [b"Ann: mine", b"Eve: theirs\nagain"]


async def test_large_texts_are_sent_one_client_after_the_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """From what is at hand, and as much as each can take."""
    monkeypatch.setattr(rooms, "TOLD_AT_ONCE", 100)
    journal = Journal()
    async with house(journal) as home:
        ann, bob = await home.person("Ann", "tea"), await home.person("Bob", "tea")
        ann.told()
        bob.told()
        bob.member.room_for = 10
        await journal.written(2, "long " * 10)
        await notice(home)
        assert numbers(ann.told()) == [1, 2]
        assert bob.told() == []
        assert len(bob.member.pages) == 1


async def test_what_others_write_to_many_rooms_is_bounded_together(
    monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    """A client in many rooms is told no more at once than one in a single room."""
    monkeypatch.setattr(rooms, "TOLD_AT_ONCE", 300)
    journal = Journal()
    async with house(journal) as home:
        ann = await home.person("Ann", "a", "b", "c")
        ann.told()
        ann.member.room_for = 10
        for name in "abc":
            await journal.commit([Write(Message(room=name, who=EVE, text="x" * 50))])
        await notice(home)
        told = [entry["room"] for entry in ann.told() if entry["t"] == "msg"]
        read = [missed.room_name for missed in ann.member.pages]
        assert (len(told), sorted(told + read)) == (2, ["a", "b", "c"])
        await trio.sleep(rooms.TOLD_INTERVAL)
        await journal.commit([Write(Message(room=told[0], who=EVE, text="x" * 50))])
        await notice(home)
        assert [entry["seq"] for entry in ann.told() if entry["t"] == "msg"] == [2]


async def test_what_is_pruned_by_others_is_missing_from_then_on() -> None:
    """Who comes back is told so."""
    journal = Journal()
    async with house(journal) as home:
        ann = await home.person("Ann", "tea")
        for _ in range(3):
            await ann.ask(SEND)
        await journal.prune(1, 0)
        await notice(home)
        joined, *_ = await ann.ask({"t": "join", "room": "tea", "last": 0})
        assert joined["gap"] == 3


async def test_a_journal_that_cannot_be_read_is_tried_again(autojump_clock: MockClock) -> None:
    """When it says; nothing is told out of order meanwhile."""
    journal = Journal()
    async with house(journal) as home:
        ann = await home.person("Ann", "tea")
        ann.told()
        await journal.written()
        journal.is_down = True
        journal.loads.clear()
        for number in (2, 3):
            assert await ann.ask(SEND) == []
            await trio.sleep(2)  # longer than the answer waits for its event
            assert [(one["t"], one["seq"]) for one in ann.told()] == [("ok", number)]
        journal.is_down = False
        await trio.sleep(2)
        assert numbers(ann.told()) == [1, 2, 3]
        assert journal.loads == [0, 1.5, 3, 4.5]


async def test_a_room_that_all_have_left_need_not_follow() -> None:
    """It is loaded anew when somebody comes."""
    journal = Journal()
    async with house(journal) as home:
        guest = Listener()
        await home.turn(arrives(guest, "tea"))
        await journal.written()
        states = await journal.load(["tea", "milk"], 0)
        await home.turn(ForeignWrites(states), Unregister(guest))
        await home.turn()
        assert home.rooms == []


async def test_it_looks_every_second(autojump_clock: MockClock) -> None:
    """The hub hears how open rooms stand when something has changed, and only then.

    While the journal is away it looks when that says, if it is sooner.
    """
    journal = Journal()
    await journal.written(3)
    journal.changes = [False, True, False, Unavailable(2000), Unavailable(500), True]
    send, receive = trio.open_memory_channel[Change](10)
    heard: list[tuple[float, list[int]]] = []

    async def hear() -> None:
        async for writes in receive:
            assert isinstance(writes, ForeignWrites)
            lasts = [state.last for state in writes.states]
            heard.append((trio.current_time(), lasts))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(hear)
        nursery.start_soon(follow, journal, send.send, lambda: {"tea": 0, "milk": 0}, list)
        await trio.sleep(10.5 * INTERVAL)
        nursery.cancel_scope.cancel()
    assert heard == [(2 * INTERVAL, [3, 0]), (5.5 * INTERVAL, [3, 0])]


async def test_a_change_that_cannot_be_read_is_not_forgotten(autojump_clock: MockClock) -> None:
    """It is read another time."""
    journal = Journal()
    journal.changes = [True]
    journal.is_down = True
    send, receive = trio.open_memory_channel[Change](10)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(follow, journal, send.send, lambda: {"tea": 0}, list)
        await trio.sleep(2.5 * INTERVAL)
        journal.is_down = False
        await trio.sleep(INTERVAL)
        nursery.cancel_scope.cancel()
    assert isinstance(receive.receive_nowait(), ForeignWrites)


async def test_people_are_looked_for_in_open_rooms_alone(autojump_clock: MockClock) -> None:
    """Of one that is being loaded nobody would take in who is there by other nodes."""
    journal, found = Journal(), Elsewhere(["tea"], [])

    async def elsewhere(names: Callable[[], Iterable[str]]) -> Elsewhere:
        assert [*names()] == ["tea"]
        return found

    journal.bus.elsewhere = elsewhere  # type: ignore[method-assign]
    send, receive = trio.open_memory_channel[Change](10)
    async with trio.open_nursery() as nursery:
        followed = {"tea": 1, "milk": 0}
        nursery.start_soon(follow, journal, send.send, lambda: followed, lambda: ["tea"])
        await trio.sleep(1.5 * INTERVAL)
        nursery.cancel_scope.cancel()
    assert receive.receive_nowait() is found


async def test_who_comes_while_it_cannot_be_read_gets_the_rest_later(
    autojump_clock: MockClock,
) -> None:
    """As everybody does who was there before."""
    journal = Journal()
    async with house(journal) as home:
        ann = await home.person("Ann", "tea")
        await ann.ask(SEND)
        await journal.written()
        states = await journal.load(["tea"], 0)
        journal.is_down = True
        await home.turn(ForeignWrites(states))
        bob = await home.person("Bob", "tea")
        await trio.sleep(1)
        journal.is_down = False
        await trio.sleep(2)
        assert numbers(ann.told()) == numbers(bob.told()) == [2]
