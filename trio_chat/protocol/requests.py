"""Requests of clients: a struct for each type of the v1 protocol, and what is checked of all."""

from typing import Annotated, Protocol

import msgspec

from trio_chat.protocol import events, governing, request_base
from trio_chat.protocol.emoji import normal_emoji
from trio_chat.protocol.events import Person
from trio_chat.protocol.request_base import LinkSecret, VisibleText
from trio_chat.protocol.text import has_controls, is_blank
from trio_chat.protocol.unicode import is_longer

CID_LIMIT = 64  # characters; a UUID has 36
PAIR_LIMIT = 64  # characters of a code
SESSION_LIMIT = 64  # characters of a session's id
EMOJI_LIMIT = 32  # characters; some emoji are long sequences
KEY_LIMIT = 64  # characters
TOKEN_LIMIT = 1024  # characters
PASSWORD_LIMIT = 1024  # characters
ACCESS_TOKEN_LIMIT = 8192  # characters
QUERY_LIMIT = 256  # characters; each word costs a look-up
SKIP_LIMIT = 100_000  # rooms of the list; they are read, and thrown away

Request = request_base.Request
Number = request_base.Number
Count = request_base.Count
Cid = Annotated[VisibleText, msgspec.Meta(min_length=8, max_length=CID_LIMIT)]


class Join(Request, tag="join", kw_only=True):
    """Join a room, and get the events since ``last``; ``link`` is the secret of a link to it."""

    room: str
    last: Number | None = None
    epoch: str | None = None
    link: LinkSecret | None = None


class Resume(msgspec.Struct):
    """A room to join, with the number of the last event that the client has, and its epoch."""

    room: str
    last: Number | None = None
    epoch: str | None = None
    link: LinkSecret | None = None

    def as_join(self) -> Join:
        """Return the request that asks for the same, without an id."""
        return Join(room=self.room, last=self.last, epoch=self.epoch, link=self.link)


class Access(msgspec.Struct):
    """A secret that lets somebody in."""

    password: Annotated[str, msgspec.Meta(max_length=PASSWORD_LIMIT)] | None = None
    token: Annotated[str, msgspec.Meta(max_length=ACCESS_TOKEN_LIMIT)] | None = None


class Hello(Request, tag="hello", kw_only=True):
    """Begin: as the person of the session token, else of the key, else as a new person.

    ``pair`` is a code by which one comes as the person who made it, and needs no nick. ``link`` is
    the secret of a link, an operator's or one to any room.
    """

    nick: str | None = None
    session: Annotated[str, msgspec.Meta(max_length=TOKEN_LIMIT)] | None = None
    key: Annotated[str, msgspec.Meta(min_length=16, max_length=KEY_LIMIT)] | None = None
    rooms: list[Resume] = msgspec.field(default_factory=list)
    link: LinkSecret | None = None
    access: Access | None = None
    pair: Annotated[str, msgspec.Meta(max_length=PAIR_LIMIT)] | None = None


class Leave(Request, tag="leave", kw_only=True):
    """Leave a room; with ``forget`` nothing tells any more how far one has read there."""

    room: str
    forget: bool = False


class Nick(Request, tag="nick", kw_only=True):
    """Take another nick."""

    nick: str


class Typing(Request, tag="typing", kw_only=True):
    """Show the room that a message is being written."""

    room: str


class Read(Request, tag="read", kw_only=True):
    """Tell one's other devices up to which message one has read a room."""

    room: str
    seq: Number


class Sessions(Request, tag="sessions", kw_only=True):
    """Get one's sessions."""


class SignOut(Request, tag="sign_out", kw_only=True):
    """End one of one's sessions, or all; with ``forget`` the nick is free then, too."""

    session: Annotated[str, msgspec.Meta(max_length=SESSION_LIMIT)] | None = None
    forget: bool = False


class Pair(Request, tag="pair", kw_only=True):
    """Get a code by which another device comes as the same person."""


class WriteRequest(Request, kw_only=True):
    """A request for a stored event; with a ``cid`` a resend does nothing."""

    room: str
    cid: Cid | None = None

    def event(self, room: str, who: Person | None) -> events.AnyStoredEvent:
        """Return the event to store; ``room`` is the room's name in its normal form."""
        raise NotImplementedError


class Send(WriteRequest, tag="send", kw_only=True):
    """Send a message."""

    text: str
    reply: Number | None = None

    def event(self, room: str, who: Person | None) -> events.AnyStoredEvent:
        """Return the message."""
        return events.Message(room=room, cid=self.cid, who=who, text=self.text, reply=self.reply)


class Edit(WriteRequest, tag="edit", kw_only=True):
    """Change the text of one's message."""

    seq: Number
    text: str

    def event(self, room: str, who: Person | None) -> events.AnyStoredEvent:
        """Return the edit."""
        return events.Edit(room=room, cid=self.cid, who=who, target=self.seq, text=self.text)


class Delete(WriteRequest, tag="delete", kw_only=True):
    """Delete one's message."""

    seq: Number

    def event(self, room: str, who: Person | None) -> events.AnyStoredEvent:
        """Return the deletion."""
        return events.Delete(room=room, cid=self.cid, who=who, target=self.seq)


