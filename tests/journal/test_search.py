"""Rules of searching, the same in a file and in memory."""

from pathlib import Path

import pytest
import structlog
import structlog.testing

from tests.journal.drafts import ANN, BEN, Clock, delete, edit, fill, kept, react, say
from tests.turns import counted_turns
from trio_chat.config import Config
from trio_chat.journal.history import History
from trio_chat.journal.journal import Journal
from trio_chat.journal.memory import MemoryJournal
from trio_chat.journal.search.query import BadQuery, parse
from trio_chat.journal.sqlite.journal import SqliteJournal
from trio_chat.journal.types import Bounds
from trio_chat.protocol import requests
from trio_chat.protocol.answers import Error, SearchResult
from trio_chat.protocol.events import Person


class Searcher:
    """Searches as a client does."""

    def __init__(self, journal: Journal) -> None:
        self._archive = History(journal, Config(), dict)

    async def found(self, query: str, **more: str | int) -> SearchResult:
        request = requests.Search(
            room=str(more.pop("room", "tea")),
            query=query,
            **more,  # type: ignore[arg-type]
        )
        answer = await self._archive.answer(request)
        assert isinstance(answer, SearchResult), answer
        return answer

    async def numbers(self, query: str, **more: str | int) -> list[int]:
        return [hit.seq for hit in (await self.found(query, **more)).hits]


TEXTS = (
    "Green tea, please",
    "tea that is green",
    "A lemon",
    "Grün wie Tee",
    "緑茶をください",
    "☕ time",
)


@pytest.fixture
async def searcher(journal: Journal, clock: Clock) -> Searcher:
    """Return a searcher in a room with messages of Ann and Ben in turn, a second apart."""
    for number, text in enumerate(TEXTS):
        clock.now += 1000
        await journal.commit([say(text, who=BEN if number % 2 else ANN)])
    return Searcher(journal)


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("tea", [2, 1]),
        ("TEA green", [2, 1]),
        ('"green tea"', [1]),
        ("“green tea", [1]),
        ("lem*", [3]),
        ("lem", []),
        ('"a lem"*', [3]),
        ("grun", [4]),
        ("茶", [5]),
        ("緑茶*", [5]),
        ("☕", [6]),
        ("tea lemon", []),
        ('tea OR NEAR( -"', []),
        ("te'a\x00", []),
    ],
)
async def test_words_phrases_and_beginnings(
    searcher: Searcher, query: str, numbers: list[int]
) -> None:
    """A hit has all of a query; case and accents make no difference; the newest comes first."""
    assert await searcher.numbers(query) == numbers


async def test_bounds(searcher: Searcher) -> None:
    """Bounds are an author by nick or id, a time whose end does not count, and a number."""
    assert await searcher.numbers("tea", who="ann") == [1]
    assert await searcher.numbers("tea", who=BEN.id) == [2]
    assert await searcher.numbers("tea", who="Nobody") == []
    first = 1_001_000
    assert await searcher.numbers("tea", since=first + 1) == [2]
    assert await searcher.numbers("tea", until=first + 1000) == [1]
    assert await searcher.numbers("tea", since=first + 10**6) == []
    assert await searcher.numbers("tea", before=2) == [1]
    assert await searcher.numbers("tea", room="nowhere") == []


async def test_times_that_are_not_in_order(
    searcher: Searcher, journal: Journal, clock: Clock
) -> None:
    """As the clock was ahead for a while: each message counts by its own time."""
    right = clock.now
    clock.now = right + 10**8
    await journal.commit([say("tea of the future", who=BEN)])
    clock.now = right + 1
    await journal.commit([say("tea of the present")])
    assert await searcher.numbers("tea") == [8, 7, 2, 1]
    assert await searcher.numbers("tea", since=right + 1) == [8, 7]
    assert await searcher.numbers("tea", until=right + 2) == [8, 2, 1]
    assert await searcher.numbers("tea", since=right + 2) == [7]
    assert await searcher.numbers("tea", since=right, until=right + 2, before=8) == []
    assert await searcher.numbers("tea", until=right + 2, limit=2) == [8, 2]
    assert await searcher.numbers("tea", who="ben") == [7, 2]
    await journal.prune(1, 0)
    assert await searcher.numbers("tea", since=right + 2) == []
    assert await searcher.numbers("tea", until=right + 2) == [8]


