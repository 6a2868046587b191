"""The command that deletes what is old, or too much."""

import os
import sqlite3
import time
from collections.abc import Sequence

from trio_chat.commands.files import database_path, opened
from trio_chat.commands.progress import progress
from trio_chat.commands.tables import show
from trio_chat.config import Config, ConfigError
from trio_chat.journal.retention import oldest_ts
from trio_chat.journal.sqlite import queries
from trio_chat.journal.sqlite.reindex import bring_in_step
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
    with opened(database_path(config), to_write=True) as database:
        is_indexed = bring_in_step(database)
        names = queries.room_ids(database)
        with progress("deleting", len(names)) as advance:
            rows = []
            for room, name in sorted(names, key=lambda pair: pair[1]):
                rows.append({"room": name, **_prune(database, room, config, is_indexed=is_indexed)})
                advance(1)
    show([row for row in rows if row["deleted"]], as_json=options.json)
    return 0


def _command_line() -> CommandLine:
    line = CommandLine(
        "prune",
        "Delete what is older, or more, than is to be kept, and tell for each room how many events "
        "that were and which is the first one left. The server may run meanwhile.",
        ["database", "keep_days", "keep_messages"],
    )
    line.add_argument("--json", action="store_true", help="print JSON objects, one a line")
    return line


def _prune(
    database: sqlite3.Connection, room: int, config: Config, *, is_indexed: bool
) -> dict[str, int]:
    """Delete the oldest events of a room, some at a time, so that a server can write in between."""
    before = first = queries.first(database, room)
    left: int | None = first
    while left is not None:
        first = left
        begin = time.monotonic()
        left = queries.delete_oldest(
            database, room, config.keep_messages, oldest_ts(config), is_indexed=is_indexed
        )
        time.sleep(time.monotonic() - begin)
    return {"deleted": first - before, "first": first}
