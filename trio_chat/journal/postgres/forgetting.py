"""Forgetting in a database: rooms in which nothing is kept, and people not seen for long."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import structlog

from trio_chat.journal.arrivals import MARK
from trio_chat.journal.people import NOBODY, decode, encode, head_of, merged
from trio_chat.journal.postgres import scrubs
from trio_chat.journal.postgres.link import Link
from trio_chat.journal.postgres.rooms import hold, keep_forgotten
from trio_chat.journal.sqlite.forgetting import Step

KEYS = 1000  # cids that are deleted in one transaction
SCAN = 10_000  # rooms that are looked at in one read
PEOPLE = 1000  # records that are looked at, or written, in one transaction
ANY = 2**31 - 1  # no less than any id of a room

CHANGES = 5000  # records that are looked at for changes of other nodes in a read

CHANGED = (
    "SELECT id, data, xid::text FROM people WHERE (xid, id) >= (%s::xid8, %s)"
    " ORDER BY people.xid, id LIMIT %s"  # ``xid`` alone is the text
)
FORGETTABLE = (
    "SELECT id, name, last FROM rooms WHERE id > %s AND id <= %s AND ts < %s"
    " AND NOT EXISTS (SELECT 1 FROM events WHERE room = rooms.id)"
    " AND NOT EXISTS (SELECT 1 FROM here JOIN nodes ON nodes.id = node"
    " WHERE room = rooms.name AND until > clock_timestamp()) ORDER BY id LIMIT %s"
)
DELETE_KEYS = (
    "DELETE FROM cids WHERE room = %s AND cid IN"
    " (SELECT cid FROM cids WHERE room = %s ORDER BY cid LIMIT %s)"
)

log = structlog.get_logger()


class Forgettable(NamedTuple):
    """A room that may be forgotten."""

    room: int
    name: str
    last: int


class Mark(NamedTuple):
    """From where to go on reading what others have changed: a transaction, and an id.

    ``again`` is the first transaction that may have been under way when reading began; what that
    and later ones have changed may come behind the mark, and is read again. It is empty where
    reading begins.
    """

    xid: str
    id: str = NOBODY
    again: str = ""


FIRST = Mark("1")  # before all transactions that have changed a record


def find(link: Link, before_ts: int, after: int) -> tuple[Sequence[Forgettable], int | None]:
    """Return rooms that may be forgotten, and after which id there may be more."""
    found = _forgettable(link, after, ANY, before_ts)
    return found, found[-1].room if len(found) == SCAN else None


def _forgettable(link: Link, after: int, until: int, before_ts: int) -> Sequence[Forgettable]:
    return [Forgettable(*row) for row in link.all(FORGETTABLE, (after, until, before_ts, SCAN))]


def forget_step(link: Link, wanted: Forgettable, before_ts: int) -> Step:
    """Delete some of what is left of a room, unless it was used meanwhile, at any node."""
    with link.transaction():
        hold(link, [wanted.room])
        rooms = _forgettable(link, wanted.room - 1, wanted.room, before_ts)
        if not rooms:
            return Step.USED
        if link.execute(DELETE_KEYS, (wanted.room, wanted.room, KEYS)) == KEYS:
            return Step.MORE
        link.execute("DELETE FROM rooms WHERE id = %s", (wanted.room,))
        scrubs.note(link)  # before the other row, as where an act forgets a room
        keep_forgotten(link, rooms[0].name, rooms[0].last)
        return Step.DONE


def load_people(link: Link) -> dict[str, bytes]:
    """Return all records of people, encoded, by the person's id, but those that are damaged."""
    records = {id: bytes(data) for id, data in link.all("SELECT id, data FROM people")}
    damaged = [id for id, data in records.items() if head_of(data) is None]
    for id in damaged:
        del records[id]
    if damaged:
        log.error("what is kept of people is damaged", people=len(damaged))
    return records


def present(link: Link) -> Mark:
    """Return from where to read what is changed from now on, or is being changed."""
    return Mark(str(link.value("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")))


def people_since(link: Link, since: Mark) -> tuple[dict[str, bytes], Mark]:
    """Return records that were changed since a mark, and from where to go on.

    There are ``CHANGES`` at most. Some may have been returned before.
    """
    again = since.again or present(link).xid
    rows = link.all(CHANGED, (since.xid, since.id, CHANGES))
    records = {id: bytes(data) for id, data, _ in rows}
    if len(rows) < CHANGES:
        return records, Mark(again)
    id, _, xid = rows[-1]
    return records, Mark(xid, id, again)


def keep_people(link: Link, changes: Mapping[str, bytes | None]) -> None:
    """Write records down; ``None``: there is none any more. Nicks that are gone are noted.

    Other nodes may have written of the same people what this one has not read yet; it stays.
    """
    before = _locked(link, changes)
    changes = {**changes, **{id: _with(data, id, changes[id]) for id, data in before.items()}}
    if any(_loses_nick(data, changes[id]) for id, data in before.items()):
        scrubs.note(link)
    kept = {id: data for id, data in changes.items() if data is not None}
    link.execute("DELETE FROM people WHERE id = ANY(%s)", ([*changes.keys() - kept.keys()],))
    link.execute(
        "INSERT INTO people (id, data, xid)"
        " SELECT id, data, pg_current_xact_id()"
        " FROM unnest(%s::text[], %s::bytea[]) AS new (id, data)"
        " ON CONFLICT (id) DO UPDATE SET data = excluded.data, xid = excluded.xid",
        (sorted(kept), [kept[id] for id in sorted(kept)]),  # in one order, as they are locked
    )


def _locked(link: Link, ids: Iterable[str]) -> dict[str, bytes]:
    """Return records that nobody else changes before the end of the transaction.

    They are locked in one order, so that two nodes that write of the same people wait in turn.
    """
    query = "SELECT id, data FROM people WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
    return {id: bytes(data) for id, data in link.all(query, ([*ids],))}


def _with(before: bytes, id: str, data: bytes | None) -> bytes | None:
    """Return a new record with what the one before knows; what is kept beside is no such."""
    if data is None or data == before or id.startswith(MARK):
        return data
    return encode(merged(decode(before), decode(data)))


def _loses_nick(before: bytes, data: bytes | None) -> bool:
    """Whether the nick of somebody's record is not in the new one."""
    old, new = head_of(before), None if data is None else head_of(data)
    return old is not None and bool(old.nick) and (new is None or new.nick != old.nick)


def forget_people_step(
    link: Link, before_ts: int, after: str = NOBODY
) -> tuple[list[str], str | None]:
    """Delete some records of people who were not seen since a time.

    Args:
        link: To the database.
        before_ts: The time, in ms since 1970.
        after: The id behind which it goes on.

    Returns:
        The ids of these people, and behind which id there may be more.
    """
    with link.transaction():
        rows = link.all(
            "SELECT id, data FROM people WHERE id > %s ORDER BY id LIMIT %s", (after, PEOPLE)
        )
        old = [id for id, data in rows if _is_old(data, before_ts)]
        # They may have been seen at another node since they were read.
        gone = [id for id, data in _locked(link, old).items() if _is_old(data, before_ts)]
        keep_people(link, dict.fromkeys(gone))
    return gone, rows[-1][0] if len(rows) == PEOPLE else None


def _is_old(data: bytes, before_ts: int) -> bool:
    """Whether somebody was not seen since a time, by their record; a damaged one is of nobody."""
    head = head_of(data)
    return head is None or head.seen < before_ts
