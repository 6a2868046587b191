"""What stands in SQLite's way: the system's reason for an error, which SQLite does not tell."""

import errno
import os
import resource
import sqlite3
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile

from trio_chat.journal.types import Damaged, JournalError, JournalFailed

# Errors of the machine, whatever file is named.
_MACHINE = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EIO, errno.EFBIG)
_OPENED_AT_ONCE = 4  # descriptors: the database, its log, the index of that, and their folder
LARGEST_PAGE = 64 * 1024  # bytes that SQLite writes at once at most
# Of these SQLite says that it cannot write, open or read, however the system has put it.
_TOLD_ALIKE = {"SQLITE_CANTOPEN", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY"}
_FAILURES = {"SQLITE_FULL", "SQLITE_IOERR", "SQLITE_NOMEM"}
_READ_FAILED = "SQLITE_IOERR_CORRUPTFS"  # nothing but what the system calls an input/output error


def obstacle(path: Path, error: Exception) -> str:
    """Return the system's words for what SQLite complains about; nothing if it is something else.

    As SQLite does not tell the number of the system's error, the same is tried once more: a file
    without a name is written beside the database, as long as SQLite writes at once. Blocking: for
    as long as the disk takes.

    Args:
        path: The database.
        error: What SQLite says, or the system's own error.
    """
    if isinstance(error, OSError):
        return told(error)
    if _name_of(error) == _READ_FAILED:
        return os.strerror(errno.EIO)
    if kind_of(error) not in _TOLD_ALIKE:
        return ""
    limit = _limit(path) if kind_of(error) == "SQLITE_IOERR" else ""
    return limit or _try_to_write(path.resolve().parent) or _try_to_open()


def refusal(text: str, error: OSError) -> JournalError:
    """Return the error of a journal that is not opened, with the system's reason behind a text."""
    kind = JournalFailed if error.errno in _MACHINE else JournalError
    return kind(f"{text}: {error.strerror}")


def refused_as(error: sqlite3.Error, reason: str) -> type[JournalError]:
    """Return the kind of error that a journal is refused with.

    Args:
        error: What SQLite says.
        reason: What ``obstacle`` has found.
    """
    if kind_of(error) == "SQLITE_CORRUPT":
        return Damaged
    has_failed = kind_of(error) in _FAILURES or reason in map(os.strerror, _MACHINE)
    return JournalFailed if has_failed else JournalError


def told(error: OSError) -> str:
    """Return the system's words for an error of its own."""
    return os.strerror(error.errno) if error.errno else str(error)


def kind_of(error: Exception) -> str:
    """Return the name of an error of SQLite, without what is said more exactly."""
    return "_".join(_name_of(error).split("_")[:2])


def _name_of(error: Exception) -> str:
    name: str = getattr(error, "sqlite_errorname", "")  # which not all of them have
    return name


def _limit(path: Path) -> str:
    """Return that a file of a database is as large as this process may make it."""
    most, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    for ending in ("", "-wal", "-shm"):
        with suppress(OSError):
            size = path.with_name(f"{path.name}{ending}").stat().st_size
            if 0 <= most <= size + LARGEST_PAGE:
                return f"{os.strerror(errno.EFBIG)} (ulimit -f)"
    return ""


def _try_to_write(folder: Path) -> str:
    """Return why no file can be written in a folder."""
    left = LARGEST_PAGE
    try:
        with TemporaryFile(buffering=0, dir=folder) as probe:
            while left:
                left -= probe.write(bytes(left))
            os.fsync(probe.fileno())
    except OSError as error:
        return told(error)
    return ""


def _try_to_open() -> str:
    """Return why not as many descriptors can be opened as SQLite needs."""
    taken = list[int]()
    try:
        taken.extend(os.open(os.devnull, os.O_RDONLY) for _ in range(_OPENED_AT_ONCE))
    except OSError as error:
        return told(error)
    finally:
        for one in taken:
            os.close(one)
    return ""
