"""Erases deleted words from the search index and the write-ahead log, some time after a deletion.

So it does with what was said about deleted messages, to report them, and with names that nobody has
any more.

SQLite overwrites rows that are deleted (``secure_delete``). FTS5 does not: until the segments of
its index are merged, the words of a deleted row stay in the old one. So each removal is noted down,
and within a stated time all segments are merged into one, in steps, the log is emptied, and the
unused space in pages is cleared.
"""

import os
import sqlite3
import time
from pathlib import Path

from trio_chat.clock import wall_clock
from trio_chat.journal.sqlite import gaps, reports
from trio_chat.journal.sqlite.index import NOTED
from trio_chat.journal.sqlite.transaction import transaction

MERGE = 64  # pages of the index that are written in one step
BEGUN = "erasing"  # in ``meta``, for ``index.NOTED``: what is removed later is noted again
ROWS = "unerased-rows"  # in ``meta``: when other rows were removed, of which no index has words
ROWS_BEGUN = "erasing-rows"  # likewise


def noted(database: sqlite3.Connection) -> int | None:
    """Return since when there is something to erase, in ms since 1970; ``None`` if nothing is."""
    (since,) = database.execute(
        "SELECT min(CAST(value AS INTEGER)) FROM meta WHERE key IN (?, ?, ?, ?)",
        (NOTED, BEGUN, ROWS, ROWS_BEGUN),
    ).fetchone()
    return None if since is None else int(since)


def note_rows(database: sqlite3.Connection) -> None:
    """Note down that rows were removed that hold names, in the transaction that removes them."""
    database.execute(
        "INSERT OR IGNORE INTO meta (key, value) VALUES (?, ?)", (ROWS, str(wall_clock()))
    )


class Eraser:
    """Erases what was removed before it began, a step at a time.

    Args:
        database: The file, open to write.
        descriptor: Of the same file, as ``gaps.clear`` needs it.
        is_indexed: Whether it has an index in step with its messages.
    """

    def __init__(self, database: sqlite3.Connection, descriptor: int, *, is_indexed: bool) -> None:
        self._database = database
        self._descriptor = descriptor
        self._is_indexed = is_indexed
        self._is_begun = False
        self._cleared = 0  # bytes of the file
        self._has_words = True  # else only rows were removed, and the log and pages have these
        self._looked_at: int | None = 0  # how many acts; ``None`` for all
        self.is_done = False

    def step(self) -> bool:
        """Do one step; return whether to go on.

        At the end ``is_done`` is true. Otherwise others use the file, and it goes on another time.
        """
        if not self._is_begun:
            self._begin()
        if self._has_words and self._go_on_with_words():
            return True
        end = gaps.clear(self._database, self._descriptor, self._cleared)
        if end is None:
            return False
        if end > self._cleared:
            self._cleared = end
            return True
        self._database.execute("DELETE FROM meta WHERE key IN (?, ?)", (BEGUN, ROWS_BEGUN))
        self.is_done = True
        return False

    def _go_on_with_words(self) -> bool:
        """Take some words out of the ledger, or of old segments; return whether to go on."""
        if self._looked_at is not None:
            self._looked_at = reports.step(self._database, self._looked_at)
            return True
        return self._is_indexed and self._merge(MERGE)

    def _begin(self) -> None:
        with transaction(self._database):
            for begun, noted_as in ((BEGUN, NOTED), (ROWS_BEGUN, ROWS)):
                self._database.execute(
                    "INSERT OR IGNORE INTO meta (key, value)"
                    " SELECT ?, value FROM meta WHERE key = ?",
                    (begun, noted_as),
                )
                self._database.execute("DELETE FROM meta WHERE key = ?", (noted_as,))
            (words,) = self._database.execute(
                "SELECT count(*) FROM meta WHERE key = ?", (BEGUN,)
            ).fetchone()
            self._has_words = bool(words)
            if self._has_words and self._is_indexed:
                self._merge(-MERGE)  # a negative number lets all segments be merged, not some
        self._is_begun = True

    def _merge(self, pages: int) -> bool:
        """Merge segments for so many pages; return whether there was something to merge."""
        before = self._database.total_changes
        self._database.execute("INSERT INTO search (search, rank) VALUES ('merge', ?)", (pages,))
        return self._database.total_changes - before > 1


def erase(
    database: sqlite3.Connection,
    descriptor: int,
    *,
    is_indexed: bool,
    seconds: float = float("inf"),
) -> None:
    """Erase what was removed, all of it or as much as can be in some seconds."""
    if noted(database) is None:
        return
    end = time.monotonic() + seconds
    eraser = Eraser(database, descriptor, is_indexed=is_indexed)
    while eraser.step() and time.monotonic() <= end:
        pass


def erase_in(database: sqlite3.Connection, path: Path, *, is_indexed: bool) -> None:
    """Erase what was removed from a file that a command has open.

    Resource handling: one more descriptor stays open to the end of the process.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    erase(database, descriptor, is_indexed=is_indexed)
