"""The command that copies the database while the server runs."""

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

from trio_chat.commands.files import database_path, new_file, snapshot
from trio_chat.commands.progress import progress
from trio_chat.commands.tables import size
from trio_chat.config import ConfigError
from trio_chat.errors import Failed
from trio_chat.journal.sqlite import scrubs, sealing
from trio_chat.journal.sqlite.erasing import erase_in
from trio_chat.journal.sqlite.file import explain
from trio_chat.journal.sqlite.reindex import has_index
from trio_chat.journal.sqlite.runs import mark_copy
from trio_chat.journal.sqlite.schema import pragma
from trio_chat.journal.sqlite.transaction import transaction
from trio_chat.settings import CommandLine

STEP = 256  # pages that are copied between two looks at the progress
FOR_GOOD = 2**62  # milliseconds: at that time nothing that was cleared can be taken back


def main(arguments: Sequence[str]) -> int:
    """Copy the database as it stands at this moment, check the copy, and put it in its place.

    Raises:
        ConfigError: wrong use, or a database that cannot be opened.
        Failed: the copy cannot be written, or is not sound.
    """
    options, config = _command_line().read(arguments, os.environ)
    source, target = database_path(config, "backup"), Path(options.file)
    if _is_same(target, source):
        raise ConfigError(f"{target} is the database itself")
    with snapshot(source) as database, new_file(target, force=options.force) as part:
        try:
            _copy(database, part)
            events = _check(database, part)
        except sqlite3.Error as error:
            raise Failed(explain(target, error, part)) from None
    print(f"backed up {events:,} events to {target} ({size(target.stat().st_size)})")
    return 0


def _is_same(target: Path, source: Path) -> bool:
    with suppress(OSError):  # what cannot be looked at is told by whoever opens it
        return target.samefile(source)
    return False


def _command_line() -> CommandLine:
    line = CommandLine(
        "backup",
        "Copy the database as it stands at this moment, and check the copy. The server may run "
        "meanwhile. The copy holds the key that sessions are signed with: keep it private.",
        ["database"],
    )
    line.add_argument("file", metavar="FILE", help="where the copy is to be")
    line.add_argument("--force", action="store_true", help="replace the file if it is there")
    return line


def _copy(database: sqlite3.Connection, part: Path) -> None:
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
        [(verdict,), *_] = copy.execute("PRAGMA integrity_check(1)").fetchall()
        if verdict != "ok" or _count(copy) != _count(database):
            raise Failed(f"the copy is not sound: {verdict}")
        return _count(copy)


def _count(database: sqlite3.Connection) -> int:
    (events,) = database.execute("SELECT count(*) FROM events").fetchone()
    return int(events)
