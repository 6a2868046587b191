"""What somebody may do in a room."""

from enum import IntEnum


class Right(IntEnum):
    """A right; each includes those before it."""

    NONE = 0
    READ = 1
    SPEAK = 2
    MODERATE = 3
