"""When rooms that were made were visited last, as a file keeps it: rows of ``meta``."""

import sqlite3
from collections.abc import Mapping

PREFIX = "visited:"  # before the room's name; without a name it is since when visits are noted


def begin(database: sqlite3.Connection, now: int) -> None:
    """Note that visits are noted from now on, unless they are already.

    Of before nobody knows, so all rooms of a file of an earlier release count as visited then.
    """
    database.execute("INSERT OR IGNORE INTO meta (key, value) VALUES (?, ?)", (PREFIX, str(now)))


def note(database: sqlite3.Connection, visits: Mapping[str, int]) -> None:
    """Keep when rooms were visited, in ms since 1970, by their names."""
    database.executemany(
        "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)",
        [(PREFIX + room, str(ts)) for room, ts in visits.items()],
    )


def last(database: sqlite3.Connection, room: str) -> int:
    """Return when a room was visited last as far as is known, in ms since 1970."""
    (ts,) = database.execute(
        "SELECT max(CAST(value AS INTEGER)) FROM meta WHERE key IN (?, ?)", (PREFIX, PREFIX + room)
    ).fetchone()
    return int(ts or 0)


def forget(database: sqlite3.Connection, room: str) -> None:
    """Forget that a room was visited."""
    database.execute("DELETE FROM meta WHERE key = ?", (PREFIX + room,))
