"""Parses what is typed, a message or a command with a slash, and completes words. Pure."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from trio_chat.protocol.unicode import casefold

FOR_ALL = {
    "me": "/me TEXT: say what you do",
    "reply": "/reply TEXT: reply to the last message of somebody else",
    "react": "/react EMOJI: react to it; again, to remove the reaction",
    "edit": "/edit TEXT: change your last message",
    "delete": "/delete: delete your last message",
    "edits": "/edits N: show what message N said before it was edited",
    "send": "/send FILE [TEXT]: send a file, perhaps with a text",
    "save": "/save N [FOLDER]: save the files of message N here, or in a folder",
    "search": "/search WORDS: find messages; /search finds older ones",
    "topic": "/topic TEXT: set the room's topic; /topic shows it",
    "who": "/who: list the people in the room",
    "nick": "/nick NAME: change your nick",
    "join": "/join ROOM: join another room, or show it; /join LINK, by a link",
    "msg": "/msg NICK: write privately to somebody, in a room for the two of you",
    "create": "/create NAME: make a room; /create --private TITLE, one for those with a link",
    "rules": "/rules: show the rules of the room",
    "report": "/report N WHY: tell the moderators about message N",
    "pair": "/pair: show a code by which you come from another device as the same person",
    "sessions": "/sessions: list your sessions, on this device and others",
    "signout": "/signout ID: end one of them; /signout all, sign out everywhere and free your nick",
    "leave": "/leave: leave this room",
    "help": "/help: show this",
    "quit": "/quit: end the chat",
}
FOR_MODERATORS = {
    "mute": "/mute NICK [TIME [WHY]]: let somebody only read, for 10m, 2h, 1d or for ever",
    "unmute": "/unmute NICK: let somebody speak again",
    "kick": "/kick NICK: have somebody leave; they may come back",
    "ban": "/ban NICK [TIME [WHY]]: have somebody leave and stay away",
    "unban": "/unban NICK: let somebody in again",
    "clear": "/clear NICK [TIME]: delete what somebody has said, in the last 10m or at all",
    "raid": "/raid TIME: undo a raid of those who came in the last 10m, also without NICK, NICK; "
    "/raid NICK [TIME], of somebody; first shows whom, and /raid yes does it",
    "audit": "/audit: list what was done and reported; /audit N, before that",
    "held": "/held: list messages with links of newcomers that wait for approval",
    "approve": "/approve N [WHY]: send a message by its number in /held",
    "reject": "/reject N [WHY]: drop a message by its number in /held",
    "undo": "/undo N: take back an act by its number in /audit",
    "links": "/links: list the links to the room",
    "link": "/link read|speak|moderate [TIME] [xN] [LABEL]: make a link that gives this right, "
    "for 10m, 2h, 1d or for ever, and for N people or any number",
    "unlink": "/unlink ID: revoke a link; who came by it has to leave",
}
FOR_OPERATORS = {
    "free": "/free NICK: let others have the nick of somebody who is not here",
    "everywhere": "/everywhere mute|unmute|ban|unban|clear NICK [TIME [WHY]], or raid TIME: do "
    "so in all rooms; /everywhere audit lists what was done in any, and /everywhere undo N takes "
    "it back",
}
RULES = """\
/rules closed|open|slow 10s|newcomers 15m|members 30|hold_links on|no_files on|none: set rules; \
0 ends one"""
COMMANDS = {**FOR_ALL, **FOR_MODERATORS, **FOR_OPERATORS}
KEYS = """\
/reply #5 TEXT: reply to message 5; /react, /edit, /delete too: numbers show as you type
//TEXT: send a text that begins with a slash
Ctrl-N, Ctrl-P: show the next room, the one before
Page Up, Page Down, End: scroll; go to the end
Tab: complete a name
Up, Down: show what you typed before
Alt-Enter: begin a new line
Ctrl-C: end the chat"""
NEED_TEXT = {
    "me",
    "send",
    "save",
    "edits",
    "nick",
    "signout",
    "join",
    "create",
    "msg",
    *FOR_OPERATORS,
    *FOR_MODERATORS,
} - {
    "audit",
    "held",
    "links",
}  # commands that need a text
LINK_COMMANDS = {"create", "msg", "rules", "report", *FOR_MODERATORS}  # about rooms with links
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
    return found is not None and found[1].lower() in {*MESSAGE_COMMANDS, "edits", "report", "save"}


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
