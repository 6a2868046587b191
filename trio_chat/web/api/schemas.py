"""The JSON of the HTTP API, besides the structs that it shares with the v1 protocol."""

import msgspec

from trio_chat.protocol import answers, governing, governing_answers, requests
from trio_chat.protocol.events import File, Person
from trio_chat.protocol.request_base import Time, Why


class RoomList(msgspec.Struct):
    """Rooms, the latest first; ``more``: there are others beyond them."""

    rooms: list[answers.RoomInfo]
    more: bool


class MessageList(msgspec.Struct):
    """A page of messages, the oldest first; ``more``: there are others beyond the page."""

    room: str
    messages: list[answers.MessageView]
    more: bool


class EditList(msgspec.Struct):
    """Texts that a message has had, the oldest first; ``more``: there are later ones."""

    room: str
    seq: int
    versions: list[answers.Version]
    more: bool


class HitList(msgspec.Struct):
    """A page of messages that were found, the newest first; ``more``: there are older ones."""

    room: str
    hits: list[answers.Hit]
    more: bool


class NewMessage(msgspec.Struct, rename={"sender": "from"}):
    """A message to post; ``cid`` stands for the header ``Idempotency-Key``: both must be the same.

    With files, which were uploaded before, it needs no text.
    """

    text: str = ""
    sender: str | None = None
    cid: str | None = None
    reply: requests.Number | None = None
    files: list[requests.Attachment] = []


class Uploaded(msgspec.Struct):
    """A file that was uploaded, as messages have it."""

    file: File


class NewText(msgspec.Struct):
    """The new text of a message."""

    text: str


class NewSession(msgspec.Struct):
    """The nick of a person: a new one, or with ``session`` the one whose token it is.

    With ``pair``, a code of another device, it is the person who made that, and needs no nick.
    """

    nick: str | None = None
    session: str | None = None
    pair: str | None = None


class Pairing(msgspec.Struct):
    """A code by which another device comes as the same person, once and until a time in ms."""

    code: str
    until: int


class Receipt(msgspec.Struct, omit_defaults=True):
    """What was sent is stored under this number; ``dup``: it had been stored before.

    ``shared`` is how many addresses are not banned, as others come from them.
    """

    seq: int
    ts: int
    dup: bool = False
    shared: int = 0


class Session(msgspec.Struct, omit_defaults=True):
    """A person, and the token that proves to be them; it has to be kept like a password.

    ``unknown_session``: the session that was given is not one of this server, so ``you`` are
    somebody new. ``private`` has the latest private rooms for two that you have.
    """

    session: str
    you: Person
    unknown_session: bool = False
    private: list[answers.PrivateRoom] = []


class SessionList(msgspec.Struct):
    """The sessions of a person, the one seen last first."""

    sessions: list[answers.SessionInfo]


class MarkList(msgspec.Struct):
    """How far a person has read, by room; the one marked last comes last."""

    marks: list[answers.Mark]


class NewMark(msgspec.Struct):
    """The number of the last message of a room that was read; with ``back`` it is no more."""

    seq: requests.Number
    back: bool = False


class LimitList(msgspec.Struct):
    """The limits, and how often each kind of thing may be asked for."""

    limits: dict[str, int]
    rates: dict[str, answers.RateInfo]


class Reach(msgspec.Struct):
    """How a request has come: by which ``host``, and whether pages of its origin are welcome.

    ``ignored``: it tells by way of which proxy it came, and that proxy is not trusted. ``address``
    is the one that it counts for, ``ping_interval`` the seconds between two pings, 0 without any.
    """

    host: str
    welcome: bool
    ignored: bool
    address: str
    ping_interval: float


class NewRoom(msgspec.Struct, rename={"other": "with"}):
    """A room to make: a public one of this name, or a private one with this title.

    With ``with``, the id of a person, it is the private room with them; ``name`` is how they are
    called, if the server does not know.
    """

    name: str | None = None
    private: bool = False
    other: str | None = None


class MadeRoom(msgspec.Struct, omit_defaults=True):
    """A room that was made, and its links; nobody tells their secrets again."""

    room: str
    title: str
    links: list[governing_answers.NewLink]


class LinkList(msgspec.Struct):
    """The links to a room; ``more``: others follow these."""

    room: str
    links: list[governing_answers.LinkInfo]
    more: bool


class WantedLink(msgspec.Struct, omit_defaults=True):
    """A link to make: it gives a right, until a time in ms since 1970, and for so many people."""

    right: str
    label: str = ""
    until: Time = 0
    uses: requests.Number = 0


class NewRules(msgspec.Struct, omit_defaults=True):
    """The rules of a room; those that are not given hold no longer."""

    slow: governing.Seconds = 0
    closed: bool = False
    newcomers: governing.Seconds = 0
    members: governing.Members = 0
    hold_links: bool = False
    no_files: bool = False


class NewAct(msgspec.Struct, omit_defaults=True):
    """An act on people, by their ids; it lasts for so many seconds, 0 for ever."""

    act: str
    people: list[str]
    seconds: governing.Seconds = 0
    since: Time = 0
    why: Why = ""


class NewRaid(msgspec.Struct, omit_defaults=True, rename={"left_out": "except"}):
    """A raid to undo: of everybody who came since a time in ms since 1970, or of these people.

    ``until`` is that of the preview which was looked at: who came later is left alone, and so are
    the people in ``except``, and, without ``regulars``, whom the server has met before that time.
    """

    since: Time
    until: Time = 0
    people: list[str] = []
    left_out: list[str] = []
    regulars: bool = False
    preview: bool = False
    why: Why = ""


class Preview(msgspec.Struct, omit_defaults=True):
    """Whom the undoing of a raid would ban, and how many messages it would clear.

    ``until`` is when that was so, for the request that confirms it; ``shared`` is how many
    addresses would not be banned, as others come from them, and ``regulars`` how many people came
    whom the server had met before. ``first`` is when it met somebody; ``rooms`` is in how many
    they were, of a raid in all.
    """

    until: int
    count: int
    people: list[governing_answers.Came]
    addresses: list[str]
    messages: int
    rooms: int = 0
    shared: int = 0
    regulars: int = 0


class NewReport(msgspec.Struct, omit_defaults=True):
    """Why the moderators should look at a message."""

    why: Why = ""


class HeldList(msgspec.Struct):
    """What waits for approval, the oldest first; ``more``: there is more behind it."""

    messages: list[governing_answers.HeldInfo]
    more: bool


class NewReview(msgspec.Struct, omit_defaults=True):
    """What to do with a message that waits: ``approve`` sends it, ``reject`` drops it."""

    act: str
    why: Why = ""


class ActList(msgspec.Struct):
    """Acts, the latest first; ``more``: there are older ones."""

    acts: list[governing_answers.ActInfo]
    more: bool
