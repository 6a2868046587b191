"""Rules of retention, on virtual time."""

import structlog
import trio
from trio.testing import MockClock

from trio_chat.clock import wall_clock
from trio_chat.config import Config
from trio_chat.journal.memory import MemoryJournal
from trio_chat.journal.retention import DAY, INTERVAL, retain
from trio_chat.journal.types import Pruned, Unavailable


class Journal(MemoryJournal):
    """A journal that tells what it was asked to forget."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[float, int, int]] = []
        self.answers: list[dict[str, int] | Unavailable] = []

    async def prune(self, keep_messages: int, before_ts: int) -> dict[str, int]:
        self.asked.append((trio.current_time(), keep_messages, before_ts))
        answer = self.answers.pop(0) if self.answers else {}
        if isinstance(answer, Unavailable):
            raise answer
        return answer


async def pruned(journal: Journal, config: Config, seconds: float) -> list[Pruned]:
    """Let retention be at work for some time; return what the hub heard of it."""
    send, receive = trio.open_memory_channel[Pruned](10)
    with trio.move_on_after(seconds):
        await retain(journal, send.send, config)
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
