"""Formats events as lines for people or as lines of JSON for programs."""

import json
from collections.abc import Sequence
from typing import Any

import msgspec

from trio_chat.remote import (
    ActInfo,
    Clear,
    Created,
    Delete,
    Edit,
    EditList,
    Happening,
    HeldList,
    LinkInfo,
    Message,
    MessageView,
    Moderated,
    RaidPreview,
    React,
    Restore,
    Rules,
    SearchResult,
    SessionInfo,
    Topic,
)
from trio_chat.terminal import moments
from trio_chat.terminal.files import with_files
from trio_chat.terminal.sanitize import sanitize_line
from trio_chat.terminal.wording import (
    Kept,
    act_in_words,
    held_in_words,
    in_brackets,
    kept_in_words,
    link_in_words,
    name,
    raid_in_words,
)


def said_line(said: MessageView | Message) -> str:
    """Return a message as a line for people."""
    return _line(said.ts, f"{name(said.who)}: {with_files(sanitize_line(said.text), said.files)}")


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
        case Created() | Rules() | Moderated() | Clear() | Restore():
            what = kept_in_words(event)
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


def act_lines(acts: Sequence[ActInfo], *, more: bool, is_of_all: bool = False) -> str:
    """Return acts of the audit list, the latest last; of all rooms with the name of each."""
    lines = [
        f"{info.seq} {_time(info.ts)} {_place(info) if is_of_all else ''}{act_in_words(info)}"
        for info in reversed(acts)
    ]
    command = "/everywhere audit" if is_of_all else "/audit"
    older = [f"{command} {acts[-1].seq} shows older ones"] if more and acts else []
    return "\n".join([*older, *lines]) or "nothing was done or reported here"


def held_lines(held: HeldList) -> str:
    """Return what waits for approval, the oldest first."""
    lines = [f"{one.held} {_time(one.ts)} {held_in_words(one)}" for one in held.messages]
    more = ["more waits behind these"] if held.more else []
    return "\n".join([*lines, *more]) or "nothing waits for approval here"


def raid_lines(preview: RaidPreview, since: int, command: str, *, is_of_all: bool) -> str:
    """Return what undoing a raid since a time would do; of all who came then, or of some.

    ``command`` is what does it.
    """
    if not preview.count:
        whom = "whom the server did not know before " if preview.regulars else ""
        nobody = f"nobody {whom}has come since {_time(since)}"
        return nobody if is_of_all else "moderators are spared: there is nobody to act on"
    return raid_in_words(preview, _time(since), command)


def link_lines(links: Sequence[LinkInfo]) -> str:
    """Return the links to a room, the latest last."""
    lines = [
        link_in_words(link, f", until {_time(link.until)}" if link.until else "") for link in links
    ]
    return "\n".join(lines) or "there are no links to this room"


def edit_lines(found: EditList) -> str:
    """Return what a message said before it was edited, the oldest first."""
    earlier = found.versions if found.more else found.versions[:-1]  # the last one is shown already
    lines = [f"{_time(one.ts)} {sanitize_line(one.text)}" for one in earlier]
    more = ["and more since"] if found.more else []
    return "\n".join([*lines, *more]) or f"message {found.seq} was not edited"


def session_lines(sessions: Sequence[SessionInfo]) -> str:
    """Return our sessions, the one seen last at the end."""
    lines = [
        f"{one.session}{in_brackets(one.label)}, since {_time(one.since)}, seen {_time(one.seen)}"
        f"{': this one' if one.here else ''}"
        for one in reversed(sessions)
    ]
    return "\n".join(lines) or "you have no sessions"


def said_object(said: MessageView, room: str) -> str:
    """Return a message of the history as a JSON object, a ``msg`` of docs/protocol.md."""
    return _json({"t": "msg", "room": room, **msgspec.to_builtins(said)})


def event_object(event: Happening) -> str:
    """Return a stored event as its JSON object; nothing for other events."""
    if isinstance(event, Message | Edit | Delete | React | Topic | Kept):
        return _json(msgspec.to_builtins(event))
    return ""


def _place(info: ActInfo) -> str:
    return f"{sanitize_line(info.act.about) or 'all rooms'}: "


def _line(ts: int, text: str) -> str:
    return f"{_time(ts)} {text}\n"


def _time(ts: int) -> str:
    return f"{moments.local(ts):%Y-%m-%d %H:%M}"


def _json(value: dict[str, Any]) -> str:
    """Return a line of JSON in ASCII, which no terminal interprets."""
    return json.dumps(value) + "\n"
