"""The label of a device: a few words of its ``User-Agent`` that its owner recognises."""

import re
from functools import lru_cache

LABEL_LIMIT = 64  # characters
LABELS_AT_HAND = 1024
# The first that is found counts, as browsers name others, too, whom they resemble.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
BROWSER = "Mozilla/"  # begins what browsers say
PROGRAM = re.compile(r"[A-Za-z][\w.+-]*", re.ASCII)


@lru_cache(LABELS_AT_HAND)
def label_of(user_agent: str) -> str:
    """Return the label for a ``User-Agent``, such as "Firefox, Linux"; empty if it is unknown."""
    if user_agent.startswith(BROWSER):
        name = _first(BROWSERS, user_agent)
    else:
        program = PROGRAM.match(user_agent)
        name = program[0] if program else ""
    return ", ".join(filter(None, (name, _first(SYSTEMS, user_agent))))[:LABEL_LIMIT]


def _first(known: tuple[tuple[str, str], ...], text: str) -> str:
    return next((name for sign, name in known if sign in text), "")
