"""The keys of requests (``cid``) that a file knows; of those from PostgreSQL it has digests."""

import sqlite3
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from itertools import islice
from typing import Any

from trio_chat.journal.keys import Use, author_of, digest_of, own_key, stored_key
from trio_chat.protocol.events import AnyStoredEvent

FIND = "SELECT room, cid, seq, ts, author, digest FROM cids WHERE room = ? AND cid = ?"
KEEP = "INSERT OR IGNORE INTO cids (room, cid, seq, ts, author, digest) VALUES (?, ?, ?, ?, ?, ?)"
AT_ONCE = 16  # keys that one statement looks for

Key = tuple[int, str]  # a room's id, and the key


class Cids:
    """The keys that a transaction is about.

    Args:
        database: Where they are.
    """

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._known: dict[Key, Use | None] = {}  # as far as they were looked up
        self._new: list[Key] = []

    def fetch(self, events: Iterable[tuple[int, AnyStoredEvent]]) -> None:
        """Look up the keys of events at once; each comes with the id of its room."""
        self._look_up({(room, event.cid) for room, event in events if event.cid})

    def find(self, room: int | None, event: AnyStoredEvent) -> Use | None:
        """Return for what the key of an event was used before, if it has one."""
        if room is None or not event.cid:
            return None
        use = self._use((room, event.cid))
        if use is None or event.who is not None:
            return use
        digest = digest_of(event)
        if use.is_free_for(None, digest):
            use = self._use((room, own_key(event.cid, digest)))
        return use

    def keep(self, room: int, event: AnyStoredEvent) -> None:
        """Remember the key of an event, for which ``find`` has found nothing."""
        if not event.cid:
            return
        digest = digest_of(event)
        key = room, event.cid
        if self._use(key):
            key = room, own_key(event.cid, digest)
        self._known[key] = Use(event.seq, event.ts, author_of(event), digest)
        self._new.append(key)

    def save(self) -> None:
        """Write down what is new."""
        if self._new:
            rows = [(*key, *(self._known[key] or ())) for key in self._new]
            self._database.executemany(KEEP, rows)
            self._new = []

    def forget(self, room: int) -> None:
        """Take in that a room is forgotten with its keys."""
        self._known = {key: use for key, use in self._known.items() if key[0] != room}

    def _use(self, key: Key) -> Use | None:
        if key not in self._known:
            self._look_up([key])
        return self._known[key]

    def _look_up(self, keys: Collection[Key]) -> None:
        """Look keys up, each under what it may be kept as."""
        self._known.update(dict.fromkeys(keys))
        kept: dict[tuple[int, str | bytes], Key] = {}
        for room, key in keys:
            kept[room, key] = kept[room, stored_key(key)] = room, key
        for room, found, *use in _read(self._database, iter(kept)):
            self._known[kept[room, found]] = Use(*use)


def find(database: sqlite3.Connection, room: int | None, event: AnyStoredEvent) -> Use | None:
    """Return for what the key of an event was used before, if it has one."""
    return Cids(database).find(room, event)


def keep(database: sqlite3.Connection, room: int, event: AnyStoredEvent) -> None:
    """Remember the key of an event, for which ``find`` has found nothing."""
    cids = Cids(database)
    cids.keep(room, event)
    cids.save()


def _read(
    database: sqlite3.Connection, places: Iterator[tuple[int, str | bytes]]
) -> Iterator[tuple[Any, ...]]:
    """Yield the rows that are there: a look-up of one key in a statement of several is cheapest."""
    while some := list(islice(places, AT_ONCE)):
        yield from database.execute(
            _statement(len(some)), [value for place in some for value in place]
        )


@lru_cache
def _statement(count: int) -> str:
    return " UNION ALL ".join([FIND] * count)
