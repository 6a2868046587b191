"""Words: what of a text can be searched for, whatever its case, accents and script."""

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

# Characters of scripts that put no spaces between words: each counts as a word, so that any run
# of them can be found as a phrase.
UNSPACED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x2E80, 0x2FDF),  # radicals
    (0x3005, 0x312F),  # kana, bopomofo
    (0x31A0, 0x31FF),
    (0x3400, 0x4DBF),  # ideographs
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x1B000, 0x1B16F),
    (0x20000, 0x3FFFF),
)
# What makes no difference to whether a word is found.
SILENT = (
    (0x00AD, 0x00AD),  # soft hyphen
    (0x0300, 0x036F),  # accents
    (0x0591, 0x05C7),  # Hebrew points
    (0x0610, 0x061A),  # Arabic vowels
    (0x064B, 0x065F),
    (0x0670, 0x0670),
    (0xFE00, 0xFE0F),  # which variant of a character
    (0x1F3FB, 0x1F3FF),  # skin colours
)
# A word in what ``fold`` returns: the same as for the tokenizer "ascii" of SQLite's FTS5.
_WORD = re.compile("[a-z0-9\x80-\U0010ffff]+")


class Word(NamedTuple):
    """A word, folded, and its place in the text: the end is not included."""

    start: int
    end: int
    text: str


def fold(text: str) -> str:
    """Return a text with all that makes no difference taken away, and blanks between words."""
    return text.lower() if text.isascii() else text.translate(_FOLDED)


def split(text: str) -> list[str]:
    """Return the words of a text, folded."""
    return _WORD.findall(fold(text))


def locate(text: str) -> list[Word]:
    """Return the words of a text, folded, with their places."""
    parts = [_FOLDED[ord(character)] for character in text]
    places = [place for place, part in enumerate(parts) for _ in part]
    return [
        Word(places[found.start()], _end(parts, places[found.end() - 1]), found.group())
        for found in _WORD.finditer("".join(parts))
    ]


def is_whole(word: str) -> bool:
    """Whether no longer word begins with this one: it is a single character by its nature."""
    return len(word) == 1 and _FOLDED[ord(word)].startswith(" ")


def _end(parts: list[str], last: int) -> int:
    """Return where a word ends, behind what is silent."""
    end = last + 1
    while end < len(parts) and not parts[end]:
        end += 1
    return end


class _Folding(dict[int, str]):
    """What each character becomes; found out when it is met first."""

    def __missing__(self, code: int) -> str:
        base = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", chr(code)).casefold())
        self[code] = folded = "".join(_fold_characters(base))
        return folded


def _fold_characters(base: str) -> Iterator[str]:
    for character in base:
        code = ord(character)
        category = unicodedata.category(character)
        if _is_in(code, SILENT):
            continue
        if category[0] in "LMN":
            yield f" {character} " if _is_in(code, UNSPACED) else character
        elif category == "So":  # emoji and other pictures
            yield f" {character} "
        else:
            yield " "


def _is_in(code: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= code <= last for first, last in ranges)


_FOLDED = _Folding()
