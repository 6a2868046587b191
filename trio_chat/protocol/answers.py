"""Answers to one client: a struct for each type of v1, except those of ``governing_answers``."""

from typing import Any

import msgspec

from trio_chat.protocol.events import File, Person
from trio_chat.protocol.room_rules import RoomRules

Id = int | str | None


class Answer(msgspec.Struct, tag_field="t", kw_only=True, omit_defaults=True):
    """An answer to one client; ``id`` is that of the request."""

    id: Id = None


class RateInfo(msgspec.Struct):
    """How often something may be asked for: so many a second in the long run, ``burst`` at once."""

    per_second: float
    burst: float


class Mark(msgspec.Struct, omit_defaults=True):
    """How far somebody has read in a room: the number of the last message.

    ``back`` is how often they have set it back; more often outranks further.
    """

    room: str
    seq: int
    back: int = 0


class Read(Answer, tag="read", kw_only=True):
    """By another connection, the person has read a room up to this number, as in a mark."""

    room: str
    seq: int
    back: int = 0


class MarkList(Answer, tag="marks", kw_only=True):
    """How far the person has read in all rooms, over HTTP; the one marked last comes last."""

    marks: list[Mark]


class SessionInfo(msgspec.Struct, omit_defaults=True):
    """A session: when it began and was seen last, in ms since 1970, and by what device.

    ``here``: it is the one that asks.
    """

    session: str
    since: int
    seen: int
    label: str = ""
    here: bool = False


class SessionList(Answer, tag="sessions", kw_only=True):
    """The sessions of the person, the one seen last first."""

    sessions: list[SessionInfo]


class MayUpload(Answer, tag="may_upload", kw_only=True):
    """Who may upload a file, over HTTP, and for which room, by its normal name."""

    who: str
    room: str


class Pair(Answer, tag="pair", kw_only=True):
    """A code by which another device comes as the same person, once and until a time in ms."""

    code: str
    until: int


class PrivateRoom(msgspec.Struct):
    """A private room for two, and how the other one is called."""

    room: str
    title: str


class Welcome(Answer, tag="welcome"):
    """The client has said hello and is ``you``.

    ``ping_interval`` is in seconds, 0 without pings. ``limits`` has those that clients need,
    ``rates`` how often each kind of thing may be asked for, as far as that is limited.
    ``unknown_session``: the session that the client gave is not one of this server, so it is
    somebody else than before. ``operator``: the person may act on everybody in all rooms.
    ``marks`` tells how far they have read, by room. ``private`` has the latest rooms for two that
    the person has, the last one at the end.
    """

    session: str
    you: Person
    epoch: str
    ping_interval: float
    limits: dict[str, int]
    rates: dict[str, RateInfo] = {}
    unknown_session: bool = False
    operator: bool = False
    marks: list[Mark] = []
    private: list[PrivateRoom] = []


class Joined(Answer, tag="joined"):
    """The client is in a room; the events that it missed follow, then new ones.

    ``gap`` is the number of the first event that is still stored, if earlier ones are missing;
    ``reset`` means that the client's number means nothing here, and ``lost`` how many events of
    those that it has are not here any more, if that is known. ``population`` is the number
    of people if the list of members was cut, 0 if not. ``right`` is what the person may do here
    if that is not to speak, and ``title`` that of a private room.
    """

    room: str
    last: int
    epoch: str
    members: msgspec.Raw  # a list of persons, encoded once for everybody who joins
    population: int = 0
    guests: int = 0
    topic: str = ""
    gap: int | None = None
    reset: bool = False
    lost: int | None = None
    right: str | None = None
    rules: RoomRules | None = None
    title: str = ""


class Ok(Answer, tag="ok"):
    """The request is done; a write has its number and time. ``dup``: it had been done before.

    ``shared`` is how many addresses are not banned, as others come from them.
    """

    seq: int | None = None
    ts: int | None = None
    dup: bool = False
    shared: int = 0


class MessageView(msgspec.Struct, omit_defaults=True, rename={"who": "from"}):
    """A message after all edits; ``reactions`` has the persons by emoji.

    One that moderators have ``cleared`` is told without its author.
    """

    seq: int
    ts: int
    text: str
    who: Person | None = None
    cid: str | None = None
    reply: int | None = None
    edited: bool = False
    deleted: bool = False
    reactions: dict[str, list[Person]] = {}
    cleared: bool = False
    files: list[File] = []


class Page(Answer, tag="history"):
    """Messages of a room, the oldest first; ``more``: there are others beyond the page."""

    room: str
    messages: list[MessageView]
    more: bool


class Version(msgspec.Struct, omit_defaults=True, rename={"who": "from"}):
    """A text that a message has had: the first under the number of the message, others of edits."""

    seq: int
    ts: int
    text: str
    who: Person | None = None


class EditList(Answer, tag="edits"):
    """Texts that a message has had, the oldest first; ``more``: there are later ones."""

    room: str
    seq: int
    versions: list[Version]
    more: bool


class Hit(msgspec.Struct, kw_only=True, omit_defaults=True, rename={"who": "from"}):
    """A message that was found; ``marks`` are the ranges of the snippet that match.

    Each is a start and an end, the end not included, in Unicode code points.
    """

    seq: int
    ts: int
    who: Person | None = None
    snippet: str
    marks: list[tuple[int, int]]
    edited: bool = False


class SearchResult(Answer, tag="found"):
    """Messages of a room that were found, the newest first; ``more``: there are older ones."""

    room: str
    hits: list[Hit]
    more: bool


class RoomInfo(msgspec.Struct, omit_defaults=True):
    """A room in the list; ``ts`` is the time of its last event, 0 without one."""

    room: str
    members: int
    ts: int
    topic: str = ""


class RoomList(Answer, tag="rooms"):
    """The public rooms, the one with the latest event first; ``more``: there are others."""

    rooms: list[RoomInfo]
    more: bool = False


class Invited(Answer, tag="invited", kw_only=True, rename={"who": "from"}):
    """Somebody writes to the client's person, in a private room for two."""

    room: str
    title: str
    who: Person


class Ping(Answer, tag="ping"):
    """The server is alive. A client need not answer."""


class Error(Answer, tag="error"):
    """A request was refused; ``retry_ms`` is the time after which another try can help.

    ``room`` is that of a room in a ``hello``, which has no id of its own. ``access`` lists what the
    server asks for, of whom it has not let in: ``password``, ``token``.
    """

    code: str
    text: str
    room: str | None = None
    retry_ms: int | None = None
    access: list[str] = []


class Bye(Answer, tag="bye"):
    """The connection ends; ``retry_ms`` is the time before a reconnect, where one makes sense."""

    code: int
    reason: str
    retry_ms: int | None = None


encode = msgspec.json.Encoder().encode


def raw(value: Any) -> msgspec.Raw:  # noqa: ANN401 - anything that can be JSON
    """Encode a value once that goes into many answers."""
    return msgspec.Raw(encode(value))
