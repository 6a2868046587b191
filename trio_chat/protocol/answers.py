"""What one client is told: one struct for each answer, named as the v1 protocol names it."""

from typing import Any

import msgspec

from trio_chat.protocol.events import Person

Id = int | str | None


class Answer(msgspec.Struct, tag_field="t", kw_only=True, omit_defaults=True):
    """Something for one client; ``id`` is that of the request."""

    id: Id = None


class Welcome(Answer, tag="welcome"):
    """The client is somebody now. ``ping_interval`` is in seconds, 0 if there are no pings."""

    session: str
    you: Person
    epoch: str
    ping_interval: float
    limits: dict[str, int]


class Joined(Answer, tag="joined"):
    """The client is in a room; what it missed follows, then what happens from now on.

    ``gap`` is the number of the first event that is still there, if some are missing before it;
    ``reset`` means that the client's numbers are of another epoch. ``population`` is the number
    of people if the list of members was cut, 0 if not.
    """

    room: str
    last: int
    epoch: str
    members: msgspec.Raw  # a list of persons, encoded once for all who join
    population: int = 0
    guests: int = 0
    topic: str = ""
    gap: int | None = None
    reset: bool = False


class Ok(Answer, tag="ok"):
    """Done; of what is kept, with its number and time. ``dup``: it had been done before."""

    seq: int | None = None
    ts: int | None = None
    dup: bool = False


class MessageView(msgspec.Struct, kw_only=True, omit_defaults=True, rename={"who": "from"}):
    """A message as it stands after all edits; ``reactions`` tells who put which emoji."""

    seq: int
    ts: int
    text: str
    who: Person | None = None
    cid: str | None = None
    reply: int | None = None
    edited: bool = False
    deleted: bool = False
    reactions: dict[str, list[Person]] = {}


class Page(Answer, tag="history"):
    """Messages of a room, the oldest first; ``more``: there are others beyond them."""

    room: str
    messages: list[MessageView]
    more: bool


class Hit(msgspec.Struct, kw_only=True, omit_defaults=True, rename={"who": "from"}):
    """A message that was found; ``marks`` are the places in the snippet that match.

    Each is a start and an end, the end not included, in Unicode code points.
    """

    seq: int
    ts: int
    who: Person | None = None
    snippet: str
    marks: list[tuple[int, int]]
    edited: bool = False


class SearchResult(Answer, tag="found"):
    """What was found in a room, the newest first; ``more``: there are older ones beyond."""

    room: str
    hits: list[Hit]
    more: bool


class RoomInfo(msgspec.Struct, omit_defaults=True):
    """A room in the list; ``ts`` is when something was said last, 0 for never."""

    room: str
    members: int
    ts: int
    topic: str = ""


class RoomList(Answer, tag="rooms"):
    """The public rooms, the latest first; ``more``: there are others beyond."""

    rooms: list[RoomInfo]
    more: bool = False


class Ping(Answer, tag="ping"):
    """The server is there. Needs no answer."""


class Error(Answer, tag="error"):
    """A request was refused; ``retry_ms`` tells when trying again can help.

    ``room`` is that of a wish in a ``hello``, which has no id.
    """

    code: str
    text: str
    room: str | None = None
    retry_ms: int | None = None


class Bye(Answer, tag="bye"):
    """The connection ends; ``retry_ms`` tells when to come back, if the client is welcome."""

    code: int
    reason: str
    retry_ms: int | None = None


encode = msgspec.json.Encoder().encode


def raw(value: Any) -> msgspec.Raw:  # noqa: ANN401 - anything that can be JSON
    """Encode something that goes into many answers, once."""
    return msgspec.Raw(encode(value))
