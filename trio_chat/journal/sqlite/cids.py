"""The keys of requests (``cid``) that a file knows; of those from PostgreSQL it has digests."""

import sqlite3

from trio_chat.journal.keys import Use, author_of, digest_of, own_key, stored_key
from trio_chat.protocol.events import AnyStoredEvent


def find(database: sqlite3.Connection, room: int | None, event: AnyStoredEvent) -> Use | None:
    """Return for what the key of an event was used before, if it has one."""
    if not event.cid:
        return None
    author, digest = author_of(event), digest_of(event)
    use = _read(database, room, event.cid)
    if use and use.is_free_for(author, digest):
        use = _read(database, room, own_key(event.cid, digest))
    return use


def keep(database: sqlite3.Connection, room: int, event: AnyStoredEvent) -> None:
    """Remember the key of an event, for which ``find`` has found nothing."""
    if not event.cid:
        return
    if not _insert(database, room, event.cid, event):
        _insert(database, room, own_key(event.cid, digest_of(event)), event)


def _insert(database: sqlite3.Connection, room: int, key: str, event: AnyStoredEvent) -> bool:
    """Remember a key, unless it is known; return whether it was not."""
    kept = database.execute(
        "INSERT OR IGNORE INTO cids (room, cid, seq, ts, author, digest) SELECT ?, ?, ?, ?, ?, ?"
        " WHERE NOT EXISTS (SELECT 1 FROM cids WHERE room = ? AND cid = ?)",
        (
            *(room, key, event.seq, event.ts, author_of(event), digest_of(event)),
            *(room, stored_key(key)),
        ),
    )
    return kept.rowcount > 0


def _read(database: sqlite3.Connection, room: int | None, key: str) -> Use | None:
    row = database.execute(
        "SELECT seq, ts, author, digest FROM cids WHERE room = ? AND cid IN (?, ?)",
        (room, key, stored_key(key)),
    ).fetchone()
    return row and Use(*row)