class React(WriteRequest, tag="react", kw_only=True):
    """Add a reaction to a message, or remove one's own."""

    seq: Number
    emoji: Annotated[str, msgspec.Meta(min_length=1, max_length=EMOJI_LIMIT)]
    on: bool = True

    def event(self, room: str, who: Person | None) -> events.AnyStoredEvent:
        """Return the reaction."""
        return events.React(
            room=room, cid=self.cid, who=who, target=self.seq, emoji=self.emoji, on=self.on
        )


class Topic(WriteRequest, tag="topic", kw_only=True):
    """Set the topic of the room."""

    text: str

    def event(self, room: str, who: Person | None) -> events.AnyStoredEvent:
        """Return the topic."""
        return events.Topic(room=room, cid=self.cid, who=who, text=self.text)


class History(Request, tag="history", kw_only=True):
    """Get a page of messages before or after a number; without either the latest ones."""

    room: str
    before: Number | None = None
    after: Number | None = None
    limit: Count = 100


class Search(Request, tag="search", kw_only=True, rename={"who": "from"}):
    """Find messages of a room by their words, the newest first.

    ``who`` is the author's nick at that time, or their id. ``since`` and ``until`` are times in
    milliseconds since 1970, of which the second is not included. ``before`` is a number.
    """

    room: str
    query: Annotated[str, msgspec.Meta(max_length=QUERY_LIMIT)]
    who: Annotated[str, msgspec.Meta(max_length=QUERY_LIMIT)] | None = None
    since: Number | None = None
    until: Number | None = None
    before: Number | None = None
    limit: Count = 20


class Rooms(Request, tag="rooms", kw_only=True):
    """Get the list of the public rooms, without its first ``skip`` ones."""

    skip: Annotated[int, msgspec.Meta(ge=0, le=SKIP_LIMIT)] = 0


AnyRequest = (
    Hello
    | Join
    | Leave
    | Nick
    | Typing
    | Read
    | Sessions
    | SignOut
    | Pair
    | Send
    | Edit
    | Delete
    | React
    | Topic
    | History
    | Search
    | Rooms
    | governing.AnyGoverning
)


# The fields of requests that are a line of text for moderators.
NOTES: dict[type, str] = {
    governing.MakeLink: "label",
    governing.Moderate: "why",
    governing.Raid: "why",
    governing.Report: "why",
}


class Limits(Protocol):
    """The limits that requests are read by; a ``Config`` has them."""

    @property
    def text_limit(self) -> int:
        """Characters of a message at most."""
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


class InvalidRequest(msgspec.Struct):
    """A request that breaks a rule. The hub answers it with an error that says which.

    ``retry_ms`` is the time after which sending it again can help, ``limit`` the setting that is
    the reason, if it is one and is not counted yet.
    """

    id: int | str | None
    code: str
    text: str
    retry_ms: int | None = None
    limit: str = ""


class Credentials(msgspec.Struct, frozen=True):
    """Who sends a request without a connection: a person, a nick, or without either nobody.

    ``link`` is the secret of a link that they show.
    """

    token: str | None = None
    nick: str | None = None
    link: str | None = None


def text_fault(request: Request, limits: Limits) -> tuple[str, str] | None:
    """Put the text of a request into its normal form; return the code and words for a fault in it.

    White space at the end of a message goes, at the beginning it stays; a topic is trimmed, and is
    empty if nothing of it can be seen. Of an emoji there is one form for all that look like it. A
    link's label and a reason are one line, or empty.
    """
    if isinstance(request, Hello):
        return _hello_fault(request, limits)
    if isinstance(request, React):
        emoji = normal_emoji(request.emoji)
        request.emoji = emoji or request.emoji
        return None if emoji else ("bad_request", "a reaction is one emoji")
    return _words_fault(request, limits)


def _hello_fault(request: Hello, limits: Limits) -> tuple[str, str] | None:
    most = max(limits.frame_requests, limits.rooms_per_connection)
    if len(request.rooms) > most:
        return "bad_request", f"a hello names at most {most} rooms"
    is_nameless = request.nick is None and request.pair is None
    return ("bad_request", "say how you are called: nick") if is_nameless else None


def _words_fault(request: Request, limits: Limits) -> tuple[str, str] | None:
    if not isinstance(request, Send | Edit | Topic):
        return _note_fault(request)
    if has_controls(request.text):
        return "bad_request", "text has control characters"
    if isinstance(request, Topic):
        return _topic_fault(request, limits.topic_limit)
    request.text = request.text.rstrip()
    if is_longer(request.text, limits.text_limit):
        return "too_long", f"text is longer than {limits.text_limit} characters"
    return ("bad_request", "text is blank") if is_blank(request.text) else None


def _topic_fault(request: Topic, limit: int) -> tuple[str, str] | None:
    request.text = "" if is_blank(request.text) else request.text.strip()
    is_long = is_longer(request.text, limit)
    return ("too_long", f"a topic has at most {limit} characters") if is_long else None


def _note_fault(request: Request) -> tuple[str, str] | None:
    field = NOTES.get(type(request))
    if field is None:
        return None
    note: str = getattr(request, field)
    setattr(request, field, "" if is_blank(note) else " ".join(note.split()))
    return ("bad_request", f"{field} has control characters") if has_controls(note) else None
