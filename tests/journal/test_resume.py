"""Coming, going and coming back in unlucky moments. All of it takes place in virtual time."""

from collections.abc import Awaitable, Callable

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from tests.journal.house import House, Peer, Wish, hello
from trio_chat.config import Config
from trio_chat.core.room_log import REPLAYS
from trio_chat.journal import memory_room
from trio_chat.journal.memory import MemoryJournal
from trio_chat.journal.types import Pruned

RECENT_BYTES, REPLAY_BYTES = Config().recent_bytes, Config().replay_bytes
LARGE = "\N{MUSICAL SYMBOL G CLEF}" * 4000  # as large as a text can be: 16,000 bytes


async def play(scene: Callable[[House, trio.Nursery], Awaitable[None]], house: House) -> None:
    """Run a scene, in which the hub runs from the beginning."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(house.hub.run)
        await scene(house, nursery)
        nursery.cancel_scope.cancel()


async def enter(house: House, nursery: trio.Nursery, nick: str, *wishes: Wish) -> Peer:
    """Connect somebody, who says hello; what comes of it has come then."""
    peer = Peer(house)
    nursery.start_soon(peer.live)
    await peer.say(hello(nick, *wishes))
    await wait_all_tasks_blocked()
    return peer


async def test_who_comes_back_gets_what_is_not_at_hand_in_pages_while_others_talk(
    autojump_clock: MockClock,
) -> None:
    """Pages from the journal, and what is said meanwhile, make one sequence without a gap."""

    async def scene(house: House, nursery: trio.Nursery) -> None:
        ann = await enter(house, nursery, "Ann", Wish("tea"))
        for number in range(20):
            await ann.ask(t="send", room="tea", text=str(number))
        ben = Peer(house)
        nursery.start_soon(ben.live)
        await ben.say(hello("Ben", Wish("tea", 4)))
        for number in range(20, 30):
            await ann.ask(t="send", room="tea", text=str(number))
        await wait_all_tasks_blocked()
        assert ben.numbers == list(range(5, 31))

    await play(scene, House(MemoryJournal(), resume_limit=3))


async def test_who_leaves_at_once_hears_nothing(autojump_clock: MockClock) -> None:
    """After the answer to a leave nothing of the room comes, however soon the leave was."""

    async def scene(house: House, nursery: trio.Nursery) -> None:
        ann = await enter(house, nursery, "Ann", Wish("tea"))
        ben = await enter(house, nursery, "Ben")
        await ben.say({"t": "join", "room": "tea"}, {"t": "leave", "room": "tea"})
        await wait_all_tasks_blocked()
        await ann.ask(t="send", room="tea", text="He is gone.")
        assert not list(ben.told("msg"))

    await play(scene, House(MemoryJournal()))


async def test_who_is_gone_before_the_hub_looks_leaves_nothing_behind(
    autojump_clock: MockClock,
) -> None:
    """A hello and the end of its connection in one turn: the room is forgotten after the grace."""
    house = House(MemoryJournal(), presence_grace=1)
    async with trio.open_nursery() as nursery:
        peer = await enter(house, nursery, "Ann", Wish("tea"))
        await peer.vanish()
        await wait_all_tasks_blocked()
        nursery.start_soon(house.hub.run)
        await trio.sleep(2)
        await enter(house, nursery, "Ben")  # a turn, in which empty rooms are forgotten
        nursery.cancel_scope.cancel()
    assert house.hub.populations() == {}


async def test_deleted_texts_do_not_count_any_more(autojump_clock: MockClock) -> None:
    """After many large messages were deleted the room still has its latest events at hand."""

    async def scene(house: House, nursery: trio.Nursery) -> None:
        ann = await enter(house, nursery, "Ann", Wish("tea"))
        for _ in range(RECENT_BYTES // len(LARGE.encode()) + 2):
            said = await ann.ask(t="send", room="tea", text=LARGE)
            await ann.ask(t="delete", room="tea", seq=said["seq"])
        recent = house.hub._chat._rooms["tea"].log._recent
        assert len(recent) == 2 * (RECENT_BYTES // len(LARGE.encode()) + 2)

    await play(scene, House(MemoryJournal()))


async def test_replays_at_hand_are_bounded(autojump_clock: MockClock) -> None:
    """However many come back from however many places, what is prepared for them has a bound."""

    async def scene(house: House, nursery: trio.Nursery) -> None:
        ann = await enter(house, nursery, "Ann", Wish("tea"))
        for _ in range(60):
            await ann.ask(t="send", room="tea", text=LARGE)
        for last in range(60):
            await ann.ask(t="join", room="tea", last=last)
        replays = house.hub._chat._rooms["tea"].log._replays.values()
        assert sum(len(frame.wire) for replay in replays for frame in replay) <= REPLAYS * (
            REPLAY_BYTES + 4096
        )

    await play(scene, House(MemoryJournal(), outbox_bytes=4 * RECENT_BYTES))


async def test_look_ups_are_bounded(autojump_clock: MockClock) -> None:
    """Joining again and again does not make what waits to be looked up grow."""

    async def scene(house: House, nursery: trio.Nursery) -> None:
        ann = await enter(house, nursery, "Ann", Wish("tea"))
        for _ in range(5):
            await ann.ask(t="send", room="tea", text="Hello?")
        await ann.say(*[{"t": "join", "room": "tea", "last": 0}] * 100)
        grown = 0
        while len(list(ann.told("joined"))) <= 100 or not grown:
            look_ups = ann.client._look_ups
            grown = max(grown, len(look_ups._missed) if look_ups else 0)
            await trio.lowlevel.checkpoint()
        assert 0 < grown <= house.config.rooms_per_connection

    await play(scene, House(MemoryJournal(), resume_limit=1))


def announced(peer: Peer) -> bool:
    """Whether each event followed the one before, or a gap was announced that ends with it."""
    expected = set[int]()
    for told in peer.heard:
        if told["t"] == "joined":
            expected = {told.get("gap", 0)}
        elif "seq" in told and told["t"] != "ok":
            if told["seq"] not in expected | {1}:
                return False
            expected = {told["seq"] + 1}
    return True


async def test_what_retention_deletes_while_somebody_catches_up_is_announced(
    autojump_clock: MockClock,
) -> None:
    """Retention has deleted, and the hub does not know yet: it hears so from who comes."""

    async def scene(house: House, nursery: trio.Nursery) -> None:
        await talk(house, nursery)
        pruned = await house.journal.prune(4, 0)
        early = await enter(house, nursery, "Ben", Wish("tea", 0))
        assert list(early.told("bye")) == []
        assert [told.get("gap") for told in early.told("joined")] == [None, 7]
        assert early.numbers == [7, 8, 9, 10]
        house.inbox.post(Pruned(pruned))
        later = await enter(house, nursery, "Cid", Wish("tea", 0))
        assert [told["gap"] for told in later.told("joined")] == [7]
        assert later.numbers == [7, 8, 9, 10]

    await play(scene, House(MemoryJournal(), resume_limit=2))


class Counting(MemoryJournal):
    """Counts how often somebody looks up what was missed."""

    reads = 0

    async def after(
        self, room: str, seq: int, limit: int, max_bytes: int
    ) -> list[tuple[int, bytes]]:
        self.reads += 1
        await trio.lowlevel.checkpoint()
        return await super().after(room, seq, limit, max_bytes)


async def test_nobody_looks_for_ever_for_what_is_deleted(autojump_clock: MockClock) -> None:
    """Retention has deleted all, and the hub does not know yet: nothing spins until it does."""
    journal = Counting()

    async def scene(house: House, nursery: trio.Nursery) -> None:
        await talk(house, nursery)
        await house.journal.prune(0, 2**62)
        ben = Peer(house)
        nursery.start_soon(ben.live)
        await ben.say(hello("Ben", Wish("tea", 0)))
        for _ in range(1000):
            await trio.lowlevel.checkpoint()
        assert 1 <= journal.reads <= 10

    await play(scene, House(journal, resume_limit=2))


async def test_what_the_memory_has_let_go_is_announced(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A memory journal keeps a tail; who comes back from before it is told of the gap."""
    monkeypatch.setattr(memory_room, "TAIL", 4)

    async def scene(house: House, nursery: trio.Nursery) -> None:
        await talk(house, nursery)
        ben = await enter(house, nursery, "Ben", Wish("tea", 0))
        assert [told.get("gap") for told in ben.told("joined")] == [7]
        assert ben.numbers == [7, 8, 9, 10]

    await play(scene, House(MemoryJournal(), resume_limit=2))


async def test_history_is_looked_up_while_something_waits_to_be_written(
    autojump_clock: MockClock,
) -> None:
    """A look-up waits until its client has read; both arrive."""

    async def scene(house: House, nursery: trio.Nursery) -> None:
        await talk(house, nursery)
        ben = Peer(house)
        nursery.start_soon(ben.live)
        await ben.say(hello("Ben"), {"t": "history", "id": 1, "room": "tea"})
        await wait_all_tasks_blocked()
        assert [len(told["messages"]) for told in ben.told("history")] == [10]

    await play(scene, House(MemoryJournal()))


async def talk(house: House, nursery: trio.Nursery) -> None:
    """Let somebody say ten things."""
    ann = await enter(house, nursery, "Ann", Wish("tea"))
    for number in range(10):
        await ann.ask(t="send", room="tea", text=str(number))
