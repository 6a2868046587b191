"""Retention in a file: finds what is too old or too much in each room, and deletes it in steps."""

import sqlite3
from collections import deque
from typing import NamedTuple

from trio_chat.journal.sqlite import index, scrubs, states
from trio_chat.journal.sqlite.transaction import transaction
from trio_chat.protocol.acts import LEDGER

STEP = 1000  # events that are deleted in one transaction
ROOM_COST = 20  # events; to begin with a room takes about as long
SCAN = 100_000  # events, and rooms, that are looked at in one read

# Rooms whose first event may be too old, or is from the future, or with more events than messages
# may be kept.
CANDIDATES = (
    "SELECT rooms.id, name, last, seq FROM rooms JOIN events ON room = rooms.id"
    " AND seq = (SELECT min(seq) FROM events WHERE room = rooms.id)"
    " WHERE rooms.id > :after AND name <> :ledger"
    " AND (events.ts < :before OR (:before AND events.ts > :now)"
    " OR (:keep AND last - seq >= :keep))"
    " ORDER BY rooms.id LIMIT :limit"
)
# The id of a room that was forgotten may be another one's by now.
FIRST = (
    "SELECT min(seq) FROM events"
    " WHERE room = (SELECT id FROM rooms WHERE rooms.id = ? AND name = ?)"
)


class Limits(NamedTuple):
    """What is to be kept: the last messages (0: all), and what is not older than a time.

    Times are in milliseconds since 1970. What is from the future was written while the clock was
    wrong; it counts as old as what follows it.
    """

    keep_messages: int
    before_ts: int
    now: int


class Due(NamedTuple):
    """A room whose events up to a number are to go."""

    room: int
    name: str
    last: int


class Page(NamedTuple):
    """Some rooms with something to delete; the next page follows the room ``after``, if any."""

    due: list[Due]
    after: int | None


def find_due(database: sqlite3.Connection, limits: Limits, after: int = 0) -> Page:
    """Return rooms that have something to delete; more of a room may be found the next time."""
    keep, before, now = limits
    rows = database.execute(
        CANDIDATES,
        {
            "after": after,
            "before": before,
            "now": now,
            "keep": keep,
            "limit": SCAN,
            "ledger": LEDGER,
        },
    ).fetchall()
    due = []
    left = SCAN
    for room, name, last, first in rows:
        old, scanned = _last_too_old(database, room, limits)
        end = max(old, min(last, _first_to_keep(database, room, keep) - 1))
        if end >= first:
            due.append(Due(room, name, end))
        left -= scanned
        if left <= 0:
            return Page(due, room)
    return Page(due, rows[-1][0] if len(rows) == SCAN else None)


def _last_too_old(database: sqlite3.Connection, room: int, limits: Limits) -> tuple[int, int]:
    """Return the number of the last event that is too old, and how many were looked at."""
    if not limits.before_ts:
        return 0, 0
    rows = database.execute(
        "SELECT seq, ts FROM events WHERE room = ? ORDER BY seq LIMIT ?", (room, SCAN)
    )
    last, scanned = 0, 0
    for seq, ts in rows:
        scanned += 1
        if ts < limits.before_ts:
            last = seq
        elif ts <= limits.now:
            break
    return last, scanned


def _first_to_keep(database: sqlite3.Connection, room: int, keep: int) -> int:
    """Return the number of the first of the messages that are kept; 0 if all are.

    The changes of a message have higher numbers, so they are kept with it.
    """
    if not keep:
        return 0
    row = database.execute(
        "SELECT seq FROM events INDEXED BY messages WHERE room = ? AND is_message"
        " ORDER BY seq DESC LIMIT 1 OFFSET ?",
        (room, keep - 1),
    ).fetchone()
    return int(row[0]) if row else 0


def delete_step(database: sqlite3.Connection, due: Due, *, is_indexed: bool) -> int | None:
    """Delete some of the oldest events of a room.

    Returns:
        The number of the first event left; ``None`` if there was nothing left to delete.
    """
    with transaction(database):
        return _delete_some(database, due, STEP, is_indexed=is_indexed)


def delete_in_step(
    database: sqlite3.Connection, rooms: deque[Due], *, is_indexed: bool
) -> dict[str, int]:
    """Delete some of the oldest events of the first of these rooms; take off those that are done.

    Returns:
        By name the number of the first event left in each.
    """
    left = {}
    budget = STEP
    with transaction(database):
        while rooms and budget > 0:
            due = rooms[0]
            first = _delete_some(database, due, budget, is_indexed=is_indexed)
            if first is not None:
                left[due.name] = first
            if first is not None and first <= due.last:
                break
            rooms.popleft()
            budget -= ROOM_COST
    return left


def _delete_some(
    database: sqlite3.Connection, due: Due, most: int, *, is_indexed: bool
) -> int | None:
    """Delete so many of the oldest events of a room, as part of a transaction."""
    room = due.room
    (first,) = database.execute(FIRST, (room, due.name)).fetchone()
    if first is None or first > due.last:
        return None
    end = min(due.last, first + most - 1)
    database.execute("DELETE FROM events WHERE room = ? AND seq <= ?", (room, end))
    states.remove(database, room, end)
    scrubs.begin_all(database, room, first, end)
    index.note(database)
    if is_indexed:
        index.remove(database, room, first, end)
    return int(end) + 1
