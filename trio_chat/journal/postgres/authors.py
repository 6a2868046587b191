"""Authors: in which rooms people have written messages, or edited them, and how many."""

from collections.abc import Collection

from trio_chat.journal.clearings import is_cleared
from trio_chat.journal.postgres import queries, sealing, words
from trio_chat.journal.postgres.link import Link, text
from trio_chat.journal.sqlite.authors import DELETED
from trio_chat.protocol.events import Clear

# Nicks are in the index beside ids, and somebody's may be another one's id.
INDEXED = (
    "SELECT name FROM rooms WHERE id IN (SELECT events.room FROM words JOIN events"
    " ON events.room = words.room AND events.seq = words.seq AND author = ANY(%s)"
    " WHERE words @@ %s::tsquery AND (ts >= %s OR EXISTS (SELECT 1 FROM events AS edit"
    " WHERE edit.room = events.room AND edit.target = events.seq AND edit.kind = 2"
    " AND edit.ts >= %s))) ORDER BY ts DESC LIMIT %s"
)
# Reads all events: of those without a name.
SCANNED = (
    "SELECT name FROM rooms WHERE id IN (SELECT room FROM events"
    " WHERE ts >= %s AND coalesce(author, '') = ANY(%s) AND kind IN (1, 2))"
    " ORDER BY ts DESC LIMIT %s"
)
WRITTEN = (
    "SELECT seq, author FROM events WHERE room = %s AND kind = 1"
    " AND position(%s::bytea IN data) = 0 AND seq >= %s AND coalesce(author, '') = ANY(%s)"
    " UNION ALL SELECT seq, author FROM events WHERE room = %s AND kind = 1"
    " AND position(%s::bytea IN data) = 0 AND seq = ANY(%s)"
)


def rooms_of(link: Link, authors: Collection[str], since_ts: int, limit: int) -> list[str]:
    """Return the names of the rooms in which people have written or edited, the latest first.

    Args:
        link: To the database.
        authors: The people's ids; an empty one is of all without a name.
        since_ts: In ms since 1970; what was written before does not count.
        limit: How many rooms, at most.
    """
    ids = [text(author) for author in authors]
    if "" in authors:
        found = link.all(SCANNED, (since_ts, ids, limit))
    else:
        wanted = words.expression_of(authors)
        found = link.all(INDEXED, (ids, wanted, since_ts, since_ts, limit))
    return [name for (name,) in found]


def count_messages(link: Link, name: str, authors: Collection[str], since_ts: int) -> int:
    """Return how many messages that can be read people have sent or edited in a room since a time.

    Args:
        link: To the database.
        name: The room's name.
        authors: The people's ids; an empty one is of all without a name.
        since_ts: In ms since 1970.
    """
    room = queries.room_id(link, name)
    if room is None:
        return 0
    last = link.value("SELECT last FROM rooms WHERE id = %s", (room,))
    first = queries.first_since(link, room, last, since_ts)
    clear = Clear(room=name, key="", authors=[*authors], since=first, seq=last + 1)
    also = sealing.also(link, room, clear, with_topics=False)
    ids = [text(author) for author in authors]
    rows = link.all(WRITTEN, (room, DELETED, first, ids, room, DELETED, also))
    clearings = sealing.find(link, room)
    return sum(not is_cleared(clearings, seq, author) for seq, author in rows)
