"""The command that checks a database, and makes anew what can be made anew."""

import os
import sqlite3
from collections.abc import Callable, Sequence

from trio_chat.commands.files import database_path, opened
from trio_chat.commands.progress import progress
from trio_chat.errors import FAILED
from trio_chat.journal.sqlite import checks
from trio_chat.journal.sqlite.reindex import rebuild
from trio_chat.settings import CommandLine

Check = Callable[[sqlite3.Connection], list[str]]

CHECKS: dict[str, Check] = {
    "pages": checks.pages,
    "events": checks.events,
    "rooms": checks.rooms,
    "states": checks.states,
    "index": checks.index,
}
REPAIRS: dict[str, Callable[[sqlite3.Connection], None]] = {
    "rooms": checks.mend_rooms,
    "states": checks.mend_states,
    "index": rebuild,
}
SHOWN = 20  # faults of one kind that are printed


def main(arguments: Sequence[str]) -> int:
    """Print for each kind of check whether all is right; return 1 if something is not.

    Raises:
        ConfigError: wrong use, or a database that cannot be opened.
        Failed: it cannot be read, or written.
    """
    options, config = _command_line().read(arguments, os.environ)
    is_right = True
    with opened(database_path(config), to_write=options.repair) as database:
        with progress("checking", len(CHECKS)) as advance:
            found = {}
            for name, check in CHECKS.items():
                found[name] = _found(check, database)
                advance(1)
        is_sound = not found["pages"]
        for name, faults in found.items():
            mend = REPAIRS.get(name) if options.repair and is_sound else None
            if faults and mend:
                mend(database)
            _show(name, faults, is_mended=mend is not None)
            is_right = is_right and (not faults or mend is not None)
    return 0 if is_right else FAILED


def _found(check: Check, database: sqlite3.Connection) -> list[str]:
    try:
        return check(database)
    except sqlite3.DatabaseError as error:
        return [str(error)]


def _show(name: str, faults: Sequence[str], *, is_mended: bool) -> None:
    print(f"{name}\t{_verdict(faults, is_mended=is_mended)}")
    for fault in faults[:SHOWN]:
        print(f"{name}\t\t{fault}")


def _verdict(faults: Sequence[str], *, is_mended: bool) -> str:
    if not faults:
        return "ok"
    return "made anew" if is_mended else f"{len(faults)} faults"


def _command_line() -> CommandLine:
    line = CommandLine(
        "check",
        "Check a database: its pages, its events, and what is derived from them: the rooms' last "
        "numbers, the messages' present states and the search index. Exit status 1 if something "
        "is wrong. The server may run meanwhile.",
        ["database"],
    )
    line.add_argument("--repair", action="store_true", help="make anew what is derived and wrong")
    return line
