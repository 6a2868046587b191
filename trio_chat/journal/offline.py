"""Opens a database file for commands, whether a server has it or not."""

import errno
import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from trio_chat.journal.sqlite.file import JournalFile, explained, keep_in_memory, lasting
from trio_chat.journal.sqlite.guard import InUse, InUseElsewhere, check_names
from trio_chat.journal.sqlite.place import check_place, lock_out_others, resolved
from trio_chat.journal.sqlite.schema import SCHEMA, check_whose_it_is, migrate, pragma
from trio_chat.journal.types import JournalError

LOG = "-wal"  # the end of the name of the write-ahead log
ELSEWHERE = (
    "is in use by a server to which it has another name, or whose -lock was removed: stop it first"
)
PATIENCE = 30.0  # seconds to wait for a server that writes; it never takes as long


def prepare(path: Path) -> None:
    """Make the file, or bring it to the present schema, unless a server has it: that has done so.

    Raises:
        JournalError: it cannot be used; the message says why.
    """
    try:
        JournalFile(path).close()
    except InUseElsewhere:
        raise JournalError(f"{path} {ELSEWHERE}") from None
    except InUse:
        pass


def open_beside(path: Path, *, to_write: bool = False) -> sqlite3.Connection:
    """Open a file that is there, whether a server has it or not.

    Raises:
        JournalError: it cannot be used; the message says why.
    """
    if not check_place(path):
        raise JournalError(f"there is no database {path}")
    if not os.access(path, os.R_OK):
        raise JournalError(f"{path} cannot be opened: {os.strerror(errno.EACCES)}")
    check_names(path, path.stat().st_nlink)
    if to_write:
        _refuse_others(path)
        prepare(path)
    with explained(path):
        database = _connect(resolved(path))
    try:
        with explained(path):
            _check_schema(database, path, SCHEMA if to_write else 1)
            database.execute("PRAGMA secure_delete = ON")
            database.execute("PRAGMA synchronous = NORMAL")
            database.execute(f"PRAGMA query_only = {not to_write:d}")
            if to_write:
                keep_in_memory(database)
    except BaseException:
        database.close()
        raise
    return database


def _refuse_others(path: Path) -> None:
    """See that a file is a chat's before anything is written.

    Raises:
        JournalError: it is not; the message says what it is.
    """
    with explained(path), closing(_connect(resolved(path))) as database:
        _check_schema(database, path, 1)


@contextmanager
def as_prepared(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a database for the block as ``prepare`` would make it, and change nothing.

    If it is not there, or of an earlier release, this is a copy, which SQLite keeps in memory or in
    a file without a name.

    Raises:
        JournalError: it cannot be used; the message says why.
    """
    if check_place(path) and path.stat().st_size:
        with closing(open_beside(path)) as present:
            if pragma(present, "user_version") == SCHEMA:
                yield present
            else:
                with _copied(present) as copy:
                    yield copy
    else:
        with as_new() as copy:
            yield copy


@contextmanager
def as_new() -> Iterator[sqlite3.Connection]:
    """Open an empty database for the block, which is nowhere."""
    with _copied(None) as copy:
        yield copy


@contextmanager
def _copied(source: sqlite3.Connection | None) -> Iterator[sqlite3.Connection]:
    """Have a copy of a database, or an empty one, for the block, with the present schema."""
    with closing(sqlite3.connect("", isolation_level=None)) as copy:
        if source:
            source.backup(copy)
        migrate(copy)
        lasting(copy, "secret")
        yield copy


def _connect(place: Path) -> sqlite3.Connection:
    """Return a connection; on a file system that is read-only one that makes no files.

    That would ignore a log, so a file with one is opened as usual, which may fail there.
    """
    log = Path(f"{place}{LOG}")
    is_frozen = bool(os.statvfs(place).f_flag & os.ST_RDONLY)
    if not is_frozen or (log.exists() and log.stat().st_size):
        return sqlite3.connect(place, timeout=PATIENCE, isolation_level=None)
    uri = f"file:{quote(os.fsencode(place))}?immutable=1"
    return sqlite3.connect(uri, timeout=PATIENCE, isolation_level=None, uri=True)


def is_held(path: Path) -> bool:
    """Whether a server has a file, by whatever name.

    It must be asked before SQLite opens the file in this process, which would lose its locks.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)


@contextmanager
def kept_from_servers(path: Path) -> Iterator[bool]:
    """Let no server open a file in the block; tell whether that is so, as none has it already."""
    try:
        lock = lock_out_others(path)
    except InUse:
        yield False
        return
    try:
        yield True
    finally:
        os.close(lock)


def _check_schema(database: sqlite3.Connection, path: Path, least: int) -> None:
    check_whose_it_is(database, path)
    schema = pragma(database, "user_version")
    if not schema:
        raise JournalError(f"{path} is empty")
    if schema < least:  # a server of an older release has it just now
        raise JournalError(f"{path} has schema {schema}, this trio-chat writes {least}")
