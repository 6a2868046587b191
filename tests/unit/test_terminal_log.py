"""The log of a room, and which part of it is in sight."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_chat.remote import (
    Clear,
    Delete,
    Edit,
    Joined,
    Message,
    MessageView,
    Person,
    Presence,
    React,
    Renamed,
    Topic,
    Typing,
)
from trio_chat.terminal import log as log_module
from trio_chat.terminal.entry import Entry
from trio_chat.terminal.log import LIMIT, PRESENCE_LIMIT, Log
from trio_chat.terminal.scroll import Scroll

ANN, BEN = Person("a", "Ann"), Person("b", "Ben")
ROOM = "tea"


def message(seq: int, text: str = "hello", who: Person | None = BEN, cid: str = "") -> Message:
    return Message(room=ROOM, seq=seq, ts=seq, who=who, text=text, cid=cid or None)


def shown(log: Log) -> list[str]:
    return [entry.text for entry in log.shown]


@pytest.fixture
def log() -> Log:
    log = Log()
    log.join(Joined(room=ROOM, last=0, epoch="e", members=(ANN, BEN)), 0)
    return log


def test_messages_of_others_are_news(log: Log) -> None:
    """Ours and deleted ones are not, nor is what else happens."""
    assert log.handle(message(1), ANN, 0)
    assert log.handle(message(2, who=None), ANN, 0)
    assert not log.handle(message(3, who=ANN), ANN, 0)
    assert not log.handle(Message(room=ROOM, seq=4, text="", deleted=True), ANN, 0)
    assert not log.handle(Typing(room=ROOM, who=BEN), ANN, 0)
    assert not log.handle(Topic(room=ROOM, seq=5, who=BEN, text="milk"), ANN, 0)
    assert shown(log) == ["hello"] * 3 + ["Ben set the topic: milk"]


def test_ours_are_shown_at_once_and_take_their_place(log: Log) -> None:
    """Behind what came before them; never twice."""
    log.send("one", "mine", ANN, 0)
    log.handle(message(1), ANN, 0)
    assert shown(log) == ["hello", "mine"]
    assert log.unsent == 1
    assert (log.last(is_mine=True), log.last_pending()) == (None, ("one", log.shown[-1]))
    log.mark_kept("one", 2)
    log.mark_kept("never heard of", 9)
    assert log.unsent == 0
    assert (log.last(is_mine=True), log.last_pending()) == (2, None)
    log.handle(message(2, "mine", ANN, "one"), ANN, 0)
    log.handle(message(3), ANN, 0)
    assert shown(log) == ["hello", "mine", "hello"]
    assert (log.last(is_mine=True), log.last(is_mine=False)) == (2, 3)


def test_a_note_behind_a_message_does_not_hide_it(log: Log) -> None:
    """It is still the last one that can be changed."""
    log.send("one", "mine", ANN, 0)
    log.note("help", 0)
    pending = log.last_pending()
    assert pending
    assert (pending[0], pending[1].text) == ("one", "mine")


def test_what_is_refused_stays_with_the_reason(log: Log) -> None:
    """It moves up when others speak."""
    log.send("one", "mine", ANN, 0)
    log.mark_failed("one", "too\nlong")
    log.mark_failed("one", "again")
    log.handle(message(1), ANN, 0)
    assert shown(log) == ["mine\nnot sent: too ⏎ long", "hello"]
    assert log.entries[0].state == "failed"
    assert log.last(is_mine=True) is None


def test_notes_stand_at_the_end(log: Log) -> None:
    """Behind what is on its way; when that has found its place, they have, too."""
    log.send("one", "mine", ANN, 0)
    log.note("a note", 0)
    log.send("two", "more", ANN, 0)
    log.handle(message(1), ANN, 0)
    assert shown(log) == ["hello", "mine", "a note", "more"]
    log.handle(message(2, "mine", ANN, "one"), ANN, 0)
    log.handle(message(3), ANN, 0)
    assert shown(log) == ["hello", "mine", "a note", "hello", "more"]


def test_a_clearing_takes_reactions_back(log: Log) -> None:
    """Of these people, to messages from a number on, and to earlier ones that it names."""
    for seq in (1, 2, 4):
        log.handle(message(seq, who=ANN), ANN, 0)
        log.handle(React(room=ROOM, target=seq, who=BEN, emoji="🍋"), ANN, 0)
    log.handle(React(room=ROOM, target=4, who=ANN, emoji="🍋"), ANN, 0)
    log.handle(Clear(room=ROOM, seq=9, key="k", authors=["b"], since=3, reacted=[2]), ANN, 0)
    reactions = [entry.reactions for entry in log.entries if entry.kind == "message"]
    assert reactions == [{"🍋": {"b"}}, {}, {"🍋": {"a"}}]


def test_messages_change(log: Log) -> None:
    """Those that are here; what concerns others is passed over."""
    log.handle(message(1, who=ANN), ANN, 0)
    log.handle(Edit(room=ROOM, target=1, text="bye"), ANN, 0)
    log.handle(React(room=ROOM, target=1, who=BEN, emoji="🍋"), ANN, 0)
    log.handle(React(room=ROOM, target=1, emoji="🍋"), ANN, 0)
    entry = log.entries[0]
    assert (entry.text, entry.edited, entry.reactions) == ("bye", True, {"🍋": {"b"}})
    log.handle(React(room=ROOM, target=1, who=BEN, emoji="🍋", on=False), ANN, 0)
    assert entry.reactions == {}
    log.handle(Delete(room=ROOM, target=1), ANN, 0)
    assert (entry.text, entry.deleted) == ("", True)
    assert log.last(is_mine=True) is None
    for event in (
        Edit(room=ROOM, target=9, text="x"),
        Delete(room=ROOM, target=9),
        React(room=ROOM, target=9, who=BEN, emoji="x"),
    ):
        log.handle(event, ANN, 0)


def test_answers_tell_what_to(log: Log) -> None:
    """By the beginning of it, if it is here."""
    log.prepend(
        [MessageView(seq=2, ts=2, text="milk?" + "!" * 99, who=BEN, reply=1)], ANN, more=True
    )
    log.handle(Message(room=ROOM, seq=3, ts=3, text="no", reply=2), ANN, 0)
    log.send("one", "yes", ANN, 0, reply=3)
    assert [entry.quote for entry in log.shown] == [
        "an earlier message",
        f"Ben: milk?{'!' * 55}…",
        "somebody: no",
    ]


def test_people_come_and_go_in_few_lines(log: Log) -> None:
    """Ours is no news."""
    for number in range(60):
        who = Person(str(number), f"P{number}")
        log.handle(Presence(room=ROOM, who=who, state="joined"), ANN, 0)
        log.handle(Presence(room=ROOM, who=ANN, state="joined"), ANN, 0)
    log.handle(Presence(room=ROOM, who=BEN, state="left"), ANN, 0)
    log.handle(Presence(room=ROOM, who=Person("nobody knows", "Zoe"), state="left"), ANN, 0)
    assert len(log.entries) < 6
    assert all(len(text) < PRESENCE_LIMIT + 20 for text in shown(log))
    assert shown(log)[0].startswith("→ P0  → P1")
    assert shown(log)[-1].endswith("← Ben  ← Zoe")


def test_names_change(log: Log) -> None:
    """Told if they were known, and are others."""
    log.handle(Renamed(room=ROOM, who=Person("b", "Benno")), ANN, 0)
    log.handle(Renamed(room=ROOM, who=Person("b", "Benno")), ANN, 0)
    log.handle(Renamed(room=ROOM, who=Person("x", "Xaver")), ANN, 0)
    log.handle(Presence(room=ROOM, who=Person("x", "Xaver"), state="left"), ANN, 0)
    assert shown(log) == ["Ben is Benno now", "← Xaver"]


def test_nicks_have_a_bound(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is beyond is called by the new name only."""
    monkeypatch.setattr(log_module, "NICKS_LIMIT", 3)
    for number in range(9):
        who = Person(str(number), f"P{number}")
        log.handle(Presence(room=ROOM, who=who, state="joined"), ANN, 0)
    assert len(log._nicks) == 3
    log.handle(Renamed(room=ROOM, who=Person("0", "Otto")), ANN, 0)
    log.handle(Renamed(room=ROOM, who=Person("8", "Otto")), ANN, 0)
    assert shown(log)[1:] == ["P0 is Otto now"]


