"""A query: words, phrases and beginnings that somebody looks for, and where they are in a text."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from trio_chat.journal.search.tokens import Word, is_whole, locate, split

SNIPPET = 200  # characters
LEAD = 40  # characters of a snippet before what was found
CUT = "…"

# A phrase, whose last quote may be missing, or what is between blanks; a star may be behind it.
_PART = re.compile(r'["“”„]([^"“”„]*)["“”„]?(\*?)|([^\s"“”„]+)')

Mark = tuple[int, int]  # where it begins, and where it ends: behind its last character


class BadQuery(ValueError):
    """There is nothing in a query that can be looked for."""


class Term(NamedTuple):
    """Words that stand side by side; of the last perhaps only the beginning is given."""

    words: tuple[str, ...]
    is_prefix: bool


@dataclass(frozen=True)
class Query:
    """What somebody looks for: all of its terms have to be in a text."""

    terms: Sequence[Term]

    def find(self, text: str) -> list[Mark]:
        """Return the places in a text that match, in order; none if a term is missing."""
        words = locate(text)
        found = [list(_places(term, words)) for term in self.terms]
        return _merge(sorted(chain.from_iterable(found))) if all(found) else []

    def matches(self, text: str) -> bool:
        """Whether all terms are in a text."""
        words = split(text)
        return all(any(_starts(term, words)) for term in self.terms)


def parse(text: str) -> Query:
    """Return what somebody looks for.

    Raises:
        BadQuery: nothing.
    """
    terms = dict.fromkeys(_terms(text))
    if not terms:
        raise BadQuery("there is no word to look for")
    return Query(tuple(terms))


def _terms(text: str) -> Iterator[Term]:
    for quoted, star, plain in _PART.findall(text):
        part = quoted or plain
        words = split(part)
        if words:
            is_prefix = bool(star) or part.endswith("*")
            yield Term(tuple(words), is_prefix and not is_whole(words[-1]))


def _starts(term: Term, words: Sequence[str]) -> Iterator[bool]:
    """Yield for each word of a text whether a term is there."""
    *whole, last = term.words
    for start in range(len(words) - len(whole)):
        end = words[start + len(whole)]
        fits = end.startswith(last) if term.is_prefix else end == last
        yield fits and words[start : start + len(whole)] == whole


def _places(term: Term, words: Sequence[Word]) -> Iterator[Mark]:
    texts = [word.text for word in words]
    for start, is_there in enumerate(_starts(term, texts)):
        if is_there:
            yield words[start].start, words[start + len(term.words) - 1].end


def _merge(marks: Sequence[Mark]) -> list[Mark]:
    """Return marks without those that overlap."""
    merged: list[Mark] = []
    for start, end in marks:
        if merged and start < merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def snippet(text: str, marks: Sequence[Mark]) -> tuple[str, list[Mark]]:
    """Return the part of a text where most was found, and the marks in it."""
    if len(text) <= SNIPPET:
        return text, list(marks)
    start = _best_start(text, marks)
    end = start + SNIPPET - 2 * len(CUT)
    before, after = CUT if start else "", CUT if end < len(text) else ""
    shift = len(before) - start
    shown = [
        (first + shift, min(last, end) + shift) for first, last in marks if start <= first < end
    ]
    return f"{before}{text[start:end]}{after}", shown


def _best_start(text: str, marks: Sequence[Mark]) -> int:
    """Return where to begin: shortly before a mark that many others follow, and at a word."""
    within = SNIPPET - 2 * len(CUT) - LEAD
    begin, _ = max(
        marks or [(0, 0)],
        key=lambda mark: sum(mark[0] <= start and end <= mark[0] + within for start, end in marks),
    )
    start = max(0, min(begin - LEAD, len(text) - SNIPPET + 2 * len(CUT)))
    blank = text.find(" ", start, begin)
    return blank + 1 if start and blank >= 0 else start
