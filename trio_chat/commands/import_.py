"""The command that takes in what was exported."""

import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from trio_chat.commands.databases import opened_store, prepare_store, trial_store
from trio_chat.commands.file_contents import FilesIn, folder_for
from trio_chat.commands.importer import Comparison, Importer, Outcome
from trio_chat.commands.lines import RoomLine
from trio_chat.commands.progress import progress
from trio_chat.commands.reading import ExportedFile
from trio_chat.commands.rights import Here, RightsImporter
from trio_chat.commands.room_acts import RoomActs
from trio_chat.commands.tables import show
from trio_chat.config import Config, ConfigError
from trio_chat.errors import Failed
from trio_chat.named_files import open_to_read
from trio_chat.protocol.events import ActKept, AnyStoredEvent, Message
from trio_chat.settings import CommandLine
from trio_chat.standard_streams import say

STDIN = "-"
STEP = 64 * 1024  # bytes between two looks at the progress
NAMED = 3  # refused rooms whose reasons are told


def main(arguments: Sequence[str]) -> int:
    """Import a file: check all of it, then write what is new.

    Raises:
        ConfigError: wrong use, or a database that cannot be opened.
        Failed: the file is damaged, or some of its rooms contradict what is here.
    """
    options, config = _command_line().read(arguments, os.environ)
    source = Path(options.with_files) if options.with_files else None
    with (
        _source(options.file) as file,
        closing(sqlite3.connect("")) as scratch,
        closing(FilesIn(source, folder_for(config, source))) as files,
    ):
        if not options.dry_run:
            prepare_store(config, "import")
        acts = RoomActs(scratch)
        reader = Reader(file, config, mends=options.mend, with_rights=not options.without_rights)
        outcomes = _check(reader, acts, files)
        if not options.dry_run:
            with opened_store(config, "import") as store:
                importer = Importer(store, outcomes, RightsImporter(store, acts, scratch))
                for line in reader.read("importing"):
                    importer.take(line)
                    if isinstance(line, Message) and line.files and importer.keeps(line):
                        files.take(line)
                importer.finish()
        if source and not options.dry_run:
            say(f"imported {files.told()}")
    _report(outcomes)
    return 0


def _command_line() -> CommandLine:
    line = CommandLine(
        "import",
        "Take in what was exported. What is here already is skipped, so it can be done again; a "
        "room that contradicts what is here is left as it is. Links, bans, rules and what else is "
        "known of rights come with a room, and are told. The server may run meanwhile.",
        [
            *("database", "files", "room_limit", "nick_limit", "text_limit", "topic_limit"),
            *("reactions_per_message", "changes_per_message", "links_per_room", "private_rooms"),
        ],
    )
    line.add_argument("file", metavar="FILE", help="what was exported; - for standard input")
    line.add_argument(
        "--with-files",
        metavar="FOLDER",
        help="take what people sent as files from this folder, where export has written them",
    )
    line.add_argument("--dry-run", action="store_true", help="only tell what would be done")
    line.add_argument(
        "--without-rights",
        action="store_true",
        help="take in what was said alone: no links, bans, rules, and what moderators did",
    )
    line.add_argument(
        "--mend",
        action="store_true",
        help="take in what earlier releases kept against the rules of today, without what breaks "
        "them: a reply to nothing becomes a message, a text that cannot be one a deleted message",
    )
    return line


@contextmanager
def _source(name: str) -> Iterator[BinaryIO]:
    """Open the file, which is read twice: a pipe is copied first."""
    with ExitStack() as stack:
        try:
            file = stack.enter_context(_seekable(name))
        except OSError as error:
            raise ConfigError(f"cannot read {name}: {error.strerror}") from None
        yield file


@contextmanager
def _seekable(name: str) -> Iterator[BinaryIO]:
    file, first = (sys.stdin.buffer, b"") if name == STDIN else open_to_read(Path(name))
    with file:
        if file.seekable():
            yield file
            return
        with tempfile.TemporaryFile() as copy:
            copy.write(first)
            shutil.copyfileobj(file, copy)
            copy.seek(0)
            yield copy


class Reader(NamedTuple):
    """Reads the file, as often as it is asked to."""

    file: BinaryIO
    config: Config
    mends: bool
    with_rights: bool

    def read(self, doing: str) -> Iterator[RoomLine | AnyStoredEvent]:
        """Yield the lines, and show how far that is."""
        size = self.file.seek(0, os.SEEK_END)
        self.file.seek(0)
        exported = ExportedFile(self.file, self.config, mends=self.mends)
        with progress(doing, size) as advance:
            shown = 0
            for line in exported:
                if self.with_rights or not isinstance(line, ActKept):
                    yield line
                if exported.size >= shown + STEP:
                    advance(exported.size - shown)
                    shown = exported.size


def _check(reader: Reader, acts: RoomActs, files: FilesIn) -> list[Outcome]:
    """Read all of the file, and compare it with what is here.

    Raises:
        ConfigError: its messages have files, and the folder for these has none of them.
    """
    outcomes = []
    room = None
    with (
        trial_store(reader.config, "import") as store,
        closing(sqlite3.connect("")) as scratch,
    ):
        here = Here(store, acts, reader.config)
        for line in reader.read("checking"):
            if isinstance(line, RoomLine):
                room = Comparison(here, line, scratch)
                outcomes.append(room.outcome)
            else:
                assert room  # an event has no place before the first room
                room.take(line)
                files.look(line)
    files.check()
    return outcomes


def _report(outcomes: Sequence[Outcome]) -> None:
    """Print what became of each room, and who may do what by it, if that comes with any.

    Raises:
        Failed: some were refused.
    """
    rows = [
        {
            "room": outcome.line.room,
            "new": outcome.new,
            "known": outcome.known,
            "refused": outcome.refusal,
        }
        for outcome in outcomes
    ]
    if any(outcome.rights for outcome in outcomes):
        rows = [{**row, "rights": one.rights} for row, one in zip(rows, outcomes, strict=True)]
    show(rows)
    refused = [outcome for outcome in outcomes if outcome.refusal]
    if refused:
        reasons = [f"room {outcome.line.room}: {outcome.refusal}" for outcome in refused[:NAMED]]
        more = [f"and {len(refused) - NAMED} more rooms"] if len(refused) > NAMED else []
        raise Failed("; ".join([*reasons, *more]))
