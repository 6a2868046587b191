"""Saves what was said when the database was moved or removed while it is open."""

import os
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path

import structlog

from trio_chat.journal.sqlite.file import JournalFile
from trio_chat.journal.sqlite.guard import PRIVATE, Displaced
from trio_chat.journal.sqlite.place import remove_database
from trio_chat.journal.sqlite.runs import mark_copy

RETRY = 60.0  # seconds until a copy that failed is tried again
STEP = 256  # pages that are copied at a time

log = structlog.get_logger()


class Rescue:
    """Watches a file, and copies it beside its old place when it has lost its last name.

    Args:
        file: The file, open to write.
    """

    def __init__(self, file: JournalFile) -> None:
        self._file = file
        self._retry_at = 0.0
        self._is_saved = False
        self._has_names = False

    def look(self) -> None:
        """See that all is in its place; save what can be saved if it is not.

        Raises:
            Displaced: something is not.
        """
        try:
            self._file.guard.check()
        except Displaced:
            self._save()
            raise
        self._tell_of_names()

    def _tell_of_names(self) -> None:
        """Log that the database was given another name: nothing is wrong before the next start."""
        names = self._file.guard.names
        if names > 1 and not self._has_names:
            log.error(
                "the database has another name (hard link)",
                names=names,
                fix="remove all but one: no server starts with two",
            )
        self._has_names = names > 1

    def _save(self) -> None:
        """Write the log into the file that is open, and copy that if it has no name any more."""
        if not self._file.guard.is_overwritten():
            with suppress(sqlite3.Error):  # as on a full disk; the copy has the log, too
                self._file.save_log()
        is_due = time.monotonic() >= self._retry_at
        if self._file.guard.is_removed() and not self._is_saved and is_due:
            self._retry_at = time.monotonic() + RETRY
            try:
                saved = _copy(self._file.writer, self._file.guard.path)
            except (OSError, sqlite3.Error) as error:
                log.error("the removed database cannot be saved", reason=self._file.reason(error))
            else:
                self._is_saved = True
                log.error(
                    "the database was removed; all messages are in a copy",
                    copy=str(saved),
                    fix=f"stop the server, and rename the copy to {self._file.guard.path}",
                )


def _copy(database: sqlite3.Connection, path: Path) -> Path:
    """Copy a database to a new file beside a path; return where that is."""
    target = path.with_name(f"{path.name}.rescued-{time.time_ns() // 1_000_000}")
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE))
    try:
        with closing(sqlite3.connect(target, isolation_level=None)) as copy:
            copy.execute("PRAGMA synchronous = FULL")
            database.backup(copy, pages=STEP)
            mark_copy(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
    except BaseException:
        remove_database(target)
        raise
    return target
