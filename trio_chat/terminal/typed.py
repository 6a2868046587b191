"""What is typed: a message, or a command that begins with a slash; and how names complete. Pure."""

import re
from collections.abc import Iterable
from typing import NamedTuple

COMMANDS = {
    "me": "/me TEXT: say what you do",
    "reply": "/reply TEXT: answer what somebody said last",
    "react": "/react EMOJI: react to it; again, to take that back",
    "edit": "/edit TEXT: change your last message",
    "delete": "/delete: take your last message back",
    "search": "/search WORDS: find messages; /search finds older ones",
    "topic": "/topic TEXT: say what the room is about; /topic shows it",
    "who": "/who: list who is here",
    "nick": "/nick NAME: be called something else",
    "join": "/join ROOM: be in another room, or turn to it",
    "leave": "/leave: be in this room no longer",
    "help": "/help: show this",
    "quit": "/quit: end the chat",
}
KEYS = """\
/reply #5 TEXT: answer message 5; so with /react, /edit, /delete: numbers show as you type
//TEXT: say something that begins with a slash
Ctrl-N, Ctrl-P: turn to the next room, to the one before
Page Up, Page Down, End: scroll; go to the end
Tab: complete a name
Up, Down: fetch what you typed before
Alt-Enter: begin a new line
Ctrl-C: end the chat"""
NEED_TEXT = {"me", "nick", "join"}  # these say nothing alone
MESSAGE_COMMANDS = {"reply", "react", "edit", "delete"}  # these are about one message
COMMAND = re.compile(r"/(\w+)(?:\s+|$)")
NUMBER = re.compile(r"#([0-9]{1,15})(?:\s+|$)")
BLANKS = " \n"


class Typed(NamedTuple):
    """A name of ``COMMANDS``, or ``say``, ``unknown`` or ``missing``; and what stands behind it.

    ``number`` is that of the message which is meant, if it is told.
    """

    name: str
    rest: str
    number: int | None = None


def read(text: str) -> Typed:
    """Return what a text asks for, by the same rules as in the page."""
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
    """Whether a text is, or is going to be, a command about one message."""
    found = COMMAND.match(text)
    return found is not None and found[1].lower() in MESSAGE_COMMANDS


def completions(text: str, nicks: Iterable[str]) -> tuple[int, list[str]]:
    """Return where the word at the end of a text begins, and what it may be completed to."""
    start = max(text.rfind(blank) for blank in BLANKS) + 1
    word = text[start:].casefold()
    if not start and word.startswith("/"):
        return start, [f"/{name} " for name in COMMANDS if name.startswith(word[1:])]
    at = "@" if word.startswith("@") else ""
    end = " " if start or at else ": "
    found = [nick for nick in nicks if nick.casefold().startswith(word.removeprefix("@"))]
    return start, [f"{at}{nick}{end}" for nick in sorted(found, key=str.casefold)]
