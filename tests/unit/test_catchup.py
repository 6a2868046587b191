"""Rules of a catch-up: what it tells of members, how it ends, and loads that came too early."""

from collections.abc import Sequence
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from tests.unit.members import CONFIG, House, Listener, Somebody, asks, house, kinds
from trio_chat.core import catchup_queue, roster
from trio_chat.core.messages import ApiRequest, PageDone, Register, Unregister
from trio_chat.journal.memory import MemoryJournal
from trio_chat.journal.storage import Loaded
from trio_chat.journal.types import (
    Arrived,
    Committed,
    ForeignWrites,
    Pruned,
    RoomState,
    Unavailable,
    Write,
)
from trio_chat.protocol.dialects import v1
from trio_chat.protocol.dialects.sse import Sse
from trio_chat.protocol.events import Message, Person
from trio_chat.protocol.requests import Credentials, Join, Send

EVE = Person("e", "Eve")
COUNT = CONFIG.resume_limit + 3


def join(last: int, number: int = 1) -> dict[str, Any]:
    return {"t": "join", "id": number, "room": "tea", "last": last}


async def talk(home: House, count: int = COUNT) -> Somebody:
    """Let somebody say so many things in the tea room."""
    ann = await home.person("Ann", "tea")
    await ann.ask(*({"t": "send", "room": "tea", "text": str(number)} for number in range(count)))
    return ann


def read(somebody: Somebody, after: int, first: int | None = None) -> PageDone:
    """Return what the hub hears when a page was read that it had asked for."""
    return PageDone(somebody.member.pages[-1], after, first)


async def test_changes_of_members_meanwhile_are_told_at_the_end() -> None:
    """Who left, came or was renamed; the list and what follows it are one history."""
    async with house() as home:
        ann = await talk(home)
        cid = await home.person("Cid", "tea")
        ben = await home.person("Ben")
        assert kinds(await ben.ask(join(1))) == ["joined"]
        await cid.ask({"t": "leave", "room": "tea"})
        await ann.ask({"t": "nick", "nick": "Anna"})
        dan = await home.person("Dan", "tea")
        assert ben.told() == []
        await home.turn(read(ben, COUNT))
        told = ben.told()
        assert [(entry["t"], entry["who"]["nick"], entry.get("state")) for entry in told] == [
            ("presence", "Cid", "left"),
            ("nick", "Anna", None),
            ("presence", "Dan", "joined"),
        ]
        await dan.ask({"t": "leave", "room": "tea"})
        assert kinds(ben.told()) == ["presence"]


