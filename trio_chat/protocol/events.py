"""Events of rooms: a struct for each type of the v1 protocol.

A stored event gets a number in its room, ``seq``, and a time, ``ts``, from the journal; until then
both are 0. Other events are sent to the members of the moment and not stored.
"""

from typing import Any

import msgspec

from trio_chat.protocol import person
from trio_chat.protocol.acts import AnyAct
from trio_chat.protocol.room_rules import RoomRules

Person = person.Person


class Event(msgspec.Struct, tag_field="t", kw_only=True, omit_defaults=True, gc=False):
    """An event of a room."""

    room: str


class StoredEvent(Event, rename={"who": "from"}, kw_only=True):
    """An event that is numbered and stored.

    ``cid`` is the sender's own id for it, unique in the room; ``who`` is ``None`` for a sender
    without a name; ``ts`` is in milliseconds since 1970.
    """

    seq: int = 0
    ts: int = 0
    cid: str | None = None
    who: Person | None = None


class File(msgspec.Struct, omit_defaults=True, gc=False):
    """A file of a message: who knows its ``id`` may read it. Sizes are in bytes and pixels.

    ``alt`` tells what a picture shows. Of a request there are ``id`` and ``alt`` alone.
    """

    id: str
    name: str
    type: str
    size: int
    width: int = 0
    height: int = 0
    alt: str = ""


class Message(StoredEvent, tag="msg", kw_only=True):
    """A message; ``reply`` is the number of the message that it answers."""

    text: str
    reply: int | None = None
    files: list[File] = []
    deleted: bool = False  # by a later event; the text is empty then
    cleared: bool = False  # it was by moderators, with others: it is told without its author


class Edit(StoredEvent, tag="edit", kw_only=True):
    """The author of a message changes its text."""

    target: int
    text: str


class Delete(StoredEvent, tag="delete", kw_only=True):
    """The author of a message deletes it, or a moderator, perhaps with a reason."""

    target: int
    why: str = ""


class React(StoredEvent, tag="react", kw_only=True):
    """A person adds a reaction to a message, or with ``on`` false removes theirs."""

    target: int
    emoji: str
    on: bool = True


class Topic(StoredEvent, tag="topic", kw_only=True):
    """A person sets the topic of the room."""

    text: str


class Created(StoredEvent, tag="created", kw_only=True):
    """The room was made on purpose; ``title`` is that of a private one."""

    title: str = ""
    private: bool = False


class Rules(StoredEvent, tag="rules", kw_only=True):
    """The rules of the room were set."""

    rules: RoomRules


class Moderated(StoredEvent, tag="moderated", kw_only=True):
    """A moderator has acted on people; ``count`` is how many, of whom some are listed.

    ``until`` is in milliseconds since 1970, 0 for ever.
    """

    act: str  # "mute", "unmute", "kick", "ban" or "unban"
    people: list[Person]
    count: int
    until: int = 0
    why: str = ""


class Clear(StoredEvent, tag="clear", kw_only=True):
    """All messages of these authors from the number ``since`` up to this one are deleted.

    ``authors`` has the ids of the people, an empty one for all without a name; ``also`` the numbers
    of earlier messages of theirs that they have edited since, and of topics. Their reactions to
    messages from ``since`` on are taken back, and to the earlier ones in ``reacted``, to which they
    have reacted since. It can be taken back for a day, by its ``key``.
    """

    key: str
    authors: list[str]
    since: int
    also: list[int] = []
    reacted: list[int] = []
    why: str = ""


class Restore(StoredEvent, tag="restore", kw_only=True):
    """The ``clear`` with this key is taken back: its messages are there again."""

    key: str


class ActKept(StoredEvent, tag="act", kw_only=True):
    """An act, as the ledger keeps it. No client is told."""

    act: AnyAct


class Presence(Event, tag="presence", kw_only=True):
    """A person has joined the room, or has left it."""

    who: Person
    state: str  # "joined" or "left"


class Population(Event, tag="population", kw_only=True):
    """So many people are in the room, of whom not all are listed."""

    count: int


class Renamed(Event, tag="nick", kw_only=True):
    """A person has another nick."""

    who: Person


class Typing(Event, tag="typing", kw_only=True):
    """A person is writing."""

    who: Person


class Epoch(Event, tag="epoch", kw_only=True):
    """The numbers of the room, those so far too, belong to this epoch from now on."""

    epoch: str


AnyStoredEvent = (
    Message
    | Edit
    | Delete
    | React
    | Topic
    | Created
    | Rules
    | Moderated
    | Clear
    | Restore
    | ActKept
)

Clearable = Message | Edit | Delete | React | Topic  # they go with what their author has said

encode = msgspec.json.Encoder().encode
_decoder: msgspec.json.Decoder[AnyStoredEvent] = msgspec.json.Decoder(AnyStoredEvent)


def decode(data: bytes) -> AnyStoredEvent | None:
    """Return the stored event that ``encode`` made these bytes of; ``None`` if they are damaged.

    A damaged file may return something that is no bytes.
    """
    try:
        return _decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, TypeError):
        return None


def target_of(event: AnyStoredEvent) -> int | None:
    """Return the number of the message that an event changes."""
    return event.target if isinstance(event, Edit | Delete | React) else None


def without_author(event: Clearable) -> Clearable:
    """Return what moderators have cleared, as it is told and at last stored."""
    if isinstance(event, Message):
        changes: dict[str, Any] = {"text": "", "files": [], "deleted": True, "cleared": True}
        return msgspec.structs.replace(event, who=None, **changes)
    if isinstance(event, React):
        return msgspec.structs.replace(event, on=False, who=None)
    if isinstance(event, Delete):
        return msgspec.structs.replace(event, who=None, why="")
    return msgspec.structs.replace(event, text="", who=None)


def without_text(event: AnyStoredEvent) -> AnyStoredEvent:
    """Return a deleted message, an edit of one, or a topic, as it is stored from then on."""
    changes: dict[str, Any] = {"text": ""}
    if isinstance(event, Message):
        changes |= {"deleted": True, "files": []}
    return msgspec.structs.replace(event, **changes)
