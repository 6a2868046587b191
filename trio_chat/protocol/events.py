"""What happens in rooms: one struct for each kind of event, named as the v1 protocol names it.

A stored event gets a number in its room, ``seq``, and a time, ``ts``, from the journal; until then
both are 0. The others are told to whoever is there and forgotten.
"""

from typing import Any

import msgspec


class Event(msgspec.Struct, tag_field="t", kw_only=True, omit_defaults=True, gc=False):
    """Something that happens in a room."""

    room: str


class Person(msgspec.Struct, frozen=True, gc=False):
    """Somebody, by an id that never changes and the nick of the moment."""

    id: str
    nick: str


class StoredEvent(Event, rename={"who": "from"}, kw_only=True):
    """An event that is numbered and kept.

    ``cid`` is the sender's own id for it, unique in the room; ``who`` is ``None`` for somebody
    who chats without a name; ``ts`` is in milliseconds since 1970.
    """

    seq: int = 0
    ts: int = 0
    cid: str | None = None
    who: Person | None = None


class Message(StoredEvent, tag="msg", kw_only=True):
    """Somebody says something; ``reply`` is the number of the message that is answered."""

    text: str
    reply: int | None = None
    deleted: bool = False  # the text was, later, and is gone


class Edit(StoredEvent, tag="edit", kw_only=True):
    """The author of a message gives it another text."""

    target: int
    text: str


class Delete(StoredEvent, tag="delete", kw_only=True):
    """The author of a message takes it back."""

    target: int


class React(StoredEvent, tag="react", kw_only=True):
    """Somebody puts an emoji to a message, or with ``on`` false takes it away."""

    target: int
    emoji: str
    on: bool = True


class Topic(StoredEvent, tag="topic", kw_only=True):
    """Somebody says what the room is about."""

    text: str


class Presence(Event, tag="presence", kw_only=True):
    """Somebody has joined the room, or has left it."""

    who: Person
    state: str  # "joined" or "left"


class Renamed(Event, tag="nick", kw_only=True):
    """Somebody is called by another nick from now on."""

    who: Person


class Typing(Event, tag="typing", kw_only=True):
    """Somebody is writing."""

    who: Person


AnyStoredEvent = Message | Edit | Delete | React | Topic

encode = msgspec.json.Encoder().encode
_decoder: msgspec.json.Decoder[AnyStoredEvent] = msgspec.json.Decoder(AnyStoredEvent)


def decode(data: bytes) -> AnyStoredEvent | None:
    """Return the kept event that ``encode`` made these bytes of; ``None`` if they are damaged."""
    try:
        return _decoder.decode(data)
    except msgspec.MsgspecError:
        return None


def target_of(event: AnyStoredEvent) -> int | None:
    """Return the number of the message that an event changes."""
    return event.target if isinstance(event, Edit | Delete | React) else None


def without_text(event: AnyStoredEvent) -> AnyStoredEvent:
    """Return what is left of a deleted message, or of an edit of one."""
    changes: dict[str, Any] = {"text": ""}
    if isinstance(event, Message):
        changes["deleted"] = True
    return msgspec.structs.replace(event, **changes)
