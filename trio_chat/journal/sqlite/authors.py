"""Authors in a file: in which rooms people have kept messages."""

import sqlite3
from collections.abc import Collection

from trio_chat.journal.sqlite import index

# Nicks are in the index beside ids, and somebody's may be another one's id.
INDEXED = (
    "SELECT name FROM rooms WHERE id IN ("
    "  SELECT room FROM search CROSS JOIN events ON room = search.rowid >> ?"
    "  AND seq = search.rowid - (room << ?) WHERE search MATCH ? AND ts >= ?"
    "  AND instr(?, char(10) || author || char(10))"
    ") ORDER BY ts DESC LIMIT ?"
)
# Reads all messages: of those without a name, and without an index.
SCANNED = (
    "SELECT name FROM rooms WHERE id IN ("
    "  SELECT room FROM events WHERE is_message AND ts >= ?"
    "  AND instr(?, char(10) || coalesce(author, '') || char(10))"
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
    """Return the names of the rooms in which people have kept messages, the latest first.

    Args:
        database: Where.
        authors: The people's ids; an empty one is of all without a name.
        since_ts: In ms since 1970; messages of before do not count.
        limit: How many rooms, at most.
        is_indexed: Whether there is an index of words, which has authors, too.
    """
    ids = "".join(f"\n{author}\n" for author in authors)  # which have no line ends
    if is_indexed and "" not in authors:
        bits = index.SEQ_BITS
        terms = (bits, bits, index.expression_of(authors), since_ts, ids, limit)
        found = database.execute(INDEXED, terms)
    else:
        found = database.execute(SCANNED, (since_ts, ids, limit))
    return [name for (name,) in found]
