"""What each character contributes to the tokens of a text."""

from collections.abc import Iterator

from trio_chat.protocol.text import DRAWN_BLANKS, is_blank
from trio_chat.protocol.unicode import casefold, category, normalize

Ranges = tuple[tuple[int, int], ...]  # the last code point is included

# Characters of scripts that put no spaces between words: each is a token, so that any run of them
# can be found as a phrase.
UNSPACED: Ranges = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x2E80, 0x2FDF),  # radicals
    (0x3005, 0x312F),  # kana, bopomofo
    (0x31A0, 0x31FF),
    (0x3400, 0x4DBF),  # ideographs
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x1AFF0, 0x1B16F),  # more kana
    (0x20000, 0x3FFFF),
)
# What makes no difference to whether a token is found, besides what cannot be seen.
SILENT: Ranges = (
    (0x0300, 0x036F),  # accents
    (0x0483, 0x0487),
    (0x0591, 0x05C7),  # Hebrew points
    (0x0610, 0x061A),  # Arabic vowels
    (0x064B, 0x065F),
    (0x0670, 0x0670),
    (0x06D6, 0x06DC),  # signs for reciting
    (0x06DF, 0x06E4),
    (0x06E7, 0x06E8),
    (0x06EA, 0x06ED),
    (0x0711, 0x0711),  # Syriac vowels
    (0x0730, 0x074A),
    (0x0898, 0x089F),
    (0x08CA, 0x08E1),
    (0x08E3, 0x08FF),
    (0x1AB0, 0x1AFF),  # more accents
    (0x1DC0, 0x1DFF),
    (0x20D0, 0x20F0),
    (0xFE20, 0xFE2F),
    (0x1F3FB, 0x1F3FF),  # skin colours
)
# Emoji that Unicode's categories call punctuation or mathematics, and the blocks in which it adds
# pictures. Each picture is a token, as are all characters of the category "So".
PICTURES: Ranges = (
    (0x203C, 0x203C),
    (0x2049, 0x2049),
    (0x2194, 0x2194),
    (0x25FB, 0x25FE),
    (0x2934, 0x2935),
    (0x3030, 0x3030),
    (0x303D, 0x303D),
)
PICTURE_BLOCKS: Ranges = ((0x1CC00, 0x1CEBF), (0x1F000, 0x1FAFF), (0x1FC00, 0x1FFFD))


class _Folding(dict[int, str]):
    """What each code point becomes; computed when it is looked up first.

    Nothing is remembered of the many code points that are not assigned.
    """

    def __missing__(self, code: int) -> str:
        if category(chr(code)) == "Cn":
            return _fold_unassigned(code)
        self[code] = folded = _fold(code)
        return folded


def _fold(code: int) -> str:
    if _is_in(code, PICTURES):
        return f" {chr(code)} "
    base = normalize("NFKD", casefold(normalize("NFKD", chr(code))))
    return "".join(_fold_assigned(base))


def _fold_unassigned(code: int) -> str:
    """Take a character for a letter, a character of an unspaced script or a picture.

    What it is, only a newer Unicode knows; a letter is the best guess outside of some blocks.
    """
    if is_hidden(chr(code)):
        return ""
    return f" {chr(code)} " if _is_in(code, UNSPACED + PICTURE_BLOCKS) else chr(code)


def _fold_assigned(base: str) -> Iterator[str]:
    for character in base:
        code = ord(character)
        kind = category(character)
        if _is_in(code, SILENT) or is_hidden(character):
            continue
        if DRAWN_BLANKS.match(character):
            yield " "
        elif kind[0] in "LMN":
            yield f" {character} " if _is_in(code, UNSPACED) else character
        elif kind == "So":
            yield f" {character} "
        else:
            yield " "


def is_hidden(character: str) -> bool:
    """Whether a character within a word cannot be seen, so that it makes no difference."""
    is_gap = category(character)[0] in "CZ" and category(character) not in ("Cf", "Cn")
    return is_blank(character) and not is_gap and not DRAWN_BLANKS.match(character)


def _is_in(code: int, ranges: Ranges) -> bool:
    return any(first <= code <= last for first, last in ranges)


FOLDED = _Folding()
