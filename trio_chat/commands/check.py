"""The command that checks a database, and makes anew what can be made anew."""

import os
import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from trio_chat.commands.databases import postgres
from trio_chat.commands.file_folders import folder_at, wrong_files
from trio_chat.commands.files import database_path, opened
from trio_chat.commands.progress import progress
from trio_chat.counting import counted
from trio_chat.database_url import is_url
from trio_chat.errors import FAILED
from trio_chat.journal.offline import kept_from_servers
from trio_chat.journal.sqlite import checks
from trio_chat.journal.sqlite.comparison import wrong_heads
from trio_chat.journal.sqlite.mending import mend_heads, mend_states
from trio_chat.journal.sqlite.reindex import rebuild
from trio_chat.journal.types import Damaged
from trio_chat.settings import CommandLine
from trio_chat.standard_streams import escaped

Check = Callable[[sqlite3.Connection], list[str]]

CHECKS: dict[str, Check] = {
    "pages": checks.pages,
    "events": checks.events,
    "rooms": checks.rooms,
    "states": checks.states,
    "index": checks.index,
}
MENDED = ("rooms", "states", "index")  # what is derived from the rest
SHOWN = 20  # faults of one kind that are printed


def main(arguments: Sequence[str]) -> int:
    """Print for each kind of check whether all is right; return 1 if something is not.

    Raises:
        ConfigError: wrong use, or a database that cannot be opened.
        Failed: it cannot be read, or written.
    """
    options, config = _command_line().read(arguments, os.environ)
    if is_url(config.database):
        return _show_all(*postgres().check(config.database, repairs=options.repair))
    path = database_path(config, "check")
    mended = list[str]()
    try:
        with opened(path, to_write=options.repair) as database:
            found = _check_all(database) | {"files": wrong_files(folder_at(config, path))}
            if options.repair and not found["pages"]:
                mended = [name for name in MENDED if _mend(database, path, name)]
    except Damaged as error:  # not even its beginning can be read
        found = {"pages": [str(error)]}
    return _show_all(found, mended)


def _show_all(found: Mapping[str, Sequence[str]], mended: Collection[str]) -> int:
    """Print what is wrong, by the kind of check; return the exit status."""
    for name, faults in found.items():
        _show(name, faults, is_mended=name in mended)
    return FAILED if any(found[name] for name in found.keys() - set(mended)) else 0


def _check_all(database: sqlite3.Connection) -> dict[str, list[str]]:
    """Return what is wrong, by the kind of check, all as of one moment."""
    found = {}
    database.execute("BEGIN")
    with progress("checking", len(CHECKS)) as advance:
        for name in CHECKS:
            found[name] = _found(database, name)
            advance(1)
    with suppress(sqlite3.Error):  # a damaged file has done so by itself
        database.execute("ROLLBACK")
    return found


def _found(database: sqlite3.Connection, name: str) -> list[str]:
    try:
        return CHECKS[name](database)
    except sqlite3.DatabaseError as error:
        return [str(error)]


def _mend_rooms(database: sqlite3.Connection, path: Path) -> None:
    """Set right the heads of rooms, of which some have to wait while a server has the file."""
    with kept_from_servers(path) as is_alone:
        mend_heads(database, wrong_heads(database), is_served=not is_alone)


def _mend(database: sqlite3.Connection, path: Path, name: str) -> bool:
    """Make anew what is wrong, as what it is made of is right; return whether it is right now."""
    if not _found(database, name):
        return True
    if name == "rooms":
        _mend_rooms(database, path)
    elif name == "states":
        mend_states(database)
    else:
        rebuild(database)
    return not _found(database, name)


def _show(name: str, faults: Sequence[str], *, is_mended: bool) -> None:
    print(f"{name}\t{_verdict(faults, is_mended=is_mended)}")
    for fault in faults[:SHOWN]:
        print(f"{name}\t\t{escaped(fault)}")


def _verdict(faults: Sequence[str], *, is_mended: bool) -> str:
    if not faults:
        return "ok"
    return "made anew" if is_mended else counted(len(faults), "fault", "faults")


def _command_line() -> CommandLine:
    line = CommandLine(
        "check",
        "Check a database: its pages, its events, and what is derived from them: the rooms' last "
        "numbers, the messages' present states and the search index; and the contents of files. "
        "Exit status 1 if something is wrong. The server may run meanwhile.",
        ["database", "files"],
    )
    line.add_argument("--repair", action="store_true", help="make anew what is derived and wrong")
    return line
