"""Forgetting rooms in a file: those in which nothing is kept, and nothing was said for long."""

import sqlite3
from collections.abc import Sequence
from enum import Enum, auto
from typing import NamedTuple

from trio_chat.journal.sqlite import erasing, forgotten
from trio_chat.journal.sqlite.transaction import transaction

STEP = 1000  # cids that are deleted in one transaction
SCAN = 10_000  # rooms that are looked at in one read

FORGETTABLE = (
    "SELECT id, name, last FROM rooms WHERE id > ? AND id <= ? AND ts < ?"
    " AND NOT EXISTS (SELECT 1 FROM events WHERE room = rooms.id) ORDER BY id LIMIT ?"
)
ANY = 2**62  # more than any id of a room


class Forgettable(NamedTuple):
    """A room that may be forgotten."""

    room: int
    name: str
    last: int


def find(
    database: sqlite3.Connection, before_ts: int, after: int
) -> tuple[Sequence[Forgettable], int | None]:
    """Return rooms that may be forgotten, and after which id there may be more."""
    found = _forgettable(database, after, ANY, before_ts)
    return found, found[-1].room if len(found) == SCAN else None


def _forgettable(
    database: sqlite3.Connection, after: int, until: int, before_ts: int
) -> Sequence[Forgettable]:
    rows = database.execute(FORGETTABLE, (after, until, before_ts, SCAN))
    return [Forgettable(*row) for row in rows]


class Step(Enum):
    """What a step towards forgetting a room has come to."""

    MORE = auto()  # there is more to delete
    DONE = auto()  # the room is forgotten
    USED = auto()  # something was said there meanwhile, so it stays


def forget_step(database: sqlite3.Connection, wanted: Forgettable, before_ts: int) -> Step:
    """Delete some of what is left of a room, unless something was said there meanwhile."""
    with transaction(database):
        rooms = _forgettable(database, wanted.room - 1, wanted.room, before_ts)
        if not rooms:
            return Step.USED
        deleted = database.execute(
            "DELETE FROM cids WHERE (room, cid) IN"
            " (SELECT room, cid FROM cids WHERE room = ? LIMIT ?)",
            (wanted.room, STEP),
        ).rowcount
        if deleted == STEP:
            return Step.MORE
        forgotten.keep(database, rooms[0].name, rooms[0].last)
        database.execute("DELETE FROM rooms WHERE id = ?", (wanted.room,))
        erasing.note_rows(database)
        return Step.DONE
