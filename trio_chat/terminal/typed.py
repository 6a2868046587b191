"""Parses what is typed, a message or a command with a slash, and completes words. Pure."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from trio_chat.protocol.unicode import casefold

COMMANDS = {
    "me": "/me TEXT: say what you do",
    "reply": "/reply TEXT: reply to the last message of somebody else",
    "react": "/react EMOJI: react to it; again, to remove the reaction",
    "edit": "/edit TEXT: change your last message",
    "delete": "/delete: delete your last message",
    "search": "/search WORDS: find messages; /search finds older ones",
    "topic": "/topic TEXT: set the room's topic; /topic shows it",
    "who": "/who: list the people in the room",
    "nick": "/nick NAME: change your nick",
    "join": "/join ROOM: join another room, or show it",
    "leave": "/leave: leave this room",
    "help": "/help: show this",
    "quit": "/quit: end the chat",
}
KEYS = """\
/reply #5 TEXT: reply to message 5; /react, /edit, /delete too: numbers show as you type
//TEXT: send a text that begins with a slash
Ctrl-N, Ctrl-P: show the next room, the one before
Page Up, Page Down, End: scroll; go to the end
Tab: complete a name
Up, Down: show what you typed before
Alt-Enter: begin a new line
Ctrl-C: end the chat"""
NEED_TEXT = {"me", "nick", "join"}  # commands that need a text
MESSAGE_COMMANDS = {"reply", "react", "edit", "delete"}  # commands for one message
COMMAND = re.compile(r"/(\w+)(?:\s+|$)")
NUMBER = re.compile(r"#([0-9]{1,15})(?:\s+|$)")
BLANKS = " \n"


class Typed(NamedTuple):
    """A name of ``COMMANDS``, or ``say``, ``unknown`` or ``missing``, and the text behind it.

    ``number`` is that of the message for which the command is, if it was typed.
    """

    name: str
    rest: str
    number: int | None = None


def read(text: str) -> Typed:
    """Parse a text, by the same rules as the page."""
    if text.startswith("//"):
        return Typed("say", text[1:] if not re.match(r"//me\s", text) else f" {text[1:]}")
    found = COMMAND.match(text)
    if not found:
        return Typed("say", text)
    return _command(found[1].lower(), text[found.end() :].strip())


def _command(name: str, rest: str) -> Typed:
    if name not in COMMANDS:
        return Typed("unknown", name)
    if name in NEED_TEXT and not rest:
        return Typed("missing", name)
    if name == "me":
        return Typed("say", f"/me {rest}")
    number = NUMBER.match(rest) if name in MESSAGE_COMMANDS else None
    return Typed(name, rest[number.end() :], int(number[1])) if number else Typed(name, rest)


def names_message(text: str) -> bool:
    """Whether a text is, or is going to be, a command for one message."""
    found = COMMAND.match(text)
    return found is not None and found[1].lower() in MESSAGE_COMMANDS


def completions(text: str, nicks: Iterable[str]) -> tuple[int, list[str]]:
    """Return where the last word of a text begins, and its possible completions."""
    start = max(text.rfind(blank) for blank in BLANKS) + 1
    word = casefold(text[start:])
    if not start and word.startswith("/"):
        return start, [f"/{name} " for name in COMMANDS if name.startswith(word[1:])]
    at = "@" if word.startswith("@") else ""
    end = " " if start or at else ": "
    found = [nick for nick in nicks if casefold(nick).startswith(word.removeprefix("@"))]
    return start, [f"{at}{nick}{end}" for nick in sorted(found, key=casefold)]
