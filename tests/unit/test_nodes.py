"""Rules of what the hub does with what another node has committed."""

from collections.abc import Sequence

import pytest
import trio
from trio.testing import MockClock

from tests.unit.members import House, house, kinds
from trio_chat.core import late_answers, ledger
from trio_chat.core.links import Link, new_link
from trio_chat.core.registry import SERVER
from trio_chat.journal.memory import MemoryJournal
from trio_chat.journal.storage import Loaded
from trio_chat.journal.terms import Term, Terms
from trio_chat.journal.types import (
    Arrived,
    Come,
    Committed,
    Elsewhere,
    ForeignWrites,
    InRoom,
    Moved,
    Moves,
    RoomState,
    Unavailable,
    Write,
)
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


async def test_a_resend_shows_what_was_kept_and_nobody_was_told() -> None:
    """By another node that has died since, or by a commit whose end was not heard of."""
    journal = Shared()
    async with house(journal=journal) as home:
        ann, ben = [await home.person(nick, "tea") for nick in ("Ann", "Ben")]
        cid = "0123456789abcdef"
        who = Person(ann.who["id"], "Ann")
        [kept] = await journal.theirs(Write(Message(room="tea", who=who, text="mine", cid=cid)))
        answers = await ann.ask(SEND | {"id": 1, "cid": cid})
        assert [(one["seq"], one.get("dup")) for one in answers if one["t"] == "ok"] == [
            (kept.event.seq, True)
        ]
        assert [one["text"] for one in ben.told() if one["t"] == "msg"] == ["mine"]
        assert [one["text"] for one in answers if one["t"] == "msg"] == ["mine"]
        assert journal.loads.count("tea") == 2


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


