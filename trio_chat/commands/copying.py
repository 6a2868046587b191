"""Copies a database into one file that can be read anywhere, and checks the copy."""

import os
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path

from trio_chat.commands.progress import progress
from trio_chat.errors import Failed
from trio_chat.journal.sqlite import checks, scrubs, sealing
from trio_chat.journal.sqlite.erasing import erase_in
from trio_chat.journal.sqlite.file import explain
from trio_chat.journal.sqlite.obstacles import kind_of
from trio_chat.journal.sqlite.reindex import has_index
from trio_chat.journal.sqlite.runs import mark_copy
from trio_chat.journal.sqlite.schema import pragma
from trio_chat.journal.sqlite.transaction import transaction

STEP = 256  # pages that are copied between two looks at the progress, 1 MiB mostly
GENTLE = 0.05  # seconds of pause after each step when others need the disk: 20 MB a second
LEAST_URGENT = 19  # how the system is told that others come first
FOR_GOOD = 2**62  # milliseconds: at that time nothing that was cleared can be taken back


def copy_sound(
    database: sqlite3.Connection,
    target: Path,
    part: Path,
    *,
    gently: bool,
    source: Path | None = None,
) -> int:
    """Copy a database as of one moment, and see that the copy is sound.

    Args:
        database: What to copy; a transaction is open in it.
        target: What the copy is to be called, in what is told.
        part: The file to write, which is there and empty.
        gently: Whether others on the machine come first.
        source: What is told to be damaged if something is; ``None``: the copy, as it would be.

    Returns:
        How many events the copy has.

    Raises:
        Failed: the copy cannot be written, or is not sound.
    """
    if gently:
        os.nice(LEAST_URGENT)
    try:
        _copy(database, part, pause=GENTLE if gently else 0.0)
        return _check(database, part)
    except sqlite3.Error as error:
        named = source if source and kind_of(error) == "SQLITE_CORRUPT" else target
        raise Failed(explain(named, error, part)) from None


def is_same(one: Path, other: Path) -> bool:
    """Whether two names are those of one file."""
    with suppress(OSError):  # what cannot be looked at is told by whoever opens it
        return one.samefile(other)
    return False


def _copy(database: sqlite3.Connection, part: Path, *, pause: float) -> None:
    """Copy page by page. As the reader keeps its moment, a server that writes does not matter."""
    with (
        closing(sqlite3.connect(part, isolation_level=None)) as copy,
        progress("copying", pragma(database, "page_count")) as advance,
    ):
        left = pragma(database, "page_count")

        def look(_: int, remaining: int, __: int) -> None:
            nonlocal left
            advance(left - remaining)
            left = remaining
            time.sleep(pause)

        database.backup(copy, pages=STEP, progress=look)
        mark_copy(copy)
        _finish_deletions(copy, part)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, which can be read anywhere


def _finish_deletions(copy: sqlite3.Connection, part: Path) -> None:
    """Erase what was deleted and is still in the file, as its server would do within an hour."""
    if pragma(copy, "user_version") < scrubs.SINCE:
        return
    copy.execute("PRAGMA secure_delete = ON")
    while scrubs.step(copy):
        pass
    is_indexed = has_index(copy)
    if pragma(copy, "user_version") >= sealing.SINCE:
        with transaction(copy):
            while sealing.step(copy, now=FOR_GOOD, is_indexed=is_indexed):
                pass
    erase_in(copy, part, is_indexed=is_indexed)


def _check(database: sqlite3.Connection, part: Path) -> int:
    """See that the copy is sound, and has all; return how many events it has."""
    with closing(sqlite3.connect(part, isolation_level=None)) as copy:
        faults = checks.pages(copy)
        if faults or _count(copy) != _count(database):
            raise Failed(f"the copy is not sound: {(faults or ['events are missing'])[0]}")
        return _count(copy)


def _count(database: sqlite3.Connection) -> int:
    (events,) = database.execute("SELECT count(*) FROM events").fetchone()
    return int(events)
