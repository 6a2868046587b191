"""Rules of the storage beside the hub: order, group commits, and what it tells."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager

import pytest
import trio
import trio.testing
from trio.testing import MockClock

from trio_chat.journal import storage
from trio_chat.journal.memory import MemoryJournal
from trio_chat.journal.storage import (
    ROOMS_PER_LOAD,
    WRITES_PER_COMMIT,
    Loaded,
    NotLoaded,
    NotSought,
    NotStored,
    Outcome,
    PeopleKept,
    PeopleNotKept,
    Seek,
    Sought,
    Storage,
    Stored,
    Tallied,
    Tally,
)
from trio_chat.journal.types import Committed, Result, RoomState, Unavailable, Write
from trio_chat.protocol.events import Message


class Journal(MemoryJournal):
    """A journal whose commits wait while a test says so, and that can be unavailable."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = trio.Event()
        self.gate.set()
        self.is_down = False
        self.commits: list[int] = []  # how many writes each had
        self.loads: list[list[str]] = []
        self.kept_people: list[Mapping[str, bytes | None]] = []

    async def commit(self, writes: Sequence[Write]) -> list[Result]:
        self.commits.append(len(writes))
        await self.gate.wait()
        if self.is_down:
            raise Unavailable(1500)
        return await super().commit(writes)

    async def keep_people(self, changes: Mapping[str, bytes | None]) -> None:
        if self.is_down:
            raise Unavailable(1500)
        self.kept_people.append(changes)

    async def rooms_of(self, authors: Collection[str], since_ts: int, limit: int) -> list[str]:
        if self.is_down:
            raise Unavailable(1500)
        return await super().rooms_of(authors, since_ts, limit)

    async def count_messages(self, room: str, authors: Collection[str], since_ts: int) -> int:
        if self.is_down:
            raise Unavailable(1500)
        return await super().count_messages(room, authors, since_ts)

    async def load(self, names: Sequence[str], recent: int) -> list[RoomState]:
        self.loads.append(list(names))
        if self.is_down:
            raise Unavailable(1500)
        return await super().load(names, recent)


class Desk:
    """A storage at work, and what it has told."""

    def __init__(self, interval: float) -> None:
        self.journal = Journal()
        self.storage = Storage(self.journal, 2, interval)
        self.told: list[Outcome] = []
        self._count = 0

    async def submit(self, count: int) -> None:
        """Submit so many messages, and let come of it what comes."""
        texts = [str(self._count + number) for number in range(count)]
        self._count += count
        self.storage.submit([Write(Message(room="tea", text=text)) for text in texts])
        await trio.testing.wait_all_tasks_blocked()

    async def load(self, *names: str) -> None:
        self.storage.load(names)
        await trio.testing.wait_all_tasks_blocked()

    @property
    def texts(self) -> list[str]:
        """The texts that are kept, in the order of their numbers, as it was told."""
        return [
            result.event.text
            for outcome in self.told
            if isinstance(outcome, Stored)
            for result in outcome.results
            if isinstance(result, Committed) and isinstance(result.event, Message)
        ]


@asynccontextmanager
async def desk(interval: float = 0.0) -> AsyncIterator[Desk]:
    """Keep a storage at work for the block."""
    under_test = Desk(interval)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(under_test.storage.run, under_test.told.append)
        yield under_test
        nursery.cancel_scope.cancel()


async def test_each_write_is_told_of_in_order() -> None:
    """One result for each."""
    async with desk() as here:
        await here.submit(2)
        await here.submit(1)
        assert here.texts == ["0", "1", "2"]
        assert here.journal.commits == [2, 1]


async def test_what_is_submitted_while_a_commit_runs_is_committed_together() -> None:
    """The longer one takes, the more the next one carries."""
    async with desk() as here:
        here.journal.gate = trio.Event()
        for count in (1, 2, 3, 4):
            await here.submit(count)
        assert here.journal.commits == [1]
        here.journal.gate.set()
        await trio.testing.wait_all_tasks_blocked()
        assert here.journal.commits == [1, 9]
        assert here.texts == [str(number) for number in range(10)]


async def test_the_next_commit_waits_for_its_time(mock_clock: trio.testing.MockClock) -> None:
    """What comes meanwhile is in it; what comes later waits for nothing."""
    async with desk(interval=1.0) as here:
        for count in (1, 2, 3):
            await here.submit(count)
        assert here.journal.commits == [1]
        mock_clock.jump(1.0)
        await trio.testing.wait_all_tasks_blocked()
        assert here.journal.commits == [1, 5]
        mock_clock.jump(1.0)
        await here.submit(1)
        assert here.journal.commits == [1, 5, 1]


