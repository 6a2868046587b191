"""Requests of clients: a struct for each type of the v1 protocol."""

from typing import Annotated

import msgspec

from trio_chat.protocol import events, governing, request_base
from trio_chat.protocol.events import Person
from trio_chat.protocol.request_base import LinkSecret, VisibleText, Why

CID_LIMIT = 64  # characters; a UUID has 36
PAIR_LIMIT = 64  # characters of a code
SESSION_LIMIT = 64  # characters of a session's id
EMOJI_LIMIT = 48  # code points of its one form; some emoji are long sequences
EMOJI_GIVEN_LIMIT = 2 * EMOJI_LIMIT  # as it is sent: each may have a style behind it
KEY_LIMIT = 64  # characters
FILE_ID_LIMIT = 64  # characters
ALT_LIMIT = 1000  # characters
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
    """Tell one's other devices up to which message one has read a room.

    With ``back`` it is no more, whatever was told before.
    """

    room: str
    seq: Number
    back: bool = False


class Marks(Request, tag="marks", kw_only=True):
    """Get how far one has read, over HTTP; a ``welcome`` tells it by itself."""


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


class Attachment(msgspec.Struct):
    """A file of a message that was uploaded before; ``alt`` tells what a picture shows."""

    id: Annotated[str, msgspec.Meta(max_length=FILE_ID_LIMIT)]
    alt: Annotated[str, msgspec.Meta(max_length=ALT_LIMIT)] = ""


class Send(WriteRequest, tag="send", kw_only=True):
    """Send a message; with files its text may be empty."""

    text: str
    reply: Number | None = None
    files: list[Attachment] = msgspec.field(default_factory=list)

    def event(self, room: str, who: Person | None) -> events.AnyStoredEvent:
        """Return the message, which has of its files what the request tells."""
        files = [events.File(one.id, "", "", 0, alt=one.alt) for one in self.files]
        return events.Message(
            room=room, cid=self.cid, who=who, text=self.text, reply=self.reply, files=files
        )


class Edit(WriteRequest, tag="edit", kw_only=True):
    """Change the text of one's message."""

    seq: Number
    text: str

    def event(self, room: str, who: Person | None) -> events.AnyStoredEvent:
        """Return the edit."""
        return events.Edit(room=room, cid=self.cid, who=who, target=self.seq, text=self.text)


class Delete(WriteRequest, tag="delete", kw_only=True):
    """Delete one's message, or as a moderator anybody's, perhaps with a reason."""

    seq: Number
    why: Why = ""

    def event(self, room: str, who: Person | None) -> events.AnyStoredEvent:
        """Return the deletion."""
        return events.Delete(room=room, cid=self.cid, who=who, target=self.seq, why=self.why)


class React(WriteRequest, tag="react", kw_only=True):
    """Add a reaction to a message, or remove one's own."""

    seq: Number
    emoji: Annotated[str, msgspec.Meta(min_length=1, max_length=EMOJI_GIVEN_LIMIT)]
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


class Upload(Request, tag="upload", kw_only=True):
    """Ask whether one may upload a file for a message in a room, over HTTP."""

    room: str


class History(Request, tag="history", kw_only=True):
    """Get a page of messages before or after a number; without either the latest ones."""

    room: str
    before: Number | None = None
    after: Number | None = None
    limit: Count = 100


class Edits(Request, tag="edits", kw_only=True):
    """Get the texts that a message has had, perhaps only those after a number."""

    room: str
    seq: Number
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


class RoomsAmong(Rooms, tag="rooms", kw_only=True):
    """The same, of some rooms alone: what becomes of the request of who may be in no others."""

    names: frozenset[str]


LookUp = History | Edits | Search | Rooms  # what reads the journal, and changes nothing

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
    | Edits
    | Search
    | Rooms
    | governing.AnyGoverning
)


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


class Dropped(msgspec.Struct):
    """Requests without an id that a frame had beyond ``limit``. They are counted, and no more."""

    limit: str
    id: None = None


Understood = AnyRequest | InvalidRequest | Dropped  # what is read of a peer


class Credentials(msgspec.Struct, frozen=True):
    """Who sends a request without a connection: a person, a nick, or without either nobody.

    ``link`` is the secret of a link that they show.
    """

    token: str | None = None
    nick: str | None = None
    link: str | None = None