def test_history_comes_first(log: Log) -> None:
    """As it stands; what is on its way is not doubled."""
    log.send("one", "mine", ANN, 0)
    said = [
        MessageView(seq=1, ts=1, text="mine", who=ANN, cid="one", reactions={"🍋": [BEN]}),
        MessageView(seq=2, ts=2, text="", deleted=True),
        MessageView(seq=3, ts=3, text="hi", edited=True),
    ]
    log.note("a note", 0)
    log.prepend(said, ANN, more=True)
    assert shown(log) == ["mine", "", "hi", "a note"]
    assert (log.first, log.more, log.is_full) == (1, True, False)
    log.handle(Edit(room=ROOM, target=3, text="ho"), ANN, 0)
    assert shown(log)[2] == "ho"


def test_it_has_a_bound(log: Log) -> None:
    """The oldest are given up, and may be asked for again."""
    for seq in range(1, LIMIT + 6):
        log.handle(message(seq), ANN, 0)
    assert (len(log.entries), log.first, log.more, log.is_full) == (LIMIT, 6, True, True)
    log.handle(Edit(room=ROOM, target=1, text="x"), ANN, 0)


def test_a_gap_may_open_while_missed_events_come(log: Log) -> None:
    """It is told where it is; nothing else changes."""
    log.handle(message(1), ANN, 0)
    log.join(Joined(room=ROOM, last=9, epoch="e", members=(ANN,), gap=5), 0)
    log.handle(message(5), ANN, 0)
    lost = "some messages are lost: the server does not have them any more"
    assert shown(log) == ["hello", lost, "hello"]


