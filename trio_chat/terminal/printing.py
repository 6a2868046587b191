"""Formats events as lines for people or as lines of JSON for programs."""

import json
from datetime import datetime
from typing import Any

import msgspec

from trio_chat.remote import (
    Delete,
    Edit,
    Happening,
    Message,
    MessageView,
    Person,
    React,
    SearchResult,
    Topic,
)
from trio_chat.terminal.sanitize import sanitize_line

NOBODY = "somebody"  # the name of people without one


def said_line(said: MessageView | Message) -> str:
    """Return a message as a line for people."""
    return _line(said.ts, f"{name(said.who)}: {sanitize_line(said.text)}")


def event_line(event: Happening) -> str:
    """Return an event as a line for people; nothing for those that are not printed."""
    match event:
        case Message(deleted=False):
            return said_line(event)
        case Edit():
            what = f"{name(event.who)} changed {event.target}: {sanitize_line(event.text)}"
        case Delete():
            what = f"{name(event.who)} took {event.target} back"
        case Topic():
            what = f"{name(event.who)} set the topic: {sanitize_line(event.text)}"
        case _:
            return ""
    return _line(event.ts, f"* {what}")


def found_lines(found: SearchResult, *, is_first: bool) -> str:
    """Return the hits of a search, the newest last, below a line with their number."""
    count = len(found.hits)
    what = "message" if count == 1 else "messages"
    latest = "the latest " if is_first and found.more else "" if is_first else "older: "
    more = "; /search finds older ones" if found.more else ""
    hits = (
        f"#{hit.seq} {_time(hit.ts)} {name(hit.who)}: {sanitize_line(hit.snippet)}"
        for hit in reversed(found.hits)
    )
    return "\n".join([f"{latest}{count} {what} found{more}", *hits])


def said_object(said: MessageView, room: str) -> str:
    """Return a message of the history as a JSON object, a ``msg`` of docs/protocol.md."""
    return _json({"t": "msg", "room": room, **msgspec.to_builtins(said)})


def event_object(event: Happening) -> str:
    """Return a stored event as its JSON object; nothing for other events."""
    if isinstance(event, Message | Edit | Delete | React | Topic):
        return _json(msgspec.to_builtins(event))
    return ""


def name(who: Person | None) -> str:
    """Return a person's nick, sanitized."""
    return sanitize_line(who.nick) if who else NOBODY


def _line(ts: int, text: str) -> str:
    return f"{_time(ts)} {text}\n"


def _time(ts: int) -> str:
    return f"{datetime.fromtimestamp(ts / 1000).astimezone():%Y-%m-%d %H:%M}"


def _json(value: dict[str, Any]) -> str:
    """Return a line of JSON in ASCII, which no terminal interprets."""
    return json.dumps(value) + "\n"