async def test_a_page_tells_whether_there_is_more(searcher: Searcher) -> None:
    """``more`` says whether there are others, which ``before`` the last one finds."""
    page = await searcher.found("tea", limit=1)
    assert ([hit.seq for hit in page.hits], page.more) == ([2], True)
    page = await searcher.found("tea", limit=1, before=2)
    assert ([hit.seq for hit in page.hits], page.more) == ([1], False)


async def test_a_message_is_found_as_it_stands(searcher: Searcher, journal: Journal) -> None:
    """A message is found by its present text only, and not at all when it is deleted."""
    await journal.commit([edit(1, "Coffee, please"), react(1)])
    assert await searcher.numbers("tea") == [2]
    [hit] = (await searcher.found("coffee")).hits
    assert (hit.seq, hit.snippet, hit.marks, hit.edited) == (1, "Coffee, please", [(0, 6)], True)
    await journal.commit([delete(1)])
    assert await searcher.numbers("coffee") == []


async def test_what_is_pruned_is_not_found(searcher: Searcher, journal: Journal) -> None:
    """A pruned message is neither in the room nor in the index."""
    await journal.prune(5, 0)
    assert await searcher.numbers("tea") == [2]


async def test_nothing_to_look_for_is_a_bad_request(journal: Journal) -> None:
    """A query without a token is a ``bad_request``."""
    request = requests.Search(room="tea", query="?!")
    answer = await History(journal, Config(), dict).answer(request)
    assert isinstance(answer, Error)
    assert answer.code == "bad_request"
    with pytest.raises(BadQuery):
        parse('""')


async def test_a_query_of_too_many_terms_is_a_bad_request(journal: Journal) -> None:
    """A query has at most 16 words and phrases; the error says so."""
    await Searcher(journal).found(" ".join(f"word{number}" for number in range(16)))
    request = requests.Search(room="tea", query=" ".join(f"w{number}" for number in range(17)))
    answer = await History(journal, Config(), dict).answer(request)
    assert isinstance(answer, Error)
    assert (answer.code, "at most 16 words" in answer.text) == ("bad_request", True)


@pytest.mark.parametrize(
    ("text", "query", "is_found"),
    [
        ("すじ", "すし", False),
        ("すじ", "すじ", True),
        ("すじ", "す", True),
        ("すし\u3099", "すじ", True),
        ("すし\u3099", "すし", False),
        ("かき", "か*", True),
        ("がき", "か*", False),
        ("パン", "ハ", False),
        ("パン", "パン", True),
        ("パン", "ﾊﾟﾝ", True),
        ("ﾊﾟﾝ", "パン", True),
        ("ﾊﾟﾝ", "ハ", False),
    ],
)
async def test_a_voiced_mark_makes_another_kana(
    journal: Journal, text: str, query: str, is_found: bool
) -> None:
    """A kana is found in any form, and not by the kana without its voiced mark."""
    await journal.commit([say(text)])
    assert await Searcher(journal).numbers(query) == ([1] if is_found else [])


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("foo\u2060bar", "foobar"),
        ("sig\u200bnal", "signal"),
        ("co\xadoperate", "cooperate"),
        ("می\u200cخواهم", "میخواهم"),  # noqa: RUF001 - Persian letters
        ("ප්\u200dරියා", "ප්රියා"),
        ("葛\U000e0100飾区", "葛飾"),
        ("葛飾区", "葛\U000e0100飾"),
        ("a\u2066b\u2069c", "abc"),
        ("a\u2065b", "ab"),
        ("ܫܠ\u0730ܡܐ", "ܫܠܡܐ"),
        ("ٱلرَّحۡمَٰنِ", "ٱلرحمن"),
        ("x\u1ab0y", "xy"),
    ],
)
async def test_what_cannot_be_seen_and_accents_make_no_difference(
    journal: Journal, text: str, query: str
) -> None:
    """A word is found with or without them, in the text and in the query, and wholly marked."""
    await journal.commit([say(text)])
    for one in (query, text):
        [hit] = (await Searcher(journal).found(one)).hits
        assert hit.marks[0][0] == 0


async def test_a_blank_of_any_kind_divides_words(journal: Journal) -> None:
    """Also one that is a symbol or a letter by its category."""
    for blank in ("\u2800", "\U00013441", "\u2028", "\xa0", "\t"):
        await journal.commit([say(f"green{blank}tea")])
    assert await Searcher(journal).numbers("green tea") == [5, 4, 3, 2, 1]


