"""An SQLite file that something is moved from, or to."""

import os
import secrets
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec

from trio_chat.clock import wall_clock
from trio_chat.errors import Failed
from trio_chat.journal import moves
from trio_chat.journal.keys import stored_key
from trio_chat.journal.moves import KEPT, MOVING, Advance, Progress, Row, Values
from trio_chat.journal.offline import PATIENCE, is_held, open_beside
from trio_chat.journal.sqlite import people, reindex, runs, visits
from trio_chat.journal.sqlite.file import JournalFile, explain, keep_in_memory
from trio_chat.journal.sqlite.guard import InUse
from trio_chat.journal.sqlite.place import check_place, lock_out_others, resolved
from trio_chat.journal.sqlite.schema import SCHEMA, check_whose_it_is, pragma
from trio_chat.journal.sqlite.transaction import transaction
from trio_chat.journal.types import JournalError
from trio_chat.protocol.events import Edit, Message, React, Topic, decode

EPOCH_BYTES = 32
KINDS: dict[type, int] = {Message: 1, Edit: 2, Topic: 3, React: 4}  # others: 0

# By table: what is read of it, and the columns that its rows are in the order of.
QUERIES = {
    "meta": ("SELECT key, value FROM meta WHERE key IN ('secret', 'pruned')", ("key",)),
    "rooms": ("SELECT id, name, topic, last, ts, unordered FROM rooms WHERE true", ("id",)),
    "forgotten": ("SELECT name_group, last FROM forgotten WHERE true", ("name_group",)),
    "people": ("SELECT key, value FROM meta WHERE key GLOB 'person:*'", ("key",)),
    "visits": (
        "SELECT key, CAST(value AS INTEGER) FROM meta WHERE key GLOB 'visited:*'",
        ("key",),
    ),
    "clearings": (
        "SELECT room, key, seq, ts, first, authors FROM clearings WHERE true",
        ("room", "key"),
    ),
    "scrubs": ("SELECT room, target FROM scrubs WHERE true", ("room", "target")),
    "cids": ("SELECT room, cid, seq, ts, author, digest FROM cids WHERE true", ("room", "cid")),
    "states": ("SELECT room, seq, changes, data FROM states WHERE true", ("room", "seq")),
    "events": (
        "SELECT room, seq, ts, is_message, target, author, data FROM events WHERE true",
        ("room", "seq"),
    ),
}
WRITES = {
    "meta": "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)",
    "rooms": "INSERT INTO rooms (id, name, topic, last, ts, unordered) VALUES (?, ?, ?, ?, ?, ?)",
    "forgotten": "INSERT INTO forgotten (name_group, last) VALUES (?, ?)",
    "people": "INSERT INTO meta (key, value) VALUES (?, ?)",
    "visits": "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)",
    "clearings": (
        "INSERT INTO clearings (room, key, seq, ts, first, authors) VALUES (?, ?, ?, ?, ?, ?)"
    ),
    "scrubs": "INSERT INTO scrubs (room, target, before) VALUES (?, ?, 1 << 62)",
    "cids": "INSERT INTO cids (room, cid, seq, ts, author, digest) VALUES (?, ?, ?, ?, ?, ?)",
    "states": "INSERT INTO states (room, seq, changes, data) VALUES (?, ?, ?, ?)",
    "events": (
        "INSERT INTO events (room, seq, ts, is_message, target, author, data)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)"
    ),
}


