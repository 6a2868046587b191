"""Retention in a database: finds what is too old or too much in each room, and deletes in steps."""

import math
from collections import deque
from itertools import islice
from typing import NamedTuple

from trio_chat.journal.postgres import scrubs
from trio_chat.journal.postgres.link import Link
from trio_chat.journal.postgres.rooms import hold
from trio_chat.journal.sqlite.pruning import Limits
from trio_chat.protocol.acts import LEDGER

STEP = 1000  # events that are deleted in one transaction
ROOM_COST = 20  # events; to begin with a room takes about as long
SCAN = 100_000  # events, and rooms, that are looked at in one read

# Rooms whose first event may be too old, or is from the future, or with more events than messages
# may be kept.
CANDIDATES = (
    "SELECT rooms.id, name, last, seq FROM rooms CROSS JOIN LATERAL"
    " (SELECT seq, events.ts FROM events WHERE room = rooms.id ORDER BY seq LIMIT 1) AS first"
    " CROSS JOIN (SELECT %s::bigint AS keep, %s::bigint AS before, %s::bigint AS now) AS limits"
    " WHERE rooms.id > %s AND name <> %s AND (first.ts < before"
    " OR (before > 0 AND first.ts > now) OR (keep > 0 AND last - seq >= keep))"
    " ORDER BY rooms.id LIMIT %s"
)
DELETE = ("events", "states", "words")


class Due(NamedTuple):
    """A room whose events up to a number are to go."""

    room: int
    name: str
    last: int


class Page(NamedTuple):
    """Some rooms with something to delete; the next page follows the room ``after``, if any."""

    due: list[Due]
    after: int | None


def find_due(link: Link, limits: Limits, after: int = 0) -> Page:
    """Return rooms that have something to delete; more of a room may be found the next time."""
    rows = link.all(CANDIDATES, (*limits, after, LEDGER, SCAN))
    due = []
    left = SCAN
    for room, name, last, first in rows:
        old, scanned = _last_too_old(link, room, limits)
        end = max(old, min(last, _first_to_keep(link, room, limits.keep_messages) - 1))
        if end >= first:
            due.append(Due(room, name, end))
        left -= scanned
        if left <= 0:
            return Page(due, room)
    return Page(due, rows[-1][0] if len(rows) == SCAN else None)


def _last_too_old(link: Link, room: int, limits: Limits) -> tuple[int, int]:
    """Return the number of the last event that is too old, and how many were looked at."""
    if not limits.before_ts:
        return 0, 0
    query = "SELECT seq, ts FROM events WHERE room = %s AND seq > %s ORDER BY seq LIMIT %s"
    last, scanned, at = 0, 0, 0
    while scanned < SCAN and (rows := link.all(query, (room, at, STEP))):
        for seq, ts in rows:
            scanned += 1
            if ts < limits.before_ts:
                last = seq
            elif ts <= limits.now:
                return last, scanned
        at = rows[-1][0]
    return last, scanned


def _first_to_keep(link: Link, room: int, keep: int) -> int:
    """Return the number of the first of the messages that are kept; 0 if all are.

    The changes of a message have higher numbers, so they are kept with it.
    """
    if not keep:
        return 0
    row = link.one(
        "SELECT seq FROM events WHERE room = %s AND kind = 1 ORDER BY seq DESC OFFSET %s LIMIT 1",
        (room, keep - 1),
    )
    return int(row[0]) if row else 0


def delete_in_step(link: Link, rooms: deque[Due]) -> dict[str, int]:
    """Delete some of the oldest events of the first of these rooms; take off those that are done.

    Returns:
        By name the number of the first event left in each.
    """
    left = {}
    budget = STEP
    with link.transaction():
        hold(link, [due.room for due in islice(rooms, math.ceil(STEP / ROOM_COST))])
        while rooms and budget > 0:
            due = rooms[0]
            first = _delete_some(link, due, budget)
            if first is not None:
                left[due.name] = first
            if first is not None and first <= due.last:
                break
            rooms.popleft()
            budget -= ROOM_COST
    return left


def _delete_some(link: Link, due: Due, most: int) -> int | None:
    """Delete so many of the oldest events of a room, as part of a transaction."""
    room = due.room
    first = link.value("SELECT min(seq) FROM events WHERE room = %s", (room,))
    if first is None or first > due.last:
        return None
    end = min(due.last, first + most - 1)
    for table in DELETE:
        link.execute(f"DELETE FROM {table} WHERE room = %s AND seq <= %s", (room, end))  # noqa: S608 - our names
    scrubs.begin_all(link, room, first, end)
    return int(end) + 1
