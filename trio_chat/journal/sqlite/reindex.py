"""Builds the full-text index of a file that has none, or one that does not fit its messages."""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from itertools import islice

import structlog

from trio_chat.journal.sqlite import states
from trio_chat.journal.sqlite.index import CREATE, Changes
from trio_chat.journal.sqlite.transaction import transaction
from trio_chat.protocol import unicode
from trio_chat.protocol.events import Message, decode

# Of what is in the index, with that of Unicode; an index of another version is built again.
VERSION = f"4/{unicode.VERSION}".encode()
KEY = "index"  # in ``meta``: the version of the index, as long as all messages are in it
BATCH = 1000  # messages
TELL = 5.0  # seconds between two log lines about the progress

log = structlog.get_logger()


def bring_in_step(database: sqlite3.Connection) -> bool:
    """Build the index if it is missing or of another version; return whether there can be one."""
    if not _has_fts5(database):
        # Messages that are kept from now on will be missing in an index that exists.
        database.execute("DELETE FROM meta WHERE key = ?", (KEY,))
        log.warning("no search: this Python's SQLite was built without FTS5")
        return False
    row = database.execute("SELECT value FROM meta WHERE key = ?", (KEY,)).fetchone()
    if row != (VERSION,):
        with transaction(database):
            _make(database)
    return True


def has_index(database: sqlite3.Connection) -> bool:
    """Whether there is an index, in step with the messages, that can be read and written."""
    row = database.execute("SELECT value FROM meta WHERE key = ?", (KEY,)).fetchone()
    return row == (VERSION,) and _has_fts5(database)


def rebuild(database: sqlite3.Connection) -> None:
    """Build the index anew, whatever there is."""
    with transaction(database):
        _make(database)


def count_indexed(database: sqlite3.Connection) -> int:
    """Return how many messages are in the index."""
    (count,) = database.execute("SELECT count(*) FROM search_content").fetchone()
    return int(count)


def count_messages(database: sqlite3.Connection) -> int:
    """Return how many messages have a text, and so belong into the index."""
    ids = database.execute("SELECT id FROM rooms").fetchall()
    return sum(1 for (room,) in ids for _ in _messages(database, room))


def _has_fts5(database: sqlite3.Connection) -> bool:
    return bool(database.execute("SELECT 1 FROM pragma_module_list WHERE name = 'fts5'").fetchone())


def _make(database: sqlite3.Connection) -> None:
    database.execute("DROP TABLE IF EXISTS search")
    database.execute(CREATE)
    begin = told_at = time.monotonic()
    done = 0
    for (room,) in database.execute("SELECT id FROM rooms ORDER BY id").fetchall():
        messages = _messages(database, room)
        while batch := list(islice(messages, BATCH)):
            _put(database, room, batch)
            done += len(batch)
            if time.monotonic() > told_at + TELL:
                told_at = time.monotonic()
                log.info("indexing for search", messages=done)
    if told_at > begin:
        log.info("indexed for search", messages=done, seconds=round(time.monotonic() - begin))
    database.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (KEY, VERSION))


def _put(database: sqlite3.Connection, room: int, messages: Sequence[tuple[Message, str]]) -> None:
    changes = Changes()
    for message, text in messages:
        changes.put(room, message.seq, text, message.who)
    changes.write(database)


def _messages(database: sqlite3.Connection, room: int) -> Iterator[tuple[Message, str]]:
    """Yield the messages of a room that have a text, each with its present text."""
    said = database.execute(
        "SELECT said.data, states.data FROM events AS said"
        " LEFT JOIN states ON states.room = said.room AND states.seq = said.seq"
        " WHERE said.room = ? AND is_message ORDER BY said.seq",
        (room,),
    )
    for data, state in said:
        message = decode(data)
        if isinstance(message, Message) and not message.deleted:
            text = states.decode_state(state).text
            yield message, message.text if text is None else text