async def test_very_many_changes_of_members_are_told_in_steps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Between which the client reads."""
    monkeypatch.setattr(catchup_queue, "CHANGES_AT_ONCE", 2)
    async with house() as home:
        await talk(home)
        gone = [await home.person(f"gone {number}", "tea") for number in range(3)]
        ben = await home.person("Ben")
        await ben.ask(join(1))
        for somebody in gone:
            await somebody.ask({"t": "leave", "room": "tea"})
        came = [await home.person(f"came {number}", "tea") for number in range(2)]
        heard: list[dict[str, Any]] = []
        while kinds(heard) != ["presence"] * 5:
            await home.turn(read(ben, COUNT))
            step = ben.told()
            assert 1 <= len(step) <= 2
            heard += step
        assert {entry["who"]["nick"] for entry in heard if entry["state"] == "joined"} == {
            somebody.who["nick"] for somebody in came
        }
        assert len(ben.member.pages) == 3


async def test_a_page_for_which_there_is_no_room_waits_until_the_client_has_read() -> None:
    """The answer to the join, too: nothing is put into an outbox that is half full."""
    async with house() as home:
        await talk(home)
        ben = Somebody(home, Listener(v1))
        hello = {"t": "hello", "nick": "Ben", "rooms": [{"room": "tea", "last": 1}]}
        ben.member.room_for = 10
        await home.turn(Register(ben.member), asks(ben.member, hello))
        assert kinds(ben.told()) == ["welcome"]
        [missed] = ben.member.pages
        assert not missed.wants_page
        ben.member.room_for = 100_000
        await home.turn(PageDone(missed, missed.after))
        assert kinds(ben.told()) == ["joined"]
        assert missed.wants_page


async def test_a_join_that_waits_for_its_answer_gets_one_when_the_client_leaves() -> None:
    """Though nothing else of the room follows."""
    async with house() as home:
        await talk(home)
        ben = await home.person("Ben")
        ben.member.room_for = 10
        assert await ben.ask(join(1)) == []
        told = await ben.ask({"t": "leave", "id": 2, "room": "tea"})
        assert [(entry["t"], entry["id"]) for entry in told] == [("ok", 2), ("error", 1)]
        await home.turn(read(ben, 1))
        assert ben.told() == []


async def test_a_join_that_was_replaced_is_answered_shortly_if_there_is_no_room() -> None:
    """By an error instead of the list of members."""
    async with house() as home:
        await talk(home)
        ben = await home.person("Ben")
        ben.member.room_for = 10
        told = await ben.ask(join(1), join(2, 2))
        assert [(entry["t"], entry["code"], entry["id"]) for entry in told] == [
            ("error", "not_joined", 1)
        ]


async def test_a_gap_that_comes_meanwhile_is_told_to_a_follower_with_its_number() -> None:
    """By ``joined`` once more, so that the follower goes on from there if it comes back."""
    async with house() as home:
        await talk(home)
        fay = Listener(Sse(lambda: home.journal.epoch))
        await home.turn(Register(fay, Join(id=1, room="tea", last=1)))
        fay.got.clear()
        await home.turn(Pruned(await home.journal.prune(3, 0)))
        await home.turn(PageDone(fay.pages[-1], 2, COUNT - 2))
        told = b"".join(payload or b"" for payload in fay.got).decode()
        assert f"id: {home.journal.epoch}.{COUNT - 3}\nevent: joined" in told
        assert f'"gap":{COUNT - 2}' in told
        assert told.count("event: msg") == 3


class Late(MemoryJournal):
    """A journal whose first load of a room tells of a time before it was written to."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[trio.Event] = []
        self.is_slow = False

    async def load(self, names: Sequence[str], recent: int) -> list[RoomState]:
        states = await super().load(names, recent)
        if self.is_slow:
            self.loads.append(trio.Event())
            await self.loads[-1].wait()
        return states


async def test_a_room_that_was_read_before_a_commit_is_read_again() -> None:
    """What was committed while it was being loaded, or loaded anew, reaches its members."""
    journal = Late()
    async with house(journal) as home:
        journal.is_slow = True
        ben = await home.person("Ben")
        assert await ben.ask(join(0)) == []
        caller = Listener(v1)
        post = ApiRequest(caller, Credentials(nick="Eve"), Send(room="tea", text="first"))
        await home.turn(post)
        assert kinds(caller.told()) == ["ok"]
        journal.loads[0].set()
        await home.turn()
        assert kinds(ben.told()) == ["joined", "presence"]
        await home.turn(post)
        assert ben.told() == []
        journal.loads[1].set()
        await home.turn()
        while len(journal.loads) > 2 and not journal.loads[-1].is_set():
            journal.loads[-1].set()
            await home.turn()
        assert [entry["seq"] for entry in ben.told() if entry["t"] == "msg"] == [1, 2]


def theirs(count: int) -> list[Write]:
    return [Write(Message(room="tea", who=EVE, text="theirs")) for _ in range(count)]


async def test_what_is_deleted_while_a_room_is_loaded_is_not_told() -> None:
    """It was read before; who comes back has a gap there, as if it had been read after that."""
    journal = Late()
    await journal.commit(theirs(5))
    async with house(journal) as home:
        journal.is_slow = True
        ben = await home.person("Ben")
        assert await ben.ask(join(1)) == []
        await home.turn(Pruned(await journal.prune(2, 0)))
        journal.loads[0].set()
        await home.turn()
        told = ben.told()
        assert [entry["gap"] for entry in told if entry["t"] == "joined"] == [4]
        assert [entry["seq"] for entry in told if entry["t"] == "msg"] == [4, 5]


