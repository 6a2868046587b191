"""Rules of the log of a room: what is at hand, in what order, and how much of it."""

import msgspec
import pytest

from trio_chat.core.memory_budget import MemoryBudget
from trio_chat.core.room_log import EARLY, REPLAYS, Budgets, RoomLog, Sizes
from trio_chat.journal.types import Committed, RoomState
from trio_chat.protocol import events
from trio_chat.protocol.dialects import v1
from trio_chat.protocol.events import Person

ANN = Person("a", "Ann")
EMPTY = RoomState("tea", 1, 0, "", ())
LIMIT = 10_000  # bytes that may be told at once


RECENT_BYTES, REPLAY_BYTES = 10_000, 5_000


def keeping(recent: int) -> Sizes:
    return Sizes(recent, RECENT_BYTES, REPLAY_BYTES)


def make(
    state: RoomState = EMPTY, recent_limit: int = 3, recent: int = 10**8, replays: int = 10**8
) -> RoomLog:
    return RoomLog(
        state, keeping(recent_limit), Budgets(MemoryBudget(recent), MemoryBudget(replays))
    )


def message(seq: int, text: str = "x") -> Committed:
    event = events.Message(room="tea", seq=seq, ts=1, who=ANN, text=text)
    return Committed(event, events.encode(event))


def says(log: RoomLog, *seqs: int, text: str = "x") -> list[int] | None:
    """Let messages with these numbers be committed; return the numbers that are to be told."""
    told: list[int] = []
    for seq in seqs:
        news = log.take(message(seq, text))
        if news is None:
            return None
        told += [event.seq for event, _ in news]
    return told


def missed(log: RoomLog, after: int) -> list[int] | None:
    """Return the numbers of what somebody missed, as a v1 client gets it."""
    frames = log.missed(after, v1)
    if frames is None:
        return None
    wire = [
        entry for frame in frames for entry in msgspec.json.decode(v1.array(frame.payload or b""))
    ]
    return [entry["seq"] for entry in wire]


def test_the_latest_events_are_at_hand() -> None:
    """At most so many; who asks for more has to look elsewhere."""
    log = make()
    assert missed(log, 0) == []
    assert says(log, 1, 2, 3, 4, 5) == [1, 2, 3, 4, 5]
    assert log.last == 5
    assert [missed(log, after) for after in range(6)] == [
        *(None, None),
        *([3, 4, 5], [4, 5], [5], []),
    ]


def test_all_who_come_back_from_the_same_number_get_the_same_frames() -> None:
    """A thousand of them cost one encoding; a new event makes new ones."""
    log = make()
    says(log, 1)
    first = log.missed(0, v1)
    assert log.missed(0, v1) is first
    says(log, 2)
    assert missed(log, 0) == [1, 2]


def test_what_is_at_hand_is_bounded_in_bytes_too() -> None:
    """A few long messages do not take the memory of many short ones."""
    log = make(recent_limit=1000)
    half = RECENT_BYTES // 2
    says(log, 1, 2, 3, text="x" * half)
    assert missed(log, 2) == [3]
    assert missed(log, 1) is None
    loaded = [(seq, b"x" * half) for seq in (1, 2, 3)]
    log = make(RoomState("tea", 1, 3, "", loaded), recent_limit=1000)
    assert log.missed(0, v1) is None
    assert log.missed(1, v1)


def test_all_rooms_share_what_is_at_hand() -> None:
    """The room that was quiet longest gives up its own; it is read from the journal then."""
    budgets = Budgets(MemoryBudget(1000), MemoryBudget(1000))
    quiet, busy = RoomLog(EMPTY, keeping(9), budgets), RoomLog(EMPTY, keeping(9), budgets)
    says(quiet, 1, text="x" * 300)
    assert missed(quiet, 0) == [1]
    says(busy, 1, 2, text="x" * 300)
    assert missed(quiet, 0) is None
    assert missed(quiet, 1) == []
    assert missed(busy, 0) == [1, 2]
    assert budgets.recent.total <= 1000


def test_a_closed_room_keeps_nothing() -> None:
    """Its bytes are free for the others."""
    budgets = Budgets(MemoryBudget(10**6), MemoryBudget(10**6))
    log = RoomLog(EMPTY, keeping(9), budgets)
    says(log, 1)
    assert missed(log, 0) == [1]
    assert budgets.recent.total > 0
    assert budgets.replays.total > 0
    log.close()
    assert (budgets.recent.total, budgets.replays.total) == (0, 0)


def test_what_the_journal_forgets_is_not_at_hand() -> None:
    """Neither replayed; an older word of it changes nothing."""
    log = make()
    says(log, 1, 2, 3)
    assert missed(log, 0) == [1, 2, 3]
    log.forget_before(3)
    log.forget_before(2)
    assert log.first == 3
    assert missed(log, 2) == [3]
    assert missed(log, 0) is None
    log.forget_before(4)
    assert missed(log, 3) == []


def test_what_the_journal_said_before_it_forgot_brings_nothing_back() -> None:
    """What is new is told, and what was deleted is not replayed again."""
    log = make(recent_limit=9)
    says(log, 1, 2)
    log.forget_before(3)
    recent = [(seq, message(seq).data) for seq in (1, 2, 3)]
    news = log.follow(RoomState("tea", 1, 3, "", recent), LIMIT)
    assert [event.seq for event, _ in news or ()] == [3]
    assert (log.first, missed(log, 1), missed(log, 2)) == (3, None, [3])


