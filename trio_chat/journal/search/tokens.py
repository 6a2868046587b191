"""Tokens: the parts of a text that can be searched for, whatever its case, accents and script."""

import re
from typing import NamedTuple

from trio_chat.journal.search.characters import FOLDED
from trio_chat.protocol.unicode import in_order

# A token in what ``fold`` returns: the same as for the tokenizer "ascii" of SQLite's FTS5.
_TOKEN = re.compile("[a-z0-9\x80-\U0010ffff]+")
# What folding has put blanks around, and is one token together: a kana and the mark that makes
# another kana of it (か and U+3099 are が, which か must not find), and the two letters of a flag.
_PARTED = re.compile(
    "(?<=[\u3041-\u3096\u309d\u30a1-\u30fd])(  )(?=[\u3099\u309a])"
    "|[\U0001f1e6-\U0001f1ff](  )[\U0001f1e6-\U0001f1ff]"
)
# Keycaps of two signs, which are no words elsewhere, and flags of regions within a country.
_KEYCAP = re.compile("[#*](?=\ufe0f?\u20e3)")
_KEYS = {"#": "\u2317", "*": "\u2731"}  # the pictures that stand for them
_REGION = re.compile("(?<=\U0001f3f4)[\U000e0021-\U000e007e]+\U000e007f")
_TAGS = "\U000e0000"  # where they begin, each as far above the letter that it stands for


class Token(NamedTuple):
    """A token, folded, and its place in the text: the end is not included."""

    start: int
    end: int
    text: str


def fold(text: str) -> str:
    """Return a text without what makes no difference, with blanks between its tokens."""
    if text.isascii():
        return text.lower()
    return _PARTED.sub(_joined, _prepared(text).translate(FOLDED))


def _prepared(text: str) -> str:
    """Return a text, of the same length, in which each character can be folded by itself."""
    if "\u20e3" in text:
        text = _KEYCAP.sub(lambda key: _KEYS[key[0]], text)
    if "\U000e007f" in text:
        text = _REGION.sub(_letters, text)
    return in_order(text)


def _letters(tags: re.Match[str]) -> str:
    """Return the letters that tags stand for, which are a word behind their flag."""
    return "".join(chr(ord(tag) - ord(_TAGS)) for tag in tags[0][:-1]) + " "


def _joined(parted: re.Match[str]) -> str:
    return parted[0].replace(" ", "")


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
    parts = [FOLDED[ord(character)] for character in _prepared(text)]
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
    gaps = [gap.span(gap.lastindex or 0) for gap in _PARTED.finditer(joined)]
    if gaps:
        left_out = {place for gap in gaps for place in range(*gap)}
        places = [place for number, place in enumerate(places) if number not in left_out]
    return _PARTED.sub(_joined, joined), places


def _end(parts: list[str], last: int) -> int:
    """Return where a token ends, behind what is silent."""
    end = last + 1
    while end < len(parts) and not parts[end]:
        end += 1
    return end
