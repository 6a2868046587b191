"""The index of files: which there are, whose, and of which message. All of it blocks.

The journal is the truth about messages; the index only finds them. It is a database of its own
beside the contents, so that it is the same whatever keeps the messages.
"""

import sqlite3
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from trio_chat.journal.sqlite.transaction import transaction
from trio_chat.journal.types import JournalError
from trio_chat.protocol.events import File

NAME = "index.db"
VERSION = 1
TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE files (
    id TEXT PRIMARY KEY,
    digest TEXT NOT NULL, -- SHA-256 of the content
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    size INTEGER NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    owner TEXT NOT NULL, -- the id of a person
    room TEXT NOT NULL,
    ts INTEGER NOT NULL, -- when it was uploaded, in ms since 1970
    since INTEGER NOT NULL, -- the last message of the room then
    seq INTEGER NOT NULL DEFAULT 0 -- the message that has it; 0: none has, as far as is known
) WITHOUT ROWID;
CREATE INDEX digests ON files (digest);
CREATE INDEX unused ON files (ts) WHERE seq = 0;
CREATE INDEX places ON files (room, seq);
"""
# What came without a new version: those before do not mind.
LATER = "CREATE INDEX IF NOT EXISTS owners ON files (owner, ts)"


class Row(NamedTuple):
    """A file as it is kept."""

    id: str
    digest: str
    name: str
    type: str
    size: int
    width: int
    height: int
    owner: str
    room: str
    ts: int
    since: int
    seq: int = 0


def file_of(row: Row) -> File:
    """Return a file as it is told."""
    return File(row.id, row.name, row.type, row.size, row.width, row.height)


class Index:
    """The index, on one connection that threads use by turns.

    Args:
        folder: Where it is.

    Raises:
        JournalError: it cannot be used; the message says why.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / NAME
        self._lock = threading.Lock()
        try:
            self._database = sqlite3.connect(
                path, check_same_thread=False, isolation_level=None, timeout=1
            )
        except sqlite3.Error as error:
            raise JournalError(f"{path} cannot be used: {error}") from None
        try:
            path.chmod(0o600)
            self._prepare(path)
        except (sqlite3.Error, OSError) as error:
            self._database.close()
            raise JournalError(f"{path} cannot be used: {error}") from None
        except JournalError:
            self._database.close()
            raise

    def _prepare(self, path: Path) -> None:
        execute = self._database.execute
        execute("PRAGMA journal_mode = TRUNCATE")  # which leaves no names behind
        execute("PRAGMA secure_delete = ON")
        execute("PRAGMA synchronous = FULL")
        (version,) = execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise JournalError(f"{path} was made by a newer trio-chat")
        if version == 0:
            script = f"BEGIN; {TABLES} PRAGMA user_version = {VERSION}; COMMIT"
            self._database.executescript(script)
        execute(LATER)

    def close(self) -> None:
        """Let go of it."""
        with self._lock:
            self._database.close()

    def bind(self, mark: str) -> bool:
        """Note to which journal it belongs; return whether that is the one with this mark."""
        with self._lock:
            self._database.execute("INSERT OR IGNORE INTO meta VALUES ('journal', ?)", (mark,))
            row = self._database.execute("SELECT value FROM meta WHERE name = 'journal'").fetchone()
            return bool(row[0] == mark)

    def add(self, row: Row) -> None:
        """Keep a file."""
        marks = ", ".join("?" * len(row))
        with self._lock:
            self._database.execute(f"INSERT INTO files VALUES ({marks})", row)  # noqa: S608

    def find(self, file_id: str) -> Row | None:
        """Return a file."""
        rows = self._rows("id = ?", (file_id,))
        return rows[0] if rows else None

    def unused(self) -> list[Row]:
        """Return the files that no message has, as far as is known."""
        return self._rows("seq = 0", ())

    def after(self, file_id: str, limit: int) -> list[Row]:
        """Return some of the files that messages have, in the order of their ids."""
        return self._rows("id > ? AND seq > 0 ORDER BY id LIMIT ?", (file_id, limit))

    def some(self, file_id: str, limit: int) -> list[Row]:
        """Return some of all files, in the order of their ids."""
        return self._rows("id > ? ORDER BY id LIMIT ?", (file_id, limit))

    def _rows(self, condition: str, values: Sequence[object]) -> list[Row]:
        with self._lock:
            found = self._database.execute(
                f"SELECT * FROM files WHERE {condition}",  # noqa: S608
                values,
            )
            return [Row(*row) for row in found]

    def sizes_of(self, owner: str, since_ts: int) -> list[tuple[int, int]]:
        """Return when somebody has uploaded files since a time, in ms, and their sizes."""
        with self._lock:
            found = self._database.execute(
                "SELECT ts, size FROM files WHERE owner = ? AND ts > ? ORDER BY ts",
                (owner, since_ts),
            )
            return found.fetchall()

    def use(self, room: str, seq: int, ids: Iterable[str]) -> None:
        """Note that a message has files, unless another one had them before."""
        with self._lock, transaction(self._database):
            for each in ids:
                self._database.execute(
                    "UPDATE files SET seq = ? WHERE id = ? AND room = ? AND seq = 0",
                    (seq, each, room),
                )

    def remove(self, ids: Iterable[str]) -> list[str]:
        """Forget files; return the digests of contents that no other one has."""
        with self._lock:
            digests = set()
            with transaction(self._database):
                for each in ids:
                    rows = self._database.execute(
                        "DELETE FROM files WHERE id = ? RETURNING digest", (each,)
                    )
                    digests |= {digest for (digest,) in rows}
            return [digest for digest in digests if not self._is_known(digest)]

    def is_known(self, digest: str) -> bool:
        """Whether a file has this content."""
        with self._lock:
            return self._is_known(digest)

    def _is_known(self, digest: str) -> bool:
        found = self._database.execute("SELECT 1 FROM files WHERE digest = ? LIMIT 1", (digest,))
        return found.fetchone() is not None

    def totals(self) -> tuple[int, int]:
        """Return how many files there are, and the bytes of all their contents."""
        with self._lock:
            (count,) = self._database.execute("SELECT count(*) FROM files").fetchone()
            (size,) = self._database.execute(
                "SELECT coalesce(sum(size), 0) FROM (SELECT DISTINCT digest, size FROM files)"
            ).fetchone()
            return count, size
