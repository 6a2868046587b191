"""Authors in a file: in which rooms people have written messages, or edited them, and how many."""

import sqlite3
from collections.abc import Collection

from trio_chat.journal.clearings import is_cleared
from trio_chat.journal.sqlite import index, queries, sealing
from trio_chat.journal.sqlite.sealing import EDIT
from trio_chat.protocol.events import Clear

# Nicks are in the index beside ids, and somebody's may be another one's id.
INDEXED = (
    "SELECT name FROM rooms WHERE id IN ("
    "  SELECT room FROM search CROSS JOIN events ON room = search.rowid >> ?"
    "  AND seq = search.rowid - (room << ?) WHERE search MATCH ?"
    "  AND instr(?, char(10) || author || char(10)) AND (ts >= ? OR EXISTS ("
    "    SELECT 1 FROM events AS edit INDEXED BY changes WHERE edit.room = events.room"
    "    AND edit.target = events.seq AND edit.ts >= ? AND instr(edit.data, ?)))"
    ") ORDER BY ts DESC LIMIT ?"
)
# Reads all events: of those without a name, and without an index.
SCANNED = (
    "SELECT name FROM rooms WHERE id IN ("
    "  SELECT room FROM events WHERE ts >= ?"
    "  AND instr(?, char(10) || coalesce(author, '') || char(10))"
    "  AND (is_message OR target AND instr(data, ?))"
    ") ORDER BY ts DESC LIMIT ?"
)

DELETED = b'"deleted":true'  # is in each encoded message that was deleted, and in no text
WRITTEN = (
    "SELECT seq, author FROM events INDEXED BY messages WHERE room = ? AND seq >= ? AND is_message"
    " AND instr(?, char(10) || coalesce(author, '') || char(10)) AND NOT instr(data, ?)"
)
EDITED = (
    "SELECT seq, author FROM events WHERE room = ? AND seq = ? AND is_message"
    " AND NOT instr(data, ?)"
)


def count_messages(
    database: sqlite3.Connection, name: str, authors: Collection[str], since_ts: int
) -> int:
    """Return how many messages that can be read people have sent or edited in a room since a time.

    Args:
        database: Where.
        name: The room's name.
        authors: The people's ids; an empty one is of all without a name.
        since_ts: In ms since 1970.
    """
    room = queries.room_id(database, name)
    if room is None:
        return 0
    (last,) = database.execute("SELECT last FROM rooms WHERE id = ?", (room,)).fetchone()
    first = index.first_since(database, room, last, since_ts)
    ids = sealing.ids_of(authors)
    clear = Clear(room=name, key="", authors=[*authors], since=first, seq=last + 1)
    also = sealing.also(database, room, clear, with_topics=False)
    clearings = sealing.find(database, room)
    found = [database.execute(WRITTEN, (room, first, ids, DELETED))]
    found += (database.execute(EDITED, (room, seq, DELETED)) for seq in also)
    return sum(not is_cleared(clearings, seq, author) for rows in found for seq, author in rows)


def rooms_of(
    database: sqlite3.Connection,
    authors: Collection[str],
    since_ts: int,
    limit: int,
    *,
    is_indexed: bool,
) -> list[str]:
    """Return the names of the rooms in which people have written or edited, the latest first.

    Args:
        database: Where.
        authors: The people's ids; an empty one is of all without a name.
        since_ts: In ms since 1970; what was written before does not count.
        limit: How many rooms, at most.
        is_indexed: Whether there is an index of words, which has authors, too.
    """
    ids = sealing.ids_of(authors)
    if is_indexed and "" not in authors:
        bits = index.SEQ_BITS
        words, since = index.expression_of(authors), since_ts
        found = database.execute(INDEXED, (bits, bits, words, ids, since, since, EDIT, limit))
    else:
        found = database.execute(SCANNED, (since_ts, ids, EDIT, limit))
    return [name for (name,) in found]
