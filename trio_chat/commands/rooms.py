"""The command that lists the rooms with their sizes and ages."""

import os
import sqlite3
from collections.abc import Iterator, Sequence

from trio_chat.commands.files import database_path, snapshot
from trio_chat.commands.progress import progress
from trio_chat.commands.tables import Row, moment, show
from trio_chat.journal.sqlite import queries
from trio_chat.journal.sqlite.comparison import Head, sound
from trio_chat.settings import CommandLine

MEASURE = (
    "SELECT coalesce(sum(is_message), 0), count(*), coalesce(sum(length(data)), 0), min(seq),"
    " min(iif(typeof(ts) = 'integer', ts, NULL)) FROM events WHERE room = ?"
)


def main(arguments: Sequence[str]) -> int:
    """List the rooms.

    Raises:
        ConfigError: wrong usage, or a database that cannot be opened.
        Failed: it cannot be read.
    """
    options, config = _command_line().read(arguments, os.environ)
    with snapshot(database_path(config, "rooms")) as database:
        show(list(_rows(database)), as_json=options.json)
    return 0


def _command_line() -> CommandLine:
    line = CommandLine(
        "rooms",
        "List the rooms: name, messages, events (messages and what changed them), bytes, first and "
        "last number, times of the oldest and the newest event, topic. On a pipe, the columns "
        "are separated by tabs. The server may run meanwhile.",
        ["database"],
    )
    line.add_argument("--json", action="store_true", help="print JSON objects, one a line")
    return line


def _rows(database: sqlite3.Connection) -> Iterator[Row]:
    names = sorted(queries.room_ids(database), key=lambda pair: pair[1])
    with progress("measuring", len(names)) as advance:
        for room, name in names:
            yield _row(database, room, name)
            advance(1)


def _row(database: sqlite3.Connection, room: int, name: str) -> Row:
    messages, events, size, first, oldest = database.execute(MEASURE, (room,)).fetchone()
    head = sound(
        Head(
            *database.execute(
                "SELECT last, ts, topic, unordered FROM rooms WHERE id = ?", (room,)
            ).fetchone()
        )
    )
    return {
        "room": name,
        "messages": messages,
        "events": events,
        "bytes": size,
        "first": first or head.last + 1,
        "last": head.last,
        "oldest": moment(oldest),
        "newest": moment(head.ts),
        "topic": head.topic,
    }
