"""Rules of searching: the same in a file and in memory."""

from pathlib import Path

import pytest
import structlog
import structlog.testing

from tests.journal.drafts import ANN, BEN, Clock, delete, edit, fill, kept, react, say
from trio_chat.config import Config
from trio_chat.journal.history import History
from trio_chat.journal.search.query import SNIPPET, BadQuery, parse, snippet
from trio_chat.journal.sqlite.journal import SqliteJournal
from trio_chat.journal.types import Journal
from trio_chat.protocol import requests
from trio_chat.protocol.answers import Error, SearchResult


class Searcher:
    """Looks for something as a client does."""

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
    """Return a searcher in a room in which Ann and Ben have spoken in turn, a second apart."""
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
    """All of a query has to be there; case and accents make no difference; the newest is first."""
    assert await searcher.numbers(query) == numbers


async def test_bounds(searcher: Searcher) -> None:
    """An author by nick or id, a stretch of time whose end does not count, and what is older."""
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
    """The next one begins before its last."""
    page = await searcher.found("tea", limit=1)
    assert ([hit.seq for hit in page.hits], page.more) == ([2], True)
    page = await searcher.found("tea", limit=1, before=2)
    assert ([hit.seq for hit in page.hits], page.more) == ([1], False)


async def test_a_message_is_found_as_it_stands(searcher: Searcher, journal: Journal) -> None:
    """By its present text alone, and not at all when it is deleted."""
    await journal.commit([edit(1, "Coffee, please"), react(1)])
    assert await searcher.numbers("tea") == [2]
    [hit] = (await searcher.found("coffee")).hits
    assert (hit.seq, hit.snippet, hit.marks, hit.edited) == (1, "Coffee, please", [(0, 6)], True)
    await journal.commit([delete(1)])
    assert await searcher.numbers("coffee") == []


async def test_what_is_pruned_is_not_found(searcher: Searcher, journal: Journal) -> None:
    """Neither in the room nor in the index."""
    await journal.prune(5, 0)
    assert await searcher.numbers("tea") == [2]


async def test_nothing_to_look_for_is_a_bad_request(journal: Journal) -> None:
    """The client is told so."""
    request = requests.Search(room="tea", query="?!")
    answer = await History(journal, Config(), dict).answer(request)
    assert isinstance(answer, Error)
    assert answer.code == "bad_request"
    with pytest.raises(BadQuery):
        parse('""')


def test_a_long_text_is_cut_around_what_was_found() -> None:
    """And the marks are those of the cut text, merged where they overlap."""
    text = "x " * 300 + "green tea " + "y " * 300
    query = parse('"green tea" green')
    cut, marks = snippet(text, query.find(text))
    assert len(cut) <= SNIPPET
    assert [cut[start:end] for start, end in marks] == ["green tea"]
    assert cut.startswith("…")
    assert cut.endswith("…")


def test_a_mark_has_all_of_its_letters() -> None:
    """Accents that are characters of their own belong to the letter before."""
    text = "Cafe\u0301!"
    assert [text[start:end] for start, end in parse("cafe").find(text)] == ["Cafe\u0301"]


async def test_so_many_are_found_and_no_more(searcher: Searcher, journal: Journal) -> None:
    """The newest; it is told that there are others."""
    for _ in range(3):
        await journal.commit([say("more tea")])
    found = await searcher.found("tea", limit=2)
    assert ([hit.seq for hit in found.hits], found.more) == ([9, 8], True)


class TestWithoutFullTextSearch:
    """Some Pythons have an SQLite without FTS5: all works but the search."""

    @pytest.fixture(autouse=True)
    def _remove(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("trio_chat.journal.sqlite.reindex._has_fts5", lambda _: False)

    async def test_it_says_so(self, database: SqliteJournal) -> None:
        """As an answer to the question."""
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
        """The index is made anew, with a word now and then about how far it is."""
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
