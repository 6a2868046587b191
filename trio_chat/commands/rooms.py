"""The command that lists the rooms with their sizes and ages."""

import os
from collections.abc import Iterator, Sequence

from trio_chat.commands.databases import snapshot_store
from trio_chat.commands.progress import progress
from trio_chat.commands.stores import Measure, Store, Survey
from trio_chat.commands.tables import Row, moment, show
from trio_chat.journal.sqlite.comparison import sound
from trio_chat.settings import CommandLine


def main(arguments: Sequence[str]) -> int:
    """List the rooms.

    Raises:
        ConfigError: wrong usage, or a database that cannot be opened.
        Failed: it cannot be read.
    """
    options, config = _command_line().read(arguments, os.environ)
    with snapshot_store(config, "rooms") as store:
        show(list(_rows(store)), as_json=options.json)
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


def _rows(store: Store) -> Iterator[Row]:
    rooms = sorted(store.survey(), key=lambda room: room.name)
    with progress("measuring", len(rooms)) as advance:
        for room in rooms:
            yield _row(room, store.measure(room.name))
            advance(1)


def _row(room: Survey, found: Measure) -> Row:
    head = sound(room.head)
    return {
        "room": room.name,
        "messages": found.messages,
        "events": found.messages + found.changes,
        "bytes": found.text + found.changed,
        "first": room.first or head.last + 1,
        "last": head.last,
        "oldest": moment(found.oldest),
        "newest": moment(head.ts),
        "topic": head.topic,
    }
