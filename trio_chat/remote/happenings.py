"""Happenings: what a room tells its reader, which is its events and that we are in it."""

import msgspec

from trio_chat.protocol.events import Person
from trio_chat.protocol.rights import Right
from trio_chat.protocol.room_rules import NO_RULES, RoomRules
from trio_chat.remote import wire


class Joined(msgspec.Struct, frozen=True, kw_only=True):
    """We are in the room, for the first time or again; what we missed follows.

    ``last`` is the number of the room's last event. ``gap`` is the number of the first event that
    follows, if those before it are lost; with ``reset`` the numbers have begun anew, so that
    nothing follows and all numbers known before are void. ``lost`` is then how many of the events
    that we had are not there any more, if the server knows. It comes again, with a ``gap``, if
    some of the missed events were deleted while they were being sent.

    ``members`` may be cut in large rooms; ``population`` is the number of people in any case.

    ``right`` is what we may do here, ``rules`` what holds for all but moderators, and ``title``
    that of a private room.
    """

    room: str
    last: int
    epoch: str
    members: tuple[Person, ...]
    population: int = 0
    guests: int = 0
    topic: str = ""
    gap: int | None = None
    reset: bool = False
    lost: int | None = None
    right: Right = Right.SPEAK
    rules: RoomRules = NO_RULES
    title: str = ""


Happening = wire.RoomEvent | Joined
