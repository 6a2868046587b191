"""Acts: what changes who may do what, as the ledger keeps it.

An act is about a room, or with an empty ``about`` about the whole server. Times are in milliseconds
since 1970, 0 for never.
"""

from collections.abc import Collection
from typing import Annotated

import msgspec

from trio_chat.protocol.person import Person
from trio_chat.protocol.room_rules import RoomRules

Count = Annotated[int, msgspec.Meta(ge=0)]
LEDGER = "~"  # the room whose events are the acts; nobody can join it, as it is no name


class Act(msgspec.Struct, tag_field="t", kw_only=True, omit_defaults=True):
    """Something that changes who may do what."""

    about: str = ""


class RoomMade(Act, tag="room_made", kw_only=True):
    """A room with links was made; a private one has a title, as its name is an identifier."""

    title: str = ""
    private: bool = False


class Admitted(Act, tag="admitted", kw_only=True):
    """A private room for two was made, in which both may speak; the first writes to the second."""

    people: list[Person]


class LinkMade(Act, tag="link_made", kw_only=True):
    """A link was made: whoever has its secret gets a right.

    ``link`` is its public id, ``digest`` that of the secret. It is good until a time, and for
    ``uses`` people; 0 for any number.
    """

    link: str
    right: str
    digest: str
    label: str = ""
    until: int = 0
    uses: int = 0


class LinkUsed(Act, tag="link_used", kw_only=True):
    """A person came by a link, and has its right from then on."""

    link: str


class LinkEnded(Act, tag="link_ended", kw_only=True):
    """A link was revoked: nobody has a right by it any more."""

    link: str


class Forgotten(Act, tag="forgotten", kw_only=True):
    """A room that was made is forgotten, with its links and all else, as nobody has used it."""


class RulesSet(Act, tag="rules_set", kw_only=True):
    """The rules of a room were set; in raid mode until a time, then those of before hold again."""

    rules: RoomRules
    until: int = 0


class Undoable(Act, kw_only=True):
    """An act that can be taken back: by an operator alone if ``operator`` says that one did it."""

    operator: bool = False


class Sanctioned(Undoable, tag="sanctioned", kw_only=True):
    """People were muted or banned, until a time; a ban is for their addresses, too.

    ``addresses`` has those of each person, by their id: of IPv4, or the /64 of one of IPv6.
    ``shared`` is how many others are not banned, as other people come from them.
    """

    kind: str  # "mute" or "ban"
    people: list[Person]
    addresses: dict[str, list[str]] = {}
    shared: Count = 0
    until: int = 0
    why: str = ""


class Lifted(Act, tag="lifted", kw_only=True):
    """People are not muted or banned any more, nor are the addresses that went with them."""

    kind: str
    people: list[Person]


class Removed(Act, tag="removed", kw_only=True):
    """People had to leave a room; they may come back."""

    people: list[Person]
    why: str = ""


class Cleared(Undoable, tag="cleared", kw_only=True):
    """Messages of people were cleared; ``keys`` has that of the event ``clear`` of each room."""

    people: list[Person]
    keys: dict[str, str]
    why: str = ""


class Raided(Undoable, tag="raided", kw_only=True):
    """A raid was undone: people were banned until a time, and their messages cleared.

    The room has other rules until another time. ``shared`` is as of those who are ``Sanctioned``.
    Of a raid in all rooms ``keys`` has those in which they were, and ``rules`` what is added there.
    """

    people: list[Person]
    keys: dict[str, str]
    rules: RoomRules
    rules_until: int
    addresses: dict[str, list[str]] = {}
    shared: Count = 0
    until: int = 0
    why: str = ""

    @property
    def rooms(self) -> Collection[str]:
        """The names of the rooms that are in raid mode by it."""
        return [self.about] if self.about else self.keys


class Undone(Act, tag="undone", kw_only=True):
    """What an act did was taken back; ``target`` is its number."""

    target: int


class Reviewed(Act, tag="reviewed", kw_only=True):
    """What waited for approval was sent or dropped; ``people`` has its author, without text.

    ``target`` is the number of the message that was sent or edited. It cannot be taken back.
    """

    kind: str  # "approve" or "reject"
    people: list[Person]
    target: int = 0
    why: str = ""


class Deleted(Act, tag="deleted", kw_only=True):
    """A moderator has deleted a message of somebody else, its author, for good."""

    people: list[Person]
    target: int
    why: str = ""


class NickFreed(Act, tag="nick_freed", kw_only=True):
    """The nick of somebody who was not here was given up for them."""

    people: list[Person]


class Reported(Act, tag="reported", kw_only=True):
    """Somebody has told the moderators about a message."""

    target: int
    why: str = ""


AnyAct = (
    RoomMade
    | Admitted
    | LinkMade
    | LinkUsed
    | LinkEnded
    | Forgotten
    | RulesSet
    | Sanctioned
    | Lifted
    | Removed
    | Cleared
    | Raided
    | Undone
    | Reviewed
    | Deleted
    | NickFreed
    | Reported
)