async def test_what_belongs_together_is_committed_together() -> None:
    """However much else is in the same commit."""
    async with desk() as here:
        alone, one = Write(Message(room="tea", text="x")), Write(Message(room="tea", text="y"))
        together = [one._replace(with_next=True)] * 3
        here.storage.submit([alone] * (WRITES_PER_COMMIT - 1) + [*together, one, alone])
        await trio.testing.wait_all_tasks_blocked()
        assert here.journal.commits == [WRITES_PER_COMMIT + 3, 1]


async def test_rooms_are_looked_for_one_after_another() -> None:
    """Whether they can be told is told of each."""
    async with desk() as here:
        await here.submit(1)
        here.storage.seek([Seek(1, {""}, 0, 9)])
        await trio.testing.wait_all_tasks_blocked()
        here.journal.is_down = True
        here.storage.seek([Seek(2, {""}, 0, 9)])
        await trio.testing.wait_all_tasks_blocked()
        assert here.told[1:] == [Sought(1, ["tea"]), NotSought(2, 1500)]


async def test_messages_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless that cannot be told just now, or takes too long."""
    async with desk() as here:
        await here.submit(2)
        here.storage.seek([Tally(1, ["tea"], {""}, 0)])
        await trio.testing.wait_all_tasks_blocked()
        here.journal.is_down = True
        here.storage.seek([Tally(2, ["tea"], {""}, 0)])
        await trio.testing.wait_all_tasks_blocked()
        here.journal.is_down = False
        monkeypatch.setattr(storage, "TALLY_TIMEOUT", -1)
        here.storage.seek([Tally(3, ["tea", "jam"], {""}, 0)])
        await trio.testing.wait_all_tasks_blocked()
        assert here.told[1:] == [Tallied(1, 2), Tallied(2, None), Tallied(3, None)]


async def test_a_commit_has_a_bound() -> None:
    """The rest comes in the next one."""
    async with desk() as here:
        await here.submit(WRITES_PER_COMMIT + 1)
        assert here.journal.commits == [WRITES_PER_COMMIT, 1]
        assert len(here.texts) == WRITES_PER_COMMIT + 1


async def test_what_cannot_be_kept_is_told_with_the_time_to_try_again() -> None:
    """All of a commit fails together; what comes later is tried anew."""
    async with desk() as here:
        here.journal.is_down = True
        await here.submit(3)
        assert here.told == [NotStored(3, 1500)]
        here.journal.is_down = False
        await here.submit(1)
        assert here.texts == ["3"]


async def test_loads_do_not_wait_for_a_commit_that_hangs() -> None:
    """Rooms can be joined while nothing can be kept."""
    async with desk() as here:
        here.journal.gate = trio.Event()
        await here.submit(1)
        await here.load("tea")
        [loaded] = here.told
        assert isinstance(loaded, Loaded)
        assert [(state.name, state.last) for state in loaded.states] == [("tea", 0)]


async def test_rooms_are_loaded_together_with_their_latest_events() -> None:
    """Within a bound."""
    async with desk() as here:
        await here.submit(3)
        here.told.clear()
        names = [f"room{number}" for number in range(ROOMS_PER_LOAD)]
        await here.load("tea", *names)
        assert here.journal.loads == [["tea", *names[:-1]], names[-1:]]
        first, second = here.told
        assert isinstance(first, Loaded)
        assert [seq for seq, _ in first.states[0].recent] == [2, 3]
        assert isinstance(second, Loaded)


async def test_rooms_that_cannot_be_read_are_told_with_the_time_to_try_again() -> None:
    """All that were to be loaded together."""
    async with desk() as here:
        here.journal.is_down = True
        await here.load("tea", "milk")
        assert here.told == [NotLoaded(["tea", "milk"], 1500)]


async def test_the_latest_records_are_kept_once_that_is_possible(
    autojump_clock: MockClock,
) -> None:
    """What could not be kept is tried again, with what has changed since; each is told of."""
    async with desk() as here:
        here.storage.keep_people(0, {})
        here.storage.keep_people(1, {"a": b"Ann"})
        await trio.testing.wait_all_tasks_blocked()
        here.journal.is_down = True
        here.storage.keep_people(2, {"a": b"Anna", "b": b"Bob"})
        await trio.testing.wait_all_tasks_blocked()
        here.storage.keep_people(3, {"a": None})
        here.journal.is_down = False
        await trio.sleep(2)
        assert here.journal.kept_people == [{"a": b"Ann"}, {"a": None, "b": b"Bob"}]
        assert here.told == [PeopleKept(1), PeopleNotKept(2, 1500), PeopleKept(3)]