class FilePlace:
    """``moves.Place`` in a file.

    Args:
        database: The file, open to write, of the present schema.
        lock: Descriptor of its lock file, which is held.
    """

    def __init__(self, database: sqlite3.Connection, lock: int) -> None:
        self._database = database
        self._lock = lock

    def state(self) -> str:
        """Return what tells whether a server has used it."""
        rows = self._database.execute(
            "SELECT hex(value) FROM meta WHERE key IN ('epoch', 'run', 'secret') ORDER BY key"
        )
        return " ".join(value for (value,) in rows)

    def epoch(self) -> str:
        """Return the name of its numbers; empty if some may have been lost."""
        if runs.lost_numbers(self._database, self._lock):
            return ""
        row = self._database.execute("SELECT value FROM meta WHERE key = 'epoch'").fetchone()
        return str(row[0].hex()[:16])

    def count(self, table: str) -> int:
        """Return how many rows a table has."""
        query, _ = QUERIES[table]
        (count,) = self._database.execute(f"SELECT count(*) FROM ({query})").fetchone()  # noqa: S608 - our names
        return int(count)

    def read(self, table: str, after: Sequence[Any], limit: int) -> list[Row]:
        """Return some rows that follow another one."""
        query, keys = QUERIES[table]
        names = ", ".join(keys)
        if after:
            query += f" AND ({names}) > ({', '.join('?' * len(keys))})"
        place = [bytes.fromhex(one["digest"]) if isinstance(one, dict) else one for one in after]
        rows = self._database.execute(f"{query} ORDER BY {names} LIMIT ?", (*place, limit))
        return [Row([_at(one) for one in row[: len(keys)]], _known(table, row)) for row in rows]

    def progress(self) -> Progress | None:
        """Return how far the move has come that goes here; ``None`` for none."""
        row = self._database.execute("SELECT value FROM meta WHERE key = ?", (MOVING,)).fetchone()
        return row and msgspec.json.decode(row[0], type=Progress)

    def write(self, table: str, rows: Sequence[Values], progress: Progress) -> None:
        """Keep rows, and how far the move has come, in one transaction."""
        with transaction(self._database):
            self._database.executemany(WRITES[table], [_own(table, row) for row in rows])
            self._database.execute(WRITES["meta"], (MOVING, msgspec.json.encode(progress)))

    def prepare(self, progress: Progress) -> None:
        """Keep that a move begins; the index of words is made at its end."""
        self.write("meta", [], progress)

    def index(self, _: Progress, advance: Advance) -> None:
        """Make the index of words; it is done at once."""
        reindex.give_up(self._database)
        reindex.bring_in_step(self._database)
        advance(self.messages())

    def messages(self) -> int:
        """Return how many messages there are."""
        query = "SELECT count(*) FROM events INDEXED BY messages WHERE is_message"
        (count,) = self._database.execute(query).fetchone()
        return int(count)

    def open_for_servers(self, progress: Progress) -> None:
        """End the move: from now on servers may have it, with the numbers that clients know."""
        epoch = bytes.fromhex(progress.epoch)
        epoch += secrets.token_bytes(EPOCH_BYTES - len(epoch))
        self._database.execute("PRAGMA synchronous = FULL")
        with transaction(self._database):
            self._database.execute(WRITES["meta"], ("epoch", epoch))
            self._database.execute("DELETE FROM meta WHERE key = ?", (MOVING,))
        self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def end_numbers(self) -> None:
        """Let a server that opens it begin other numbers: from now on they are given elsewhere."""
        runs.mark_copy(self._database, runs.MOVED)


def _at(value: object) -> object:
    """Return a value of a key as JSON can tell it."""
    return {"digest": value.hex()} if isinstance(value, bytes) else value


def _known(table: str, row: Values) -> Values:
    """Return a row as all databases know it."""
    match table:
        case "people":
            return row[0].removeprefix(people.PREFIX), bytes(row[1])
        case "visits":
            return row[0].removeprefix(visits.PREFIX), row[1]
        case "meta":
            return row[0], row[1] if isinstance(row[1], bytes) else str(row[1]).encode()
        case "cids":
            room, key, *others = row
            return room, key if isinstance(key, bytes) else stored_key(key), *others
        case "events":
            room, seq, ts, is_message, target, author, data = row
            kind = KINDS.get(type(decode(data)), 0) if not is_message else 1
            return room, seq, ts, kind, target, author, data
        case _:
            return row


def _own(table: str, row: Values) -> Values:
    """Return a row as a file has it."""
    match table:
        case "people":
            return people.PREFIX + row[0], row[1]
        case "visits":
            return visits.PREFIX + row[0], str(row[1])
        case "meta":
            return row[0], row[1] if row[0] == KEPT[0] else row[1].decode()
        case "events":
            room, seq, ts, kind, target, author, data = row
            return room, seq, ts, kind == 1, target, author, data
        case _:
            return row


@contextmanager
def source(path: Path) -> Iterator[FilePlace]:
    """Open a file for the block that something is moved from.

    Raises:
        JournalError: it cannot be opened, or a server has it.
        Failed: it cannot be read in the block.
    """
    with (
        closing(open_beside(path, to_write=True)) as database,
        _locked(path) as lock,
        _explained(path),
    ):
        people.take_over_nicks(database, wall_clock())
        yield FilePlace(database, lock)


@contextmanager
def target(path: Path) -> Iterator[FilePlace]:
    """Open a file for the block that something is moved to; it is made if it is not there.

    Raises:
        JournalError: it cannot be opened, or made, or a server has it.
        Failed: it cannot be written in the block.
    """
    if not check_place(path):
        JournalFile(path).close()
    with _locked(path) as lock, _explained(path), closing(_connect(path)) as database:
        check_whose_it_is(database, path, may_be_incomplete=True)
        if pragma(database, "user_version") != SCHEMA:
            raise JournalError(f"{path} is no database of this release")
        keep_in_memory(database)
        yield FilePlace(database, lock)


@contextmanager
def trial(path: Path) -> Iterator[FilePlace]:
    """Make a file elsewhere for the block, on which to try how long it takes to move something."""
    if check_place(path):
        with target(path) as place:
            moves.check_empty(place)
    with tempfile.TemporaryDirectory() as folder, target(Path(folder) / path.name) as place:
        yield place


def _connect(path: Path) -> sqlite3.Connection:
    if is_held(path):  # although its lock file is not, which may have been removed
        raise InUse(f"{path} is in use by another trio-chat server")
    return sqlite3.connect(resolved(path), timeout=PATIENCE, isolation_level=None)


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    lock = lock_out_others(path)
    try:
        yield lock
    finally:
        os.close(lock)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise Failed(explain(path, error)) from None
