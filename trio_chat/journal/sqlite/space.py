"""Bounds what a database takes of the disk, and what others on the machine have left of it."""

import os
import sqlite3
from pathlib import Path
from typing import NamedTuple

import structlog

from trio_chat.journal.sqlite.file import LOG_LIMIT, JournalFile
from trio_chat.journal.sqlite.gaps import log_of
from trio_chat.journal.sqlite.schema import pragma
from trio_chat.measures import JournalFigures

GIGABYTE = 1000**3
MEGABYTE = 1000**2
LOOK_AFTER = MEGABYTE  # bytes of events that are written without a look, at most
LOOK_SHARE = 0.01  # of the largest database, after which there is a look before that
LOW_SHARE = 0.9  # of the largest database, from which on the operator is warned
LOW_FREE = 2.0  # times what has to stay free on the disk, below which the operator is warned
AGAIN = 0.05  # the share of a limit by which it must be undercut before messages are kept again

log = structlog.get_logger()


class SpaceLimits(NamedTuple):
    """How much there may be of a database, and how much space others must have; in bytes.

    0 is no limit.
    """

    max_database: int = 10 * GIGABYTE
    keep_free: int = 256 * MEGABYTE


class Space:
    """Says whether there is space for more messages, as of the last look.

    Args:
        file: The database, open to write.
        limits: What there may be.
        figures: Get what was measured.
    """

    def __init__(self, file: JournalFile, limits: SpaceLimits, figures: JournalFigures) -> None:
        self._file = file
        self._figures = figures
        self.limits = limits
        self.is_full = False
        self.written = 0  # bytes of events since the last look

    def keep_in_sight(self) -> None:
        """Measure anew if much was written since the last look.

        Raises:
            sqlite3.Error: the file cannot be read.
            OSError: its file system cannot.
        """
        most = self.limits.max_database
        if self.written > (min(LOOK_AFTER, most * LOOK_SHARE) if most else LOOK_AFTER):
            self.look()

    def look(self) -> None:
        """Measure anew, and log when it is full and when there is space again.

        Raises:
            sqlite3.Error: the file cannot be read.
            OSError: its file system cannot.
        """
        self.written = 0
        used, free = size(self._file.writer), _free(self._file.guard.path)
        figures = self._figures
        figures.database, figures.log, figures.disk_free = used, self._log_size(), free
        reason = self._reason(used, free, AGAIN if self.is_full else 0.0)
        if reason and not self.is_full:
            log.error("no more messages are kept", reason=reason, used=used, free=free)
        if self.is_full and not reason:
            log.info("messages are kept again", used=used, free=free)
        self.is_full = reason is not None
        self._warn(used, free)

    def _warn(self, used: int, free: int) -> None:
        """Warn once while there is still some space, and tell when there is plenty again."""
        figures, (most, least) = self._figures, self.limits
        margin = AGAIN if figures.is_space_low else 0.0
        is_low = bool(most) and used >= most * (LOW_SHARE - margin)
        is_low = is_low or free < least * (LOW_FREE + margin)
        if is_low and not figures.is_space_low:
            log.warning("space runs low: soon no more messages are kept", used=used, free=free)
        if figures.is_space_low and not is_low:
            log.info("there is enough space again", used=used, free=free)
        figures.is_space_low = is_low

    def _log_size(self) -> int:
        return log_of(self._file.writer).stat().st_size

    def _reason(self, used: int, free: int, margin: float) -> str | None:
        most, least = self.limits
        if most and used >= most * (1 - margin):
            return "the database is as large as --max-database allows: delete messages, or raise it"
        if free < least * (1 + margin):
            return "the disk has less space left than --keep-free: make room, or lower it"
        return None


def size(database: sqlite3.Connection) -> int:
    """Return the bytes of a database, without what is free for more messages.

    A file does not shrink when messages are deleted, but their space is used again. The log counts
    beyond the ``LOG_LIMIT`` that it is cut to, as when somebody reads for long.
    """
    pages = pragma(database, "page_count") - pragma(database, "freelist_count")
    log_size = log_of(database).stat().st_size
    return pages * pragma(database, "page_size") + max(0, log_size - LOG_LIMIT)


def _free(path: Path) -> int:
    """Return the bytes that are left for us on the file system of a file."""
    status = os.statvfs(path.parent)
    return status.f_bavail * status.f_frsize
