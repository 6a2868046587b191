"""Sealing in a file: which clearings there are, and how cleared messages go for good."""

import sqlite3
from collections.abc import Iterable, Sequence

import msgspec

from trio_chat.clock import wall_clock
from trio_chat.journal.clearings import SEALED, Clearing
from trio_chat.journal.sqlite import index, scrubs, states
from trio_chat.protocol.events import Clear

SINCE = 4  # the first schema with the table
STEP = 1000  # events that are looked at in one transaction


def find(database: sqlite3.Connection, room: int) -> Sequence[Clearing]:
    """Return the clearings of a room that can still be taken back."""
    (schema,) = database.execute("PRAGMA user_version").fetchone()
    if schema < SINCE:
        return ()
    rows = database.execute(
        "SELECT key, authors, first, seq FROM clearings WHERE room = ?", (room,)
    )
    return [
        Clearing(key, frozenset(msgspec.json.decode(authors)), first, end)
        for key, authors, first, end in rows
    ]


def keep(database: sqlite3.Connection, room: int, event: Clear) -> None:
    """Seal what an event clears."""
    database.execute(
        "INSERT OR REPLACE INTO clearings (room, key, seq, ts, first, authors)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (room, event.key, event.seq, event.ts, event.since, msgspec.json.encode(event.authors)),
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
    room, key, first, end, authors = row
    clearing = Clearing(key, frozenset(msgspec.json.decode(authors)), first, end)
    found = database.execute(
        "SELECT seq, author, is_message FROM events WHERE room = ? AND seq >= ? AND seq < ?"
        " ORDER BY seq LIMIT ?",
        (room, first, end, STEP),
    ).fetchall()
    gone = [seq for seq, author, is_said in found if is_said and clearing.covers(seq, author)]
    _delete(database, room, gone, is_indexed=is_indexed)
    if len(found) == STEP:
        database.execute(
            "UPDATE clearings SET first = ? WHERE room = ? AND key = ?",
            (found[-1][0] + 1, room, key),
        )
    else:
        lift(database, room, key)
    return True


def _delete(
    database: sqlite3.Connection, room: int, numbers: Iterable[int], *, is_indexed: bool
) -> None:
    """Take the texts of messages, and of their edits, out of the file."""
    for seq in numbers:
        scrubs.begin(database, room, seq)
        states.forget_text(database, room, seq)
        if is_indexed:
            index.remove(database, room, seq, seq)
    index.note(database)
