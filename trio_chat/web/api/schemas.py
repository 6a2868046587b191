"""What goes in and out of the HTTP API as JSON, besides what the socket knows, too."""

import msgspec

from trio_chat.protocol import answers, requests
from trio_chat.protocol.events import Person


class RoomList(msgspec.Struct):
    """Rooms, the latest first; ``more``: there are others beyond them."""

    rooms: list[answers.RoomInfo]
    more: bool


class MessageList(msgspec.Struct):
    """A page of messages, the oldest first; ``more``: there are others beyond them."""

    room: str
    messages: list[answers.MessageView]
    more: bool


class HitList(msgspec.Struct):
    """A page of what was found, the newest first; ``more``: there are older ones beyond."""

    room: str
    hits: list[answers.Hit]
    more: bool


class NewMessage(msgspec.Struct, rename={"sender": "from"}):
    """Something to say. ``cid`` can be given instead of the header ``Idempotency-Key``."""

    text: str
    sender: str | None = None
    cid: str | None = None
    reply: requests.Number | None = None


class NewText(msgspec.Struct):
    """Another text for a message."""

    text: str


class NewSession(msgspec.Struct):
    """How somebody wants to be called; with ``session`` they stay who they were."""

    nick: str
    session: str | None = None


class Receipt(msgspec.Struct, omit_defaults=True):
    """It is kept, under this number; ``dup``: it had been before."""

    seq: int
    ts: int
    dup: bool = False


class Session(msgspec.Struct):
    """Who somebody is from now on, and the token that shows it; keep it like a password."""

    session: str
    you: Person
