"""Rules of what the hub does with what another node has committed."""

from collections.abc import Sequence

import pytest
import trio
from trio.testing import MockClock

from tests.unit.members import House, house, kinds
from trio_chat.core import ledger
from trio_chat.core.links import Link, new_link
from trio_chat.core.registry import SERVER
from trio_chat.journal.memory import MemoryJournal
from trio_chat.journal.types import Arrived, Committed, ForeignWrites, RoomState, Unavailable, Write
from trio_chat.protocol.acts import LEDGER
from trio_chat.protocol.events import ActKept, Message, Person
from trio_chat.protocol.rights import Right

EVE = Person("e", "Eve")
SEND = {"t": "send", "room": "tea", "text": "mine"}
PAUSE = 0.05  # seconds


class Shared(MemoryJournal):
    """A journal that other nodes write to; it counts how often it is read."""

    def __init__(self) -> None:
        super().__init__(clock=lambda: 1000)
        self.bus.gap_pause = PAUSE
        self.loads: list[str] = []
        self.is_down = False

    async def theirs(self, *writes: Write) -> list[Committed]:
        """Return what another node has committed."""
        results = await self.commit(writes)
        return [one for one in results if isinstance(one, Committed)]

    async def said(self, *texts: str) -> list[Committed]:
        """Return messages that another node has committed."""
        return await self.theirs(
            *(Write(Message(room="tea", who=EVE, text=text)) for text in texts)
        )

    async def load(self, names: Sequence[str], recent: int) -> list[RoomState]:
        self.loads += names
        if self.is_down:
            raise Unavailable(1000)
        return await super().load(names, recent)


def new_operator() -> Write:
    return Write(ActKept(room=LEDGER, act=new_link(SERVER, Right.OPERATE).act))


def links(home: House) -> dict[str, Link]:
    governed = home.hub.access.registry.governed(SERVER)
    return governed.links if governed else {}


async def test_own_and_foreign_events_take_the_same_way() -> None:
    """What follows is told at once; what comes early waits; what is known is told once."""
    journal = Shared()
    async with house(journal) as home:
        ann = await home.person("Ann", "tea")
        journal.loads.clear()
        first, second, third, fourth = await journal.said("1", "2", "3", "4")
        await home.turn(Arrived([first], {}))
        assert kinds(ann.told()) == ["msg"]
        await home.turn(Arrived([third, fourth], {}))
        assert ann.told() == []
        await home.turn(Arrived([second, third], {}))
        assert [entry["text"] for entry in ann.told()] == ["2", "3", "4"]
        assert journal.loads == []


async def test_a_gap_is_read_soon(autojump_clock: MockClock) -> None:
    """What is missing mostly comes by itself; if not, the room is read, and all told in order."""
    journal = Shared()
    async with house(journal) as home:
        ann = await home.person("Ann", "tea")
        journal.loads.clear()
        await journal.said("1")
        await ann.ask(SEND)
        [last] = await journal.said("3")
        await home.turn(Arrived([last], {}))
        assert journal.loads == []
        await trio.sleep(2 * PAUSE)
        await home.turn()
        assert journal.loads == ["tea"]
        assert [entry["text"] for entry in ann.told() if entry["t"] == "msg"] == ["1", "mine", "3"]


async def test_a_gap_in_a_room_that_closes(autojump_clock: MockClock) -> None:
    """Nobody reads it any more."""
    journal = Shared()
    async with house(journal) as home:
        ann = await home.person("Ann", "tea")
        journal.loads.clear()
        *_, last = await journal.said("1", "2")
        await home.turn(Arrived([last], {}))
        await ann.ask({"t": "leave", "room": "tea"})
        await trio.sleep(60)
        await home.turn()
        await home.turn()
        assert journal.loads == []


async def test_a_room_that_is_only_named() -> None:
    """It is read if it is open and has come further; another one is not."""
    journal = Shared()
    async with house(journal) as home:
        ann = await home.person("Ann", "tea")
        journal.loads.clear()
        await journal.said("1")
        await home.turn(Arrived([], {"tea": 1, "jam": 7}))
        assert kinds(ann.told()) == ["msg"]
        await home.turn(Arrived([], {"tea": 1}))
        assert journal.loads == ["tea"]


async def test_acts_in_the_order_of_all() -> None:
    """One of another node that is missing before one's own is read first."""
    journal = Shared()
    async with house(journal) as home:
        [one, two, three] = await journal.theirs(*(new_operator() for _ in range(3)))
        await home.turn(Arrived([one], {}))
        assert len(links(home)) == 1
        await home.turn(Arrived([three], {}))
        await home.turn()
        assert len(links(home)) == 3
        await home.turn(Arrived([two, three], {}))
        assert len(links(home)) == 3


async def test_very_many_acts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A node that has slept reads them page by page; what it may not keep early is read, too."""
    monkeypatch.setattr("trio_chat.journal.storage.ACTS", 2)
    monkeypatch.setattr(ledger, "EARLY", 1)
    journal = Shared()
    async with house(journal) as home:
        committed = await journal.theirs(*(new_operator() for _ in range(9)))
        await home.turn(Arrived(committed[7:], {}))
        for _ in range(6):
            await home.turn()
        assert len(links(home)) == 9
        assert home.hub.access.registry.last == 9


async def test_acts_that_cannot_be_read_just_now() -> None:
    """The next look of the feed tries again."""
    journal = Shared()
    async with house(journal) as home:
        await journal.theirs(new_operator())
        journal.is_down = True
        await home.turn(Arrived([], {LEDGER: 1}))
        await home.turn()
        assert links(home) == {}
        journal.is_down = False
        await home.turn(ForeignWrites(await journal.load([LEDGER], 0)))
        await home.turn()
        assert len(links(home)) == 1
        await home.turn(Arrived([], {LEDGER: 1}))


async def test_who_knows_more_than_the_node() -> None:
    """The room is read before they are told where they are, and once more if that was too early."""
    journal = Shared()
    async with house(journal) as home:
        ann = await home.person("Ann", "tea")
        await journal.said("1", "2")
        joined, *_ = await (await home.person("Bob")).ask({"t": "join", "room": "tea", "last": 2})
        assert (joined["last"], joined.get("reset")) == (2, None)
        assert kinds(ann.told())[-2:] == ["msg", "msg"]
        joined, *_ = await (await home.person("Cid")).ask({"t": "join", "room": "tea", "last": 9})
        assert joined["reset"]


async def test_who_knows_more_and_leaves() -> None:
    """They are answered, although the room cannot be read."""
    journal = Shared()
    async with house(journal) as home:
        await home.person("Ann", "tea")
        bob = await home.person("Bob")
        journal.is_down = True
        asked = [
            {"t": "join", "room": "tea", "last": 9, "id": 1},
            {"t": "leave", "room": "tea", "id": 2},
        ]
        told = await bob.ask(*asked)
        assert {one["id"]: one.get("code") for one in told} == {1: "not_joined", 2: None}
        journal.is_down = False
        await journal.said("1")
        await home.turn(Arrived([], {"tea": 1}))
        assert bob.told() == []
