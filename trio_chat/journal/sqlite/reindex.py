"""Builds the full-text index of a file that has none, or one that does not fit its messages."""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from itertools import islice

import structlog

from trio_chat.journal.sqlite import states
from trio_chat.journal.sqlite.index import CREATE, SEQ_BITS, Changes
from trio_chat.journal.sqlite.transaction import transaction
from trio_chat.protocol import unicode
from trio_chat.protocol.events import Message, decode

# Of what is in the index, with that of Unicode; an index of another version is built again.
VERSION = f"6/{unicode.VERSION}".encode()
KEY = "index"  # in ``meta``: the version of the index, as long as all messages are in it
PARTS = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB 'search_*'"
BATCH = 1000  # messages
LAST = 2**SEQ_BITS - 1  # the largest number of a message
TELL = 5.0  # seconds between two log lines about the progress

log = structlog.get_logger()


def bring_in_step(database: sqlite3.Connection) -> bool:
    """Build the index if it is missing or of another version; return whether there can be one."""
    if not _has_fts5(database):
        give_up(database)
        log.warning("no search: this Python's SQLite was built without FTS5")
        return False
    row = database.execute("SELECT value FROM meta WHERE key = ?", (KEY,)).fetchone()
    if row != (VERSION,):
        with transaction(database):
            _make(database)
    return True


def give_up(database: sqlite3.Connection) -> None:
    """Let the next server build the index: what is kept from now on will be missing in it."""
    database.execute("DELETE FROM meta WHERE key = ?", (KEY,))


def has_index(database: sqlite3.Connection) -> bool:
    """Whether there is an index, in step with the messages, that can be read and written."""
    row = database.execute("SELECT value FROM meta WHERE key = ?", (KEY,)).fetchone()
    return row == (VERSION,) and _has_fts5(database)


def rebuild(database: sqlite3.Connection) -> None:
    """Build the index anew, whatever there is."""
    with transaction(database):
        _make(database)


def _has_fts5(database: sqlite3.Connection) -> bool:
    return bool(database.execute("SELECT 1 FROM pragma_module_list WHERE name = 'fts5'").fetchone())


def _make(database: sqlite3.Connection) -> None:
    _drop(database)
    database.execute(CREATE)
    begin = told_at = time.monotonic()
    done = 0
    for (room,) in database.execute("SELECT id FROM rooms ORDER BY id").fetchall():
        said = messages(database, room)
        while batch := list(islice(said, BATCH)):
            _put(database, room, batch)
            done += len(batch)
            if time.monotonic() > told_at + TELL:
                told_at = time.monotonic()
                log.info("indexing for search", messages=done)
    if told_at > begin:
        log.info("indexed for search", messages=done, seconds=round(time.monotonic() - begin))
    database.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (KEY, VERSION))


def _drop(database: sqlite3.Connection) -> None:
    """Remove the index, also one of which a table is missing, which SQLite itself cannot remove."""
    try:
        database.execute("DROP TABLE IF EXISTS search")
    except sqlite3.DatabaseError:
        database.execute("PRAGMA writable_schema = ON")
        database.execute("DELETE FROM sqlite_schema WHERE name = 'search'")
        database.execute("PRAGMA writable_schema = RESET")
        for (name,) in database.execute(PARTS).fetchall():
            database.execute(f"DROP TABLE {name}")


def _put(database: sqlite3.Connection, room: int, messages: Sequence[tuple[Message, str]]) -> None:
    changes = Changes()
    for message, text in messages:
        changes.put(room, message.seq, text, message.who)
    changes.write(database)


def messages(
    database: sqlite3.Connection, room: int, first: int = 0, last: int = LAST
) -> Iterator[tuple[Message, str]]:
    """Yield the messages of a room that have a text, each with its present text.

    Args:
        database: Where they are.
        room: The room's id in this file.
        first: The number from which on they count, and
        last: the last number that does.
    """
    said = database.execute(
        "SELECT said.data, states.data FROM events AS said"
        " LEFT JOIN states ON states.room = said.room AND states.seq = said.seq"
        " WHERE said.room = ? AND said.seq BETWEEN ? AND ? AND is_message ORDER BY said.seq",
        (room, first, last),
    )
    for data, state in said:
        message = decode(data)
        if isinstance(message, Message) and not message.deleted:
            text = states.decode_state(state).text
            yield message, message.text if text is None else text