def test_what_is_lost_is_told(log: Log) -> None:
    """Messages of a gap; and all of them if the server has begun anew, but not what is unsent."""
    log.handle(message(1), ANN, 0)
    log.send("one", "on its way", ANN, 0)
    log.send("two", "kept", ANN, 0)
    log.mark_kept("two", 2)
    log.join(Joined(room=ROOM, last=9, epoch="e", members=(), gap=5), 0)
    assert shown(log)[1].startswith("some messages are lost")
    log.join(Joined(room=ROOM, last=9, epoch="f", members=(), reset=True), 0)
    assert shown(log) == ["the server has begun anew", "on its way"]


class Rows:
    """A log of entries that have so many rows each."""

    def __init__(self, heights: Sequence[int]) -> None:
        self.heights = list(heights)
        self.entries = [Entry("note", 0, str(height)) for height in heights]
        self.scroll = Scroll()

    def up(self, count: int, window: int) -> bool:
        return self.scroll.up(self.entries, self.heights.__getitem__, count, window)

    def down(self, count: int, window: int) -> None:
        self.scroll.down(self.entries, self.heights.__getitem__, count, window)

    def seen(self, window: int) -> list[tuple[int, int]]:
        """Return the rows in sight: each the index of its entry, and its number in it."""
        parts = self.scroll.parts(self.entries, self.heights.__getitem__, window)
        return [(part.at, part.skip + row) for part in parts for row in range(part.rows)]


@given(
    st.lists(st.integers(1, 5), max_size=12),
    st.integers(1, 8),
    st.lists(st.integers(-10, 10)),
)
def test_scrolling_moves_by_rows(heights: list[int], window: int, steps: list[int]) -> None:
    """Not beyond the first row nor the last; as if all rows were in one list."""
    rows = Rows(heights)
    every = [(at, row) for at, height in enumerate(heights) for row in range(height)]
    least = min(window, len(every))
    end = len(every)
    for step in steps:
        if step < 0:
            is_first = rows.up(-step, window)
            end = max(end + step, least)
            assert is_first == (end == least)
        else:
            rows.down(step, window)
            end = min(end + step, len(every))
        assert rows.seen(window) == every[max(end - window, 0) : end]
        assert rows.scroll.is_back == (end < len(every))
    rows.scroll.to_end()
    assert rows.seen(window) == every[len(every) - least :]


def test_a_window_that_grows_is_filled() -> None:
    """From the first row on; if all is in sight, the end is."""
    rows = Rows([1] * 10)
    assert rows.up(20, 2)
    assert rows.seen(2) == [(0, 0), (1, 0)]
    assert rows.seen(4) == [(0, 0), (1, 0), (2, 0), (3, 0)]
    assert rows.scroll.is_back
    assert len(rows.seen(12)) == 10
    assert not rows.scroll.is_back


def test_what_is_in_sight_stays() -> None:
    """When more comes; when it is given up, what is oldest is in sight."""
    rows = Rows([2] * 10)
    rows.up(5, 4)
    before = rows.seen(4)
    rows.entries.append(Entry("note", 0, "new"))
    rows.heights.append(1)
    assert rows.seen(4) == before
    del rows.entries[:8], rows.heights[:8]
    assert rows.seen(4) == [(0, 0), (0, 1), (1, 0), (1, 1)]
