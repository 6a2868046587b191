"""Authors in a file: in which rooms people have written messages, or edited them."""

import sqlite3
from collections.abc import Collection

from trio_chat.journal.sqlite import index
from trio_chat.journal.sqlite.sealing import EDIT

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
    ids = "".join(f"\n{author}\n" for author in authors)  # which have no line ends
    if is_indexed and "" not in authors:
        bits = index.SEQ_BITS
        words, since = index.expression_of(authors), since_ts
        found = database.execute(INDEXED, (bits, bits, words, ids, since, since, EDIT, limit))
    else:
        found = database.execute(SCANNED, (since_ts, ids, EDIT, limit))
    return [name for (name,) in found]
