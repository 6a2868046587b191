"""Rules of queries: which tokens a text has, and where a query is found in it."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.work import calls_of
from trio_chat.journal.search import characters
from trio_chat.journal.search.query import TERMS, BadQuery, Mark, Term, parse
from trio_chat.journal.search.tokens import Token, fold, is_whole, locate, tokenize
from trio_chat.protocol.unicode import normalize

LETTERS = "ab \u0301é-か\u3099がハﾊﾟ゛½茶🩷‼\ufe0f"
TEXTS = st.text(LETTERS, max_size=30)
DIGEST = "6f85c10d762bace8a4f1c5d62400d3c8eb9d97660eeaebbef0be4efc4dbd82d7"
QUERIES = st.text(LETTERS + '"*', max_size=12)


def places(term: Term, tokens: list[Token]) -> set[Mark]:
    """Return where a term is, by comparing it with what begins at each token."""
    size = len(term.tokens)
    found = set()
    for start in range(len(tokens) - size + 1):
        *whole, last = [token.text for token in tokens[start : start + size]]
        fits = last.startswith(term.tokens[-1]) if term.is_prefix else last == term.tokens[-1]
        if fits and tuple(whole) == term.tokens[:-1]:
            found.add((tokens[start].start, tokens[start + size - 1].end))
    return found


def joined(marks: set[Mark]) -> list[Mark]:
    """Return marks of which none overlaps another, by joining any two that do."""
    for one in marks:
        for other in marks - {one}:
            if one[0] < other[1] and other[0] < one[1]:
                both = (min(one[0], other[0]), max(one[1], other[1]))
                return joined(marks - {one, other} | {both})
    return sorted(marks)


@given(TEXTS, QUERIES)
def test_find_agrees_with_a_comparison_of_all_with_all(text: str, searched: str) -> None:
    """The marks are all places of all terms; there are none if a term is missing."""
    try:
        query = parse(searched)
    except BadQuery:
        return
    tokens = locate(text)
    found = [places(term, tokens) for term in query.terms]
    assert query.find(text) == (joined(set().union(*found)) if all(found) else [])
    assert query.matches(text) == bool(query.find(text))


@given(st.text())
def test_tokens_are_the_same_with_their_places(text: str) -> None:
    """Tokens have the same texts with and without places, and their places are in order."""
    tokens = locate(text)
    assert [token.text for token in tokens] == tokenize(text)
    assert tokens == sorted(tokens, key=lambda token: token.start)
    assert all(0 <= token.start < token.end <= len(text) for token in tokens)


def test_a_mark_has_all_of_its_characters() -> None:
    """Accents and voiced marks that are characters of their own belong to the letter before."""
    for text, query in (("Cafe\u0301!", "cafe"), ("すし\u3099!", "じ"), ("a ﾊﾟ", "パ")):
        [(start, end)] = parse(query).find(text)
        assert text[end:] in ("!", "")
        assert fold(text[start:end]).strip() == fold(query).strip()


# Burmese as it is typed, Thai, Bengali, Tibetan; kana and Latin letters with marks.
SCRIPTS = (
    "နှင\u103a\u1037ည",
    "ก\u0e38\u0e48",
    "ক\u09bc\u09cdড়",
    "ཀ\u0f72\u0f74\u0f39",
    "かが\u3099\u0323",
    "aéạ\u0323\u0301",
)
IN_A_SCRIPT = st.one_of([st.text(letters, max_size=12) for letters in SCRIPTS])


@given(IN_A_SCRIPT, st.sampled_from(["NFC", "NFD"]))
def test_canonical_equivalents_have_the_same_tokens(text: str, form: str) -> None:
    """Which form a text has depends on who typed it where: with any query it is found alike."""
    assert tokenize(normalize(form, text)) == tokenize(text)


@pytest.mark.parametrize(
    ("text", "query", "marked"),
    [
        ("နှင\u103a\u1037 ok", "နှင\u1037\u103a", "နှင\u103a\u1037"),
        ("got #\ufe0f\u20e3 it", "#\ufe0f\u20e3", "#\ufe0f\u20e3"),
        ("got #\u20e3 it", "#\ufe0f\u20e3", "#\u20e3"),
        ("got *\ufe0f\u20e3 it", "#\ufe0f\u20e3", ""),
        ("got # it", "#\ufe0f\u20e3", ""),
        ("got 1\ufe0f\u20e3 it", "1", "1\ufe0f\u20e3"),
        ("fl 🇧🇩🇪🇸", "🇩🇪", ""),
        ("fl 🇩🇪🇪🇸", "🇪🇸", "🇪🇸"),
        ("fl 🇩🇪🇪🇸", "🇩🇪🇪🇸", "🇩🇪🇪🇸"),
        ("🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "🏴", "🏴"),
        (
            "🏴 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f!",
            "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
            "",
        ),
    ],
)
def test_a_sequence_is_found_as_one(text: str, query: str, marked: str) -> None:
    """A keycap, a flag of a country and one of a region are pictures of their own."""
    found = parse(query).find(text)
    assert "".join(text[start:end] for start, end in found) == marked
    assert parse(query).matches(text) == bool(marked)


def test_a_beginning_of_a_single_character_is_the_character() -> None:
    """No longer token begins with an ideograph, a kana or an emoji."""
    assert all(is_whole(token) for token in tokenize("茶がか🩷‼"))
    assert not is_whole("tea")


@pytest.mark.parametrize(
    "query",
    [
        " ".join(f"w{number}" for number in range(TERMS + 1)),
        "\ufdfa" * 256,  # one character of four words
    ],
)
def test_a_query_has_a_limit(query: str) -> None:
    """A query of too many terms, or of too many tokens, is refused."""
    with pytest.raises(BadQuery, match="at most 16 words"):
        parse(query)


def test_a_query_of_any_allowed_length_of_ideographs_is_a_phrase() -> None:
    """The limit for tokens lets through as many as a query has characters."""
    assert [len(term.tokens) for term in parse("茶" * 256).terms] == [256]


def test_repeated_terms_count_once() -> None:
    """The same word many times is one term."""
    assert parse("tea " * 50).terms == (Term(("tea",), is_prefix=False),)


@pytest.mark.parametrize("searched", ["a", '"a a a"', "a b c* d e", "a a* b b* c c* d d* e e*"])
def test_the_work_of_finding_is_linear(searched: str) -> None:
    """A text of four times the length takes about four times the calls, whatever the query."""
    query, text = parse(searched), "a b c d e a a a " * 50
    for method in (query.find, query.matches):
        method(text)
        once, four_times = (calls_of(method, text * count) for count in (1, 4))
        assert four_times <= 5 * once


class TestEveryPython:
    """Rules that keep an index valid for every Python."""

    def test_characters_fold_alike(self) -> None:
        """What each character becomes is the same as where this digest was made."""
        folded = "".join(f"{code:x}{characters.FOLDED[code]}\n" for code in range(0x20000))
        digest = hashlib.sha256(folded.encode("utf-8", "surrogatepass")).hexdigest()
        assert digest == DIGEST

    def test_what_no_unicode_knows_yet_is_a_letter_or_a_picture(self) -> None:
        """By its block; and it is not remembered, as there are a million of them."""
        folding = type(characters.FOLDED)()
        expected = {
            0x1FBFF: "\U0001fbff",
            0x1F8FF: " \U0001f8ff ",
            0x378: "\u0378",
        }
        assert {code: folding[code] for code in expected} == expected
        assert dict(folding) == {}

    def test_letters_of_new_scripts_have_no_case_either(self) -> None:
        """Whether this Python knows them or not."""
        assert fold("\U00010d50\U00016ea0\ua7da") == fold("\U00010d70\U00016ebb\ua7db")
