"""Rooms that were made and that nobody uses: which they are, and what is left of them."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from trio_chat.journal.postgres import scrubs
from trio_chat.journal.postgres.link import Link, text

LEFT = 100  # events, and keys of events, of a room that are deleted with it; others go before
STEP = 1000  # of them that are deleted in one transaction before

SINCE = ""  # instead of a room's name: since when visits are noted

VISITED = "SELECT coalesce(max(ts), 0) FROM visits WHERE room IN (%s, %s)"
IS_UNUSED = (
    "SELECT ts < %s AND NOT EXISTS (SELECT 1 FROM events WHERE room = rooms.id AND kind = 1)"
    " FROM rooms WHERE name = %s"
)
IS_LONG = (
    "SELECT EXISTS (SELECT 1 FROM events WHERE room = rooms.id OFFSET %s LIMIT 1)"
    " OR EXISTS (SELECT 1 FROM cids WHERE room = rooms.id OFFSET %s LIMIT 1)"
    " FROM rooms WHERE name = %s"
)
EVENTS = (
    "DELETE FROM events WHERE room = %s AND seq IN"
    " (SELECT seq FROM events WHERE room = %s ORDER BY seq LIMIT %s)"
)
KEYS = (
    "DELETE FROM cids WHERE room = %s AND cid IN"
    " (SELECT cid FROM cids WHERE room = %s ORDER BY cid LIMIT %s)"
)
OF_ROOMS = ("events", "cids", "states", "scrubs", "clearings", "words")


class Unused(NamedTuple):
    """A room that nobody uses; ``is_long`` tells that it takes long to delete what is left."""

    name: str
    is_long: bool


def begin_visits(link: Link, now: int) -> None:
    """Note that visits are noted from now on, unless they are already."""
    query = "INSERT INTO visits (room, ts) VALUES (%s, %s) ON CONFLICT DO NOTHING"
    link.execute(query, (SINCE, now))


def note_visits(link: Link, visits: Mapping[str, int]) -> None:
    """Keep when rooms were visited, in ms since 1970, by their names.

    In the order of names, so that two nodes that note the same rooms wait in turn.
    """
    rows = sorted((text(name), ts) for name, ts in visits.items())
    link.execute(
        "INSERT INTO visits (room, ts) SELECT * FROM unnest(%s::text[], %s::bigint[])"
        " ON CONFLICT (room) DO UPDATE SET ts = excluded.ts",
        ([name for name, _ in rows], [ts for _, ts in rows]),
    )


def is_unused(link: Link, name: str, since_ts: int) -> bool:
    """Whether no message is kept in a room, and nothing was done or visited there since a time."""
    if link.value(VISITED, (SINCE, text(name))) >= since_ts:
        return False
    row = link.one(IS_UNUSED, (since_ts, text(name)))
    return row is None or bool(row[0])


def find(link: Link, names: Iterable[str], since_ts: int) -> list[Unused]:
    """Return which of these rooms nobody has used since a time in ms since 1970."""
    return [Unused(name, is_long(link, name)) for name in names if is_unused(link, name, since_ts)]


def is_long(link: Link, name: str) -> bool:
    """Whether there is more of a room than is deleted with it."""
    row = link.one(IS_LONG, (LEFT, LEFT, text(name)))
    return row is not None and bool(row[0])


def shorten(link: Link, name: str) -> int:
    """Delete the oldest of what is left of a room, as part of a transaction.

    Returns:
        The number of the first event that is left, or of the next one.
    """
    [(room, last)] = link.all("SELECT id, last FROM rooms WHERE name = %s", (text(name),))
    for statement in (EVENTS, KEYS):
        link.execute(statement, (room, room, STEP))
    scrubs.note(link)
    first = link.value("SELECT min(seq) FROM events WHERE room = %s", (room,))
    return int(first or last + 1)


def delete(link: Link, room: int) -> None:
    """Delete all that is left of a room, by its id, in the transaction that forgets it."""
    for table in OF_ROOMS:
        link.execute(f"DELETE FROM {table} WHERE room = %s", (room,))  # noqa: S608 - our names
    link.execute("DELETE FROM rooms WHERE id = %s", (room,))
    scrubs.note(link)
