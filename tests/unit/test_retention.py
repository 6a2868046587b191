"""Rules of retention, on virtual time."""

from collections.abc import Callable, Collection, Mapping, Sequence

import pytest
import structlog
import trio
from trio.testing import MockClock

from trio_chat.clock import wall_clock
from trio_chat.config import Config
from trio_chat.journal.made_rooms import FORGOTTEN_AT_ONCE, LOOKED_AT, NOTED_AT_ONCE, PAUSE
from trio_chat.journal.memory import MemoryJournal
from trio_chat.journal.retention import DAY, INTERVAL, TRUST, retain
from trio_chat.journal.types import (
    PeopleForgotten,
    Pruned,
    RoomsUnused,
    TellPruned,
    Unavailable,
    Write,
    tell_nobody,
)
from trio_chat.protocol.events import Message


class Journal(MemoryJournal):
    """A journal that tells what it was asked to forget."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[float, int, int]] = []
        self.unsealed: list[float] = []  # when what was cleared could go for good
        self.answers: list[dict[str, int] | Unavailable] = []
        self.forgotten = 0  # rooms each time
        self.to_forget: list[tuple[float, int, bool]] = []  # and whether "full" stays
        self.people_to_forget: list[int] = []
        self.used = {"said"}  # rooms in which something was said
        self.noted: list[Mapping[str, int]] = []
        self.unavailable = False  # for the next visits
        self.people_forgotten: list[list[str]] = []  # each time

    async def prune(
        self,
        keep_messages: int,
        before_ts: int,
        tell: TellPruned = tell_nobody,
        *,
        is_clock_right: bool = True,
    ) -> dict[str, int]:
        self.asked.append((trio.current_time(), keep_messages, before_ts))
        if is_clock_right:
            self.unsealed.append(trio.current_time())
        answer = self.answers.pop(0) if self.answers else {}
        if isinstance(answer, Unavailable):
            raise answer
        if answer:
            await tell(answer)
        return answer

    async def forget(self, before_ts: int, is_used: Callable[[str], bool]) -> int:
        self.to_forget.append((trio.current_time(), before_ts, is_used("full")))
        return self.forgotten

    async def note_visits(self, visits: Mapping[str, int]) -> None:
        if self.unavailable:
            self.unavailable = False
            raise Unavailable(1)
        self.noted.append(visits)

    async def unused(
        self, names: Sequence[str], since_ts: int, tell: TellPruned = tell_nobody
    ) -> list[str]:
        if "long" in names:
            await tell({"long": 7})
        return [name for name in names if name not in self.used]

    async def forget_people(self, before_ts: int) -> list[str]:
        self.people_to_forget.append(before_ts)
        return self.people_forgotten.pop() if self.people_forgotten else []


class Made:
    """What a hub knows of made rooms: who was there, and which nobody uses."""

    def __init__(self, *names: str) -> None:
        self.visits: dict[str, int] = {}
        self.names = names
        self.visited: set[str] = set()
        self.asked: list[tuple[int, int]] = []  # how many, and since when
        self.forgotten = 0

    def noted(self, names: Collection[str]) -> None:
        for name in names:
            del self.visits[name]

    def made(self) -> Sequence[str]:
        return self.names

    def among(self, names: Sequence[str], since_ts: int) -> list[str]:
        self.asked.append((len(names), since_ts))
        return [name for name in names if name not in self.visited]

    def take_forgotten(self) -> int:
        forgotten, self.forgotten = self.forgotten, 0
        return forgotten


Told = Pruned | PeopleForgotten | RoomsUnused


async def pruned(
    journal: Journal,
    config: Config,
    seconds: float,
    clock: Callable[[], int] = wall_clock,
    made: Made | None = None,
) -> list[Told]:
    """Let retention be at work for some time; return what the hub heard of it."""
    send, receive = trio.open_memory_channel[Told](100)
    with trio.move_on_after(seconds):
        await retain(journal, send.send, config, "full".__eq__, made or Made(), clock)
    return [receive.receive_nowait() for _ in range(receive.statistics().current_buffer_used)]


async def test_without_limits_nothing_is_ever_forgotten(autojump_clock: MockClock) -> None:
    """But what deletions have left to do is done."""
    journal = Journal()
    assert await pruned(journal, Config(), 1.5 * INTERVAL) == []
    assert journal.asked == [(0, 0, 0), (INTERVAL, 0, 0)]


async def test_it_looks_at_once_and_then_every_minute(autojump_clock: MockClock) -> None:
    """For what is too much; the hub hears of what was lost, if anything was."""
    journal = Journal()
    journal.answers = [{}, {"tea": 5}]
    heard = await pruned(journal, Config(keep_messages=7), 2.5 * INTERVAL)
    assert journal.asked == [(INTERVAL * count, 7, 0) for count in range(3)]
    assert heard == [Pruned({"tea": 5})]


async def test_days_are_counted_from_now(autojump_clock: MockClock) -> None:
    """By the wall clock, as the times of events are."""
    journal = Journal()
    before = wall_clock()
    await pruned(journal, Config(keep_days=1.5), 1)
    [(_, keep, oldest)] = journal.asked
    assert keep == 0
    assert before - 1.5 * DAY - 1 <= oldest <= wall_clock() - 1.5 * DAY


async def test_a_journal_that_is_unavailable_is_tried_again(autojump_clock: MockClock) -> None:
    """At the next look; nobody is told but the log."""
    journal = Journal()
    journal.answers = [Unavailable(1000), {"tea": 2}]
    with structlog.testing.capture_logs() as logged:
        heard = await pruned(journal, Config(keep_messages=1), 1.5 * INTERVAL)
    assert heard == [Pruned({"tea": 2})]
    assert [entry["event"] for entry in logged] == ["retention put off", "retention"]


async def test_rooms_that_are_empty_and_old_are_forgotten_each_hour(
    autojump_clock: MockClock,
) -> None:
    """Except those that somebody is in, and while the wall clock is not believed."""
    journal = Journal()
    journal.forgotten = 3
    clock = Clock((90 * MINUTE, YEAR))
    config = Config(forget_rooms_days=2)
    with structlog.testing.capture_logs() as logged:
        await pruned(journal, config, 125 * MINUTE, clock)
    assert journal.to_forget == [
        (0, NOW - 2 * DAY, True),
        (60 * MINUTE, NOW + 60 * 60_000 - 2 * DAY, True),
    ]
    assert {"event": "rooms forgotten", "rooms": 3, "log_level": "info"} in logged
    journal.to_forget.clear()
    await pruned(journal, Config(forget_rooms_days=0), 125 * MINUTE)
    assert journal.to_forget == []


async def test_made_rooms_that_nobody_uses_are_found_each_hour(autojump_clock: MockClock) -> None:
    """A few at a time; the journal tells where nothing was said, the hub which nobody visits."""
    rooms = [f"room{number}" for number in range(FORGOTTEN_AT_ONCE)]
    made = Made("said", "visited", "long", *rooms)
    made.visited.add("visited")
    heard = await pruned(Journal(), Config(forget_rooms_days=2), 65 * MINUTE, Clock(), made)
    since = NOW - 2 * DAY
    assert heard[:3] == [
        Pruned({"long": 7}),
        RoomsUnused(["long", *rooms[:-1]], since),
        RoomsUnused(rooms[-1:], since),
    ]
    assert len(heard) == 6
    paused = since + round(60 * 60_000 + 2 * 1000 * PAUSE)  # after each few of the first time
    assert made.asked == [(len(rooms) + 3, since), (len(rooms) + 3, paused)]


async def test_very_many_made_rooms_are_looked_at_in_steps(autojump_clock: MockClock) -> None:
    """And not at all if rooms are never forgotten."""
    made = Made(*map(str, range(LOOKED_AT + 1)))
    made.visited.update(made.names)
    await pruned(Journal(), Config(), MINUTE, Clock(), made)
    assert [count for count, _ in made.asked] == [LOOKED_AT, 1]
    made.asked.clear()
    await pruned(Journal(), Config(forget_rooms_days=0), MINUTE, Clock(), made)
    assert made.asked == []


async def test_made_rooms_are_kept_for_a_day_at_least(autojump_clock: MockClock) -> None:
    """As long as what moderators have done there can be taken back."""
    made = Made("room")
    await pruned(Journal(), Config(forget_rooms_days=0.1), 1, Clock(), made)
    assert made.asked == [(1, NOW - DAY)]


async def test_visits_to_made_rooms_are_kept_every_minute(autojump_clock: MockClock) -> None:
    """Some at a time; those that cannot be kept just now wait."""
    journal, made = Journal(), Made()
    made.visits = dict.fromkeys(map(str, range(NOTED_AT_ONCE + 1)), NOW)
    journal.unavailable = True
    await pruned(journal, Config(), 1.5 * INTERVAL, Clock(), made)
    assert [len(visits) for visits in journal.noted] == [NOTED_AT_ONCE, 1]
    assert not made.visits


async def test_the_log_tells_how_many_made_rooms_were_forgotten(autojump_clock: MockClock) -> None:
    """At the next look; nothing if there were none."""
    made = Made()
    made.forgotten = 3
    with structlog.testing.capture_logs() as logged:
        await pruned(Journal(), Config(), 2.5 * INTERVAL, Clock(), made)
    assert logged == [{"event": "made rooms forgotten", "rooms": 3, "log_level": "info"}]


async def test_people_are_forgotten_once_neither_nick_nor_session_is_kept(
    autojump_clock: MockClock,
) -> None:
    """The hub hears of it; if sessions are for ever, so are people."""
    journal = Journal()
    journal.people_forgotten = [["a"]]
    config = Config(session_days=3, nick_keep_days=5)
    with structlog.testing.capture_logs() as logged:
        heard = await pruned(journal, config, 125 * MINUTE, Clock((90 * MINUTE, YEAR)))
    assert journal.people_to_forget == [NOW - 5 * DAY, NOW + 60 * 60_000 - 5 * DAY]
    assert heard == [PeopleForgotten(["a"], NOW - 5 * DAY)]
    assert {"event": "people forgotten", "people": 1, "log_level": "info"} in logged
    await pruned(journal, Config(session_days=0), 125 * MINUTE)
    assert len(journal.people_to_forget) == 2


NOW = 1_800_000_000_000  # milliseconds; what is right
YEAR = 365 * DAY
MINUTE = 60.0


class Clock:
    """A wall clock that is off by some time, which can change."""

    def __init__(self, *jumps: tuple[float, int]) -> None:
        self._jumps = jumps  # from when on, by how much

    def __call__(self) -> int:
        now = trio.current_time()
        off = [by for since, by in self._jumps if since <= now]
        return NOW + round(now * 1000) + (off[-1] if off else 0)


def times_by_age(journal: Journal) -> list[float]:
    """Return the minutes in which was deleted by age."""
    return [at / MINUTE for at, _, before in journal.asked if before]


async def test_a_clock_that_jumps_is_not_believed(autojump_clock: MockClock) -> None:
    """Neither when it jumps a year ahead nor back again, until it was right for an hour."""
    journal = Journal()
    clock = Clock((5.5 * MINUTE, YEAR), (30.5 * MINUTE, 0))
    with structlog.testing.capture_logs() as logged:
        await pruned(journal, Config(keep_days=30, keep_messages=7), 95.5 * MINUTE, clock)
    assert times_by_age(journal) == [0, 1, 2, 3, 4, 5, 91, 92, 93, 94, 95]
    assert {keep for _, keep, _ in journal.asked} == {7}
    assert all(before <= NOW for _, _, before in journal.asked)
    jumps = [entry["seconds"] for entry in logged if "jumped" in entry["event"]]
    assert jumps == [YEAR // 1000, -YEAR // 1000]


async def test_what_was_cleared_stays_while_the_clock_is_not_believed(
    autojump_clock: MockClock,
) -> None:
    """A clock that is two days ahead for a minute must not end the day for taking it back."""
    journal = Journal()
    clock = Clock((5.5 * MINUTE, 2 * DAY), (6.6 * MINUTE, 0))
    await pruned(journal, Config(), 68.5 * MINUTE, clock)
    assert [at / MINUTE for at in journal.unsealed] == [0, 1, 2, 3, 4, 5, 67, 68]


async def test_a_jump_while_something_is_deleted_changes_nothing(
    autojump_clock: MockClock,
) -> None:
    """Whatever goes by age in one look goes by the time at which the clock was checked."""

    class Slow(Journal):
        async def note_visits(self, visits: Mapping[str, int]) -> None:
            await trio.sleep(2)

    journal, made = Slow(), Made("tea")
    made.visits = {"tea": NOW}
    config = Config(forget_rooms_days=2, session_days=3, nick_keep_days=5)
    await pruned(journal, config, 30, Clock((1, YEAR)), made)
    assert journal.to_forget == [(2 + PAUSE, NOW - 2 * DAY, True)]
    assert journal.people_to_forget == [NOW - 5 * DAY]
    assert made.asked == [(1, NOW - 2 * DAY)]


@pytest.mark.parametrize("knows", ["message", "prune"])
async def test_a_clock_that_is_ahead_of_what_is_known_is_not_believed(
    autojump_clock: MockClock, knows: str
) -> None:
    """At a start: by the newest message, or by the last time that something was deleted by age."""
    journal = Journal()
    journal._clock = lambda: NOW
    if knows == "message":
        await journal.commit([Write(Message(room="tea", text="x"))])
    else:
        journal._last_prune = NOW
    clock = Clock((0, YEAR), (30.5 * MINUTE, 0))
    await pruned(journal, Config(keep_days=30), 100.5 * MINUTE, clock)
    assert times_by_age(journal)[0] == 91


@pytest.mark.parametrize(("away", "waits"), [(TRUST - 1, 0), (TRUST + 1, TRUST), (-9999, TRUST)])
async def test_a_start_near_what_is_known_waits_for_nothing(
    autojump_clock: MockClock, away: int, waits: int
) -> None:
    """After a longer time off it waits for an hour."""
    journal = Journal()
    journal._last_prune = NOW - away * 1000
    await pruned(journal, Config(keep_days=30), TRUST + MINUTE, Clock())
    assert times_by_age(journal)[0] * MINUTE == waits


async def test_what_is_known_may_not_be_readable(autojump_clock: MockClock) -> None:
    """It is asked again."""

    class Broken(Journal):
        failures = 2

        async def last_prune(self) -> int | None:
            self.failures -= 1
            if self.failures >= 0:
                raise Unavailable(1)
            return None

    journal = Broken()
    await pruned(journal, Config(keep_days=30), 2.5 * INTERVAL, Clock())
    assert [at for at, _, _ in journal.asked] == [2 * INTERVAL]
