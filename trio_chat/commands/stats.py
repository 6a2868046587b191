"""The command that tells what takes the space of a database."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from trio_chat.commands.databases import snapshot_store
from trio_chat.commands.file_folders import totals
from trio_chat.commands.progress import progress
from trio_chat.commands.stores import Measure, Store
from trio_chat.commands.tables import Row, show
from trio_chat.files.place import folder_of
from trio_chat.protocol.acts import LEDGER
from trio_chat.settings import CommandLine


def main(arguments: Sequence[str]) -> int:
    """Print what takes space: files, parts of the database, and rooms, the largest first.

    Raises:
        ConfigError: wrong usage, or a database that cannot be opened.
        Failed: it cannot be read.
    """
    options, config = _command_line().read(arguments, os.environ)
    with snapshot_store(config, "stats") as store:
        sizes = [_row(*size) for size in store.sizes()]
        rows = [*sizes, _sent(folder_of(config)), *_rooms(store)]
    show(rows, as_json=options.json)
    return 0


def _command_line() -> CommandLine:
    line = CommandLine(
        "stats",
        "Tell what takes the space of the database: its files, what is free in them, its parts, "
        "and each room's messages and changes (edits, reactions, deletions, topics), the largest "
        "rooms first. On a pipe, the columns are separated by tabs. The server may run meanwhile.",
        ["database", "files"],
    )
    line.add_argument("--json", action="store_true", help="print JSON objects, one a line")
    return line


def _row(kind: str, name: str, size: int, count: int | None = None) -> Row:
    return {"what": kind, "name": name, "count": count, "bytes": size}


def _sent(folder: Path | None) -> Row:
    """Return what the files take that people sent."""
    count, size = totals(folder) if folder else (0, 0)
    return _row("file", "files that people sent", size, count)


def _rooms(store: Store) -> Iterator[Row]:
    names = [room.name for room in store.survey()]
    names += [LEDGER] if store.room_id(LEDGER) else []
    measured: list[tuple[int, str, Measure]] = []
    with progress("measuring", len(names)) as advance:
        for name in names:
            found = store.measure(name)
            measured.append((-found.text - found.changed, name, found))
            advance(1)
    for _, name, found in sorted(measured):
        if name == LEDGER:
            yield _row("acts", "", found.changed, found.changes)
        else:
            yield _row("messages", name, found.text, found.messages)
            yield _row("changes", name, found.changed, found.changes)
