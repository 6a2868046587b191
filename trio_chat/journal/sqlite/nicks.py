"""Nicks that people hold, kept in the file so that a restart gives nobody's nick away.

They are rows of ``meta``: the key is ``PREFIX`` and the id of the person.
"""

import sqlite3
from collections.abc import Mapping

PREFIX = "nick:"
END = "nick;"  # the first key behind those with the prefix


def load(database: sqlite3.Connection) -> dict[str, str]:
    """Return the nicks that were held when the file was written last, by the person's id."""
    rows = database.execute("SELECT key, value FROM meta WHERE key >= ? AND key < ?", (PREFIX, END))
    return {key.removeprefix(PREFIX): nick for key, nick in rows}


def keep(database: sqlite3.Connection, changes: Mapping[str, str | None]) -> None:
    """Write down by which nicks people are called from now on; ``None``: they hold none."""
    database.executemany(
        "DELETE FROM meta WHERE key = ?",
        [(PREFIX + id,) for id, nick in changes.items() if nick is None],
    )
    database.executemany(
        "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)",
        [(PREFIX + id, nick) for id, nick in changes.items() if nick is not None],
    )
