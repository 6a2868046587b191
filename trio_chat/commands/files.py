"""Files of the commands: the database, and new files that appear when they are complete."""

import os
import signal
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

from trio_chat.commands.served import check_files
from trio_chat.config import IN_MEMORY, Config, ConfigError
from trio_chat.database_url import is_url
from trio_chat.errors import Failed
from trio_chat.journal.offline import as_prepared, open_beside
from trio_chat.journal.sqlite.file import explain
from trio_chat.journal.sqlite.place import remove_database
from trio_chat.workers.own_folder import private_folder, url_of

RELOAD = "reload"
# What to use with a database of PostgreSQL, by the command that is for files alone.
INSTEAD = {
    "backup": "pg_dump writes a backup, and pg_restore reads it",
    RELOAD: "--pid reaches the server",
    "restore": "pg_restore reads what pg_dump wrote",
}
NAME_KEPT = 200  # bytes of a file's name in that of its part; a name has 255


def database_path(config: Config, command: str) -> Path:
    """Return the path of the database.

    Args:
        config: The settings.
        command: What needs it.

    Raises:
        ConfigError: the database is in memory, or none of SQLite, or is not there, as the chat is
            in a PostgreSQL of its own beside it.
    """
    if is_url(config.database):
        raise ConfigError(f"{command} is for SQLite files; with PostgreSQL {INSTEAD[command]}")
    if config.database == IN_MEMORY:
        raise ConfigError("database is ':memory:': only its server can read that")
    if command != RELOAD:  # which finds the server by the file's name
        _refuse_folder(config, command)
    return Path(config.database)


def _refuse_folder(config: Config, command: str) -> None:
    """See that there is a file, if the chat may be in a PostgreSQL of its own beside it.

    Raises:
        ConfigError: it is there; the message says how it is reached.
    """
    folder = private_folder(config)
    if folder is None or os.path.exists(config.database):  # noqa: PTH110 - names that are too long
        return
    if os.path.isdir(folder):  # noqa: PTH112
        instead = f"; {INSTEAD[command]}" if command in INSTEAD else ""
        raise ConfigError(
            f"there is no database {config.database}: the chat is in {folder}, which is reached "
            f"while it runs by --database '{url_of(folder)}'{instead}"
        )


@contextmanager
def opened(path: Path, *, to_write: bool = False) -> Iterator[sqlite3.Connection]:
    """Open a database for the block, whether a server uses it or not.

    Raises:
        JournalError: it cannot be opened, or a server has other files of it.
        Failed: it cannot be read or written in the block.
    """
    check_files(path)
    database = open_beside(path, to_write=to_write)
    try:
        yield database
    except sqlite3.Error as error:
        raise Failed(explain(path, error)) from None
    finally:
        database.close()


@contextmanager
def trial(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a database for the block in its present state, as it would be made if it is to be.

    Raises:
        JournalError: it cannot be opened.
        Failed: it cannot be read in the block.
    """
    check_files(path)
    try:
        with as_prepared(path) as database:
            _hold(database)
            yield database
    except sqlite3.Error as error:
        raise Failed(explain(path, error)) from None


@contextmanager
def snapshot(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a database for the block in its present state, whatever a server writes meanwhile."""
    with opened(path) as database:
        _hold(database)
        yield database


def _hold(database: sqlite3.Connection) -> None:
    """Have a database stay as it is for this connection."""
    database.execute("BEGIN")
    database.execute("SELECT count(*) FROM sqlite_schema").fetchone()


@contextmanager
def new_file(path: Path, *, force: bool) -> Iterator[Path]:
    """Make a new file, which appears at its path when the block has written it completely.

    The block gets another path to write to. If it fails, that file is deleted, and what was at
    the path before is unchanged.

    Args:
        path: Where the file is to appear.
        force: Whether it may replace another file.

    Raises:
        ConfigError: there is a file at the path already.
        Failed: the file cannot be written.
    """
    try:
        _refuse_to_replace(path, force=force)
        target = path.resolve()  # a link stays one
        part = target.with_name(_part(target.name))
        with _sigterm_raises(), _removed(part):  # before it is there, or a signal could leave it
            os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            yield part
            sync(part)
            part.replace(target)
        sync(target.parent)
    except OSError as error:
        raise Failed(f"cannot write {path}: {error.strerror}") from None


def _part(name: str) -> str:
    """Return a name that no other run uses, be it that one was killed and has left its file."""
    beginning = os.fsdecode(os.fsencode(name)[:NAME_KEPT])
    return f"{beginning}.{token_hex(4)}.part"


@contextmanager
def _removed(part: Path) -> Iterator[None]:
    """Remove a file at the end of the block if it is still there, and not that of another run."""
    is_others = False
    try:
        yield
    except FileExistsError:
        is_others = True
        raise
    finally:
        if not is_others:
            remove_database(part)


@contextmanager
def _sigterm_raises() -> Iterator[None]:
    """Turn SIGTERM, which would end the process at once, into an exception in the block."""

    def exit_(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    previous = signal.signal(signal.SIGTERM, exit_)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def _refuse_to_replace(path: Path, *, force: bool) -> None:
    """See that a file can be made, or replaced.

    Raises:
        ConfigError: something else is there.
        OSError: what is there cannot be told.
    """
    if os.path.exists(f"{path}-wal"):  # noqa: PTH110 - which takes a name that is too long
        raise ConfigError(f"{path} is a database that is in use")
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        if path.is_symlink():
            raise ConfigError(f"{path} is a link to nothing") from None
        return
    if stat.S_ISDIR(mode):
        raise ConfigError(f"{path} is a directory")
    if not stat.S_ISREG(mode):
        raise ConfigError(f"{path} is no ordinary file")
    if not force:
        raise ConfigError(f"{path} is there already (--force replaces it)")


def sync(path: Path) -> None:
    """Make a file, or the names in a directory, survive a power loss."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
