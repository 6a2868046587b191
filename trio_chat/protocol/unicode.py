"""Unicode's tables, of one version whatever Python runs this.

Python's own module ``unicodedata`` knows the version that was new when that Python was: the same
name would be good on one machine and bad on the next, and an index made by one Python would not
fit another. So nothing in here, and nothing that uses it, asks for Python's tables. What Python's
``str`` is asked is the same in every version: white space, and how assigned letters are folded.
"""

import re
from itertools import groupby

import unicodedata2
from unicodedata2 import combining
from wcwidth import grapheme_boundary_before, iter_graphemes

VERSION: str = unicodedata2.unidata_version
# Tells in which of its shapes an ideograph is drawn (UTS 37, and Unicode's standardised variants),
# as names in Japan need it. That is not another letter.
#
# Likewise of Mongolian letters, whose shape depends on their place in the word; and the separator
# stands before the last vowel of a word, which is written apart from it.
_VARIANT = re.compile(
    "(?<=[\u1820-\u1878\u1880-\u18aa])[\u180b-\u180d\u180f](?![\u180b-\u180d\u180f])"
    "|(?<=[\u1820-\u1842\u180b-\u180d\u180f])\u180e(?=[\u1820\u1821])"
    "|(?<=[\u3400-\u4dbf\u4e00-\u9fff\ufa0e\ufa0f\ufa11\ufa13\ufa14\ufa1f\ufa21\ufa23\ufa24"
    "\ufa27-\ufa29\U00020000-\U0003fffd])[\ufe00-\ufe02\U000e0100-\U000e01ef]"
    "(?![\ufe00-\ufe02\U000e0100-\U000e01ef])"
)
CODE_POINTS = 4  # of a character on average, at most, where characters are counted


def category(character: str) -> str:
    """Return the general category of a code point; "Cn" if nobody has assigned it."""
    return str(unicodedata2.category(character))


def categories(text: str) -> list[str]:
    """Return the general category of each code point of a text; that takes one call of Python's."""
    return list(map(unicodedata2.category, text))


def normalize(form: str, text: str) -> str:
    """Return a text in a normal form: "NFC", "NFD", "NFKC" or "NFKD"."""
    return str(unicodedata2.normalize(form, text))


def in_order(text: str) -> str:
    """Return a text with the marks on each letter in the order that all normal forms have.

    Keyboards for Burmese and Thai, among others, write some in another one. The length is the same;
    so the few marks that are two in one, which Unicode advises against, stay where they are.
    """
    if normalize("NFC", text) == text:
        return text
    runs = groupby(text, key=lambda character: bool(combining(character)))
    return "".join("".join(sorted(run, key=combining) if is_mark else run) for is_mark, run in runs)


def character_named(name: str) -> str | None:
    """Return the character, or sequence, with a Unicode name in any case."""
    try:
        return str(unicodedata2.lookup(name))
    except KeyError:
        return None


class _Capitals(dict[int, str]):
    """The folded form of each capital letter, as ``str`` may be too old to know it.

    It is the small letter of the same name.
    """

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        if category(letter) != "Lu" or normalize("NFKC", letter) != letter:
            return letter
        name = unicodedata2.name(letter)
        self[code] = small = character_named(name.replace("CAPITAL", "SMALL")) or letter
        return small


_capitals = _Capitals()


def casefold(text: str) -> str:
    """Return a text in the form in which upper and lower case are the same."""
    folded = text.casefold()
    return folded.translate(_capitals) if "Lu" in categories(folded) else folded


def plain(text: str) -> str:
    """Return a text without case, compatibility forms and variants of letters.

    Folding case can bring up what NFKC changes, as of ``ΐ`` written as two code points; it does not
    twice. So the form stays as it is when it is made again.
    """
    if text.isascii():
        return text.lower()
    for _ in range(2):
        text = casefold(without_variants(normalize("NFKC", text)))
    return text


def without_variants(text: str) -> str:
    """Return a text without what tells in which of its shapes a letter is drawn."""
    return _VARIANT.sub("", text)


def is_letter_or_digit(character: str) -> bool:
    """Return whether a code point is a letter, a digit or another number."""
    return category(character)[0] in "LN"


def is_longer(text: str, limit: int) -> bool:
    """Return whether a text has more than a number of characters.

    A character is what readers take for one: a grapheme cluster (UAX #29), such as a letter with
    its accents, a syllable of Devanagari, an emoji or a flag. As a cluster may have any length, a
    text has four code points for each character of its limit at most.
    """
    if len(text) <= limit:
        return False
    if is_far_longer(text, limit) or (text.isascii() and "\r\n" not in text):
        return True
    return sum(1 for _ in iter_graphemes(text)) > limit


def is_far_longer(text: str, limit: int) -> bool:
    """Return whether a text has more code points than so many characters can have.

    That takes no time, however long the text is. Normal forms do: of one code point NFKC makes up
    to 18. So this is asked before one is made.
    """
    return len(text) > CODE_POINTS * limit


def normalize_within(form: str, text: str, limit: int) -> str | None:
    """Return a text in a normal form; ``None`` if it is far longer than a limit, in it or before.

    Composing is no way around the limit: what is made of four code points at most is one.
    """
    if is_far_longer(text, limit):
        return None
    normal = normalize(form, text)
    return None if is_far_longer(normal, limit) else normal


def boundary(text: str, place: int) -> int:
    """Return the last place between two characters of a text that is not behind ``place``."""
    if place >= len(text):
        return len(text)
    return grapheme_boundary_before(text, place + 1)


def boundary_after(text: str, place: int) -> int:
    """Return the first place between two characters of a text that is not before ``place``."""
    start = boundary(text, place)
    return place if start == place else start + len(next(iter_graphemes(text[start:])))


def cut(text: str, limit: int) -> str:
    """Return the first characters of a text that have no more than a number of code points.

    A single character that has more is cut within.
    """
    return text[: boundary(text, limit) or limit]
