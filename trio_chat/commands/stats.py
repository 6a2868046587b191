"""The command that tells what takes the space of a database."""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import suppress

from trio_chat.commands.files import database_path, snapshot
from trio_chat.commands.progress import progress
from trio_chat.commands.tables import Row, show
from trio_chat.journal.sqlite.gaps import log_of
from trio_chat.journal.sqlite.schema import pragma
from trio_chat.protocol.acts import LEDGER
from trio_chat.settings import CommandLine

PARTS = {  # of a database, by the tables that they are made of
    "events": ("events", "messages", "changes"),
    "states of messages": ("states",),
    "cids of resends": ("cids",),
    "people and others": ("meta",),
}
SEARCH = "search"  # how the names of the index's tables begin
PAGES = "SELECT name, sum(pgsize) FROM dbstat GROUP BY name"
MEASURE = (
    "SELECT coalesce(sum(is_message), 0), coalesce(sum(iif(is_message, length(data), 0)), 0),"
    " count(*) - coalesce(sum(is_message), 0),"
    " coalesce(sum(iif(is_message, 0, length(data))), 0) FROM events WHERE room = ?"
)


def main(arguments: Sequence[str]) -> int:
    """Print what takes space: files, parts of the database, and rooms, the largest first.

    Raises:
        ConfigError: wrong usage, or a database that cannot be opened.
        Failed: it cannot be read.
    """
    options, config = _command_line().read(arguments, os.environ)
    with snapshot(database_path(config, "stats")) as database:
        rows = [*_files(database), *_parts(database), *_rooms(database)]
    show(rows, as_json=options.json)
    return 0


def _command_line() -> CommandLine:
    line = CommandLine(
        "stats",
        "Tell what takes the space of the database: its files, what is free in them, its parts, "
        "and each room's messages and changes (edits, reactions, deletions, topics), the largest "
        "rooms first. On a pipe, the columns are separated by tabs. The server may run meanwhile.",
        ["database"],
    )
    line.add_argument("--json", action="store_true", help="print JSON objects, one a line")
    return line


def _row(kind: str, name: str, size: int, count: int | None = None) -> Row:
    return {"what": kind, "name": name, "count": count, "bytes": size}


def _files(database: sqlite3.Connection) -> Iterator[Row]:
    page = pragma(database, "page_size")
    yield _row("file", "database", pragma(database, "page_count") * page)
    log = log_of(database)
    yield _row("file", "write-ahead log", log.stat().st_size if log.exists() else 0)
    free = pragma(database, "freelist_count")
    yield _row("part", "free for more", free * page, free)


def _parts(database: sqlite3.Connection) -> Iterator[Row]:
    """Yield the parts by the pages that they take, as far as this SQLite can tell."""
    sizes: dict[str, int] = {}
    with suppress(sqlite3.OperationalError):  # built without the table of pages
        sizes = dict(database.execute(PAGES))
    index = sum(size for name, size in sizes.items() if name.startswith(SEARCH))
    named = {part: sum(sizes.get(name, 0) for name in names) for part, names in PARTS.items()}
    if sizes:
        yield from (_row("part", part, size) for part, size in named.items())
        yield _row("part", "search index", index)
        yield _row("part", "others", sum(sizes.values()) - index - sum(named.values()))


def _rooms(database: sqlite3.Connection) -> Iterator[Row]:
    ids = database.execute("SELECT id, name FROM rooms").fetchall()
    measured: list[tuple[int, str, tuple[int, int, int, int]]] = []
    with progress("measuring", len(ids)) as advance:
        for room, name in ids:
            found = database.execute(MEASURE, (room,)).fetchone()
            measured.append((-found[1] - found[3], name, found))
            advance(1)
    for _, name, (messages, text, changes, changed) in sorted(measured):
        if name == LEDGER:
            yield _row("acts", "", changed, changes)
        else:
            yield _row("messages", name, text, messages)
            yield _row("changes", name, changed, changes)
