"""Storage beside the hub: writes and loads in tasks of its own, and tells what became of them."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from time import perf_counter
from typing import NamedTuple, TypeVar

import trio

from trio_chat.journal.journal import Journal
from trio_chat.journal.types import (
    Arrived,
    Claimed,
    Duplicate,
    Elsewhere,
    ForeignWrites,
    HeldChanged,
    Moved,
    PeopleChanged,
    PeopleForgotten,
    Pruned,
    Result,
    RoomState,
    RoomsUnused,
    Unavailable,
    Write,
)
from trio_chat.measures import SIZES, Histogram
from trio_chat.protocol.acts import LEDGER

WRITES_PER_COMMIT = 256  # in one transaction
ROOMS_PER_LOAD = 16  # in one go
ACTS = 1000  # of the ledger that are loaded at once
ACTS_BYTES = 4 * 1024 * 1024

TALLY_TIMEOUT = 5  # seconds for which messages are counted in room after room

T = TypeVar("T")


class Stored(NamedTuple):
    """The journal has decided about the next of the submitted writes, one result for each."""

    results: Sequence[Result]


class NotStored(NamedTuple):
    """None of the next ``writes`` that were submitted is kept; trying again can help later."""

    writes: int
    retry_ms: int


class Loaded(NamedTuple):
    """Rooms as they stand in the journal."""

    states: Sequence[RoomState]


class NotLoaded(NamedTuple):
    """These rooms cannot be read just now."""

    names: Sequence[str]
    retry_ms: int


class Seek(NamedTuple):
    """Asks in which rooms people have kept messages; ``number`` tells it from others.

    ``since_ts`` is in ms since 1970, ``limit`` in rooms.
    """

    number: int
    authors: Collection[str]
    since_ts: int
    limit: int


class Sought(NamedTuple):
    """The rooms that a ``Seek`` has found."""

    number: int
    rooms: Sequence[str]


class Tally(NamedTuple):
    """Asks how many messages of people can be read in rooms; ``number`` tells it from others.

    ``since_ts`` is in ms since 1970.
    """

    number: int
    rooms: Sequence[str]
    authors: Collection[str]
    since_ts: int


class Tallied(NamedTuple):
    """How many messages a ``Tally`` has found; ``None`` if that cannot be told just now."""

    number: int
    messages: int | None


class NotSought(NamedTuple):
    """What a ``Seek`` is for cannot be told just now; trying again can help later."""

    number: int
    retry_ms: int


class PeopleKept(NamedTuple):
    """All records are kept up to these changes, by their number."""

    number: int


class PeopleNotKept(NamedTuple):
    """Records cannot be kept just now; it is tried again."""

    number: int
    retry_ms: int


# What others have done, or what has become of it.
Foreign = ForeignWrites | Arrived | PeopleChanged | Elsewhere | Claimed | HeldChanged | Moved
Change = PeopleForgotten | RoomsUnused | Pruned | Foreign
Outcome = (
    Stored
    | NotStored
    | Loaded
    | NotLoaded
    | Sought
    | NotSought
    | Tallied
    | PeopleKept
    | PeopleNotKept
    | Change
)


class Storage:
    """Takes what is to be written and loaded, without waiting, while ``run`` carries it out.

    What is submitted while a commit is under way is committed together next. A commit costs as
    much as several writes, so the next one waits for an interval since the last one began; a write
    that comes alone waits for nothing. Records of people are kept apart from that, the latest of
    each. Loads have a task and a database connection of their own, so they wait for no commit; so
    do seeks. The queues hold what the chat has asked for and not heard of yet, which it bounds.

    Args:
        journal: Where things are kept.
        recent_limit: Events of a room that are loaded with it.
        acts: Returns the number of the last act that is known; those behind it are loaded.
        commit_interval: Seconds from the start of a commit to that of the next one, at least.
    """

    def __init__(
        self,
        journal: Journal,
        recent_limit: int,
        commit_interval: float,
        acts: Callable[[], int] = lambda: 0,
    ) -> None:
        self._journal = journal
        self._acts = acts
        self.commit_interval = commit_interval
        self.recent_limit = recent_limit  # of rooms that are loaded next
        self._writes, self._to_write = trio.open_memory_channel[Write](float("inf"))
        self._names, self._to_load = trio.open_memory_channel[str](float("inf"))
        self._seeks, self._to_seek = trio.open_memory_channel[Seek | Tally](float("inf"))
        self._people: dict[str, bytes | None] = {}  # of each person the latest record
        self._people_number = 0  # of the latest changes among these
        self._people_changed = trio.Event()
        self.commit_seconds, self.commit_writes = Histogram(), Histogram(SIZES)

    def submit(self, writes: Iterable[Write]) -> None:
        """Have events kept, in this order; a ``Stored`` or ``NotStored`` tells of each."""
        for write in writes:
            self._writes.send_nowait(write)

    def load(self, names: Iterable[str]) -> None:
        """Have rooms loaded; a ``Loaded`` or ``NotLoaded`` tells of each."""
        for name in names:
            self._names.send_nowait(name)

    def seek(self, seeks: Iterable[Seek | Tally]) -> None:
        """Have rooms looked for, or messages counted.

        A ``Sought`` or ``NotSought``, or a ``Tallied``, tells of each.
        """
        for one in seeks:
            self._seeks.send_nowait(one)

    def keep_people(self, number: int, changes: Mapping[str, bytes | None]) -> None:
        """Have records kept; ``None``: there is none any more.

        A ``PeopleKept`` tells of these and all earlier ones; it may come after a
        ``PeopleNotKept``.
        """
        if changes:
            self._people.update(changes)
            self._people_number = number
            self._people_changed.set()

    async def run(self, emit: Callable[[Outcome], None]) -> None:
        """Write and load until cancelled.

        Args:
            emit: Takes what became of it; it must not block.
        """
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._journal.run)
            nursery.start_soon(self._write, emit)
            nursery.start_soon(self._load, emit)
            nursery.start_soon(self._seek, emit)
            nursery.start_soon(self._keep_people, emit)

    async def _write(self, emit: Callable[[Outcome], None]) -> None:
        began_at = float("-inf")
        async for write in self._to_write:
            if trio.current_time() < (begins_at := began_at + self.commit_interval):
                await trio.sleep_until(begins_at)  # which takes a round of the loop at least
            began_at = trio.current_time()
            batch = [write, *_waiting(self._to_write, WRITES_PER_COMMIT - 1)]
            while batch[-1].with_next:  # it was submitted at once with the next one
                batch.append(self._to_write.receive_nowait())
            began = perf_counter()
            try:
                results = await self._journal.commit(batch)
            except Unavailable as unavailable:
                outcome: Outcome = NotStored(len(batch), unavailable.retry_ms)
            else:
                outcome = Stored(results)
                if lasts := _kept_before(batch, results):
                    emit(Arrived((), lasts))
            self.commit_seconds.observe(perf_counter() - began)
            self.commit_writes.observe(len(batch))
            emit(outcome)

    async def _load(self, emit: Callable[[Outcome], None]) -> None:
        async for name in self._to_load:
            names = [name, *_waiting(self._to_load, ROOMS_PER_LOAD - 1)]
            try:
                states = await self._journal.load(names, self.recent_limit)
                outcome: Outcome = Loaded([await self._with_acts(state) for state in states])
            except Unavailable as unavailable:
                outcome = NotLoaded(names, unavailable.retry_ms)
            emit(outcome)

    async def _with_acts(self, state: RoomState) -> RoomState:
        """Return the state of a room; that of the ledger with the acts behind the known ones."""
        if state.name != LEDGER:
            return state
        acts = await self._journal.after(LEDGER, self._acts(), ACTS, ACTS_BYTES)
        return state._replace(recent=acts)

    async def _seek(self, emit: Callable[[Outcome], None]) -> None:
        async for wanted in self._to_seek:
            if isinstance(wanted, Tally):
                emit(await self._count(wanted))
                continue
            number, authors, since_ts, limit = wanted
            try:
                rooms = await self._journal.rooms_of(authors, since_ts, limit)
                outcome: Outcome = Sought(number, rooms)
            except Unavailable as unavailable:
                outcome = NotSought(number, unavailable.retry_ms)
            emit(outcome)

    async def _count(self, wanted: Tally) -> Tallied:
        number, rooms, authors, since_ts = wanted
        until, found = trio.current_time() + TALLY_TIMEOUT, 0
        try:
            for room in rooms:
                found += await self._journal.count_messages(room, authors, since_ts)
                if trio.current_time() > until:
                    return Tallied(number, None)
        except Unavailable:
            return Tallied(number, None)
        return Tallied(number, found)

    async def _keep_people(self, emit: Callable[[Outcome], None]) -> None:
        while True:
            await self._people_changed.wait()
            self._people_changed = trio.Event()
            changes, self._people = self._people, {}
            number = self._people_number
            try:
                await self._journal.keep_people(changes)
            except Unavailable as unavailable:
                self._people = changes | self._people
                self._people_changed.set()
                emit(PeopleNotKept(number, unavailable.retry_ms))
                await trio.sleep(unavailable.retry_ms / 1000)
            else:
                emit(PeopleKept(number))


def _kept_before(batch: Sequence[Write], results: Sequence[Result]) -> dict[str, int]:
    """Return how far rooms have come by events that were committed before.

    The hub may not know of them: by another node, or as nobody heard how that commit ended.
    """
    lasts: dict[str, int] = {}
    for write, result in zip(batch, results, strict=True):
        if isinstance(result, Duplicate):
            room = write.event.room
            lasts[room] = max(result.seq, lasts.get(room, 0))
    return lasts


def _waiting(channel: trio.MemoryReceiveChannel[T], limit: int) -> list[T]:
    """Return what waits in a channel, at most so much."""
    waiting = channel.statistics().current_buffer_used
    return [channel.receive_nowait() for _ in range(min(waiting, limit))]
