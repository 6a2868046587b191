"""Tokens: the parts of a text that can be searched for, whatever its case, accents and script."""

import re
from typing import NamedTuple

from trio_chat.journal.search.characters import FOLDED

# A token in what ``fold`` returns: the same as for the tokenizer "ascii" of SQLite's FTS5.
_TOKEN = re.compile("[a-z0-9\x80-\U0010ffff]+")
# Between a kana and the mark that makes another kana of it: か and U+3099 are が, which か must not
# find. Folding takes composed kana apart and puts blanks around each part.
_VOICED = re.compile("(?<=[\u3041-\u3096\u309d\u30a1-\u30fd])  (?=[\u3099\u309a])")


class Token(NamedTuple):
    """A token, folded, and its place in the text: the end is not included."""

    start: int
    end: int
    text: str


def fold(text: str) -> str:
    """Return a text without what makes no difference, with blanks between its tokens."""
    if text.isascii():
        return text.lower()
    return _VOICED.sub("", text.translate(FOLDED))


def tokenize(text: str) -> list[str]:
    """Return the tokens of a text, folded."""
    return split(fold(text))


def split(folded: str) -> list[str]:
    """Return the tokens of a folded text, as the index divides it."""
    return _TOKEN.findall(folded)


def locate(text: str) -> list[Token]:
    """Return the tokens of a text, folded, with their places."""
    if text.isascii():  # each character stays one
        return [Token(*found.span(), found.group()) for found in _TOKEN.finditer(text.lower())]
    parts = [FOLDED[ord(character)] for character in text]
    folded, places = _join(parts)
    return [
        Token(places[found.start()], _end(parts, places[found.end() - 1]), found.group())
        for found in _TOKEN.finditer(folded)
    ]


def is_whole(token: str) -> bool:
    """Whether no other token begins with this one: it is a single character by its nature."""
    return FOLDED[ord(token[0])].startswith(" ")


def _join(parts: list[str]) -> tuple[str, list[int]]:
    """Return the folded text, and for each of its characters the place it comes from."""
    joined = "".join(parts)
    places = [place for place, part in enumerate(parts) for _ in part]
    left_out = {place for gap in _VOICED.finditer(joined) for place in range(*gap.span())}
    if left_out:
        places = [place for number, place in enumerate(places) if number not in left_out]
    return _VOICED.sub("", joined), places


def _end(parts: list[str], last: int) -> int:
    """Return where a token ends, behind what is silent."""
    end = last + 1
    while end < len(parts) and not parts[end]:
        end += 1
    return end
