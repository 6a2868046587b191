"""Sealing in a file: which clearings there are, and how cleared messages go for good."""

import sqlite3
from collections.abc import Iterable, Sequence

import msgspec

from trio_chat.clock import wall_clock
from trio_chat.journal.clearings import ALSO, SEALED, Clearing
from trio_chat.journal.sqlite import index, scrubs, states
from trio_chat.protocol.events import Clear

SINCE = 4  # the first schema with the table
STEP = 1000  # events that are looked at in one transaction
SCAN = 100_000  # events, the latest, that are looked at for more when something is cleared
# These are in each encoded event of the kind, and in no text.
EDIT, TOPIC = b'"t":"edit"', b'"t":"topic"'


def find(database: sqlite3.Connection, room: int) -> Sequence[Clearing]:
    """Return the clearings of a room that can still be taken back."""
    (schema,) = database.execute("PRAGMA user_version").fetchone()
    if schema < SINCE:
        return ()
    rows = database.execute(
        "SELECT key, authors, first, seq FROM clearings WHERE room = ?", (room,)
    )
    return [_clearing(*row) for row in rows]


def _clearing(key: str, kept: bytes, first: int, end: int) -> Clearing:
    """Return a clearing as it is kept: the ids of authors, and numbers beside the others."""
    among = msgspec.json.decode(kept, type=list[str | int])
    authors = frozenset(one for one in among if isinstance(one, str))
    also = frozenset(one for one in among if isinstance(one, int))
    return Clearing(key, authors, first, end, also)


def also(database: sqlite3.Connection, room: int, event: Clear, *, with_topics: bool) -> list[int]:
    """Return what an event clears besides messages since: those edited since, and topics if wanted.

    The event must have the numbers from which, and up to which it clears.
    """
    if event.since <= 1 and not with_topics:
        return []  # all is cleared by the numbers alone: there is nothing before
    ids = "".join(f"\n{author}\n" for author in event.authors)  # which have no line ends
    first = max(event.since, event.seq - SCAN)
    rows = database.execute(
        "SELECT DISTINCT coalesce(target, seq) AS number FROM events"
        " WHERE room = ? AND seq >= ? AND seq < ? AND NOT is_message"
        " AND instr(?, char(10) || coalesce(author, '') || char(10))"
        " AND (target < ? AND instr(data, ?) OR ? AND target IS NULL AND instr(data, ?))"
        " ORDER BY number DESC LIMIT ?",
        (room, first, event.seq, ids, event.since, EDIT, with_topics, TOPIC, ALSO),
    )
    return sorted(number for (number,) in rows)


def keep(database: sqlite3.Connection, room: int, event: Clear) -> None:
    """Seal what an event clears."""
    among = msgspec.json.encode([*event.authors, *event.also])
    database.execute(
        "INSERT OR REPLACE INTO clearings (room, key, seq, ts, first, authors)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (room, event.key, event.seq, event.ts, event.since, among),
    )


def lift(database: sqlite3.Connection, room: int, key: str) -> bool:
    """Take a clearing back; return whether that could be done yet."""
    lifted = database.execute("DELETE FROM clearings WHERE room = ? AND key = ?", (room, key))
    return lifted.rowcount > 0


def step(database: sqlite3.Connection, *, now: int | None = None, is_indexed: bool) -> bool:
    """Delete some messages for good that were cleared a day ago; return whether there was any.

    Args:
        database: A transaction must be open.
        now: In milliseconds since 1970; by default what the clock says.
        is_indexed: Whether there is an index of words.
    """
    before = (wall_clock() if now is None else now) - SEALED
    row = database.execute(
        "SELECT room, key, first, seq, authors FROM clearings WHERE ts <= ? LIMIT 1", (before,)
    ).fetchone()
    if row is None:
        return False
    room, key, first, end, among = row
    clearing = _clearing(key, among, first, end)
    found = database.execute(
        "SELECT seq, author, is_message FROM events WHERE room = ? AND seq >= ? AND seq < ?"
        " ORDER BY seq LIMIT ?",
        (room, first, end, STEP),
    ).fetchall()
    is_last = len(found) < STEP
    if is_last:
        found += _others(database, room, clearing.also)
    gone = [seq for seq, author, is_said in found if is_said and clearing.covers(seq, author)]
    _delete(database, room, gone, is_indexed=is_indexed)
    if not is_last:
        database.execute(
            "UPDATE clearings SET first = ? WHERE room = ? AND key = ?",
            (found[-1][0] + 1, room, key),
        )
    else:
        lift(database, room, key)
    return True


def _others(
    database: sqlite3.Connection, room: int, numbers: Iterable[int]
) -> list[tuple[int, str | None, int]]:
    """Return the events with these numbers that are there, as if all were messages."""
    statement = "SELECT seq, author, 1 FROM events WHERE room = ? AND seq = ?"
    return [row for seq in numbers for row in database.execute(statement, (room, seq))]


def _delete(
    database: sqlite3.Connection, room: int, numbers: Iterable[int], *, is_indexed: bool
) -> None:
    """Take the texts of messages and their edits, and of topics, out of the file."""
    for seq in numbers:
        scrubs.begin(database, room, seq)
        states.forget_text(database, room, seq)
        if is_indexed:
            index.remove(database, room, seq, seq)
    index.note(database)
