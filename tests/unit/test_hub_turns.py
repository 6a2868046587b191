"""Rules of the order within a turn, and of a journal that cannot be reached."""

from collections.abc import Sequence
from typing import Any

from tests.unit.members import Listener, Somebody, arrives, asks, house, kinds, says
from trio_chat.core.messages import Register
from trio_chat.delivery.pace import WRITES_PER_YIELD
from trio_chat.journal.memory import MemoryJournal
from trio_chat.journal.types import Result, RoomState, Unavailable, Write
from trio_chat.protocol.close import TOO_SLOW, UNREADABLE
from trio_chat.protocol.dialects import v1

SEND = {"t": "send", "room": "tea", "text": "x"}


class Flaky(MemoryJournal):
    """A journal that is unavailable when a test says so; it counts frames before each commit."""

    def __init__(self) -> None:
        super().__init__()
        self.is_down = False
        self.members: list[Listener] = []
        self.seen: list[list[int]] = []

    async def commit(self, writes: Sequence[Write]) -> list[Result]:
        self.seen.append([len(member.got) for member in self.members])
        if self.is_down:
            raise Unavailable(1500)
        return await super().commit(writes)

    async def load(self, names: Sequence[str], recent: int) -> list[RoomState]:
        if self.is_down:
            raise Unavailable(1500)
        return await super().load(names, recent)


async def test_what_is_said_is_committed_then_told_then_acknowledged() -> None:
    """Nobody hears of anything that is not kept; what needs no commit does not wait for one."""
    journal = Flaky()
    async with house(journal) as home:
        ann, bob = await home.person("Ann", "tea"), await home.person("Bob", "tea")
        ann.told()
        bob.told()
        journal.members += [ann.member, bob.member]
        await home.turn(asks(ann.member, {**SEND, "id": 1}, {"t": "nick", "id": 2, "nick": "Anna"}))
        assert [kinds(objects(payload)) for payload in ann.member.got] == [
            ["ok"],
            ["nick"],
            ["msg"],
            ["ok"],
        ]
        assert kinds(bob.told()) == ["nick", "msg"]
        [[seen_by_ann, seen_by_bob]] = journal.seen
        assert seen_by_ann <= 2
        assert seen_by_bob <= 1


def objects(payload: bytes | None) -> list[dict[str, Any]]:
    reader = Listener(v1)
    reader.got.append(payload)
    return reader.told()


async def test_one_commit_carries_all_of_a_turn() -> None:
    """However many clients and rooms there are."""
    journal = Flaky()
    async with house(journal) as home:
        one, two = Listener(), Listener()
        await home.turn(arrives(one, "tea"), arrives(two, "milk"))
        await home.turn(*(says(member, "x") for member in (one, two) for _ in range(10)))
        assert len(journal.seen) == 1


async def test_nobody_hears_of_what_cannot_be_kept() -> None:
    """Its sender is told when to try again; all else goes on."""
    journal = Flaky()
    async with house(journal) as home:
        ann, bob = await home.person("Ann", "tea"), await home.person("Bob", "tea")
        guest = Listener()
        await home.turn(arrives(guest, "tea"))
        ann.told()
        bob.told()
        journal.is_down = True
        told = await ann.ask({**SEND, "id": 1}, {"t": "typing", "room": "tea"})
        assert kinds(told) == ["typing", "error"]
        assert (told[1]["id"], told[1]["code"], told[1]["retry_ms"]) == (1, "unavailable", 1500)
        await home.turn(says(guest, "hello?"))
        assert kinds(bob.told()) == ["typing"]
        assert guest.got == [b"(the server cannot store messages just now)"]
        journal.is_down = False
        assert [entry["seq"] for entry in await ann.ask(SEND)] == [1, 1]


async def test_rooms_that_cannot_be_read_cannot_be_joined() -> None:
    """Those at hand can; whoever needs no name is sent away to come back."""
    journal = Flaky()
    async with house(journal) as home:
        ann = await home.person("Ann", "tea")
        ann.told()
        journal.is_down = True
        [error] = await ann.ask({"t": "join", "id": 1, "room": "milk"})
        assert (error["code"], error["id"], error["retry_ms"]) == ("unavailable", 1, 1500)
        bob = await home.person("Bob", "tea")
        assert kinds(await bob.ask({"t": "join", "room": "tea"})) == ["joined"]
        guest = Listener()
        await home.turn(arrives(guest, "milk"))
        assert guest.ends == [UNREADABLE]
        journal.is_down = False
        ann.told()
        assert kinds(await ann.ask({"t": "join", "room": "milk"})) == ["joined", "presence"]


async def test_who_is_stuck_when_answered_is_dropped() -> None:
    """Like everybody who takes no more."""
    async with house() as home:
        ann = await home.person("Ann", "tea")
        ann.member.is_stuck = True
        await home.turn(asks(ann.member, {"t": "leave", "room": "tea"}))
        assert ann.member.ends == [TOO_SLOW]


async def test_a_long_history_at_hand_comes_in_several_frames() -> None:
    """None longer than the merge limit; a very long one lets others have their turn."""
    async with house() as home:
        ann = await home.person("Ann", "tea")
        for _ in range(5):
            await ann.ask({**SEND, "text": "x" * 3900})
        bob = Somebody(home, Listener(v1))
        rooms = [{"room": "tea", "last": 0}]
        hello = asks(bob.member, {"t": "hello", "nick": "Bob", "rooms": rooms})
        home.hub._pace.unyielded = WRITES_PER_YIELD - 1
        await home.turn(Register(bob.member), hello)
        assert kinds(bob.told()) == ["welcome", "joined", *["msg"] * 5, "presence"]
        assert home.hub._pace.unyielded < WRITES_PER_YIELD - 1
