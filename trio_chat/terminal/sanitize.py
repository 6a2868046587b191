"""Sanitizes texts: those of others for the terminal, those from pipes for the server."""

import re

from trio_chat.protocol.unicode import category

# Escape sequences that programs write for terminals; they are not sent.
ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # colours, cursor movements
    r"|\x1b[\]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\)?"  # titles, links, images
    r"|\x1b[ -/]*[0-~]?"  # the rest
)
UNSENDABLE = re.compile(r"[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\U0010ffff]")
JOINERS = "\u200c\u200d"  # parts of words in some scripts, and of emoji
PICTURES = 0x2400  # the first of Unicode's pictures of control characters
DELETE = 0x7F
LAST_CONTROL = 0x1F
NEW_LINE = " ⏎ "  # stands for a line end within one line
# Signs that stand around digits, such as that of the end of a verse: invisible by their category
# alone.
_VISIBLE = re.compile("[\u0600-\u0605\u06dd\u0890\u0891\u08e2\U000110bd\U000110cd]")
LINE_ENDS = re.compile(r"\r\n|[\n\r\v\f\x85\u2028\u2029]")


def sanitize(text: str) -> str:
    """Return a text that cannot control a terminal; line feeds are its only control characters.

    Control characters become their pictures or U+FFFD, and a tab becomes a blank. Marks that
    change the direction of writing, and other characters that cannot be seen, are left out.
    """
    text = LINE_ENDS.sub("\n", text)
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_sanitize_character, text))


def sanitize_line(text: str) -> str:
    """Return a sanitized text in one line."""
    return NEW_LINE.join(sanitize(text).split("\n"))


def sendable(text: str) -> str:
    """Return a text without the escape sequences and control characters that servers refuse."""
    return UNSENDABLE.sub("", LINE_ENDS.sub("\n", ESCAPES.sub("", text)))


def _sanitize_character(character: str) -> str:
    if character == "\n" or character in JOINERS:
        return character
    if character == "\t":
        return " "
    kind = category(character)
    if kind == "Cc":
        return _picture(ord(character))
    if kind == "Cf":
        return character if _VISIBLE.match(character) else ""
    return "\ufffd" if kind[0] == "C" else character


def _picture(code: int) -> str:
    if code <= LAST_CONTROL:
        return chr(PICTURES + code)
    return "\u2421" if code == DELETE else "\ufffd"
