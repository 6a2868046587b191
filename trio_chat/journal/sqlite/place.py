"""The place of a database file: what may be there, and the lock beside it that one server holds."""

import fcntl
import os
import stat
from contextlib import suppress
from pathlib import Path

from trio_chat import named_files
from trio_chat.config import ConfigError
from trio_chat.journal.sqlite.guard import BESIDE, MAGIC, PRIVATE, InUse
from trio_chat.journal.sqlite.obstacles import refusal
from trio_chat.journal.types import JournalError

ENDINGS = (*BESIDE, "-journal", "-server")  # of all files beside a database, behind its name


def check_place(path: Path) -> bool:
    """See that a database is at a path, or can be made there; return whether something is there.

    Raises:
        JournalError: something else is there, or another database has its files there.
    """
    owner = owner_of(resolved(path))
    if owner:
        raise JournalError(f"{path} belongs to the database {owner}")
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        _check_beside(resolved(path))
        return False
    except OSError as error:
        resolved(path)
        raise refusal(f"{path} cannot be opened", error) from None
    if stat.S_ISDIR(mode):
        raise JournalError(f"{path} is a directory, not a file")
    if not stat.S_ISREG(mode):
        raise JournalError(f"{path} is no ordinary file")
    _check_beside(resolved(path))
    return True


def _check_beside(path: Path) -> None:
    """See that the files beside a database are files: SQLite would wait for a pipe for ever."""
    for ending in (*BESIDE, "-journal"):
        beside = Path(f"{path}{ending}")
        with suppress(OSError):  # it is not there
            if not stat.S_ISREG(beside.lstat().st_mode):
                raise JournalError(f"{beside} is no ordinary file")


def owner_of(path: Path) -> str | None:
    """Return the name of the database that has a file at a path; ``None`` if there is none.

    It must be asked before SQLite opens that one in this process, which would lose its locks.
    """
    for ending in ENDINGS:
        name = path.name[: -len(ending)]
        if name and path.name.lower().endswith(ending) and _is_database(path.with_name(name)):
            return name
    return None


def _is_database(path: Path) -> bool:
    """Whether a file may be a database: one that was just made is empty."""
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            return os.pread(descriptor, len(MAGIC), 0) in (MAGIC, b"")
        finally:
            os.close(descriptor)
    return False


def remove_database(path: Path) -> None:
    """Remove a database that could not be completed, and what SQLite has beside it, if it is there.

    On a full disk SQLite leaves its files, as it cannot write what it would need to be done with
    them.
    """
    for ending in ("", "-journal", "-wal", "-shm"):
        with suppress(OSError):
            Path(f"{path}{ending}").unlink()


def lock_out_others(file: Path) -> int:
    """Hold a lock beside a file: two servers would not hear each other's messages.

    Returns:
        The descriptor that holds it as long as it is open.

    Raises:
        InUse: a server has the file.
        JournalError: the lock cannot be made.
    """
    path = resolved(file)
    path = Path(f"{path}-lock")
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE)
    except OSError as error:
        raise refusal(f"cannot write {path}", error) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise InUse(f"{file} is in use by another trio-chat server") from None
    return descriptor


def resolved(path: Path) -> Path:
    """Return a path without links, as SQLite resolves it: the files beside it have its name.

    It begins with a slash, so that SQLite does not take a name such as ``file:chat.db`` for a URI.

    Raises:
        JournalError: the links lead round in a circle, or there is no working directory.
    """
    try:
        return named_files.resolved(path)
    except ConfigError as error:
        raise JournalError(str(error)) from None
