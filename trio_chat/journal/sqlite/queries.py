"""What is read from the database, and the one way in which something is deleted from it."""

import sqlite3

from trio_chat.journal.sqlite import index
from trio_chat.journal.sqlite.transaction import transaction
from trio_chat.journal.types import RoomState, RoomSummary
from trio_chat.protocol.events import AnyStoredEvent, decode

MESSAGES_AFTER = (
    "SELECT seq, data FROM events WHERE room = (SELECT id FROM rooms WHERE name = ?)"
    " AND is_message AND seq > ? ORDER BY seq LIMIT ?"
)
MESSAGES_BEFORE = (
    "SELECT seq, data FROM events WHERE room = (SELECT id FROM rooms WHERE name = ?)"
    " AND is_message AND seq < ? ORDER BY seq DESC LIMIT ?"
)
PRUNE_STEP = 1000  # events that are deleted in one go


def rooms(database: sqlite3.Connection, limit: int) -> list[RoomSummary]:
    """Return the rooms, the latest first."""
    rows = database.execute("SELECT name, topic, ts FROM rooms ORDER BY ts DESC LIMIT ?", (limit,))
    return [RoomSummary(*row) for row in rows]


def room_ids(database: sqlite3.Connection) -> list[tuple[int, str]]:
    """Return all rooms, each with its id in this file."""
    return database.execute("SELECT id, name FROM rooms").fetchall()


def after(database: sqlite3.Connection, name: str, seq: int, limit: int) -> list[tuple[int, bytes]]:
    """Return the events of a room that follow a number."""
    return database.execute(
        "SELECT seq, data FROM events WHERE seq > ? AND room ="
        " (SELECT id FROM rooms WHERE name = ?) ORDER BY seq LIMIT ?",
        (seq, name, limit),
    ).fetchall()


def load_state(database: sqlite3.Connection, name: str, recent: int) -> RoomState:
    """Return the state of a room, with some of its latest events."""
    row = database.execute("SELECT id, last, topic FROM rooms WHERE name = ?", (name,)).fetchone()
    if row is None:
        return RoomState(name, 1, 0, "", ())
    room, last, topic = row
    tail = database.execute(
        "SELECT seq, data FROM events WHERE room = ? ORDER BY seq DESC LIMIT ?", (room, recent)
    ).fetchall()
    return RoomState(name, first(database, room), last, topic, tail[::-1])


def first(database: sqlite3.Connection, room: int) -> int:
    """Return the number of the first event of a room that is still there, or of the next one."""
    row: tuple[int] = database.execute(
        "SELECT coalesce((SELECT min(seq) FROM events WHERE room = id), last + 1) FROM rooms"
        " WHERE id = ?",
        (room,),
    ).fetchone()
    return row[0]


def messages(
    database: sqlite3.Connection, name: str, before: int | None, after: int | None, limit: int
) -> list[AnyStoredEvent]:
    """Return a page of messages, and behind them the events that change these."""
    if after is not None:
        rows = database.execute(MESSAGES_AFTER, (name, after, limit)).fetchall()
    else:
        end = 2**62 if before is None else before
        rows = database.execute(MESSAGES_BEFORE, (name, end, limit)).fetchall()
    page = sorted(rows)
    if not page:
        return []
    # SQLite would read the whole room if it were left to choose the index.
    changes = database.execute(
        "SELECT data FROM events INDEXED BY changes WHERE target BETWEEN ? AND ? AND room ="
        " (SELECT id FROM rooms WHERE name = ?) ORDER BY seq",
        (page[0][0], page[-1][0], name),
    ).fetchall()
    told = [decode(data) for _, data in page] + [decode(data) for (data,) in changes]
    return [event for event in told if event]


def delete_oldest(
    database: sqlite3.Connection, room: int, keep: int, before_ts: int, *, is_indexed: bool
) -> int | None:
    """Delete some of the oldest events of a room, if they are too old or too many.

    Returns:
        The number of the first event left; ``None`` if there was nothing to delete.
    """
    (last,) = database.execute("SELECT last FROM rooms WHERE id = ?", (room,)).fetchone()
    rows = database.execute(
        "SELECT seq, ts FROM events WHERE room = ? ORDER BY seq LIMIT ?", (room, PRUNE_STEP)
    ).fetchall()
    old = [seq for seq, ts in rows if ts < before_ts or 0 < keep <= last - seq]
    if not old:
        return None
    with transaction(database):
        database.execute("DELETE FROM events WHERE room = ? AND seq <= ?", (room, old[-1]))
        if is_indexed:
            index.remove(database, room, old[0], old[-1])
    return int(old[-1]) + 1
