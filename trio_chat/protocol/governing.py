"""Requests that decide who may do what: of those who make rooms, of moderators and operators."""

from typing import Annotated, Literal

import msgspec

from trio_chat.protocol.request_base import Count, Number, Request, Time, VisibleText, Why

TITLE_LIMIT = 100  # characters
NICK_LIMIT = 1000  # characters; the server has a lower limit of its own
LABEL_LIMIT = 100  # characters of a link's label
PEOPLE_LIMIT = 200  # in one request
SKIP_LIMIT = 100_000  # links of the list
LONGEST_RULE = 30 * 24 * 60 * 60  # seconds

Seconds = Annotated[int, msgspec.Meta(ge=0, le=LONGEST_RULE)]
Members = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
PersonId = Annotated[VisibleText, msgspec.Meta(max_length=64)]


class Create(Request, tag="create", kw_only=True, rename={"other": "with"}):
    """Make a room: a public one of this name, or a private one with this title.

    With ``other`` it is the private room with a person, by their id; ``name`` is how they are
    called, if the server does not know.
    """

    name: Annotated[str, msgspec.Meta(max_length=TITLE_LIMIT)] | None = None
    private: bool = False
    other: PersonId | None = None


class MakeLink(Request, tag="link", kw_only=True):
    """Make a link to a room that gives a right; ``until`` a time in ms, for ``uses`` people."""

    room: str
    right: Literal["read", "speak", "moderate"]
    label: Annotated[str, msgspec.Meta(max_length=LABEL_LIMIT)] = ""
    until: Time = 0
    uses: Number = 0


class EndLink(Request, tag="unlink", kw_only=True):
    """Revoke a link, by its public id: those who came by it have to go."""

    room: str
    link: str


class Links(Request, tag="links", kw_only=True):
    """Get the links to a room, without the first ``skip`` ones, and who came by each."""

    room: str
    skip: Annotated[int, msgspec.Meta(ge=0, le=SKIP_LIMIT)] = 0


class SetRules(Request, tag="rules", kw_only=True):
    """Set the rules of a room; those that are not given do not hold any more."""

    room: str
    slow: Seconds = 0
    closed: bool = False
    newcomers: Seconds = 0
    members: Members = 0
    hold_links: bool = False
    no_files: bool = False


class Moderate(Request, tag="moderate", kw_only=True):
    """Act on people in a room, or as an operator with an empty ``room`` in all of them.

    ``seconds`` is how long it lasts, 0 for ever. ``clear`` deletes all their messages there, or
    those since the time ``since``.
    """

    room: str = ""
    act: Literal["mute", "unmute", "kick", "ban", "unban", "clear"]
    people: Annotated[list[PersonId], msgspec.Meta(min_length=1, max_length=PEOPLE_LIMIT)]
    seconds: Seconds = 0
    since: Time = 0
    why: Why = ""


class Raid(Request, tag="raid", kw_only=True, rename={"left_out": "except"}):
    """Undo a raid: of these people, or of everybody who came since a time.

    Their messages since that time are cleared, they are banned, and the room is in raid mode. With
    ``preview`` only tell what that would be. Who came after ``until`` is left alone, which is the
    time of a preview: so what is confirmed is what was seen; 0 means now. Of those who came, the
    people in ``left_out`` are left alone, and whom the server has met before that time, unless
    ``regulars`` says otherwise.
    """

    room: str
    people: Annotated[list[PersonId], msgspec.Meta(max_length=PEOPLE_LIMIT)] = msgspec.field(
        default_factory=list
    )
    left_out: Annotated[list[PersonId], msgspec.Meta(max_length=PEOPLE_LIMIT)] = msgspec.field(
        default_factory=list
    )
    since: Time
    until: Time = 0
    regulars: bool = False
    preview: bool = False
    why: Why = ""


class Undo(Request, tag="undo", kw_only=True):
    """Take back what an act of the audit list did, by its number."""

    room: str = ""
    act: Count


class FreeNick(Request, tag="free_nick", kw_only=True):
    """Let others have a nick that is kept for somebody who is not here, as an operator."""

    nick: Annotated[str, msgspec.Meta(max_length=NICK_LIMIT)]


class Report(Request, tag="report", kw_only=True):
    """Tell the moderators about a message."""

    room: str
    seq: Count
    why: Why = ""


class Held(Request, tag="held", kw_only=True):
    """Get what waits for approval in a room, the oldest first."""

    room: str


class Review(Request, tag="review", kw_only=True):
    """Send what waits for approval, by its number, or drop it."""

    room: str
    held: Count
    act: Literal["approve", "reject"]
    why: Why = ""


class Audit(Request, tag="audit", kw_only=True):
    """Get what moderators have done and been told in a room, the latest first."""

    room: str = ""
    before: Number | None = None
    limit: Count = 100


AnyGoverning = (
    Create
    | MakeLink
    | EndLink
    | Links
    | SetRules
    | Moderate
    | Raid
    | Undo
    | FreeNick
    | Report
    | Held
    | Review
    | Audit
)
ACTING = (Moderate, Raid, Undo, Review)  # what moderators do one after the other, by hand
OF_MODERATORS = (
    MakeLink,
    EndLink,
    Links,
    SetRules,
    Moderate,
    Raid,
    Undo,
    FreeNick,
    Held,
    Review,
    Audit,
)
