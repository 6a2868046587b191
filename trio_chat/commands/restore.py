"""The command that puts a backup in the place of the database."""

import os
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from trio_chat.commands.copying import copy_sound, is_same
from trio_chat.commands.file_folders import folder_at, put_back
from trio_chat.commands.files import database_path, new_file, snapshot, sync
from trio_chat.commands.served import check_files
from trio_chat.config import ConfigError
from trio_chat.counting import counted
from trio_chat.errors import Failed
from trio_chat.files.place import folder_beside
from trio_chat.journal.offline import is_held, kept_from_servers
from trio_chat.journal.sqlite.place import check_place, resolved
from trio_chat.settings import CommandLine

LOGS = ("-wal", "-shm")  # ends of the names of what belongs to the database of before


def main(arguments: Sequence[str]) -> int:
    """Check a backup, keep the database of before under another name, and put the backup there.

    Raises:
        ConfigError: wrong use, a server that runs, or no backup.
        Failed: it cannot be read, is not sound, or cannot be put there.
    """
    options, config = _command_line().read(arguments, os.environ)
    source, name = Path(options.file), database_path(config, "restore")
    if is_same(source, name):
        raise ConfigError(f"{source} is the database itself")
    check_place(name)
    check_files(name)
    target = resolved(name)
    with kept_from_servers(name) as is_alone:
        if not is_alone or is_held(name):
            raise ConfigError(f"{name} is in use by a trio-chat server: stop it first")
        complete = target.with_name(f"{target.name}.restored")
        with snapshot(source) as backup, new_file(complete, force=True) as part:
            events = copy_sound(backup, name, part, gently=False, source=source)
        try:
            stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
            aside = _set_aside(target, stamp)
            complete.replace(target)
            put_back(folder_beside(source), folder_at(config, target), stamp)
            sync(target.parent)
        except OSError as error:
            raise Failed(f"cannot restore {name}: {error.strerror}") from None
    kept = f"; what was there before is {aside}" if aside else ""
    print(f"restored {counted(events, 'event', 'events')} from {source}{kept}")
    return 0


def _set_aside(target: Path, stamp: str) -> Path | None:
    """Give a database another name, with its log; return that, ``None`` if there is none.

    It keeps its own name until another one takes its place, so that there is one at any time. A
    server opens none that has two names, so nothing is lost if this process ends in between.

    Raises:
        OSError: it cannot be kept.
    """
    if not target.exists():
        return None
    aside = target.with_name(f"{target.name}.before-{stamp}")
    aside.hardlink_to(target)
    with suppress(FileNotFoundError):
        aside.with_name(f"{aside.name}-wal").hardlink_to(f"{target}-wal")
    sync(target.parent)
    for ending in LOGS:
        Path(f"{target}{ending}").unlink(missing_ok=True)
    return aside


def _command_line() -> CommandLine:
    line = CommandLine(
        "restore",
        "Put a backup in the place of the database, once it is checked. No server may run. What "
        "was there before is kept beside it, under another name. Numbers begin a new epoch: "
        "clients load all rooms anew.",
        ["database", "files"],
    )
    line.add_argument("file", metavar="FILE", help="a file that backup has written")
    return line
