"""Names of people and rooms: what they may be, and when two of them count as the same."""

import re
import unicodedata

# What looks like a Latin letter or one like it, after case folding. From Unicode's security data
# (UTS 39, confusables), as far as it concerns the Cyrillic and Greek letters in common use.
LOOK_ALIKES = str.maketrans(
    {
        **dict(zip("авекмнорстухіїјѕһԁԛԝ", "abekmhopctyxiijshdqw", strict=True)),
        **dict(zip("αβγεηικνορτυχω", "abyenikvoptuxw", strict=True)),
        **dict(zip("01iı", "olll", strict=True)),
    }
)


class BadName(ValueError):
    """A name that cannot be; the message says why."""


def check_nick(nick: str, limit: int) -> str:
    """Return a nick in its normal form: NFC, single spaces inside, none at its ends.

    Raises:
        BadName: it is empty, too long, or has characters that cannot be seen.
    """
    _refuse_unseen(nick)
    nick = " ".join(unicodedata.normalize("NFC", nick).split())
    if not any(character.isalnum() for character in nick):
        raise BadName("a nick needs a letter or a digit")
    if len(nick) > limit:
        raise BadName(f"a nick has at most {limit} characters")
    return nick


def fold(nick: str) -> str:
    """Return what two nicks have in common if they are hard to tell apart."""
    letters = re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", nick).casefold())
    return letters.translate(LOOK_ALIKES).translate(LOOK_ALIKES)  # і is like i, which is like l


def check_room(name: str, limit: int) -> str:
    """Return a room's name in its normal form: NFKC, lower case.

    Raises:
        BadName: it is too long, or more than letters, digits, ``_``, ``.`` and ``-``.
    """
    _refuse_unseen(name)
    name = unicodedata.normalize("NFKC", name).casefold()
    if len(name) > limit:
        raise BadName(f"a room's name has at most {limit} characters")
    # Vowel signs and other marks are part of the letters of many scripts.
    kinds = "".join(
        unicodedata.category(character)[0] for character in name if character not in "_.-"
    )
    if not name or name[0] in "_.-" or kinds[0] not in "LN" or set(kinds) - set("LNM"):
        raise BadName("a room's name begins with a letter or digit; _ . - may follow")
    return name


def _refuse_unseen(name: str) -> None:
    """Refuse controls, zero-width characters, bidi overrides, and what is assigned to nobody."""
    for character in name:
        if unicodedata.category(character) in ("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"):
            raise BadName(f"a name cannot have the character U+{ord(character):04X}")
