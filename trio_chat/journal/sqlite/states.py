"""The present state of messages that were changed, kept beside the events that changed them."""

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import groupby

import msgspec
import structlog

from trio_chat.journal.clearings import Clearing
from trio_chat.journal.views import Changes, State, without_cleared
from trio_chat.protocol.events import AnyStoredEvent, decode, encode

TELL_INTERVAL = 5.0  # seconds between two log lines about how far the migration is

Key = tuple[int, int]  # a room's id, and the number of a message
# Returns the changes of the message with a number, from another number on.
Later = Callable[[int, int], Iterable[AnyStoredEvent]]

log = structlog.get_logger()

encode_state = msgspec.json.Encoder().encode
_decoder = msgspec.json.Decoder(State)


def load(database: sqlite3.Connection, room: int, seq: int) -> Changes:
    """Return the changes of a message, for more to be added."""
    row = database.execute(
        "SELECT changes, data FROM states WHERE room = ? AND seq = ?", (room, seq)
    ).fetchone()
    return Changes(row[0], decode_state(row[1])) if row else Changes()


def decode_state(data: bytes | None) -> State:
    """Return a state; that of an unchanged message if there are no bytes, or they are damaged."""
    if data is None:
        return State()
    with suppress(msgspec.MsgspecError, UnicodeDecodeError, RecursionError, TypeError):
        return _decoder.decode(data)
    return State()


def save(database: sqlite3.Connection, changed: Iterable[tuple[Key, Changes]]) -> None:
    """Keep the changes of some messages."""
    database.executemany(
        "INSERT OR REPLACE INTO states (room, seq, changes, data) VALUES (?, ?, ?, ?)",
        ((*key, changes.count, encode_state(changes.state)) for key, changes in changed),
    )


def forget_text(database: sqlite3.Connection, room: int, seq: int) -> None:
    """Forget the text that edits have given to a message."""
    changes = load(database, room, seq)
    if changes.state.text:
        changes.state.text = ""
        save(database, [((room, seq), changes)])


def changes_in(database: sqlite3.Connection, room: int) -> Later:
    """Return what reads the changes of messages of a room."""

    def later(seq: int, first: int) -> Iterable[AnyStoredEvent]:
        found = (decode(data) for _, data in _changes(database, room, seq, first))
        return (event for event in found if event)

    return later


def _changes(
    database: sqlite3.Connection, room: int, target: int, first: int = 0
) -> list[tuple[int, bytes]]:
    """Return the changes of a message from a number on, encoded."""
    return database.execute(
        "SELECT seq, data FROM events INDEXED BY changes WHERE room = ? AND target = ?"
        " AND seq >= ? ORDER BY seq",
        (room, target, first),
    ).fetchall()


def take_back_reactions(
    database: sqlite3.Connection, room: int, target: int, clearing: Clearing
) -> int:
    """Take the reactions that are cleared away from a message, for good.

    Returns:
        How many changes were looked at.
    """
    rows = [(seq, decode(data)) for seq, data in _changes(database, room, target)]
    cleared, changes = without_cleared(rows, clearing, lambda: load(database, room, target))
    for seq, reaction in cleared:
        database.execute(
            "UPDATE events SET data = ? WHERE room = ? AND seq = ?", (encode(reaction), room, seq)
        )
    save(database, [((room, target), changes)])
    return len(rows)


def remove(database: sqlite3.Connection, room: int, last: int) -> None:
    """Forget the changes of a room's messages up to a number."""
    database.execute("DELETE FROM states WHERE room = ? AND seq <= ?", (room, last))


def migrate(database: sqlite3.Connection) -> None:
    """Add up all changes of a file that has none added up, message by message."""
    save(database, _added_up(database))


def _added_up(database: sqlite3.Connection) -> Iterator[tuple[Key, Changes]]:
    rows = database.execute(
        "SELECT room, target, data FROM events INDEXED BY changes WHERE target IS NOT NULL"
        " AND EXISTS (SELECT 1 FROM events AS message WHERE message.room = events.room"
        " AND message.seq = events.target AND message.is_message)"
        " ORDER BY room, target, seq"
    )
    for key, group in groupby(_reported(rows), lambda row: (row[0], row[1])):
        changes = Changes()
        for _, _, data in group:
            event = decode(data)
            if event:
                changes.apply(event)
        yield key, changes


def _reported(rows: Iterable[tuple[int, int, bytes]]) -> Iterator[tuple[int, int, bytes]]:
    """Yield rows, and log how many have been read when that takes long."""
    told_at = time.monotonic()
    for count, row in enumerate(rows):
        if count % 1000 == 0 and time.monotonic() > told_at + TELL_INTERVAL:
            told_at = time.monotonic()
            log.info("adding up edits and reactions", events=count)
        yield row
