"""Reads what follows a command of moderators: times, people, rules, rooms with links. Pure."""

import re
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from trio_chat.remote import RoomRules
from trio_chat.remote.address import parse, split_link

UNITS = {"s": 1, "m": 60, "h": 60 * 60, "d": 24 * 60 * 60}  # in seconds
TIME = re.compile(r"([0-9]{1,6})([smhd])")
NUMBER = re.compile(r"#?([0-9]{1,15})(?:\s+|$)")
PEOPLE = re.compile(r"[0-9]{1,6}")
USES = re.compile(r"x([1-9][0-9]{0,5})")
BOUND = re.compile(r"[-+]?x?[-+]?[0-9]", re.IGNORECASE)  # how a time or uses begin, even if wrong
IN_SECONDS = {"slow", "newcomers"}  # rules that are a time
SWITCHES = {"on": True, "off": False, "0": False}  # of a rule that holds or does not
VALUES = {  # of each rule that has one, in words
    "slow": "a time such as 10s or 15m, or 0",
    "newcomers": "a time such as 10s or 15m, or 0",
    "members": "a number of people, or 0",
    "hold_links": "on or off",
    "no_files": "on or off",
}


class Target(NamedTuple):
    """Whom a command is about, for how many seconds, and why; 0 is for ever."""

    nick: str
    seconds: int
    why: str


class LinkOptions(NamedTuple):
    """For how many seconds and how many people a link is, and what for; 0 is no bound."""

    seconds: int
    uses: int
    label: str


def read_time(word: str) -> int:
    """Return the seconds of a time such as ``10m``, ``2h`` or ``1d``; 0 if it is none."""
    found = TIME.fullmatch(word)
    return int(found[1]) * UNITS[found[2]] if found else 0


def read_target(text: str) -> Target:
    """Read ``NICK [TIME [WHY]]``; the nick may have blanks."""
    words = text.removeprefix("@").split()
    at = next((at for at, word in enumerate(words) if at and read_time(word)), len(words))
    seconds = read_time(words[at]) if at < len(words) else 0
    return Target(" ".join(words[:at]), seconds, " ".join(words[at + 1 :]))


def read_link_options(text: str) -> LinkOptions:
    """Read ``[TIME] [xN] [LABEL]``, the first two in any order.

    A label may have times and numbers behind its first word.

    Raises:
        ValueError: in front of the label is what looks like a time or uses, and is none, or comes
            again: no link is made without a bound that was meant.
    """
    seconds = uses = 0
    while BOUND.match(text):
        word, _, rest = text.partition(" ")
        found = USES.fullmatch(word)
        if found and not uses:
            uses = int(found[1])
        elif read_time(word) and not seconds:
            seconds = read_time(word)
        else:
            raise ValueError(
                f"{word} cannot stand here: a time such as 10m, 2h or 1d, and x1 to x999999, "
                "each once, then a label that begins with another word"
            )
        text = rest.strip()
    return LinkOptions(seconds, uses, text)


def read_number(text: str) -> tuple[int, str]:
    """Read a number, with or without ``#``, and what follows; the number is 0 without one."""
    found = NUMBER.match(text)
    return (int(found[1]), text[found.end() :]) if found else (0, text)


def read_rules(text: str, rules: RoomRules) -> RoomRules:
    """Return rules that are changed as ``closed``, ``slow 10s`` and the like say.

    Raises:
        ValueError: there is no such rule, or a value is none of its rule.
    """
    words = iter(text.lower().split())
    for word in words:
        if word == "none":
            rules = RoomRules()
        elif word in ("closed", "open"):
            rules = msgspec.structs.replace(rules, closed=word == "closed")
        else:
            rules = msgspec.structs.replace(rules, **_limit(word, words))
    return rules


def _limit(rule: str, words: Iterator[str]) -> dict[str, int]:
    """Return a rule that is a number, or is on or off; 0 ends it.

    Raises:
        ValueError: there is no such rule, or this is no value of it.
    """
    value = next(words, "")
    if rule in IN_SECONDS and (value == "0" or read_time(value)):
        return {rule: read_time(value)}
    if rule == "members" and PEOPLE.fullmatch(value):
        return {rule: int(value)}
    if rule in ("hold_links", "no_files") and value in SWITCHES:
        return {rule: SWITCHES[value]}
    if rule in VALUES:
        raise ValueError(f"{rule} needs {VALUES[rule]}" + (f", not {value}" if value else ""))
    raise ValueError(f"there is no rule {rule}: closed, open, none, {', '.join(VALUES)}")


def read_room(text: str, server: str) -> tuple[str, str | None]:
    """Return the room and the secret in ``ROOM``, ``ROOM#SECRET`` or a whole link.

    Args:
        text: What was typed.
        server: The address of the server, which has to be that of the link.

    Raises:
        ValueError: it is a link to another server, or to no room.
    """
    if "://" not in text:
        room, _, secret = text.partition("#")
        return room, secret or None
    link = split_link(text)
    if not link.room:
        raise ValueError("this is no link to a room")
    if parse(link.url) != parse(server):
        raise ValueError("this is a link to another server: trio-chat connect can open it")
    return link.room, link.secret
