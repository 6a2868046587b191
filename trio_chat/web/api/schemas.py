"""The JSON of the HTTP API, besides the structs that it shares with the v1 protocol."""

import msgspec

from trio_chat.protocol import answers, requests
from trio_chat.protocol.events import Person


class RoomList(msgspec.Struct):
    """Rooms, the latest first; ``more``: there are others beyond them."""

    rooms: list[answers.RoomInfo]
    more: bool


class MessageList(msgspec.Struct):
    """A page of messages, the oldest first; ``more``: there are others beyond the page."""

    room: str
    messages: list[answers.MessageView]
    more: bool


class HitList(msgspec.Struct):
    """A page of messages that were found, the newest first; ``more``: there are older ones."""

    room: str
    hits: list[answers.Hit]
    more: bool


class NewMessage(msgspec.Struct, rename={"sender": "from"}):
    """A message to post; ``cid`` stands for the header ``Idempotency-Key`` if that is missing."""

    text: str
    sender: str | None = None
    cid: str | None = None
    reply: requests.Number | None = None


class NewText(msgspec.Struct):
    """The new text of a message."""

    text: str


class NewSession(msgspec.Struct):
    """The nick of a person: a new one, or with ``session`` the one whose token it is."""

    nick: str
    session: str | None = None


class Receipt(msgspec.Struct, omit_defaults=True):
    """What was sent is stored under this number; ``dup``: it had been stored before."""

    seq: int
    ts: int
    dup: bool = False


class Session(msgspec.Struct):
    """A person, and the token that proves to be them; it has to be kept like a password."""

    session: str
    you: Person


class LimitList(msgspec.Struct):
    """The limits, and how often each kind of thing may be asked for."""

    limits: dict[str, int]
    rates: dict[str, answers.RateInfo]
