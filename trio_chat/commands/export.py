"""The command that writes what was said as lines of JSON."""

import os
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec

from trio_chat.clock import wall_clock
from trio_chat.commands.databases import snapshot_store
from trio_chat.commands.file_contents import FilesOut, folder_for
from trio_chat.commands.files import new_file
from trio_chat.commands.lines import (
    FORMAT,
    Header,
    RoomLine,
    acts_of,
    call,
    encode,
    events,
    survey,
    told_as,
)
from trio_chat.commands.progress import Advance, progress
from trio_chat.commands.room_acts import Report, RoomActs
from trio_chat.commands.room_rules import mended_topic
from trio_chat.commands.stores import Store
from trio_chat.config import ConfigError
from trio_chat.counting import counted
from trio_chat.errors import Failed
from trio_chat.files.belongings import check_free
from trio_chat.protocol.names import BadName, check_room
from trio_chat.settings import CommandLine
from trio_chat.standard_streams import say

STDOUT = "-"
NAMED = 3  # damaged events that are named
STEP = 1000  # events between two looks at the progress


def main(arguments: Sequence[str]) -> int:
    """Export all rooms or some, as they stand at this moment.

    Raises:
        ConfigError: wrong use, or a database that cannot be opened.
        Failed: there is no such room, it cannot be written, or all is written, but some events are
            damaged, in whose place there are deleted messages.
    """
    options, config = _command_line().read(arguments, os.environ)
    names = [_room_name(name, config.room_limit) for name in options.rooms]
    damage = Damage()
    for path in filter(None, (options.output != STDOUT and options.output, options.with_files)):
        check_free(Path(path), config)
    folder = Path(options.with_files) if options.with_files else None
    source = folder_for(config, folder)
    with (
        snapshot_store(config, "export") as store,
        closing(sqlite3.connect("")) as scratch,  # a file of its own if it gets large
        closing(FilesOut(source, folder)) as files,
    ):
        acts = RoomActs(scratch)
        acts.follow(store, damage.add)
        rooms = survey(store, names, acts, damage.add)
        count = sum(room.events for room in rooms)
        with (
            _output(options.output, force=options.force) as output,
            progress("exporting", count, hidden=output.isatty()) as advance,
        ):
            output.writelines(_lines(store, rooms, acts, advance, damage.add, files))
    beside = f", and {files.told()}" if folder else ""
    told = counted(count, "event", "events"), counted(len(rooms), "room", "rooms")
    say(f"exported {told[0]} of {told[1]}{beside}")
    damage.tell()
    return 0


class Damage:
    """Counts the events that cannot be read, and remembers the first ones."""

    def __init__(self) -> None:
        self._count = 0
        self._first: list[str] = []

    def add(self, room: str, seq: int) -> None:
        """Take in one more."""
        self._count += 1
        if self._count <= NAMED:
            self._first.append(f"room {room}, number {seq} is damaged")

    def tell(self) -> None:
        """Say what was damaged.

        Raises:
            Failed: something was.
        """
        if self._count:
            more = [f"and {self._count - NAMED:,} more"] if self._count > NAMED else []
            raise Failed("; ".join([*self._first, *more]) + "; exported as deleted")


def _command_line() -> CommandLine:
    line = CommandLine(
        "export",
        "Write what was said as lines of JSON: a header, then for each room a line about it, its "
        "links, rules, bans and what else moderators did, and its events in order. The server may "
        "run meanwhile.",
        ["database", "files", "room_limit"],
    )
    line.add_argument("rooms", metavar="ROOM", nargs="*", help="export these rooms only")
    line.add_argument(
        "-o", "--output", metavar="FILE", default=STDOUT, help="write to this file instead"
    )
    line.add_argument("--force", action="store_true", help="replace the file if it is there")
    line.add_argument(
        "--with-files",
        metavar="FOLDER",
        help="write what people sent as files into this folder, each called by its id",
    )
    return line


def _room_name(name: str, limit: int) -> str:
    try:
        return check_room(name, limit)
    except BadName as error:
        raise ConfigError(f"{name!r}: {error}") from None


@contextmanager
def _output(name: str, *, force: bool) -> Iterator[BinaryIO]:
    """Open what is written to: a file that appears when it is complete, or standard output."""
    if name != STDOUT:
        with new_file(Path(name), force=force) as part, part.open("wb") as file:
            yield file
        return
    try:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise Failed(f"cannot write: {error.strerror}") from None


def _lines(
    store: Store,
    rooms: Sequence[RoomLine],
    acts: RoomActs,
    advance: Advance,
    report: Report,
    files: FilesOut,
) -> Iterator[bytes]:
    header = Header(
        format=FORMAT,
        ts=wall_clock(),
        epoch=store.epoch(),
        rooms=len(rooms),
        events=sum(room.events for room in rooms),
    )
    yield encode(header) + b"\n"
    names: set[str] = set()
    for room in rooms:
        name, topic = told_as(room.room, names), mended_topic(room.topic)
        names.add(name)
        yield encode(msgspec.structs.replace(room, room=name, topic=topic)) + b"\n"
        for act in acts_of(store, room, acts):
            yield encode(call(act, name)) + b"\n"
        count = 0
        for count, event in enumerate(events(store, room, report), 1):
            files.take(event)
            yield encode(call(event, name)) + b"\n"
            if count % STEP == 0:
                advance(STEP)
        advance(count % STEP)
