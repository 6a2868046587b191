"""At a start: sees that what is served is there as a whole, by the tables and by their indexes.

SQLite finds out that a page is damaged when it reads it. Pages that were exchanged, as by a log
that belongs to another state, are sound each by itself: a table has no rows then, or an index
leads nowhere, and rooms would be served as empty. So tables and indexes are compared, in bounded
time: the names of rooms, the rooms of events, and the newest events of the rooms in which
something was said last.
"""

import sqlite3

from trio_chat.journal.sqlite.index import SEQ_BITS

ROOMS = 20_000  # that are looked at
LATEST_ROOMS = 20  # in which something was said last,
LATEST = 50  # and of each the numbers at the end that are compared

# Each returns a row if something is wrong.
NAMES = "INDEXED BY sqlite_autoindex_rooms_1"
COUNTS = f"""
SELECT 1 WHERE (SELECT count(*) FROM (SELECT 1 FROM rooms NOT INDEXED LIMIT :rooms))
    <> (SELECT count(*) FROM (SELECT name FROM rooms {NAMES} LIMIT :rooms))
"""  # noqa: S608 - our names
UNNAMED = f"""
SELECT 1 FROM (SELECT id, name FROM rooms NOT INDEXED LIMIT :rooms) AS kept
WHERE NOT EXISTS (SELECT 1 FROM rooms {NAMES} WHERE name = kept.name AND id = kept.id)
"""  # noqa: S608 - our names
OF_NO_ROOM = """
WITH RECURSIVE found(room) AS (
    SELECT min(room) FROM events NOT INDEXED
    UNION ALL
    SELECT (SELECT min(room) FROM events NOT INDEXED WHERE room > found.room) FROM found
    WHERE found.room IS NOT NULL LIMIT :rooms
)
SELECT 1 FROM found WHERE room IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM rooms NOT INDEXED WHERE id = found.room)
"""
LATEST_IDS = "SELECT id FROM rooms NOT INDEXED ORDER BY ts DESC LIMIT ?"
NEWEST = "SELECT max(seq) FROM events NOT INDEXED WHERE room = ?"
# What goes with the last event of a room: with words in a table that FTS5 makes.
LEFT = """
SELECT 1 WHERE EXISTS (SELECT 1 FROM states WHERE room = :room)
    OR EXISTS (SELECT 1 FROM events INDEXED BY changes WHERE room = :room AND target IS NOT NULL)
"""
LEFT_WORDS = "SELECT 1 FROM search_content WHERE id >= ? AND id < ? LIMIT 1"
BY_TABLE = (
    "SELECT seq FROM events NOT INDEXED WHERE room = ? AND seq > ? AND is_message ORDER BY seq"
)
BY_INDEX = (
    "SELECT seq FROM events INDEXED BY messages WHERE room = ? AND seq > ? AND is_message"
    " ORDER BY seq"
)
UNFOUND_CHANGE = """
SELECT 1 FROM (
    SELECT seq, target FROM events NOT INDEXED
    WHERE room = :room AND seq > :after AND target IS NOT NULL
) AS kept WHERE NOT EXISTS (
    SELECT 1 FROM events INDEXED BY changes
    WHERE room = :room AND target = kept.target AND seq = kept.seq
)
"""


class Unsound(sqlite3.DatabaseError):
    """Tables and indexes contradict each other, which is told like damage that SQLite finds."""

    sqlite_errorname = "SQLITE_CORRUPT"


def check(database: sqlite3.Connection, *, is_indexed: bool) -> None:
    """See that rooms and their newest events are found, by tables and by indexes.

    All is of one moment: a command may write meanwhile.

    Args:
        database: The file.
        is_indexed: Whether it has an index of words in step with its messages.

    Raises:
        sqlite3.DatabaseError: some are not, or cannot be read.
    """
    database.execute("BEGIN")
    try:
        _check_names(database)
        _check_ends(database, is_indexed=is_indexed)
    finally:
        database.execute("ROLLBACK")


def _check_names(database: sqlite3.Connection) -> None:
    for query in (COUNTS, UNNAMED, OF_NO_ROOM):
        if database.execute(query, {"rooms": ROOMS}).fetchone():
            raise Unsound("rooms are missing, or not found by their names")


def _check_ends(database: sqlite3.Connection, *, is_indexed: bool) -> None:
    for (room,) in database.execute(LATEST_IDS, (LATEST_ROOMS,)).fetchall():
        (newest,) = database.execute(NEWEST, (room,)).fetchone()
        if newest is None:
            is_lacking = _lacks_all(database, room, is_indexed=is_indexed)
        else:
            is_lacking = _lacks_some(database, room, newest - LATEST)
        if is_lacking:
            raise Unsound("events are missing, or not found by their indexes")


def _lacks_all(database: sqlite3.Connection, room: int, *, is_indexed: bool) -> bool:
    """Whether a room without events has what goes with the last one of them."""
    if database.execute(LEFT, {"room": room}).fetchone():
        return True
    words = (room << SEQ_BITS, (room + 1) << SEQ_BITS)
    try:
        return is_indexed and database.execute(LEFT_WORDS, words).fetchone() is not None
    except sqlite3.DatabaseError:  # it can be made anew
        return False


def _lacks_some(database: sqlite3.Connection, room: int, after: int) -> bool:
    """Whether an index has not the events of a room from a number on."""
    by_table, by_index = (
        database.execute(query, (room, after)).fetchall() for query in (BY_TABLE, BY_INDEX)
    )
    unfound = database.execute(UNFOUND_CHANGE, {"room": room, "after": after})
    return by_table != by_index or unfound.fetchone() is not None
