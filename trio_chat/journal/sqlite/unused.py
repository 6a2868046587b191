"""Rooms in a file that were made and that nobody uses: which they are, and what is left of them."""

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

from trio_chat.journal.sqlite import index, visits

LEFT = 100  # events, and keys of events, of a room that are deleted with it; others go before
STEP = 1000  # of them that are deleted in one transaction before

IS_UNUSED = (
    "SELECT ts < ? AND NOT EXISTS (SELECT 1 FROM events INDEXED BY messages"
    " WHERE room = rooms.id AND is_message) FROM rooms WHERE name = ?"
)
IS_LONG = (
    "SELECT EXISTS (SELECT 1 FROM events WHERE room = rooms.id LIMIT 1 OFFSET ?)"
    " OR EXISTS (SELECT 1 FROM cids WHERE room = rooms.id LIMIT 1 OFFSET ?)"
    " FROM rooms WHERE name = ?"
)
EVENTS = (
    "DELETE FROM events WHERE room = ? AND seq IN"
    " (SELECT seq FROM events WHERE room = ? ORDER BY seq LIMIT ?)"
)
KEYS = "DELETE FROM cids WHERE room = ? AND cid IN (SELECT cid FROM cids WHERE room = ? LIMIT ?)"
DELETE = (
    "DELETE FROM events WHERE room = ?",
    "DELETE FROM cids WHERE room = ?",
    "DELETE FROM states WHERE room = ?",
    "DELETE FROM scrubs WHERE room = ?",
    "DELETE FROM clearings WHERE room = ?",
    "DELETE FROM rooms WHERE id = ?",
)


class Unused(NamedTuple):
    """A room that nobody uses; ``is_long`` tells that it takes long to delete what is left."""

    name: str
    is_long: bool


def is_unused(database: sqlite3.Connection, name: str, since_ts: int) -> bool:
    """Whether no message is kept in a room, and nothing was done or visited there since a time."""
    if visits.last(database, name) >= since_ts:
        return False
    row = database.execute(IS_UNUSED, (since_ts, name)).fetchone()
    return row is None or bool(row[0])


def find(database: sqlite3.Connection, names: Iterable[str], since_ts: int) -> list[Unused]:
    """Return which of these rooms nobody has used since a time in ms since 1970."""
    return [
        Unused(name, is_long(database, name))
        for name in names
        if is_unused(database, name, since_ts)
    ]


def is_long(database: sqlite3.Connection, name: str) -> bool:
    """Whether there is more of a room than is deleted with it."""
    row = database.execute(IS_LONG, (LEFT, LEFT, name)).fetchone()
    return row is not None and bool(row[0])


def shorten(database: sqlite3.Connection, name: str) -> int:
    """Delete the oldest of what is left of a room, as part of a transaction.

    Returns:
        The number of the first event that is left, or of the next one.
    """
    room, last = database.execute("SELECT id, last FROM rooms WHERE name = ?", (name,)).fetchone()
    for first_of in (EVENTS, KEYS):
        database.execute(first_of, (room, room, STEP))
    index.note(database)
    row = database.execute("SELECT min(seq) FROM events WHERE room = ?", (room,)).fetchone()
    return int(row[0] or last + 1)


def delete(database: sqlite3.Connection, room: int) -> None:
    """Delete all that is left of a room, by its id, in the transaction that forgets it."""
    for statement in DELETE:
        database.execute(statement, (room,))
    index.note(database)
