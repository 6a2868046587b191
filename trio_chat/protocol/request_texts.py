"""The texts of requests: their normal form, and what may be wrong with them."""

from typing import NamedTuple, Protocol

from trio_chat.protocol import governing
from trio_chat.protocol.emoji import normal_emoji
from trio_chat.protocol.request_base import Request
from trio_chat.protocol.requests import EMOJI_LIMIT, Delete, Edit, Hello, React, Send, Topic
from trio_chat.protocol.text import has_controls, is_blank
from trio_chat.protocol.unicode import is_longer

# The fields of requests that are a line of text for moderators.
NOTES: dict[type, str] = {
    Delete: "why",
    governing.MakeLink: "label",
    governing.Moderate: "why",
    governing.Raid: "why",
    governing.Report: "why",
    governing.Review: "why",
}


class Limits(Protocol):
    """The limits that requests are read by; a ``Config`` has them."""

    @property
    def text_limit(self) -> int:
        """Characters of a message at most."""
        ...

    @property
    def files_per_message(self) -> int:
        """Files of a message at most."""
        ...

    @property
    def topic_limit(self) -> int:
        """Characters of a topic at most."""
        ...

    @property
    def frame_requests(self) -> int:
        """Requests in one WebSocket message at most."""
        ...

    @property
    def rooms_per_connection(self) -> int:
        """Rooms that one client can be in at most."""
        ...


class Fault(NamedTuple):
    """What is wrong with a request; ``limit`` is the setting that is the reason, if it is one."""

    code: str
    text: str
    limit: str = ""


def text_fault(request: Request, limits: Limits) -> Fault | None:
    """Put the text of a request into its normal form; return what is wrong with it.

    White space at the end of a message goes, at the beginning it stays; a topic is trimmed, and is
    empty if nothing of it can be seen. Of an emoji there is one form for all that look like it. A
    link's label and a reason are one line, or empty.
    """
    if isinstance(request, Hello):
        return _hello_fault(request, limits)
    if isinstance(request, React):
        return _emoji_fault(request)
    return _words_fault(request, limits)


def _hello_fault(request: Hello, limits: Limits) -> Fault | None:
    limit = max("frame_requests", "rooms_per_connection", key=lambda name: getattr(limits, name))
    most = getattr(limits, limit)
    if len(request.rooms) > most:
        return Fault("bad_request", f"a hello names at most {most} rooms", limit)
    is_nameless = request.nick is None and request.pair is None
    return Fault("bad_request", "say how you are called: nick") if is_nameless else None


def _emoji_fault(request: React) -> Fault | None:
    """Put a reaction into its one form. The length of that counts, and not of what was sent."""
    emoji = normal_emoji(request.emoji)
    if emoji is None:
        return Fault("bad_request", "a reaction is one emoji")
    if len(emoji) > EMOJI_LIMIT:
        return Fault("bad_request", f"an emoji has at most {EMOJI_LIMIT} code points")
    request.emoji = emoji
    return None


def _words_fault(request: Request, limits: Limits) -> Fault | None:
    if not isinstance(request, Send | Edit | Topic):
        return _note_fault(request)
    if has_controls(request.text):
        return Fault("bad_request", "text has control characters")
    if isinstance(request, Topic):
        return _topic_fault(request, limits.topic_limit)
    request.text = request.text.rstrip()
    if is_longer(request.text, limits.text_limit):
        return Fault("too_long", f"text is longer than {limits.text_limit} characters")
    if isinstance(request, Send) and request.files:
        return _files_fault(request, limits.files_per_message)
    return Fault("bad_request", "text is blank") if is_blank(request.text) else None


def _files_fault(request: Send, limit: int) -> Fault | None:
    """Put what is said of files into its normal form, and a text that cannot be seen."""
    if len(request.files) > limit:
        return Fault("too_long", f"a message has at most {limit} files")
    if len({one.id for one in request.files}) < len(request.files):
        return Fault("bad_request", "files has one of them twice")
    if is_blank(request.text):
        request.text = ""
    for one in request.files:
        if has_controls(one.alt):
            return Fault("bad_request", "alt has control characters")
        one.alt = "" if is_blank(one.alt) else " ".join(one.alt.split())
    return None


def _topic_fault(request: Topic, limit: int) -> Fault | None:
    request.text = "" if is_blank(request.text) else request.text.strip()
    is_long = is_longer(request.text, limit)
    return Fault("too_long", f"a topic has at most {limit} characters") if is_long else None


def _note_fault(request: Request) -> Fault | None:
    field = NOTES.get(type(request))
    if field is None:
        return None
    note: str = getattr(request, field)
    setattr(request, field, "" if is_blank(note) else " ".join(note.split()))
    return Fault("bad_request", f"{field} has control characters") if has_controls(note) else None
