"""What deletions have left to do: take the texts of edits out of the file, in steps.

A message has a limited number of changes, which its deletion rewrites at once, the latest first. In
files of earlier releases it may have any number; then a row in ``scrubs`` says how far that is,
and until it is done the texts are left out wherever they are read. So do edits of messages that
retention has deleted.
"""

import sqlite3
from collections.abc import Collection, Iterable

from trio_chat.config import MOST_CHANGES
from trio_chat.journal.keys import author_of
from trio_chat.journal.sqlite import index
from trio_chat.protocol.events import (
    AnyStoredEvent,
    Delete,
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

Authors = Collection[str]  # ids; an empty one is of all without a name
NO_ONE: Authors = frozenset()


def begin(
    database: sqlite3.Connection, room: int, target: int, *, authors: Authors = NO_ONE
) -> list[tuple[int, bytes]]:
    """Take the text out of a message and its latest changes, and note down if there are others.

    A topic goes in the same way. What moderators have cleared of ``authors`` loses these, too.

    Returns:
        The events that changed, encoded, in order.
    """
    row = database.execute(
        "SELECT seq, data FROM events WHERE room = ? AND seq = ?", (room, target)
    ).fetchone()
    message = _rewrite(database, room, [row] if row else [], authors)
    return message + _scrub(database, room, target, NEWEST, authors)


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
    database: sqlite3.Connection, room: int, target: int, before: int, authors: Authors = NO_ONE
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
    return _rewrite(database, room, rows[::-1], authors)


def _rewrite(
    database: sqlite3.Connection,
    room: int,
    rows: Iterable[tuple[int, bytes]],
    authors: Authors,
) -> list[tuple[int, bytes]]:
    found = ((seq, bare(decode(data), authors)) for seq, data in rows)
    stripped = [(seq, encode(event)) for seq, event in found if event]
    database.executemany(
        "UPDATE events SET data = ? WHERE room = ? AND seq = ?",
        [(data, room, seq) for seq, data in stripped],
    )
    return stripped


def bare(event: AnyStoredEvent | None, authors: Authors) -> AnyStoredEvent | None:
    """Return an event of a message without its text; ``None`` if it has none to lose.

    Args:
        event: The message, one of its changes, or a topic.
        authors: Whose it is, by id, if moderators have cleared it: it loses them, too.
    """
    if isinstance(event, Delete):  # by its author, not by a moderator
        return without_author(event) if author_of(event) in authors else None
    if not isinstance(event, Message | Edit | Topic):
        return None
    return without_author(event) if authors else without_text(event)
