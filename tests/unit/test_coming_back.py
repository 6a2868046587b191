"""Rules of coming back: what was missed, from what is at hand or from the journal."""

from typing import Any

import pytest

from tests.unit.members import CONFIG, House, Listener, Somebody, asks, house, kinds
from trio_chat.core.catchup_queue import COST_EACH_TURN
from trio_chat.core.messages import Message, PageDone, Register, Unregister
from trio_chat.journal import memory_room
from trio_chat.journal.memory import MemoryJournal
from trio_chat.journal.types import Pruned
from trio_chat.protocol.close import TOO_SLOW
from trio_chat.protocol.dialects import v1


def send(text: str, room: str = "tea") -> dict[str, Any]:
    return {"t": "send", "room": room, "text": text}


def join(last: int | None = None, epoch: str | None = None, room: str = "tea") -> dict[str, Any]:
    where = {"last": last, "epoch": epoch}
    return {
        "t": "join",
        "room": room,
        **{key: value for key, value in where.items() if value is not None},
    }


def wanted(somebody: Somebody) -> list[int]:
    """Return after which numbers somebody's client was told to read in the journal."""
    assert {missed.room_name for missed in somebody.member.pages} <= {"tea"}
    return somebody.member.pages_after


def read(somebody: Somebody, after: int, which: int = -1) -> PageDone:
    """Return what the hub hears when a page was read that it had asked for."""
    return PageDone(somebody.member.pages[which], after)


def seqs(told: list[dict[str, Any]]) -> list[int]:
    return [entry["seq"] for entry in told if entry["t"] == "msg"]


def joined(told: list[dict[str, Any]]) -> dict[str, Any]:
    [answer] = [entry for entry in told if entry["t"] == "joined"]
    return answer


async def talk(home: House, count: int) -> Somebody:
    """Let somebody say so many things in the tea room."""
    ann = await home.person("Ann", "tea")
    for number in range(count):
        await ann.ask(send(f"said {number}"))
    ann.told()
    return ann


async def test_what_was_missed_follows_at_once_if_it_is_at_hand() -> None:
    """The same objects as they were told live, behind ``joined``, before anything newer."""
    async with house() as home:
        ann = await home.person("Ann", "tea")
        live: list[dict[str, Any]] = []
        for text in "abcd":
            live += [entry for entry in await ann.ask(send(text)) if entry["t"] == "msg"]
        bob = await home.person("Bob")
        await home.turn(asks(bob.member, join(2)), asks(ann.member, send("new")))
        told = bob.told()
        assert kinds(told) == ["joined", "msg", "msg", "presence", "msg"]
        assert told[1:3] == live[2:]
        assert (told[0]["last"], "gap" in told[0], "reset" in told[0]) == (4, False, False)
        assert seqs(told) == [3, 4, 5]


async def test_who_has_seen_all_or_asks_for_nothing_gets_nothing() -> None:
    """``joined`` tells how far the room has come."""
    async with house() as home:
        await talk(home, 3)
        bob = await home.person("Bob")
        for request in (join(3), join(), join(3, home.journal.epoch)):
            told = await bob.ask(request)
            assert joined(told)["last"] == 3
            assert seqs(told) == []


async def test_hello_brings_back_all_rooms() -> None:
    """In the same way as ``join`` does."""
    async with house() as home:
        ann = await talk(home, 3)
        await ann.ask(join(room="milk"), send("milk", "milk"))
        bob = Somebody(home, Listener(v1))
        rooms = [{"room": "tea", "last": 1}, {"room": "milk", "last": 0}]
        hello = {"t": "hello", "nick": "Bob", "rooms": rooms}
        await home.turn(Register(bob.member), asks(bob.member, hello))
        told = bob.told()
        assert kinds(told)[:6] == ["welcome", "joined", "msg", "msg", "joined", "msg"]
        assert seqs(told) == [2, 3, 1]


@pytest.mark.parametrize("wish", [join(1, "another epoch"), join(4)])
async def test_numbers_that_mean_nothing_are_reset(wish: dict[str, Any]) -> None:
    """Those of another epoch, or ahead of the server's. Nothing follows."""
    async with house() as home:
        await talk(home, 3)
        bob = await home.person("Bob")
        told = await bob.ask(wish)
        assert joined(told)["reset"] is True
        assert seqs(told) == []


async def test_what_is_not_at_hand_comes_from_the_journal_first() -> None:
    """Nothing newer is told before; then the rest follows, and then what happens."""
    async with house() as home:
        ann = await talk(home, CONFIG.resume_limit + 3)
        bob = await home.person("Bob")
        told = await bob.ask(join(1))
        assert kinds(told) == ["joined"]
        assert wanted(bob) == [1]
        await ann.ask(send("meanwhile"))
        assert bob.told() == []
        await home.turn(read(bob, 3))
        assert wanted(bob) == [1, 3]
        await home.turn(read(bob, 6))
        assert seqs(bob.told()) == [7, 8, 9]
        await ann.ask(send("after"))
        assert seqs(bob.told()) == [10]


