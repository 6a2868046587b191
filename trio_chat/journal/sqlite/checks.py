"""Checks of a database: its pages, its events, and all that is derived from them.

Each check returns what is wrong, a line each; at most ``LIMIT`` lines.
"""

import sqlite3
from collections.abc import Iterator
from itertools import islice

from trio_chat.journal.sqlite import comparison
from trio_chat.journal.sqlite.comparison import Span
from trio_chat.journal.sqlite.reindex import has_index
from trio_chat.protocol.events import decode

LIMIT = 100  # faults of one kind
TABLES = """
SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage UNION SELECT 'sqlite_schema'
"""
# What faults begin with that are in no table, such as a page that belongs to none.
OF_FILE = ("*** in database", "Page ", "Freelist")
FIELDS = "last number", "last time", "topic", "last number that is older than the one before"


def pages(database: sqlite3.Connection) -> list[str]:
    """Return what SQLite finds wrong with the file itself.

    Since 3.44 it looks into the search index, too, of which ``index`` tells, and which can be made
    anew. The check of all may end there, so each table is then checked by itself.
    """
    try:
        found = _found_wrong(database, LIMIT)
    except sqlite3.DatabaseError:
        found = ["the check did not come to its end"]
    if not found:
        return []
    tables = [name for (name,) in database.execute(TABLES)]
    of_tables = [fault for name in tables for fault in _found_wrong(database, f"'{name}'")]
    return of_tables[:LIMIT] or [fault for fault in found if fault.startswith(OF_FILE)]


def _found_wrong(database: sqlite3.Connection, what: str | int) -> list[str]:
    """Return the faults that SQLite finds in a table, or so many of those of the database."""
    rows = database.execute(f"PRAGMA integrity_check({what})").fetchall()
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
    """Return the rooms whose last number, time or topic is not that of their events."""
    return [
        f"room {wrong.name}: the {field} is {right}, not {kept}"
        for wrong in islice(comparison.wrong_heads(database), LIMIT)
        for field, right, kept in zip(FIELDS, wrong.right, wrong.kept, strict=True)
        if right != kept
    ][:LIMIT]


def states(database: sqlite3.Connection) -> list[str]:
    """Return the messages whose state is not what their changes add up to."""
    return list(islice(_states(database), LIMIT))


def _states(database: sqlite3.Connection) -> Iterator[str]:
    for room, name, _ in comparison.rooms(database):
        for seq, right, count in comparison.wrong_states(database, Span(room)):
            if right is None:
                yield f"room {name}: the state of {seq}, which is no changed message"
            elif right.count != count:
                yield f"room {name}: number {seq} has {right.count} changes, not {count}"
            else:
                yield f"room {name}: the state of {seq} is not what its changes add up to"


def index(database: sqlite3.Connection) -> list[str]:
    """Return what is wrong with the search index."""
    if not has_index(database):
        return ["it is missing, or of another version"]
    faults = list(islice(_index(database), LIMIT))
    if not faults and not comparison.has_all_words(database):
        return ["its words are not those of the messages"]
    return faults


def _index(database: sqlite3.Connection) -> Iterator[str]:
    for room, name, _ in comparison.rooms(database):
        for seq in comparison.wrong_rows(database, Span(room)):
            yield f"room {name}: number {seq} is not in it as it is"
