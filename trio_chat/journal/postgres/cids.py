"""The keys of requests (``cid``) that a database knows, as a turn sees them."""

from collections.abc import Iterable

from trio_chat.journal.keys import Use, author_of, digest_of, own_key, stored_key
from trio_chat.journal.postgres.link import Link, text
from trio_chat.protocol.events import AnyStoredEvent

FIND = (
    "SELECT cids.room, cids.cid, seq, ts, author, digest"
    " FROM unnest(%s::integer[], %s::bytea[]) AS wanted (room, cid)"
    " JOIN cids ON cids.room = wanted.room AND cids.cid = wanted.cid"
)
KEEP = (
    "INSERT INTO cids (room, cid, seq, ts, author, digest) SELECT * FROM unnest("
    "%s::integer[], %s::bytea[], %s::bigint[], %s::bigint[], %s::text[], %s::bytea[])"
)

Key = tuple[int, bytes]  # a room's id, and a digest of the key


class Cids:
    """The keys of the requests of a turn.

    Args:
        link: To the database.
    """

    def __init__(self, link: Link) -> None:
        self._link = link
        self._known: dict[Key, Use] = {}
        self._new: list[Key] = []

    def fetch(self, events: Iterable[tuple[int, AnyStoredEvent]]) -> None:
        """Look up the keys of events at once; each comes with the id of its room."""
        wanted = {(room, key) for room, event in events for key in _keys(event)}
        if wanted:
            rooms, keys = zip(*wanted, strict=True)
            for room, key, *use in self._link.all(FIND, (list(rooms), list(keys))):
                self._known[room, key] = Use(*use)

    def find(self, room: int | None, event: AnyStoredEvent) -> Use | None:
        """Return for what the key of an event was used before, if it has one."""
        if room is None or not event.cid:
            return None
        author, digest = _author(event), digest_of(event)
        use = self._known.get((room, stored_key(event.cid)))
        if use and use.is_free_for(author, digest):
            use = self._known.get((room, stored_key(own_key(event.cid, digest))))
        return use

    def keep(self, room: int, event: AnyStoredEvent) -> None:
        """Remember the key of an event, for which ``find`` has found nothing."""
        if not event.cid:
            return
        digest = digest_of(event)
        key = room, stored_key(event.cid)
        if key in self._known:
            key = room, stored_key(own_key(event.cid, digest))
        self._known[key] = Use(event.seq, event.ts, _author(event), digest)
        self._new.append(key)

    def save(self) -> None:
        """Write down what is new."""
        if not self._new:
            return
        rows = [(*key, *self._known[key]) for key in self._new]
        self._link.execute(KEEP, [list(column) for column in zip(*rows, strict=True)])
        self._new = []

    def forget(self, room: int) -> None:
        """Take in that a room is forgotten with its keys."""
        self._known = {key: use for key, use in self._known.items() if key[0] != room}


def _keys(event: AnyStoredEvent) -> list[bytes]:
    """Return under what a use of an event's key may be kept."""
    if not event.cid:
        return []
    keys = [stored_key(event.cid)]
    if event.who is None:
        keys.append(stored_key(own_key(event.cid, digest_of(event))))
    return keys


def _author(event: AnyStoredEvent) -> str | None:
    author = author_of(event)
    return None if author is None else text(author)
