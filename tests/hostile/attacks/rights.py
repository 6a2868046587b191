"""Floods of requests that somebody may not make: guesses, forgeries, and acts of moderators."""

from tests.hostile.attack import CROWD
from tests.hostile.attacks.requests import SLOWED, Kind, add_floods
from tests.hostile.flood import greeted, silent

PRIVATE = "~" + "a" * 26  # the identifier of a room that is not there
SECRET = "x" * 32

KINDS = {
    "link-guesses": Kind(
        '{{"t":"join","room":"' + PRIVATE + '","link":"{c}{n:024d}"}}',
        f"Who guesses links {SLOWED}; no guess is told from an identifier that is none.",
        greeted(),
    ),
    "operator-guesses": Kind(
        '{{"t":"hello","nick":"x{c}{n}","link":"' + SECRET + '"}}',
        f"Who guesses an operator's link {SLOWED}.",
        silent,
    ),
    "forged-sessions": Kind(
        '{{"t":"hello","nick":"x{c}{n}","session":"{n:020d}.eA.s1.' + "0" * 32 + '"}}',
        f"Who forges sessions {SLOWED}; nobody is taken for somebody else.",
        silent,
    ),
    "acts-of-nobody": Kind(
        '{{"t":"moderate","room":"' + CROWD + '","act":"ban","people":["{c}","{n}"]}}',
        f"Who acts on others without a right {SLOWED}; nobody is banned.",
        greeted(CROWD),
    ),
    "raids-by-nobody": Kind(
        '{{"t":"raid","room":"' + CROWD + '","since":0}}',
        f"Who undoes raids without a right {SLOWED}; nobody is banned.",
        greeted(CROWD),
    ),
    "reports": Kind(
        '{{"t":"report","room":"' + CROWD + '","seq":1,"why":"' + "w" * 250 + '"}}',
        f"Who reports without end {SLOWED}; the disk does not fill.",
        greeted(CROWD),
    ),
    "private-rooms": Kind(
        '{{"t":"create","name":"x","private":true}}',
        f"Who makes private rooms without end {SLOWED}; memory and disk do not grow.",
        greeted(),
    ),
}

add_floods(KINDS)