@pytest.mark.parametrize("emoji", ["🩷", "🫨", "◾", "↔️", "‼️", "〰️", "❤️", "⤴️", "\U0001fadd"])
async def test_an_emoji_is_a_word(journal: Journal, emoji: str) -> None:
    """Each emoji is found, also one that is newer than the Python of the server."""
    await journal.commit([say(f"look {emoji} here"), say(f"look{emoji}here"), say("look here")])
    assert await Searcher(journal).numbers(emoji) == [2, 1]
    assert await Searcher(journal).numbers("look") == [3, 2, 1]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("zoë lee", [1]),
        ("Zoe\u0308 Lee", [1]),
        (" Zoë  Lee ", [1]),
        ("ＺＯË LEE", [1]),
        ("zoe lee", []),
        ("A1", [1]),
        ("", []),
        (" ", []),
    ],
)
async def test_an_author_is_found_by_any_form_of_the_name(
    journal: Journal, name: str, found: list[int]
) -> None:
    """``from`` is compared without regard to case, Unicode form and blanks."""
    await journal.commit([say("hello", who=Person("a1", "Zoë Lee")), say("hello", who=BEN)])
    assert await Searcher(journal).numbers("hello", who=name) == found
    await journal.commit([say("hello", who=None)])
    assert await Searcher(journal).numbers("hello", who=name) == found


async def test_an_author_is_found_with_any_variant_of_an_ideograph(journal: Journal) -> None:
    """It is drawn otherwise, and the same letter."""
    names = ("葛城", "葛\U000e0100城")
    for name in names:
        await journal.commit([say("hello", who=Person("a1", name))])
    for name in names:
        assert await Searcher(journal).numbers("hello", who=name) == [2, 1]


async def test_a_hit_has_a_snippet_with_marks(journal: Journal) -> None:
    """The snippet of a long text is the part with what was found, and has at most 50 marks."""
    await journal.commit([say("a " * 2000), say("x " * 300 + "green tea " + "y " * 300)])
    [hit] = (await Searcher(journal).found('"green tea" green')).hits
    assert [hit.snippet[start:end] for start, end in hit.marks] == ["green tea"]
    assert (hit.snippet[0], hit.snippet[-1]) == ("…", "…")
    [hit] = (await Searcher(journal).found("a")).hits
    assert len(hit.marks) == 50


async def test_so_many_are_found_and_no_more(searcher: Searcher, journal: Journal) -> None:
    """A search returns the newest hits up to its limit, and whether there are more."""
    for _ in range(3):
        await journal.commit([say("more tea")])
    found = await searcher.found("tea", limit=2)
    assert ([hit.seq for hit in found.hits], found.more) == ([9, 8], True)


async def test_a_search_in_memory_lets_other_tasks_run(clock: Clock) -> None:
    """It yields by the length of what it has read, not by the number of messages."""
    journal = MemoryJournal(clock)
    await journal.commit([say("tea " * 1000) for _ in range(100)])
    async with counted_turns() as turns:
        await journal.search("tea", parse("coffee"), Bounds(), 10, 1000)
    assert turns.count >= 15


class TestWithoutFullTextSearch:
    """Rules of a server whose SQLite has no FTS5: everything works except the search."""

    @pytest.fixture(autouse=True)
    def _remove(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("trio_chat.journal.sqlite.reindex._has_fts5", lambda _: False)

    async def test_it_says_so(self, database: SqliteJournal) -> None:
        """A search is answered with ``unsupported``."""
        await database.commit([say()])
        answer = await History(database, Config(), dict).answer(
            requests.Search(room="tea", query="tea")
        )
        assert isinstance(answer, Error)
        assert answer.code == "unsupported"

    async def test_what_is_old_can_be_deleted(self, database: SqliteJournal) -> None:
        """Retention needs no index."""
        await fill(database, 3)
        assert await database.prune(1, 0) == {"tea": 3}
        assert await kept(database) == [3]

    async def test_what_was_kept_meanwhile_is_found_later(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """An SQLite with FTS5 builds the index again, and logs its progress."""
        journal = await SqliteJournal.open(path)
        await fill(journal, 3)
        await journal.close()
        monkeypatch.undo()
        monkeypatch.setattr("trio_chat.journal.sqlite.reindex.TELL", -1.0)
        with structlog.testing.capture_logs() as log:
            journal = await SqliteJournal.open(path)
        assert [(entry["event"], entry["messages"]) for entry in log] == [
            ("indexing for search", 3),
            ("indexed for search", 3),
        ]
        assert await Searcher(journal).numbers("text") == [3, 2, 1]
        await journal.close()
