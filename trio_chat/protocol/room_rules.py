"""The rules of a room: who may speak there, and how often."""

import msgspec

DAY = 24 * 60 * 60


class RoomRules(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Rules that moderators set; they hold for all others.

    ``slow`` is the time in seconds between two messages of a person, 0 for none. ``closed``: only
    moderators speak. ``newcomers`` is the time in seconds for which the server has to know a person
    before they may speak. ``members`` is the number of people that may be in the room, 0 for any.
    ``hold_links``: what somebody new says waits for a moderator's approval if it has a link.
    ``no_files``: somebody new sends no files.
    """

    slow: int = 0
    closed: bool = False
    newcomers: int = 0
    members: int = 0
    hold_links: bool = False
    no_files: bool = False

    def in_raid_mode(self, newcomers: int) -> "RoomRules":
        """Return these rules with a time for newcomers, unless it is longer, and links held.

        Nor does anybody new send files.
        """
        longer = max(self.newcomers, newcomers)
        return msgspec.structs.replace(self, newcomers=longer, hold_links=True, no_files=True)


NO_RULES = RoomRules()
