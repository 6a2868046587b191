"""Groups of room names, for which it is kept how far forgotten rooms had come.

A room that begins anew goes on behind the highest number of any forgotten one of its group: so a
client that comes back never takes a new event for one that it has. The groups are many, so a name
that was never used nearly always begins at 1; and they are bounded, unlike the names.
"""

import zlib

GROUPS = 65_536


def group_of(name: str) -> int:
    """Return the group of a room's name."""
    return zlib.crc32(name.encode()) % GROUPS
