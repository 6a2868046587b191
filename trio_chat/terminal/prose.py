"""Says how the text of a message is drawn: fenced code, and links. Pure."""

import re
from collections.abc import Iterator

FENCED = re.compile(r"^```[^`\n]*\n(.*?)(?:(?<=\n)|\n)```[ \t]*$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"https?://[^\s<>\"`\x00-\x20]+", re.IGNORECASE)
TRAILING = ".,;:!?'*_~)]}"  # belongs to the sentence rather than to the address
EDGE = "▏ "  # before each line of code

Part = tuple[str, str]


def drawn(text: str, style: str) -> list[Part]:
    """Return a text in parts with their styles: ``code``, ``link``, and ``style`` for all else.

    Of fenced code the fences are left out, and its lines have an edge.
    """
    parts: list[Part] = []
    done = 0
    for block in FENCED.finditer(text):
        parts += _linked(text[done : block.start()], style)
        lines = block[1].split("\n") if block[1] else []
        parts.append(("code", "\n".join(EDGE + line for line in lines)))
        done = block.end()
    return [*parts, *_linked(text[done:], style)]


def _linked(text: str, style: str) -> Iterator[Part]:
    done = 0
    for found in LINK.finditer(text):
        link = found[0].rstrip(TRAILING)
        if found.start() > done:
            yield style, text[done : found.start()]
        yield "link", link
        done = found.start() + len(link)
    if text[done:]:
        yield style, text[done:]
