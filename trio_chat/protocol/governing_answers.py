"""Answers to requests that decide who may do what: rooms made, links, acts, raids and approval."""

import msgspec

from trio_chat.protocol.acts import AnyAct
from trio_chat.protocol.answers import Answer
from trio_chat.protocol.events import File, Person

PEOPLE_LISTED = 20  # of those who came by a link, or whom an act is about
PREVIEWED = 100  # people and networks in the preview of a raid


class NewLink(msgspec.Struct):
    """A link that was made; nobody can tell its secret later. ``link`` is its public id."""

    link: str
    right: str
    secret: str


class Created(Answer, tag="created_room", kw_only=True):
    """A room was made; ``room`` is its name, of a private one an identifier."""

    room: str
    links: list[NewLink]
    title: str = ""


class LinkMade(Answer, tag="link_made", kw_only=True):
    """A link to a room was made."""

    room: str
    link: NewLink


class LinkInfo(msgspec.Struct, omit_defaults=True):
    """A link, who made it and when, and how many have come by it, of whom the last are listed.

    ``until`` is a time and ``uses`` the number of people that it is for, 0 for any. ``live`` tells
    whether those who came by it have its right.
    """

    link: str
    right: str
    ts: int
    used: int
    live: bool
    label: str = ""
    until: int = 0
    uses: int = 0
    people: list[Person] = []
    by: Person | None = None


class LinkList(Answer, tag="links", kw_only=True):
    """The links to a room, in the order in which they were made; ``more``: others follow."""

    room: str
    links: list[LinkInfo]
    more: bool = False


class ActInfo(msgspec.Struct, omit_defaults=True, rename={"who": "from"}):
    """An act: its number and time, who did it, and what it was.

    ``count`` is on how many people, if the act does not list all of them.
    """

    seq: int
    ts: int
    who: Person | None
    act: AnyAct
    count: int = 0


class ActList(Answer, tag="audit", kw_only=True):
    """Acts about a room, or about all, the latest first; ``more``: there are older ones."""

    room: str
    acts: list[ActInfo]
    more: bool


class HeldInfo(msgspec.Struct, omit_defaults=True, rename={"who": "from"}):
    """A message that waits for approval, since the time ``ts``; ``held`` is its number there.

    ``edits`` is the number of the message whose text it is to be, ``reply`` of one that it answers.
    """

    held: int
    ts: int
    text: str
    who: Person | None = None
    edits: int | None = None
    reply: int | None = None
    files: list[File] = []


class HeldList(Answer, tag="held", kw_only=True):
    """What waits for approval in a room, the oldest first; ``more``: there is more behind it."""

    room: str
    messages: list[HeldInfo]
    more: bool


class Came(Person, kw_only=True, frozen=True):
    """Somebody who came, and when the server met them first, in ms since 1970; 0 for no name."""

    first: int = 0


class RaidPreview(Answer, tag="raid_preview", kw_only=True):
    """Whom the undoing of a raid would ban, and how many of their messages it would clear.

    The first people and networks are listed; ``shared`` is how many addresses would not be banned,
    as other people come from them, and ``regulars`` how many people came whom the server had met
    before.
    ``rooms`` is in how many rooms they were, of a raid in all. ``until`` is the time of the
    preview, for the request that confirms it.
    """

    room: str
    until: int
    count: int
    people: list[Came]
    addresses: list[str]
    messages: int
    rooms: int = 0
    shared: int = 0
    regulars: int = 0