async def test_catching_up_ends_with_the_stay() -> None:
    """Who has left the room, or is gone, is not let in by it."""
    async with house() as home:
        ann = await talk(home, CONFIG.resume_limit + 3)
        left, gone = await home.person("Bob"), await home.person("Cid")
        for somebody in (left, gone):
            await somebody.ask(join(1))
        await left.ask({"t": "leave", "room": "tea"})
        await gone.leave()
        for somebody in (left, gone):
            await home.turn(read(somebody, 3))
        told = await ann.ask(send("x"))
        assert seqs(told) == [9]
        assert left.told() == gone.told() == []


async def test_what_retention_has_deleted_is_a_gap() -> None:
    """Its end is told, and what is still there follows."""
    async with house() as home:
        ann = await talk(home, 5)
        await ann.ask(join(room="milk"), send("nothing is too much here", "milk"))
        pruned = await home.journal.prune(2, 0)
        assert pruned == {"tea": 4}
        await home.turn(Pruned({**pruned, "a room that nobody is in": 7}))
        bob = await home.person("Bob")
        told = await bob.ask(join(1))
        assert joined(told)["gap"] == 4
        assert seqs(told) == [4, 5]
        assert "gap" not in joined(await bob.ask(join(3)))


async def test_where_all_was_deleted_nothing_follows() -> None:
    """The gap ends behind the last number."""
    async with house() as home:
        await talk(home, 5)
        await home.turn(Pruned(await home.journal.prune(0, 10**15)))
        bob = await home.person("Bob")
        told = await bob.ask(join(1))
        assert (joined(told)["gap"], joined(told)["last"], seqs(told)) == (6, 5, [])


async def test_a_room_that_was_forgotten_comes_back_as_it_was() -> None:
    """With its number, its topic and its latest events."""
    journal = MemoryJournal()
    async with house(journal) as home:
        ann = await talk(home, 2)
        await ann.ask({"t": "topic", "room": "tea", "text": "Milk?"})
    async with house(journal) as home:
        bob = await home.person("Bob")
        told = await bob.ask(join(1))
        assert (joined(told)["last"], joined(told)["topic"], seqs(told)) == (3, "Milk?", [2])
        assert joined(told)["members"] == [bob.who]


async def test_a_deleted_text_is_not_replayed() -> None:
    """Neither the message nor its edits: what is at hand is rewritten."""
    async with house() as home:
        ann = await home.person("Ann", "tea")
        await ann.ask(send("a secret"))
        await ann.ask({"t": "edit", "room": "tea", "seq": 1, "text": "another secret"})
        bob = await home.person("Bob")
        assert "secret" in str(await bob.ask(join(0)))
        await ann.ask({"t": "delete", "room": "tea", "seq": 1})
        cid = await home.person("Cid")
        told = await cid.ask({"t": "join", "room": "tea", "last": 0})
        assert kinds(told)[:4] == ["joined", "msg", "edit", "delete"]
        assert told[1]["deleted"] is True
        assert "secret" not in str(told)


async def test_who_joins_again_begins_again() -> None:
    """And gets nothing twice of what happens from then on."""
    async with house() as home:
        ann = await talk(home, 2)
        told = await ann.ask(join(1))
        assert kinds(told) == ["joined", "msg"]
        assert seqs(await ann.ask(send("x"))) == [3]


async def test_joining_and_leaving_in_one_frame_leaves_nobody_behind() -> None:
    """Who has left hears nothing more."""
    async with house() as home:
        ann, bob = await home.person("Ann", "tea"), await home.person("Bob")
        await bob.ask(join(), {"t": "leave", "room": "tea"})
        await ann.ask(send("among us"))
        assert bob.told() == []


async def test_joining_and_vanishing_in_one_turn_leaves_nobody_behind() -> None:
    """The room is forgotten, and the client with it."""
    async with house() as home:
        bob = await home.person("Bob")
        await home.turn(asks(bob.member, join()), Unregister(bob.member))
        assert home.rooms == []
        ann = await home.person("Ann", "tea")
        await ann.ask(send("anybody?"))
        assert bob.told() == []


async def test_every_join_is_answered() -> None:
    """However soon another one follows, or a leave; what was missed is told once."""
    async with house() as home:
        await talk(home, 3)
        bob = await home.person("Bob")
        leave = {"t": "leave", "room": "tea", "id": 7}
        told = await bob.ask({**join(1), "id": 5}, {**join(1), "id": 6})
        assert [entry.get("id") for entry in told if entry["t"] == "joined"] == [5, 6]
        assert seqs(told) == [2, 3]
        told = await bob.ask({**join(1), "id": 8}, leave)
        assert {entry["id"]: entry["t"] for entry in told} == {7: "ok", 8: "error"}


