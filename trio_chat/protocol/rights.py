"""Rights: what somebody may do in a room. Each includes those before it."""

from enum import IntEnum


class Right(IntEnum):
    """A right in a room."""

    NONE = 0  # for them the room is not there
    READ = 1
    SPEAK = 2
    MODERATE = 3  # give links, set rules, and act on those who may less
    OPERATE = 4  # an operator's, in all rooms

    @property
    def word(self) -> str:
        """The name in the protocol."""
        return self.name.lower()


RIGHTS = {right.word: right for right in Right}  # by their names in the protocol
