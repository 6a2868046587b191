"""The command that moves a chat from one database to another, such as from SQLite to PostgreSQL."""

import argparse
import shlex
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import ModuleType

from trio_chat.commands.progress import progress
from trio_chat.commands.served import check_files
from trio_chat.commands.tables import Row, show
from trio_chat.config import IN_MEMORY, Config, ConfigError
from trio_chat.database_url import NEEDS_PSYCOPG, check_scheme, is_url, shown
from trio_chat.errors import Failed
from trio_chat.files.belongings import check_free
from trio_chat.files.index import NAME
from trio_chat.files.place import folder_beside
from trio_chat.journal import moves
from trio_chat.journal.moves import Place
from trio_chat.journal.sqlite import moving
from trio_chat.journal.types import JournalError
from trio_chat.named_files import resolved
from trio_chat.settings import CommandLine
from trio_chat.standard_streams import say
from trio_chat.workers.lending import is_folder, lent
from trio_chat.workers.own_folder import ENDING

MINUTE = 60  # seconds


def main(arguments: Sequence[str]) -> int:
    """Move all that a database keeps, and tell how much that was.

    Raises:
        ConfigError: wrong use, a database that cannot be opened, or that a server has.
        Failed: one of them cannot be read or written, or they differ at the end.
    """
    options = _command_line().parse_args(arguments)
    if IN_MEMORY in (options.source, options.target):
        raise ConfigError("':memory:' is in its server alone")
    try:
        check_scheme(options.source)
        check_scheme(options.target)
    except ValueError as error:
        raise ConfigError(str(error)) from None
    _check_different(options.source, options.target)
    with (
        _reached(options.source, "source", is_trial=False) as source,
        _reached(options.target, "target", is_trial=options.dry_run) as target,
    ):
        told = _try_all(source, target) if options.dry_run else _move_all(source, target, options)
    say(told)
    return 0


@contextmanager
def _reached(database: str, role: str, *, is_trial: bool) -> Iterator[str]:
    """Have a database be there for the block; a PostgreSQL of a chat's own has to be started.

    Raises:
        ConfigError: the source is not there.
    """
    if not is_folder(database):
        yield database
        return
    is_new = not Path(database).exists()
    if is_new and role == "source":
        raise ConfigError(f"there is no folder {database}")
    try:
        with lent(database) as url:
            yield url
    finally:
        if is_new and is_trial:
            shutil.rmtree(database)


def _try_all(source: str, target: str) -> str:
    """Show how much there is; return how long it would take, in words."""
    with _place(source, "source") as there, _place(target, "trial") as here:
        rows, seconds = _try(there, here)
    show(rows)
    return f"it would take about {duration(seconds)}; nothing was moved"


def _move_all(source: str, target: str, options: argparse.Namespace) -> str:
    """Move all, and show how much there is; return how long it took, in words."""
    begin = time.monotonic()
    with _place(source, "source") as there, _place(target, "target") as here:
        rows = _move(there, here)
    show(rows)
    took, later = duration(time.monotonic() - begin), flags(options.source, options.target)
    return f"moved in {took}; from now on start the server with {later}"


def flags(source: str, target: str) -> str:
    """Return with what the server is to be started, for a shell; files stay where they are."""
    name = shown(target)
    own = is_folder(name)
    database = f"--database {shlex.quote(name.removesuffix(ENDING) if own else name)}"
    files = _files_of(source)
    if files:
        beside = f"{database} --files {shlex.quote(str(files))}"
        return f"{beside} (--workers N cannot serve the files that people sent)" if own else beside
    if own:
        return f"--workers N {database}"
    if _is_file(source) or _files_of(target):
        return database
    return f"{database}, and with the same --files if it had that"


def _is_file(database: str) -> bool:
    return not is_url(database) and not is_folder(database)


def _files_of(database: str) -> Path | None:
    """Return the folder of files beside a database, if there is one."""
    folder = folder_beside(Path(database))
    return folder if _is_file(database) and (folder / NAME).exists() else None


def _command_line() -> CommandLine:
    line = CommandLine(
        "migrate",
        "Move a chat from one database to another: all numbers, people, sessions, links, rules and "
        "what else there is, so that clients go on exactly where they were. No server may have "
        "either. What was interrupted goes on with the same command; at the end both are compared.",
        [],
    )
    help = f"a file of SQLite, postgresql://..., or NAME{ENDING}, the folder of --workers"
    line.add_argument("source", metavar="FROM", help=help)
    line.add_argument("target", metavar="TO", help=f"{help}; a new file, or a place without tables")
    line.add_argument("--dry-run", action="store_true", help="only tell how long it would take")
    return line


def _check_different(source: str, target: str) -> None:
    is_same = source == target
    if not is_url(source) and not is_url(target):
        is_same = resolved(Path(source)) == resolved(Path(target))
    if is_same:
        raise ConfigError("FROM and TO are the same database")
    if _is_file(target):
        check_free(Path(target), Config(database=source))


def _place(database: str, role: str) -> AbstractContextManager[Place]:
    """Return what opens a database as the source of a move, its target, or for a trial."""
    opener: AbstractContextManager[Place]
    if is_url(database):
        opener = getattr(_postgres(), role)(database)
    else:
        check_files(Path(database))
        opener = getattr(moving, role)(Path(database))
    return opener


def _postgres() -> ModuleType:
    try:
        from trio_chat.journal.postgres import moving  # noqa: PLC0415 - which may not be there
    except ImportError:
        raise JournalError(NEEDS_PSYCOPG) from None
    return moving


def _move(source: Place, target: Place) -> list[Row]:
    """Move what is left; return how much there is now.

    Raises:
        Failed: the databases differ.
    """
    state = moves.begin(source, target)
    with progress("moving", moves.left(source, state)) as advance:
        moves.copy(source, target, state, advance)
    with progress("indexing", target.messages()) as advance:
        target.index(state, advance)
    rows = _compare(source, target)
    moves.finish(source, target, state)
    return rows


def _compare(source: Place, target: Place) -> list[Row]:
    rows, wrong = [], []
    total = sum(place.count(table) for place in (source, target) for table in moves.TABLES)
    with progress("checking", total) as advance:
        for table in moves.TABLES:
            one, other = (moves.summary(place, table, advance) for place in (source, target))
            if one != other:
                wrong.append(table)
            rows.append({"what": table, "count": other.how_many, "digest": f"{other.digest:032x}"})
    if wrong:
        raise Failed(
            f"the databases differ in {', '.join(wrong)}: was something written meanwhile? "
            "Empty the target, and begin again"
        )
    return rows


def _try(source: Place, target: Place) -> tuple[list[Row], float]:
    """Move some rows of each table; return how many there are, and how long all would take."""
    rows = []
    seconds = 0.0
    for table in moves.TABLES:
        count = source.count(table)
        rows.append({"what": table, "count": count})
        if count:
            seconds += moves.try_table(source, target, table) * count
    begin = time.monotonic()
    target.index(moves.Progress("", ""), lambda _: None)
    tried = target.messages()
    return rows, seconds + (time.monotonic() - begin) * source.messages() / max(tried, 1)


def duration(seconds: float) -> str:
    """Return how long something takes, in words."""
    if seconds < 2 * MINUTE:
        return f"{max(round(seconds), 1)} s"
    return f"{round(seconds / MINUTE)} min"
