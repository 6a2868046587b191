"""A query: words, phrases and beginnings of words that somebody searches for in texts."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

from trio_chat.journal.search.tokens import is_whole, locate, tokenize

TERMS = 16  # at most, of a query
TOKENS = 256  # at most, of all terms together: one for each character that a query may have

# A phrase, whose last quote may be missing, or what is between blanks; a star may be behind it.
_PART = re.compile(r'["“”„]([^"“”„]*)["“”„]?(\*?)|([^\s"“”„]+)')

Mark = tuple[int, int]  # where it begins, and where it ends: behind its last character


class BadQuery(ValueError):
    """A query cannot be searched for; the message says why."""


class Term(NamedTuple):
    """Tokens that stand side by side; of the last perhaps only the beginning is given."""

    tokens: tuple[str, ...]
    is_prefix: bool

    @property
    def pattern(self) -> str:
        """What is in a line of tokens (``_line``) wherever the term is."""
        return f" {' '.join(self.tokens)}" + ("" if self.is_prefix else " ")


@dataclass(frozen=True)
class Query:
    """Terms, all of which must be in a text.

    A text's tokens are put into one line, in which each term is a substring: the time is linear
    in the text, with a factor that the limits of a query bound.
    """

    terms: Sequence[Term]

    def find(self, text: str) -> list[Mark]:
        """Return the places in a text that match, in order; none if a term is missing."""
        tokens = locate(text)
        texts = [token.text for token in tokens]
        line, numbers = _line(texts), _numbers(texts)
        ends: dict[int, int] = {}  # by its first token: behind the last token of a match
        for term in self.terms:
            if term.pattern not in line:
                return []
            for place in _places(term.pattern, line):
                start = numbers[place]
                ends[start] = max(ends.get(start, 0), start + len(term.tokens))
        matches = sorted(ends.items())
        return _merge([(tokens[start].start, tokens[end - 1].end) for start, end in matches])

    def matches(self, text: str) -> bool:
        """Whether all terms are in a text."""
        line = _line(tokenize(text))
        return all(term.pattern in line for term in self.terms)


def parse(text: str) -> Query:
    """Return the query that a text means.

    Raises:
        BadQuery: it has no token, or too many terms.
    """
    terms = dict.fromkeys(_terms(text))
    if not terms:
        raise BadQuery("there is no word to look for")
    if len(terms) > TERMS or sum(len(term.tokens) for term in terms) > TOKENS:
        raise BadQuery(f"a query has at most {TERMS} words and phrases")
    return Query(tuple(terms))


def _terms(text: str) -> Iterator[Term]:
    for quoted, star, plain in _PART.findall(text):
        part = quoted or plain
        tokens = tokenize(part)
        if tokens:
            is_prefix = bool(star) or part.endswith("*")
            yield Term(tuple(tokens), is_prefix and not is_whole(tokens[-1]))


def _line(tokens: Sequence[str]) -> str:
    """Return tokens as one text, with a blank before and behind each of them."""
    return f" {' '.join(tokens)} "


def _numbers(tokens: Sequence[str]) -> dict[int, int]:
    """Return the number of each token by the place of the blank before it in the line."""
    lengths = (len(token) + 1 for token in tokens)
    return {place: number for number, place in enumerate(accumulate(lengths, initial=0))}


def _places(pattern: str, line: str) -> Iterator[int]:
    """Yield all places of a pattern in a line, also those that overlap."""
    place = line.find(pattern)
    while place >= 0:
        yield place
        place = line.find(pattern, place + 1)


def _merge(marks: Sequence[Mark]) -> list[Mark]:
    """Return marks, which are sorted, with those that overlap made one."""
    merged: list[Mark] = []
    for start, end in marks:
        if merged and start < merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged
