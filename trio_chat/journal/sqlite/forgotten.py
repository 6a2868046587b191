"""How far forgotten rooms had come, as a file keeps it: by groups of names."""

import sqlite3

from trio_chat.journal.room_groups import group_of


def last_of(database: sqlite3.Connection, name: str) -> int:
    """Return behind which number a room begins that is not there; 0 if none of its group was."""
    row = database.execute(
        "SELECT last FROM forgotten WHERE name_group = ?", (group_of(name),)
    ).fetchone()
    return int(row[0]) if row else 0


def keep(database: sqlite3.Connection, name: str, last: int) -> None:
    """Remember how far a room had come that is being forgotten."""
    database.execute(
        "INSERT INTO forgotten (name_group, last) VALUES (?, ?)"
        " ON CONFLICT DO UPDATE SET last = max(last, excluded.last)",
        (group_of(name), last),
    )
