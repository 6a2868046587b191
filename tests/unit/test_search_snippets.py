"""Rules of snippets: which part of a text is shown, and what is marked in it."""

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.work import calls_of
from trio_chat.journal.search.query import Mark, parse
from trio_chat.journal.search.snippets import (
    MARKS,
    SNIPPET,
    Budget,
    make_hit,
    make_hits,
    snippet,
)
from trio_chat.protocol.answers import MessageView
from trio_chat.protocol.events import Person
from trio_chat.protocol.unicode import boundary

WORDS = st.lists(st.sampled_from(["a", "bb", "tea", "long" * 20, "茶", "é"]), max_size=300)
WIDTH = SNIPPET - 42  # characters from a mark on in which others count


def message(text: str) -> MessageView:
    return MessageView(seq=7, ts=1, text=text, who=Person("a1", "Ann"), edited=True)


def followers(marks: list[Mark], start: int) -> int:
    """Return how many marks are within the width of a snippet."""
    return sum(start <= first and last <= start + WIDTH for first, last in marks)


@given(WORDS, st.sampled_from(["a", "b*", "tea bb", '"a a"', "l* t*", "茶"]))
def test_marks_are_sorted_disjoint_and_within_the_snippet(words: list[str], query: str) -> None:
    """A snippet has at most 50 marks, in order, and each marks what was found."""
    text = " ".join(words)
    found = parse(query).find(text)
    cut, marks = snippet(text, found)
    assert len(cut) <= SNIPPET
    assert len(marks) <= MARKS
    assert bool(marks) == bool(found)
    places = [place for mark in marks for place in mark]
    assert places == sorted(places)
    assert all(0 <= start < end <= len(cut) for start, end in marks)
    shown = {text[start:end] for start, end in found}
    assert all(any(one.startswith(cut[start:end]) for one in shown) for start, end in marks)


@given(st.sets(st.integers(0, 400), min_size=1, max_size=30))
def test_the_snippet_is_where_most_marks_are(starts: set[int]) -> None:
    """The first mark that most others follow is shown, with all these others."""
    marks = [(start * 3, start * 3 + 2) for start in sorted(starts)]
    best = max(marks, key=lambda mark: followers(marks, mark[0]))
    _, shown = snippet("x" * 1300, marks)
    assert len(shown) >= min(MARKS, followers(marks, best[0]))


def test_a_hit_is_the_message_with_its_snippet() -> None:
    """A hit has the number, time and author of its message, and says whether it was edited."""
    hit = make_hit(message("Green tea"), parse("tea"))
    assert (hit.seq, hit.ts, hit.who, hit.edited) == (7, 1, Person("a1", "Ann"), True)
    assert (hit.snippet, hit.marks) == ("Green tea", [(6, 9)])


def test_a_search_marks_as_much_as_its_budget_allows() -> None:
    """When the time is used up, the other hits are the beginnings of their messages."""
    readings = iter([0.0, 0.05, 0.1, 0.15])
    budget = Budget(0.1, clock=lambda: next(readings))
    hits = make_hits([message("x" * 300 + " tea")] * 3, parse("tea"), budget)
    assert [bool(hit.marks) for hit in hits] == [True, False, False]
    assert hits[1].snippet.startswith("xxx")
    assert len(hits[1].snippet) <= SNIPPET


def test_a_search_has_a_budget() -> None:
    """Without another one, there is time for a few short messages."""
    assert [hit.marks for hit in make_hits([message("tea")], parse("tea"))] == [[(0, 3)]]


def test_the_work_of_a_hit_is_linear() -> None:
    """A message of four times the length takes about four times the calls."""
    query = parse("a")
    make_hit(message("a "), query)
    once, four_times = (calls_of(make_hit, message("a " * count), query) for count in (500, 2000))
    assert four_times <= 5 * once


@given(
    st.lists(
        st.sampled_from(["👨‍👩‍👧‍👦", "🇩🇪", "क्षि", "e\u0301", "tea", " ", "か\u3099", "👍🏽"]),
        max_size=200,
    ),
    st.sampled_from(["tea", "क*", "e*", "👨", "か", "が", "👍"]),
)
def test_no_character_is_cut(parts: list[str], query: str) -> None:
    """Neither the snippet nor a mark begins or ends within a grapheme cluster."""
    text = "".join(parts)
    shown, marks = snippet(text, parse(query).find(text))
    places = [place for mark in marks for place in mark]
    assert all(boundary(shown, place) == place for place in places)
    assert places == sorted(places)
    part = shown.strip("…")
    start = text.index(part)
    assert boundary(text, start) == start or part not in text
    assert any(
        boundary(text, at) == at and boundary(text, at + len(part)) == at + len(part)
        for at in range(len(text) + 1)
        if text.startswith(part, at)
    )


def test_a_character_without_end_is_cut() -> None:
    """A snippet stays short whatever it is made of."""
    shown, marks = snippet("x" + "\u0301" * 999, [(0, 1)])
    assert len(shown) <= SNIPPET
    assert marks == [(0, len(shown) - 1)]


def test_two_words_of_one_character_are_marked_as_one() -> None:
    """The parts of an emoji are found by themselves, and shown as what they are part of."""
    text = "a 👩\u200d💻 b"
    assert make_hit(message(text), parse("👩 💻")).marks == [(2, 5)]
    assert make_hit(message(text), parse("💻")).marks == [(2, 5)]
