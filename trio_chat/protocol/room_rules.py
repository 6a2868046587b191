"""The rules of a room: who may speak there, and how often."""

import msgspec

DAY = 24 * 60 * 60


class RoomRules(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Rules that moderators set; they hold for all others.

    ``slow`` is the time in seconds between two messages of a person, 0 for none. ``closed``: only
    moderators speak. ``newcomers`` is the time in seconds for which the server has to know a person
    before they may speak. ``members`` is the number of people that may be in the room, 0 for any.
    """

    slow: int = 0
    closed: bool = False
    newcomers: int = 0
    members: int = 0

    def with_newcomers(self, seconds: int) -> "RoomRules":
        """Return the same rules with another time for newcomers."""
        return msgspec.structs.replace(self, newcomers=seconds)


NO_RULES = RoomRules()
