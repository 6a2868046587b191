"""What deletions have left to do: take the texts of edits out of the file, in steps.

A message has a limited number of changes, which its deletion rewrites at once, the latest first. In
files of earlier releases it may have any number; then a row in ``scrubs`` says how far that is,
and until it is done the texts are left out wherever they are read. So do edits of messages that
retention has deleted.
"""

import sqlite3
from collections.abc import Iterable

from trio_chat.config import MOST_CHANGES
from trio_chat.journal.sqlite import index
from trio_chat.protocol.events import (
    AnyStoredEvent,
    Edit,
    Message,
    Topic,
    decode,
    encode,
    without_author,
    without_text,
)

# Events that are read, and rewritten if they have a text, in one transaction; more than all changes
# that a message can have, and its deletion.
STEP = MOST_CHANGES + 2
SINCE = 3  # the first schema with the table
NEWEST = 2**62


def begin(
    database: sqlite3.Connection, room: int, target: int, *, is_cleared: bool = False
) -> list[tuple[int, bytes]]:
    """Take the text out of a message and its latest changes, and note down if there are others.

    A topic goes in the same way. What moderators have cleared loses its author, too.

    Returns:
        The events that changed, encoded, in order.
    """
    row = database.execute(
        "SELECT seq, data FROM events WHERE room = ? AND seq = ?", (room, target)
    ).fetchone()
    message = _rewrite(database, room, [row] if row else [], is_cleared=is_cleared)
    return message + _scrub(database, room, target, NEWEST, is_cleared=is_cleared)


def begin_all(database: sqlite3.Connection, room: int, first: int, last: int) -> None:
    """Note down that messages from one number to another are gone, and later edits have texts."""
    database.execute(
        "INSERT OR IGNORE INTO scrubs (room, target, before)"
        " SELECT DISTINCT room, target, ? FROM events INDEXED BY changes"
        " WHERE room = ? AND target BETWEEN ? AND ?",
        (NEWEST, room, first, last),
    )


def step(database: sqlite3.Connection) -> bool:
    """Go on with what is left of one message; return whether there was something."""
    row = database.execute("SELECT room, target, before FROM scrubs LIMIT 1").fetchone()
    if row:
        _scrub(database, *row)
        index.note(database)  # the log has the texts, too
    return row is not None


def pending(database: sqlite3.Connection, room: int) -> frozenset[int]:
    """Return the deleted messages of a room of which texts are still in the file."""
    (schema,) = database.execute("PRAGMA user_version").fetchone()
    if schema < SINCE:
        return frozenset()
    rows = database.execute("SELECT target FROM scrubs WHERE room = ?", (room,))
    return frozenset(target for (target,) in rows)


def _scrub(
    database: sqlite3.Connection, room: int, target: int, before: int, *, is_cleared: bool = False
) -> list[tuple[int, bytes]]:
    # SQLite would read the whole room if it were left to choose the index.
    rows = database.execute(
        "SELECT seq, data FROM events INDEXED BY changes WHERE room = ? AND target = ?"
        " AND seq < ? ORDER BY seq DESC LIMIT ?",
        (room, target, before, STEP),
    ).fetchall()
    if len(rows) == STEP:
        database.execute(
            "INSERT OR REPLACE INTO scrubs (room, target, before) VALUES (?, ?, ?)",
            (room, target, rows[-1][0]),
        )
    else:
        database.execute("DELETE FROM scrubs WHERE room = ? AND target = ?", (room, target))
    return _rewrite(database, room, rows[::-1], is_cleared=is_cleared)


def _rewrite(
    database: sqlite3.Connection,
    room: int,
    rows: Iterable[tuple[int, bytes]],
    *,
    is_cleared: bool = False,
) -> list[tuple[int, bytes]]:
    events = [(seq, decode(data)) for seq, data in rows]
    bare = [
        (seq, encode(_bare(event, is_cleared=is_cleared)))
        for seq, event in events
        if isinstance(event, Message | Edit | Topic)
    ]
    database.executemany(
        "UPDATE events SET data = ? WHERE room = ? AND seq = ?",
        [(data, room, seq) for seq, data in bare],
    )
    return bare


def _bare(event: Message | Edit | Topic, *, is_cleared: bool) -> AnyStoredEvent:
    return without_author(event) if is_cleared else without_text(event)
