"""Names of people and rooms: what they may be, and when two of them count as the same.

Which characters a name may have is what PRECIS says (RFC 8264, FreeformClass), with three
exceptions: emoji, which are sequences with characters that PRECIS refuses; punctuation that is
allowed between certain letters only (CONTEXTO), as the middle dot is common in Chinese names; and
variation selectors behind ideographs and Mongolian letters, and the Mongolian vowel separator,
without which some Japanese and Mongolian names are written wrongly.
"""

import base64
import re
from functools import lru_cache

import unicodedata2
from precis_i18n.context import context_rule_error
from precis_i18n.unicode import UnicodeData

from trio_chat.protocol.confusables import as_drawn, resembled
from trio_chat.protocol.emoji import replace_emoji
from trio_chat.protocol.text import DRAWN_BLANKS, is_blank
from trio_chat.protocol.unicode import (
    categories,
    category,
    is_letter_or_digit,
    is_longer,
    normalize,
    normalize_within,
    plain,
    without_variants,
)

CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")  # all of them, unlike in texts
ASCII_ROOM = re.compile("[A-Za-z0-9][A-Za-z0-9_.-]*")
PRIVATE = re.compile("~[a-z2-7]{26}")  # an identifier of a private room: 128 random bits
ANY_EMOJI = "\u263a"
NAMES_AT_HAND = 1024  # whose normal form is not made again: the same few are asked for all the time
CHARACTERS_AT_HAND = 1024  # likewise
# What PRECIS refuses although its category is that of letters, marks, numbers, punctuation, symbols
# or spaces; such a class is looked up in a whole name at once.
REFUSED = re.compile(
    "[\u034f\u0640\u07fa\u1100-\u11ff\u17b4\u17b5\u180b-\u180d\u180f\u302e\u302f\u3031-\u3035\u303b"
    "\u3164\ua960-\ua97c\ud7b0-\ud7c6\ud7cb-\ud7fb\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
SEPARATORS = re.compile(r"[\s/\\]+")  # of the words of what somebody takes for a room's name
JOINERS = re.compile("[\u200c\u200d]")
# The parts of a link's end. The group is what mailers and chats leave behind a link, as it is or
# escaped, and no name ends with. A name may end with a dot, which is escaped in links to it.
LINK_PARTS = re.compile(
    r"""([\s/.,;:!?)\]}>'"\u2019\u201d\u00bb\u2026]|%(?:0[9AD]|2[0-279CF]|3[ABEF]|5D|7D)"""
    r"|%E2%80%(?:99|9D|A6)|%C2%BB)|.",
    re.IGNORECASE,
)
MARKS = 31  # on a letter, at most; more would cover several lines above and below it

_unicode = UnicodeData(unicodedata2)


class BadName(ValueError):
    """A name that cannot be; the message says why."""


class _TooLong(BadName):
    """A name that is too long; so is all that could be proposed."""


def check_nick(nick: str, limit: int) -> str:
    """Return a nick in its normal form: NFC, single spaces inside, none at its ends.

    Raises:
        BadName: it is empty, too long, or has characters that cannot be seen.
    """
    composed = normalize_within("NFC", nick, limit)
    nick = " ".join((composed or "").split())
    if composed is None or is_longer(nick, limit):
        raise BadName(f"a nick has at most {limit} characters")
    _refuse(CONTROLS, composed)
    _check_characters(replace_emoji(nick, ANY_EMOJI))
    _check_marks(nick)
    if not any(map(is_letter_or_digit, nick)):
        raise BadName("a nick needs a letter or a digit")
    return nick


def check_room(name: str, limit: int) -> str:
    """Return a room's name in its normal form: NFKC, lower case; or a private room's identifier.

    Raises:
        BadName: it is too long, or more than letters, digits, ``_``, ``.`` and ``-``. The message
            has what is proposed instead.
    """
    if is_private(name):  # none is kept at hand: the time would tell that somebody has used it
        return name
    try:
        return _checked_room(name, limit)
    except _TooLong:
        raise
    except BadName as error:
        proposal = propose_room(name, limit)
        raise BadName(f'{error}; "{proposal}" may be one' if proposal else str(error)) from None


def check_new_room(name: str) -> None:
    """Make sure that a room that there is not yet may be called so, in its normal form.

    A link to it would lose a dot at the end of its name in a text (``trim_link``). Rooms that have
    such a name already keep it.

    Raises:
        BadName: it ends with a dot. The message has what is proposed instead.
    """
    if name.endswith("."):
        proposal = propose_room(name, len(name))
        raise BadName(f'the name of a new room does not end with a dot; "{proposal}" may be one')


def propose_room(name: str, limit: int) -> str | None:
    """Return a name of a room, in its normal form, that is like one that cannot be.

    Blanks and slashes become ``-``, and what cannot be in a name is left out. Nothing is proposed
    for a name that is too long, as its end may be what tells it from others, nor for one that is
    meant for a private room, as others may be in the public room.
    """
    if is_longer(name, limit) or name.lstrip().startswith("~"):
        return None
    kept = normalize_within("NFKC", REFUSED.sub("", name), limit)
    if kept is None:
        return None
    words = SEPARATORS.split(plain(kept))
    words = ["".join(filter(_may_be_in_room, word)).strip("_.-") for word in words]
    try:
        return _checked_room("-".join(filter(None, words)), limit)
    except BadName:
        return None


def _may_be_in_room(character: str) -> bool:
    return character in "_.-" or _is_letter(character)


@lru_cache(NAMES_AT_HAND)
def _checked_room(name: str, limit: int) -> str:
    """Return the name of a public room in its normal form, or raise ``BadName``."""
    if ASCII_ROOM.fullmatch(name) and len(name) <= limit:  # as most are
        return name.lower()
    composed = normalize_within("NFKC", name, limit)
    name = plain(composed or "")
    if composed is None or is_longer(name, limit):
        raise _TooLong(f"a room's name has at most {limit} characters")
    _refuse(CONTROLS, composed)
    _check_characters(name)
    _check_marks(name)
    letters = re.sub("[_.\u200c\u200d-]", "", name)
    if not name or not is_letter_or_digit(name[0]) or not _are_letters(letters):
        raise BadName("a room's name begins with a letter or digit; _ . - may follow")
    return name


def trim_link(end: str) -> str:
    """Return the end of a link, still escaped, without what only follows the link in a text.

    It stays as it is if nothing else is left, so that it is refused and not taken for no name.
    The page does the same (static/js/net/address.js).
    """
    kept = 0
    for part in LINK_PARTS.finditer(end):
        if part[1] is None:
            kept = part.end()
    return end[:kept] or end


def private_name(digits: bytes) -> str:
    """Return the identifier of a private room that 16 bytes stand for."""
    return "~" + base64.b32encode(digits).decode().rstrip("=").lower()


def is_private(name: str) -> bool:
    """Whether a name is an identifier of a private room, which may be there or not."""
    return name.startswith("~") and PRIVATE.fullmatch(name) is not None


@lru_cache(NAMES_AT_HAND)
def fold(nick: str) -> str:
    """Return what two nicks have in common if they are hard to tell apart.

    That is their letters, digits and marks (vowel signs and accents are marks), without case and
    compatibility forms, each as the letter that it resembles.
    """
    return resembled("".join(filter(_is_letter, plain(nick))))


@lru_cache(NAMES_AT_HAND)
def likenesses(nick: str) -> tuple[str, ...]:
    """Return what two nicks must not have in common, as people would take one for the other.

    That is what ``fold`` makes of it, and, of a nick that is Latin to the eye, what ``fold`` makes
    of how its capitals look: the Greek Nu is an N there, while its small letter resembles a v.
    """
    folded, drawn = fold(nick), fold(as_drawn(nick))
    is_latin = all(one.isascii() or not is_letter_or_digit(one) for one in normalize("NFD", drawn))
    return (folded, drawn) if is_latin and drawn != folded else (folded,)


@lru_cache(CHARACTERS_AT_HAND)
def _is_letter(character: str) -> bool:
    """Return whether a character is a letter, a digit, or a mark that can be seen on one."""
    is_mark = category(character) in ("Mn", "Mc") and not is_blank(character)
    return is_mark or is_letter_or_digit(character)


def _are_letters(letters: str) -> bool:
    """Return whether all characters of a checked name are letters, digits or marks."""
    return all(kind[0] in "LN" or kind in ("Mn", "Mc") for kind in categories(letters))


def _check_characters(name: str) -> None:
    """Refuse characters that cannot be seen, or that nobody has assigned yet.

    Zero-width joiners may stand where they shape the letters beside them, and so may variation
    selectors of ideographs and of Mongolian letters.
    """
    if name.isascii():
        return
    name = without_variants(name)
    _refuse(DRAWN_BLANKS, name)
    _refuse(REFUSED, name)
    for joiner in JOINERS.finditer(name):
        if context_rule_error(name, joiner.start(), _unicode):
            raise _bad(joiner[0])
    visible = JOINERS.sub("", name)
    for character, kind in zip(visible, categories(visible), strict=True):
        if kind[0] not in "LMNPS" and kind != "Zs":
            raise _bad(character)


def _check_marks(name: str) -> None:
    """Refuse letters with so many marks that they cover what is above and below them."""
    if name.isascii():
        return
    marks = 0
    for kind in categories(name):
        marks = marks + 1 if kind in ("Mn", "Me") else 0
        if marks > MARKS:
            raise BadName(f"a letter of a name has at most {MARKS} marks")


def _refuse(characters: re.Pattern[str], name: str) -> None:
    found = characters.search(name)
    if found:
        raise _bad(found[0])


def _bad(character: str) -> BadName:
    return BadName(f"a name cannot have the character U+{ord(character):04X}")
