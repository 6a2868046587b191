"""Rules of room loads: clients take turns, and nothing is loaded for those who are gone."""

from collections.abc import Sequence

import trio

from tests.unit.members import Listener, asks, house, kinds
from trio_chat.core.room_loads import AT_ONCE, RoomLoads
from trio_chat.journal.memory import MemoryJournal
from trio_chat.journal.types import RoomState


def test_so_many_are_loaded_at_once() -> None:
    """The next one when one has ended."""
    loaded: list[str] = []
    loads, ann = RoomLoads(loaded.append), Listener()
    for number in range(AT_ONCE + 2):
        loads.want(ann, str(number))
    assert len(loaded) == AT_ONCE
    loads.done()
    assert loaded[AT_ONCE:] == [str(AT_ONCE)]
    loads.clear()
    loads.done()
    assert len(loaded) == AT_ONCE + 1


def test_clients_take_turns() -> None:
    """Whoever wants one room waits for one of each other client at most."""
    loaded: list[str] = []
    loads, greedy, modest = RoomLoads(loaded.append), Listener(), Listener()
    for number in range(AT_ONCE + 100):
        loads.want(greedy, str(number))
    loads.want(modest, "tea")
    loads.done()
    loads.done()
    assert "tea" in loaded[AT_ONCE:]


class Gated(MemoryJournal):
    """A journal whose loads wait."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = trio.Event()
        self.loaded: list[str] = []

    async def load(self, names: Sequence[str], recent: int) -> list[RoomState]:
        await self.gate.wait()
        self.loaded += names
        return await super().load(names, recent)


async def test_nothing_is_loaded_for_clients_that_are_gone() -> None:
    """But for what had begun, and rooms that others wait for, too."""
    journal = Gated()
    async with house(journal) as home:
        people = [await home.person(f"n{number}") for number in range(30)]
        for number, somebody in enumerate(people):
            joins = [{"t": "join", "room": f"room{number}x{room}"} for room in range(3)]
            await somebody.ask(*joins)
        last = people[-1]
        ben = await home.person("Ben")
        assert await ben.ask({"t": "join", "id": 1, "room": "room29x2"}) == []
        for somebody in people:
            await somebody.leave()
        journal.gate.set()
        await home.turn(asks(ben.member, {"t": "rooms"}))
        assert kinds(ben.told()) == ["joined", "presence"]
        assert len(journal.loaded) == AT_ONCE + 1
        assert last.told() == []