async def test_what_is_deleted_with_what_was_said_while_a_room_is_loaded() -> None:
    """The gap ends behind what was read; the rest of it is told when the room was read again."""
    journal = Late()
    await journal.commit(theirs(2))
    async with house(journal) as home:
        journal.is_slow = True
        ben = await home.person("Ben")
        assert await ben.ask(join(1)) == []
        [*_, last] = await journal.commit(theirs(2))
        assert isinstance(last, Committed)
        await home.turn(Arrived([last], {}), Pruned(await journal.prune(0, 10**15)))
        journal.loads[0].set()
        await home.turn()
        assert [(entry["gap"], entry["last"]) for entry in ben.told() if "gap" in entry] == [(3, 2)]
        journal.loads[1].set()
        await home.turn()
        await home.turn()
        assert [(entry["gap"], entry["last"]) for entry in ben.told()] == [(5, 4)]


async def test_what_is_deleted_while_a_room_is_loaded_anew_is_not_told() -> None:
    """Neither to who comes later."""
    journal = Late()
    await journal.commit(theirs(4))
    async with house(journal) as home:
        ann = await home.person("Ann", "tea")
        ann.told()
        journal.is_slow = True
        await journal.commit(theirs(1))
        await home.turn(ForeignWrites(await MemoryJournal.load(journal, ["tea"], 0)))
        await home.turn(Pruned(await journal.prune(2, 0)))
        journal.loads[0].set()
        await home.turn()
        assert [entry["seq"] for entry in ann.told() if entry["t"] == "msg"] == [5]
        told = await (await home.person("Ben")).ask(join(1))
        assert [entry["gap"] for entry in told if entry["t"] == "joined"] == [4]
        assert [entry["seq"] for entry in told if entry["t"] == "msg"] == [4, 5]


async def look(home: House, journal: MemoryJournal) -> None:
    """Let the hub hear of what others have written, as the feed looks for it, once."""
    rooms = list(home.hub.followed_rooms())
    await home.turn(ForeignWrites(await MemoryJournal.load(journal, rooms, 0)))


@pytest.mark.parametrize("is_hint", [False, True])
async def test_what_is_told_of_while_a_room_is_loaded_anew_is_read_then(is_hint: bool) -> None:
    """A look tells of it once, and the load under way has read less."""
    journal = Late()
    async with house(journal) as home:
        ann = await home.person("Ann", "tea")
        ann.told()
        journal.is_slow = True
        await journal.commit(theirs(1))
        await look(home, journal)
        await journal.commit(theirs(1))
        if is_hint:
            await home.turn(Arrived([], {"tea": 2}))
        else:
            await look(home, journal)
        for number in range(2):
            journal.loads[number].set()
            await home.turn()
        assert [entry["seq"] for entry in ann.told() if entry["t"] == "msg"] == [1, 2]
        assert len(journal.loads) == 2


async def test_what_will_never_be_there_is_read_once_more() -> None:
    """A number that another node tells of, and has lost since."""
    journal = Late()
    async with house(journal) as home:
        await home.person("Ann", "tea")
        journal.is_slow = True
        for last in (7, 8):
            await home.turn(Arrived([], {"tea": last}))
        for number in range(2):
            journal.loads[number].set()
            await home.turn()
        assert len(journal.loads) == 2


async def test_what_others_do_while_a_room_is_opened_is_noticed() -> None:
    """What they write is read then, and what they delete is not told."""
    journal = Late()
    await journal.commit(theirs(3))
    async with house(journal) as home:
        journal.is_slow = True
        ben = await home.person("Ben")
        assert await ben.ask(join(1)) == []
        await journal.prune(1, 0)
        await journal.commit(theirs(1))
        await look(home, journal)
        for number in range(2):
            journal.loads[number].set()
            await home.turn()
        told = ben.told()
        assert [entry["gap"] for entry in told if entry["t"] == "joined"] == [3]
        assert [entry["seq"] for entry in told if entry["t"] == "msg"] == [3, 4]