async def test_an_answer_waits_for_its_event(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has it knows of what came before, too; of very many the last ones do not wait."""
    monkeypatch.setattr(late_answers, "MOST", 1)
    journal = Shared()
    async with house(journal) as home:
        ann = await home.person("Ann", "tea")
        [first] = await journal.said("1")
        assert await ann.ask(SEND | {"id": 7}) == []
        assert kinds(await ann.ask(SEND | {"id": 8})) == ["ok"]
        await home.turn(Arrived([first], {}))
        assert [(one["t"], one["seq"]) for one in ann.told()] == [
            *(("msg", 1), ("msg", 2), ("msg", 3)),
            ("ok", 2),
        ]


async def test_an_answer_that_waits_when_another_term_begins() -> None:
    """It may be lost, so it is sent again, as what has no answer."""
    journal = Shared()
    async with house(journal) as home:
        ann = await home.person("Ann", "tea")
        await journal.said("1")
        assert await ann.ask(SEND | {"id": 7}) == []
        await home.turn(Moved(journal.terms, await journal.load(["tea", LEDGER], 0)))
        [error] = [one for one in ann.told() if one["t"] == "error"]
        assert (error["id"], error["code"], error["retry_ms"]) == (7, "unavailable", 100)


async def test_an_answer_that_waits_in_a_room_that_closes() -> None:
    """It comes then."""
    journal = Shared()
    async with house(journal) as home:
        ann = await home.person("Ann", "tea")
        await journal.said("1")
        assert await ann.ask(SEND | {"id": 7}) == []
        await ann.ask({"t": "leave", "room": "tea", "id": 8})
        await home.turn(Arrived([], {}))
        await home.turn(Arrived([], {}))
        assert [one["id"] for one in ann.told() if one["t"] == "ok"] == [7]


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


async def test_an_act_that_is_damaged() -> None:
    """It changes nothing, and those behind it count; those that are known count once."""
    journal = Shared()
    async with house(journal) as home:
        one, two, three = await journal.theirs(*(new_operator() for _ in range(3)))
        recent = [(1, one.data), (2, b"damaged"), (3, three.data)]
        for _ in range(2):
            await home.turn(Loaded([RoomState(LEDGER, 1, 3, "", recent)]))
            assert len(links(home)) == 2
        assert two.data not in dict(recent).values()


async def test_acts_that_cannot_be_read_just_now(autojump_clock: MockClock) -> None:
    """They are read when that can be, as a look of the feed tells of them once."""
    journal = Shared()
    async with house(journal) as home:
        await journal.theirs(new_operator())
        look = ForeignWrites(await journal.load([LEDGER], 0))
        journal.is_down = True
        await home.turn(look)
        await trio.sleep(2.5)
        assert links(home) == {}
        journal.is_down = False
        await trio.sleep(1)
        assert len(links(home)) == 1
        journal.loads.clear()
        await home.turn(Arrived([], {LEDGER: 1}))
        assert journal.loads == []


class LateActs(Shared):
    """A journal whose acts are read slowly."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = trio.Event()

    async def after(
        self, room: str, seq: int, limit: int, max_bytes: int
    ) -> list[tuple[int, bytes]]:
        page = await super().after(room, seq, limit, max_bytes)
        await self.gate.wait()
        return page


@pytest.mark.parametrize("is_hint", [False, True])
async def test_acts_of_which_a_node_hears_while_it_reads_others(is_hint: bool) -> None:
    """They are read then."""
    journal = LateActs()
    async with house(journal) as home:
        for number in (1, 2):
            await journal.theirs(new_operator())
            if is_hint:
                await home.turn(Arrived([], {LEDGER: number}))
            else:
                await home.turn(ForeignWrites(await MemoryJournal.load(journal, [LEDGER], 0)))
        assert links(home) == {}
        journal.gate.set()
        await home.turn()
        await home.turn()
        assert len(links(home)) == 2
        assert journal.loads == [LEDGER, LEDGER]


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


async def test_who_comes_from_a_node_that_is_in_a_later_term(autojump_clock: MockClock) -> None:
    """They are told where they are once this node is there, too; it knows nothing of it before."""
    journal = Shared()
    async with house(journal) as home:
        ann = await home.person("Ann", "tea")
        await ann.ask(SEND)
        bob = await home.person("Bob")
        journal.is_down = True
        assert await bob.ask({"t": "join", "room": "tea", "last": 1, "epoch": "later"}) == []
        journal.is_down = False
        journal.terms = Terms([Term(1, journal.epoch), Term(2, "later")])
        await home.turn(Moved(journal.terms, await journal.load(["tea", LEDGER], 0)))
        await trio.sleep(5)
        await home.turn()
        [joined, *_] = bob.told()
        assert (joined["epoch"], joined["last"], joined.get("reset")) == ("later", 1, None)


async def test_who_comes_with_numbers_of_nowhere() -> None:
    """They are told so, after a look whether the database is in another term."""
    journal = Shared()
    async with house(journal) as home:
        await home.person("Ann", "tea")
        bob = await home.person("Bob")
        journal.loads.clear()
        [joined, *_] = await bob.ask({"t": "join", "room": "tea", "last": 1, "epoch": "nowhere"})
        assert joined["reset"]
        assert 0 < len(journal.loads) <= 2


async def test_who_knows_more_and_leaves(autojump_clock: MockClock) -> None:
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
        await trio.sleep(5)
        await home.turn()
        assert bob.told() == []


def by_id(home: House) -> dict[str, str]:
    return {id: who.nick for id, who in home.hub.chat._rooms["tea"].roster.members().items()}


async def test_who_is_in_a_room_by_another_node() -> None:
    """They are on the list; all are told when they come, go or are renamed there."""
    async with house(Shared()) as home:
        ann = await home.person("Ann", "tea")
        own = ann.who["id"]
        await home.turn(
            Elsewhere(["tea", "jam"], [InRoom("tea", "e", "Eve"), InRoom("jam", "e", "Eve")])
        )
        [told] = ann.told()
        assert (told["t"], told["state"], told["who"]["id"]) == ("presence", "joined", "e")
        assert by_id(home) == {own: "Ann", "e": "Eve"}
        assert home.hub.populations() == {"tea": 2}
        await home.turn(Elsewhere(["tea"], [InRoom("tea", "e", "Eva"), InRoom("tea", own, "Ann")]))
        assert [(one["t"], one["who"]["nick"]) for one in ann.told()] == [("nick", "Eva")]
        await home.turn(Elsewhere(["tea"], [InRoom("tea", own, "Ann")]))
        assert [one["state"] for one in ann.told()] == ["left"]
        assert home.hub.populations() == {"tea": 1}
        await home.turn(Arrived([], {}, [("tea", EVE), ("jam", EVE)]))
        assert [(one["t"], one["who"]["nick"]) for one in ann.told()] == [("typing", "Eve")]


async def test_who_came_quietly_to_another_node() -> None:
    """Nobody is told here either, until they speak; who joins later sees them."""
    journal = Shared()
    async with house(journal) as home:
        ann = await home.person("Ann", "tea")
        await home.turn(Elsewhere(["tea"], [InRoom("tea", "e", "Eve", is_quiet=True)]))
        assert "presence" not in kinds(ann.told())
        assert "e" in by_id(home)
        await home.turn(Arrived(await journal.said("hello"), {}))
        assert sorted(kinds(ann.told())) == ["msg", "presence"]


async def test_who_is_elsewhere_is_known_in_a_room_that_opens_again() -> None:
    """Though that was told before, and nothing has changed there since."""
    async with house(Shared()) as home:
        ann = await home.person("Ann", "tea")
        await home.turn(Elsewhere(["tea"], [InRoom("tea", "e", "Eve")]))
        await ann.ask({"t": "leave", "room": "tea"})
        await home.turn(Arrived([], {}))
        assert home.hub.populations() == {}
        await ann.ask({"t": "join", "room": "tea"})
        assert set(by_id(home).values()) == {"Ann", "Eve"}


async def test_who_is_here_by_two_nodes() -> None:
    """They stay until they have left both; that is told once."""
    async with house(Shared()) as home:
        ann, ben = await home.person("Ann", "tea"), await home.person("Ben", "tea")
        ann.told()
        place = InRoom("tea", ben.who["id"], "Ben")
        await home.turn(Elsewhere(["tea"], [place]))
        await ben.ask({"t": "leave", "room": "tea"})
        assert ann.told() == []
        assert set(by_id(home).values()) == {"Ann", "Ben"}
        await ben.ask({"t": "join", "room": "tea"})
        assert ann.told() == []
        await home.turn(Elsewhere(["tea"], []))
        assert ann.told() == []
        await ben.ask({"t": "leave", "room": "tea"})
        assert [one["state"] for one in ann.told()] == ["left"]


async def test_people_of_other_nodes_keep_no_room_open() -> None:
    """When the last one here has left it is forgotten."""
    async with house(Shared()) as home:
        ann = await home.person("Ann", "tea")
        await home.turn(Elsewhere(["tea"], [InRoom("tea", "e", "Eve")]))
        await ann.ask({"t": "leave", "room": "tea"})
        await ann.ask({"t": "rooms"})
        assert home.rooms == []


class Telling(Shared):
    """A journal that keeps what other nodes are to learn."""

    def __init__(self) -> None:
        super().__init__()
        self.moves: list[tuple[tuple[str, str], Come | None]] = []
        self.typing: list[tuple[str, Person]] = []
        self.bus.share = self.share  # type: ignore[method-assign]

    def share(self, moves: Moves, typing: Sequence[tuple[str, Person]]) -> None:
        self.moves += moves.items()
        self.typing += typing


async def test_what_other_nodes_learn_of_people() -> None:
    """Who comes, is renamed, types, and is gone once nobody has them here any more."""
    journal = Telling()
    async with house(journal) as home:
        ann = await home.person("Ann", "tea")
        place = ("tea", ann.who["id"])
        await ann.ask({"t": "nick", "nick": "Anna"}, {"t": "typing", "room": "tea"})
        await ann.ask({"t": "leave", "room": "tea"})
        assert journal.moves == [
            (place, ("Ann", False)),
            (place, ("Anna", False)),
            (place, None),
        ]
        assert [(room, who.nick) for room, who in journal.typing] == [("tea", "Anna")]


class Late(Shared):
    """A journal that is read slowly: what it tells is old by then."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = trio.Event()

    async def load(self, names: Sequence[str], recent: int) -> list[RoomState]:
        states = await super().load(names, recent)
        await self.gate.wait()
        return states


async def test_a_room_that_is_named_while_it_is_loaded() -> None:
    """It is read once more, as what was read may be old."""
    journal = Late()
    async with house(journal) as home:
        bob = await home.person("Bob")
        assert await bob.ask({"t": "join", "room": "tea"}) == []
        await journal.said("1")
        await home.turn(Arrived([], {"tea": 1}))
        journal.gate.set()
        await home.turn()
        await home.turn()
        assert [entry["seq"] for entry in bob.told() if entry["t"] == "msg"] == [1]
        assert journal.loads == ["tea", "tea"]