def test_what_was_deleted_may_be_there_again_in_another_term() -> None:
    """A backup has it, or a standby that knew nothing of the deletion."""
    log = make(recent_limit=9)
    says(log, 1, 2, 3)
    log.forget_before(3)
    log.move(RoomState("tea", 1, 3, "", (), ((1, 1),)), 2)
    assert (log.first, missed(log, 1), missed(log, 2)) == (1, None, [3])


def test_a_commit_tells_what_had_to_go_for_it() -> None:
    """A memory journal keeps a tail."""
    log = make()
    says(log, 1, 2)
    event, data, *_ = message(3)
    log.take(Committed(event, data, first=3))
    assert (log.first, missed(log, 1), missed(log, 2)) == (3, None, [3])


def test_a_topic_is_remembered() -> None:
    """For those who join later."""
    log = make()
    topic = events.Topic(room="tea", seq=1, ts=1, who=ANN, text="Milk?")
    log.take(Committed(topic, events.encode(topic)))
    assert (log.topic, log.last) == ("Milk?", 1)


def test_a_deletion_rewrites_what_is_at_hand() -> None:
    """Nothing else of it changes."""
    log = make()
    says(log, 1, text="a secret")
    says(log, 2, text="no secret")
    gone = events.Delete(room="tea", seq=3, ts=1, who=ANN, target=1)
    bare = events.Message(room="tea", seq=1, ts=1, who=ANN, text="", deleted=True)
    log.take(Committed(gone, events.encode(gone), [(1, events.encode(bare))]))
    [frame] = log.missed(0, v1) or ()
    assert b"a secret" not in (frame.payload or b"")
    assert b"no secret" in (frame.payload or b"")
    assert missed(log, 0) == [1, 2, 3]


def test_frames_are_kept_for_a_few_who_missed_different_things() -> None:
    """Not for everybody: the memory that takes is bounded."""
    budgets = Budgets(MemoryBudget(10**6), MemoryBudget(10**6))
    log = RoomLog(EMPTY, keeping(1000), budgets)
    says(log, *range(1, 2 * REPLAYS + 1))
    frames = [log.missed(after, v1) for after in range(2 * REPLAYS)]
    assert not any(log.missed(after, v1) is frame for after, frame in enumerate(frames))
    assert log.missed(2 * REPLAYS - 1, v1) is log.missed(2 * REPLAYS - 1, v1)
    sizes = [len(frame.wire) for replay in frames for frame in replay or ()]
    assert budgets.replays.total <= REPLAYS * max(sizes)


def test_large_replays_are_not_kept() -> None:
    """They are made anew for each who asks."""
    log = make()
    says(log, 1, text="x" * REPLAY_BYTES)
    assert log.missed(0, v1) is not log.missed(0, v1)
    assert missed(log, 0) == [1]


def test_an_event_that_comes_early_waits_for_those_before_it() -> None:
    """Somebody else has written these; all are told in order."""
    log = make(recent_limit=9)
    assert says(log, 3) is None
    assert says(log, 2) is None
    assert says(log, 1) == [1, 2, 3]
    assert says(log, 2) == []
    assert missed(log, 0) == [1, 2, 3]


def test_what_the_journal_knows_by_now_is_told_in_order() -> None:
    """Then what waited for it; what is known already is not told again."""
    log = make(recent_limit=9)
    says(log, 1)
    assert says(log, 4) is None
    recent = [(seq, message(seq).data) for seq in (1, 2, 3)]
    news = log.follow(RoomState("tea", 1, 3, "Milk?", recent), LIMIT)
    assert [event.seq for event, _ in news or ()] == [2, 3, 4]
    assert (log.last, log.topic) == (4, "Milk?")
    assert log.follow(RoomState("tea", 1, 3, "old", recent), LIMIT) == []
    assert (log.last, log.topic) == (4, "Milk?")


@pytest.mark.parametrize("is_large", [False, True])
def test_what_is_too_much_or_not_at_hand_is_read_from_the_journal(is_large: bool) -> None:
    """Nothing is told then; the log stands as the journal does."""
    text = "x" * LIMIT if is_large else "x"
    log = make()
    recent = [(seq, message(seq, text).data) for seq in ((1, 2) if is_large else (2,))]
    assert log.follow(RoomState("tea", 1, 2, "", recent), LIMIT) is None
    assert log.last == 2


def test_a_damaged_event_of_others_is_read_from_the_journal() -> None:
    """It cannot be told; whoever counts numbers reads it, the others go on behind it."""
    log = make()
    recent = [(1, b"{damaged"), (2, message(2).data)]
    assert log.follow(RoomState("tea", 1, 2, "", recent), LIMIT) is None
    assert (log.last, says(log, 3)) == (2, [3])


def test_a_log_that_knows_of_more_than_it_has_says_so() -> None:
    """What came early while the journal was read is behind what was read: it is read again."""
    log = make()
    assert not log.is_behind
    assert says(log, 9) is None
    assert log.is_behind
    assert log.follow(RoomState("tea", 1, 8, "", [(8, message(8).data)]), LIMIT) is None
    assert log.is_behind
    news = log.follow(RoomState("tea", 1, 9, "", [(9, message(9).data)]), LIMIT)
    assert [event.seq for event, _ in news or ()] == [9]
    assert not log.is_behind


def test_what_waits_for_an_event_before_it_is_bounded() -> None:
    """The rest is read from the journal."""
    log = make()
    for seq in range(2, EARLY + 4):
        assert says(log, seq) is None
    assert says(log, 1) == list(range(1, EARLY + 2))
    assert log.is_behind