async def test_joins_wait_within_a_bound() -> None:
    """As many as one can be in rooms; who wants more at once is told when to try again."""
    async with house() as home:
        bob = await home.person("Bob")
        bound = CONFIG.rooms_per_connection
        leave = {"t": "leave", "room": "tea"}
        told = await bob.ask(*[join(), leave] * bound, {**join(), "id": 7})
        [busy] = [entry for entry in told if entry.get("id") == 7]
        assert (busy["t"], busy["code"], busy["retry_ms"]) == ("error", "busy", 1000)
        assert kinds(await bob.ask(*[join()] * bound)).count("joined") == bound


async def test_who_is_stuck_while_joining_is_dropped() -> None:
    """It is aborted, and gets nothing more."""
    async with house() as home:
        bob = await home.person("Bob")
        bob.member.is_stuck = True
        await home.turn(asks(bob.member, join()))
        assert set(bob.member.ends) == {TOO_SLOW}
        await bob.leave()
        assert home.hub.connections == 0


async def test_joining_again_while_catching_up_begins_again_without_a_second_reader() -> None:
    """Else a page that is still to come would be told behind what is newer."""
    async with house() as home:
        ann = await talk(home, CONFIG.resume_limit + 3)
        bob = await home.person("Bob")
        await bob.ask(join(1))
        await bob.ask(join(2))
        await home.turn(read(bob, 6, which=0))
        assert wanted(bob) == [1, 2]
        await ann.ask(send("meanwhile"))
        assert seqs(bob.told()) == []
        await home.turn(read(bob, 6))
        assert seqs(bob.told()) == [7, 8, 9]


async def test_what_is_too_much_at_once_comes_from_the_journal() -> None:
    """Though it is at hand: the client reads it at the pace at which its peer does."""
    async with house() as home:
        ann = await talk(home, 4)
        bob = await home.person("Bob")
        bob.member.room_for = 350
        assert kinds(await bob.ask(join(1))) == ["joined"]
        assert wanted(bob) == [1]
        bob.member.room_for = 1000
        await home.turn(read(bob, 3))
        assert seqs(bob.told()) == [4]
        assert seqs(await ann.ask(send("x"))) == [5]
        assert seqs(bob.told()) == [5]


async def test_a_crowd_that_comes_back_is_let_in_by_and_by() -> None:
    """In several turns, so that others have theirs; what is said meanwhile reaches them."""
    async with house() as home:
        ann = await talk(home, 3)
        crowd = [Somebody(home, Listener(v1)) for _ in range(2 * COST_EACH_TURN)]
        comings: list[Message] = []
        for number, somebody in enumerate(crowd):
            rooms = [{"room": "tea", "last": 1}]
            hello = {"t": "hello", "nick": f"n{number}", "rooms": rooms}
            comings += [Register(somebody.member), asks(somebody.member, hello)]
        await home.turn(*comings, asks(ann.member, send("meanwhile")))
        assert [seqs(somebody.told()) for somebody in crowd] == [[2, 3, 4]] * len(crowd)


async def test_requests_wait_until_their_sender_has_read_more() -> None:
    """Otherwise its own requests could fill its outbox, and end it."""
    async with house() as home:
        await talk(home, 4)
        bob = await home.person("Bob")
        bob.member.room_for = -1  # more than half of what may wait is waiting
        assert await bob.ask(join()) == []
        bob.member.room_for = 1_000_000
        home.inbox.wake()
        await home.turn()
        assert kinds(bob.told()) == ["joined", "presence"]


async def test_what_the_memory_journal_has_dropped_is_a_gap(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It keeps a bounded tail; the rest counts as deleted."""
    monkeypatch.setattr(memory_room, "TAIL", 2 * CONFIG.resume_limit)
    async with house() as home:
        await talk(home, 3 * CONFIG.resume_limit)
        bob = await home.person("Bob")
        assert joined(await bob.ask(join(1)))["gap"] == CONFIG.resume_limit + 1


async def test_deletions_take_no_place_at_hand() -> None:
    """What is at hand is measured as it is, not as it was before texts were deleted."""
    async with house() as home:
        ann = await home.person("Ann", "tea")
        for number in range(300):  # more than recent_bytes in all
            await ann.ask(send("\U0001f34b" * 1000))
            await ann.ask({"t": "delete", "room": "tea", "seq": 2 * number + 1})
        await ann.ask(send("\U0001f34b" * 4000))
        bob = await home.person("Bob")
        assert seqs(await bob.ask(join(600))) == [601]


async def test_the_memory_journal_recognises_the_latest_resends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So many of each room: it has to end somewhere."""
    monkeypatch.setattr(memory_room, "TAIL", 2)
    async with house() as home:
        ann = await talk(home, 0)
        for cid in ("cid number 1", "cid number 2", "cid number 3"):
            await ann.ask({**send(cid), "cid": cid})
        again = await ann.ask({**send("cid number 2"), "cid": "cid number 2"})
        assert [entry.get("dup") for entry in again] == [True]
        forgotten = await ann.ask({**send("x"), "cid": "cid number 1"})
        assert kinds(forgotten) == ["msg", "ok"]