async def test_a_room_that_all_have_left_is_not_loaded_again() -> None:
    """Though it was behind the journal."""
    journal = Late()
    async with house(journal) as home:
        ben = await home.person("Ben", "tea")
        await journal.commit([Write(Message(room="tea", who=EVE, text="theirs"))])
        journal.is_slow = True
        await home.turn(ForeignWrites(await MemoryJournal.load(journal, ["tea"], 0)))
        assert len(journal.loads) == 1
        await ben.ask({"t": "leave", "room": "tea"})
        await ben.ask({"t": "rooms"})
        assert home.rooms == []
        journal.loads[0].set()
        await home.turn()
        assert home.rooms == []


class Down(MemoryJournal):
    """A journal that cannot be read when a test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = trio.Event()
        self.is_down = False

    async def load(self, names: Sequence[str], recent: int) -> list[RoomState]:
        if self.is_down:
            await self.gate.wait()
            raise Unavailable(1000)
        return await super().load(names, recent)


async def test_every_join_of_a_room_that_cannot_be_read_is_refused() -> None:
    """One that was replaced meanwhile, too; whoever has gone is not answered."""
    journal = Down()
    async with house(journal) as home:
        ben, cid = await home.person("Ben"), await home.person("Cid")
        journal.is_down = True
        assert await ben.ask(join(1), join(2, 2)) == []
        assert await cid.ask(join(1)) == []
        await cid.leave()
        journal.gate.set()
        await home.turn()
        assert [(entry["id"], entry["code"]) for entry in ben.told()] == [
            (1, "unavailable"),
            (2, "unavailable"),
        ]
        assert cid.told() == []
        journal.is_down = False
        assert kinds(await ben.ask(join(1))) == ["joined", "presence"]


async def test_requests_for_other_rooms_do_not_wait_for_one_that_is_loaded() -> None:
    """Only what is asked of that room does."""
    journal = Late()
    async with house(journal) as home:
        ben = await home.person("Ben", "jam")
        ben.told()
        journal.is_slow = True
        told = await ben.ask(
            join(1),
            {"t": "typing", "id": 2, "room": "!"},
            {"t": "typing", "room": "jam"},
            {"t": "leave", "id": 3, "room": "tea"},
        )
        assert kinds(told) == ["error", "typing"]
        journal.loads[0].set()
        await home.turn()
        assert {entry["id"]: entry["t"] for entry in ben.told() if "id" in entry} == {
            1: "error",
            3: "ok",
        }


async def test_a_room_that_cannot_be_loaded_anew_is_tried_again(
    autojump_clock: MockClock,
) -> None:
    """As long as somebody is in it."""
    journal = Down()
    async with house(journal) as home:
        ben = await home.person("Ben", "tea")
        ben.told()
        await journal.commit([Write(Message(room="tea", who=EVE, text="theirs"))])
        news = ForeignWrites(await journal.load(["tea"], 0))
        journal.is_down = True
        journal.gate.set()
        await home.turn(news)
        await trio.sleep(0.5)
        journal.is_down = False
        await trio.sleep(1)
        assert [entry["seq"] for entry in ben.told() if entry["t"] == "msg"] == [1]
        await journal.commit([Write(Message(room="tea", who=EVE, text="more"))])
        news = ForeignWrites(await journal.load(["tea"], 0))
        journal.is_down = True
        await home.turn(news)
        await ben.ask({"t": "leave", "room": "tea"})
        await ben.ask({"t": "rooms"})
        await trio.sleep(2)
        assert home.rooms == []


async def test_a_room_that_was_closed_before_its_load_failed_is_forgotten() -> None:
    """Nothing is tried again for nobody."""
    journal = Down()
    async with house(journal) as home:
        ben = await home.person("Ben", "tea")
        await journal.commit([Write(Message(room="tea", who=EVE, text="theirs"))])
        news = ForeignWrites(await journal.load(["tea"], 0))
        journal.is_down = True
        await home.turn(news)
        await ben.ask({"t": "leave", "room": "tea"})
        await ben.ask({"t": "rooms"})
        journal.gate.set()
        await home.turn()
        assert home.rooms == []


async def test_who_joins_when_others_writes_arrive_gets_them_once() -> None:
    """They are broadcast in the turn, so the join is answered in the next one."""
    async with house() as home:
        ann = await home.person("Ann", "tea")
        ben = await home.person("Ben")
        await home.journal.commit([Write(Message(room="tea", who=EVE, text="theirs"))])
        [state] = await home.journal.load(["tea"], 10)
        await home.turn(asks(ben.member, join(0)), Loaded([state]))
        assert [entry["seq"] for entry in ben.told() if entry["t"] == "msg"] == [1]
        assert [entry["seq"] for entry in ann.told() if entry["t"] == "msg"] == [1]


async def test_a_stale_load_of_an_open_room_is_followed_by_another() -> None:
    """An event that waits for one before it is told as soon as that is known."""
    journal = Late()
    async with house(journal) as home:
        ann = await home.person("Ann", "tea")
        ann.told()
        journal.is_slow = True
        await journal.commit([Write(Message(room="tea", who=EVE, text="theirs"))])
        await ann.ask({"t": "send", "room": "tea", "text": "second"})
        await journal.commit([Write(Message(room="tea", who=EVE, text="third"))])
        await ann.ask({"t": "send", "room": "tea", "text": "fourth"})
        for number in range(4):
            if number < len(journal.loads):
                journal.loads[number].set()
                await home.turn()
        assert [entry["seq"] for entry in ann.told() if entry["t"] == "msg"] == [1, 2, 3, 4]


async def test_a_page_that_is_done_when_the_client_leaves_is_followed_by_nothing() -> None:
    """Both in one turn: the ``ok`` is the last of the room."""
    async with house() as home:
        await talk(home)
        ben = await home.person("Ben")
        assert kinds(await ben.ask(join(1))) == ["joined"]
        await home.turn(read(ben, 4), asks(ben.member, {"t": "leave", "id": 2, "room": "tea"}))
        assert [(entry["t"], entry["id"]) for entry in ben.told()] == [("ok", 2)]


async def test_a_page_that_is_done_when_the_client_is_gone_is_followed_by_nothing() -> None:
    """Both in one turn."""
    async with house() as home:
        await talk(home)
        ben = await home.person("Ben")
        await ben.ask(join(1))
        await home.turn(read(ben, 4), Unregister(ben.member))
        assert ben.told() == []


async def test_a_join_that_was_replaced_is_answered_as_if_alone() -> None:
    """With ``reset`` if its numbers are of another epoch, and no gap that is none."""
    async with house() as home:
        await talk(home)
        await home.turn(Pruned(await home.journal.prune(3, 0)))
        ben = await home.person("Ben")
        told = await ben.ask({**join(COUNT), "epoch": "another"}, join(COUNT, 2))
        first = next(entry for entry in told if entry["t"] == "joined")
        assert (first["id"], first.get("reset"), first.get("gap")) == (1, True, None)


async def test_a_nick_in_a_crowd_is_not_undone_by_the_late_word_of_the_join(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That comes 0.2 s later, with the nick of then."""
    monkeypatch.setattr(roster, "CROWD", 1)
    async with house() as home:
        ann = await home.person("Ann", "tea")
        zoe = await home.person("Zoe", "tea")
        await zoe.ask({"t": "nick", "nick": "Zed"})
        await trio.sleep(1)
        moves = [entry for entry in ann.told() if entry["t"] in ("presence", "nick")]
        assert moves[-1]["who"]["nick"] == "Zed"


async def test_presence_that_waits_in_a_crowd_reaches_those_who_read_on(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are told of it when they are live again."""
    monkeypatch.setattr(roster, "CROWD", 1)
    async with house() as home:
        ann = await home.person("Ann", "tea")
        await trio.sleep(1)
        ann.told()
        zoe = await home.person("Zoe", "tea")
        count = CONFIG.resume_limit + 5
        for _ in range(count):
            await home.journal.commit([Write(Message(room="tea", who=EVE, text="theirs"))])
        await home.turn(ForeignWrites(await home.journal.load(["tea"], 0)))
        assert len(ann.member.pages) == 1
        await trio.sleep(1)
        await home.turn(read(ann, count))
        moves = [entry for entry in ann.told() if entry["t"] == "presence"]
        assert [(entry["who"], entry["state"]) for entry in moves] == [(zoe.who, "joined")]
