"""Checks of a database: its pages, its events, and all that is derived from them.

Each check returns what is wrong, a line each; at most ``LIMIT`` lines.
"""

import sqlite3

from trio_chat.journal.sqlite import states as kept_states
from trio_chat.journal.sqlite.reindex import count_indexed, count_messages, has_index
from trio_chat.journal.sqlite.transaction import transaction
from trio_chat.protocol.events import decode

LIMIT = 100  # faults of one kind
OUT_OF_STEP = (
    "SELECT name, last, (SELECT max(seq) FROM events WHERE room = id) AS newest FROM rooms"
    " WHERE newest > last LIMIT ?"
)
STRAY_STATES = (
    "SELECT states.room, states.seq FROM states LEFT JOIN events"
    " ON events.room = states.room AND events.seq = states.seq WHERE events.seq IS NULL LIMIT ?"
)
MISCOUNTED = (
    "SELECT changed.room, changed.target, counted, coalesce(changes, 0) FROM (SELECT room, target,"
    " count(*) AS counted FROM events INDEXED BY changes WHERE target IS NOT NULL"
    " GROUP BY room, target) AS changed"
    " JOIN events ON events.room = changed.room AND events.seq = changed.target AND is_message"
    " LEFT JOIN states ON states.room = changed.room AND states.seq = changed.target"
    " WHERE counted != coalesce(changes, 0) LIMIT ?"
)


def pages(database: sqlite3.Connection) -> list[str]:
    """Return what SQLite finds wrong with the file itself."""
    rows = database.execute(f"PRAGMA integrity_check({LIMIT})").fetchall()
    return [] if rows == [("ok",)] else [str(row[0]) for row in rows]


def events(database: sqlite3.Connection) -> list[str]:
    """Return the events that cannot be understood, are not where they belong, or are missing."""
    faults: list[str] = []
    names = dict(database.execute("SELECT id, name FROM rooms"))
    before = (0, 0)
    for room, seq, data in database.execute(
        "SELECT room, seq, data FROM events ORDER BY room, seq"
    ):
        event = decode(data)
        if event is None or (event.room, event.seq) != (names.get(room), seq):
            faults.append(f"room {names.get(room, room)}: number {seq} is damaged")
        if before[0] == room and seq != before[1] + 1:
            faults.append(f"room {names.get(room, room)}: {before[1] + 1} to {seq - 1} are missing")
        before = room, seq
        if len(faults) >= LIMIT:
            break
    return faults[:LIMIT]


def rooms(database: sqlite3.Connection) -> list[str]:
    """Return the rooms whose last number is behind their events."""
    return [
        f"room {name}: the last number is {newest}, not {last}"
        for name, last, newest in database.execute(OUT_OF_STEP, (LIMIT,))
    ]


def mend_rooms(database: sqlite3.Connection) -> None:
    """Set the last numbers and times of rooms that are behind their events."""
    database.execute(
        "UPDATE rooms SET (last, ts) = (SELECT seq, max(events.ts, rooms.ts) FROM events"
        " WHERE room = id ORDER BY seq DESC LIMIT 1)"
        " WHERE last < (SELECT max(seq) FROM events WHERE room = id)"
    )


def states(database: sqlite3.Connection) -> list[str]:
    """Return the messages whose state is not what their changes add up to, by their number."""
    stray = database.execute(STRAY_STATES, (LIMIT,)).fetchall()
    miscounted = database.execute(MISCOUNTED, (LIMIT,)).fetchall()
    return [f"room {room}: the state of {seq}, which is not there" for room, seq in stray] + [
        f"room {room}: number {seq} has {counted} changes, not {kept}"
        for room, seq, counted, kept in miscounted
    ]


def mend_states(database: sqlite3.Connection) -> None:
    """Add up all changes anew."""
    with transaction(database):
        database.execute("DELETE FROM states")
        kept_states.migrate(database)


def index(database: sqlite3.Connection) -> list[str]:
    """Return what is wrong with the search index."""
    if not has_index(database):
        return ["it is missing, or of another version"]
    said, indexed = count_messages(database), count_indexed(database)
    return [] if said == indexed else [f"{indexed} messages are in it, not {said}"]
