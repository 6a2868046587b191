"""The command that deletes what is old, or too much."""

import os
import sqlite3
import time
from collections.abc import Iterator, Sequence

from trio_chat.clock import wall_clock
from trio_chat.commands.databases import postgres
from trio_chat.commands.files import database_path, opened
from trio_chat.commands.progress import progress
from trio_chat.commands.tables import Row, show
from trio_chat.config import Config, ConfigError
from trio_chat.database_url import is_url
from trio_chat.journal.retention import oldest_ts
from trio_chat.journal.sqlite import queries, scrubs
from trio_chat.journal.sqlite.erasing import erase_in
from trio_chat.journal.sqlite.pruning import Due, Limits, delete_step, find_due
from trio_chat.journal.sqlite.reindex import bring_in_step
from trio_chat.journal.sqlite.transaction import transaction
from trio_chat.settings import CommandLine


def main(arguments: Sequence[str]) -> int:
    """Delete what retention would delete, and tell what that was.

    Raises:
        ConfigError: wrong use, or a database that cannot be opened.
        Failed: it cannot be written.
    """
    options, config = _command_line().read(arguments, os.environ)
    if not config.keep_days and not config.keep_messages:
        raise ConfigError("nothing is to be deleted: set --keep-days or --keep-messages")
    if is_url(config.database):
        rows = postgres().prune(config.database, _limits(config))
    else:
        rows = _prune_file(config)
    show(sorted(rows, key=lambda row: str(row["room"])), as_json=options.json)
    return 0


def _limits(config: Config) -> Limits:
    now = wall_clock()
    return Limits(config.keep_messages, oldest_ts(config, now), now)


def _prune_file(config: Config) -> list[Row]:
    path = database_path(config, "prune")
    with opened(path, to_write=True) as database:
        is_indexed = bring_in_step(database)
        rows = [
            {"room": due.name, **_prune(database, due, is_indexed=is_indexed)}
            for due in _due(database, config)
        ]
        while _scrub(database):
            pass
        erase_in(database, path, is_indexed=is_indexed)
    return rows


def _scrub(database: sqlite3.Connection) -> bool:
    """Take texts out of what is left of one message; return whether there was something."""
    with transaction(database):
        return scrubs.step(database)


def _command_line() -> CommandLine:
    line = CommandLine(
        "prune",
        "Delete what is older, or more, than is to be kept, and tell for each room how many events "
        "that were and which is the first one left. The server may run meanwhile.",
        ["database", "keep_days", "keep_messages"],
    )
    line.add_argument("--json", action="store_true", help="print JSON objects, one a line")
    return line


def _due(database: sqlite3.Connection, config: Config) -> Iterator[Due]:
    """Yield the rooms that have something to delete, and show how far that is."""
    limits = _limits(config)
    (count,) = database.execute("SELECT coalesce(max(id), 0) FROM rooms").fetchone()
    after: int | None = 0
    with progress("deleting", count) as advance:
        done = 0
        while after is not None:
            page = find_due(database, limits, after)
            for due in page.due:
                yield due
                advance(due.room - done)
                done = due.room
            after = page.after


def _prune(database: sqlite3.Connection, due: Due, *, is_indexed: bool) -> dict[str, int]:
    """Delete the oldest events of a room, some at a time, so that a server can write in between."""
    before = first = queries.first(database, due.room)
    left: int | None = first
    while left is not None:
        first = left
        begin = time.monotonic()
        left = delete_step(database, due, is_indexed=is_indexed)
        time.sleep(time.monotonic() - begin)
    return {"deleted": first - before, "first": first}
