"""The database file: opened by one server at a time, checked, and brought to the present schema."""

import fcntl
import os
import secrets
import shlex
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import structlog

from trio_chat.journal.sqlite import runs, selfcheck, states
from trio_chat.journal.sqlite.guard import BESIDE, PRIVATE, Displaced, FileGuard, InUse
from trio_chat.journal.sqlite.reindex import bring_in_step
from trio_chat.journal.types import JournalError

APPLICATION_ID = 0x7472696F  # "trio"; tells our files from those of other programs
BUSY_TIMEOUT = 0.25  # seconds to wait for a lock that another program holds on the file
LOG_LIMIT = 64 * 1024 * 1024  # bytes of the write-ahead log that stay when it begins anew

# Each step brings a file from the schema before it to its own; the last is the present one.
MIGRATIONS = (
    """
    CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE rooms (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        topic TEXT NOT NULL DEFAULT '',
        last INTEGER NOT NULL DEFAULT 0,  -- number of its last event
        ts INTEGER NOT NULL DEFAULT 0     -- of the last event, in ms since 1970
    );
    CREATE TABLE events (
        room INTEGER NOT NULL,
        seq INTEGER NOT NULL,
        ts INTEGER NOT NULL,
        is_message INTEGER NOT NULL,
        target INTEGER,      -- number of the message that it changes
        author TEXT,         -- id of the person
        data BLOB NOT NULL,  -- as the v1 protocol tells it
        PRIMARY KEY (room, seq)
    ) WITHOUT ROWID;
    CREATE INDEX changes ON events (room, target) WHERE target IS NOT NULL;
    CREATE TABLE cids (  -- outlives the events: a resend may come late
        room INTEGER NOT NULL,
        cid TEXT NOT NULL,
        seq INTEGER NOT NULL,
        ts INTEGER NOT NULL,
        author TEXT,
        PRIMARY KEY (room, cid)
    ) WITHOUT ROWID;
    """,
    # Since this one there is an index of words, which earlier releases would not keep in step.
    "",
    """
    CREATE INDEX messages ON events (room, seq) WHERE is_message;
    CREATE TABLE states (  -- of messages that were changed, as all changes add up
        room INTEGER NOT NULL,
        seq INTEGER NOT NULL,
        changes INTEGER NOT NULL,  -- how many
        data BLOB NOT NULL,
        PRIMARY KEY (room, seq)
    ) WITHOUT ROWID;
    CREATE TABLE scrubs (  -- deleted messages whose old texts are still in the file
        room INTEGER NOT NULL,
        target INTEGER NOT NULL,
        before INTEGER NOT NULL,  -- the changes from this number on have no text any more
        PRIMARY KEY (room, target)
    ) WITHOUT ROWID;
    ALTER TABLE cids ADD COLUMN digest BLOB;  -- of the request
    -- The last number whose time is before that of the one before it.
    ALTER TABLE rooms ADD COLUMN unordered INTEGER NOT NULL DEFAULT 0;
    """,
    """
    CREATE TABLE forgotten (  -- how far rooms had come that are forgotten
        name_group INTEGER PRIMARY KEY,
        last INTEGER NOT NULL
    );
    CREATE TABLE clearings (  -- what moderators have cleared, and can still take back
        room INTEGER NOT NULL,
        key TEXT NOT NULL,
        seq INTEGER NOT NULL,   -- of the event that did it
        ts INTEGER NOT NULL,    -- of that, in ms since 1970
        first INTEGER NOT NULL, -- the first number that is cleared
        authors BLOB NOT NULL,  -- a JSON array of ids
        PRIMARY KEY (room, key)
    ) WITHOUT ROWID;
    """,
)
FILLERS = {3: states.migrate}  # what fills new tables, in the transaction that makes them
SCHEMA = len(MIGRATIONS)


log = structlog.get_logger()


class JournalFile:
    """An open database file, with the one connection that writes.

    Args:
        path: Where it is.
        sync: Whether commits survive the end of the machine.
        boot: What ``runs.boot_id`` returns if a server opens the file; commands leave it out.

    Raises:
        JournalError: it cannot be used; the message says why.
    """

    def __init__(self, path: Path, *, sync: bool = False, boot: str | None = None) -> None:
        self._path = path
        self._is_served = boot is not None
        check_place(path)
        self._lock = lock_out_others(self._path)
        try:
            self.guard = FileGuard(resolved(path))
        except JournalError:
            os.close(self._lock)
            raise
        try:
            with explained(self._path):
                self._open(boot, sync=sync)
                self.guard.watch(path)
        except BaseException:
            self.guard.close()
            os.close(self._lock)
            raise
        if self._is_served:
            _warn_of_readers(self.guard)

    def _open(self, boot: str | None, *, sync: bool) -> None:
        self.writer = self._connect()
        try:
            check_whose_it_is(self.writer, self._path)
            self.writer.execute("PRAGMA journal_mode = WAL")
            self.writer.execute("PRAGMA secure_delete = ON")  # what is deleted is overwritten
            self.writer.execute(f"PRAGMA synchronous = {'FULL' if sync else 'NORMAL'}")
            self.writer.execute(f"PRAGMA journal_size_limit = {LOG_LIMIT}")
            self._migrate()
            self.is_indexed = bring_in_step(self.writer)
            self._meta("epoch")
            if boot is not None:
                self.is_indexed = selfcheck.run(self.writer, is_indexed=self.is_indexed)
                self._begin_run(boot, sync=sync)
            self.epoch = self._meta("epoch").hex()[:16]
            self.secret = self._meta("secret")
        except BaseException:
            self.writer.close()
            raise

    def _begin_run(self, boot: str, *, sync: bool) -> None:
        try:
            runs.begin(self.writer, self._lock, boot, sync=sync)
        except OSError as error:
            raise JournalError(f"cannot write {self._path}-lock: {error.strerror}") from None

    def connect_reader(self) -> sqlite3.Connection:
        """Return one more connection, which only reads."""
        reader = self._connect()
        reader.execute("PRAGMA query_only = 1")
        # Its files are opened by the first read: now, while they are there.
        reader.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        return reader

    def version(self) -> int:
        """Return a number that is another one whenever somebody else has written to the file."""
        return pragma(self.writer, "data_version")

    def close(self) -> None:
        """Close the file; another server may have it then."""
        with suppress(sqlite3.Error, Displaced):  # then it did not end in order
            self.guard.check()
            if self._is_served:
                runs.end(self.writer)
        with suppress(OSError):
            if self.guard.is_overwritten():
                self.guard.drop_log()
        self.writer.close()
        self.guard.close()
        os.close(self._lock)

    def _connect(self) -> sqlite3.Connection:
        # The threads take turns, which is what SQLite asks for.
        return sqlite3.connect(
            self.guard.path, timeout=BUSY_TIMEOUT, isolation_level=None, check_same_thread=False
        )

    def _migrate(self) -> None:
        present = pragma(self.writer, "user_version")
        for version, script in enumerate(MIGRATIONS[present:], present + 1):
            self.writer.executescript(
                f"BEGIN IMMEDIATE; {script} PRAGMA application_id = {APPLICATION_ID};"
                f" PRAGMA user_version = {version};"
            )
            if version in FILLERS:
                FILLERS[version](self.writer)
            self.writer.execute("COMMIT")

    def _meta(self, key: str) -> bytes:
        """Return a random value that stays with the file."""
        self.writer.execute(
            "INSERT OR IGNORE INTO meta (key, value) VALUES (?, ?)", (key, secrets.token_bytes(32))
        )
        (value,) = self.writer.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return bytes(value)


def check_place(path: Path) -> bool:
    """See that a database is at a path, or can be made there; return whether something is there.

    Raises:
        JournalError: something else is there.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        _check_beside(resolved(path))
        return False
    except OSError as error:
        resolved(path)
        raise JournalError(f"{path} cannot be opened: {error.strerror}") from None
    if stat.S_ISDIR(mode):
        raise JournalError(f"{path} is a directory, not a file")
    if not stat.S_ISREG(mode):
        raise JournalError(f"{path} is no ordinary file")
    _check_beside(resolved(path))
    return True


def _check_beside(path: Path) -> None:
    """See that the files beside a database are files: SQLite would wait for a pipe for ever."""
    for ending in (*BESIDE, "-journal"):
        beside = path.with_name(path.name + ending)
        with suppress(OSError):  # it is not there
            if not stat.S_ISREG(beside.lstat().st_mode):
                raise JournalError(f"{beside} is no ordinary file")


def lock_out_others(file: Path) -> int:
    """Hold a lock beside a file: two servers would not hear each other's messages.

    Returns:
        The descriptor that holds it as long as it is open.

    Raises:
        InUse: a server has the file.
        JournalError: the lock cannot be made.
    """
    path = resolved(file)
    path = path.with_name(path.name + "-lock")
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE)
    except OSError as error:
        raise JournalError(f"cannot write {path}: {error.strerror}") from None
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
        return path.resolve()
    except FileNotFoundError:
        raise JournalError(f"{path} is in a directory that was removed") from None
    except (OSError, RuntimeError):
        raise JournalError(f"{path} is a link to itself") from None


def _warn_of_readers(guard: FileGuard) -> None:
    """Log which files people other than their owner may read or write."""
    for path in guard.open_to_others():
        log.warning(
            "others may read what is said",
            file=str(path),
            fix=f"chmod go= {shlex.quote(str(path))}",
        )


def check_whose_it_is(database: sqlite3.Connection, path: Path) -> None:
    """See that a file is one of ours, or an empty one.

    Raises:
        JournalError: it is not.
    """
    (tables,) = database.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if tables and pragma(database, "application_id") != APPLICATION_ID:
        raise JournalError(f"{path} belongs to another program")
    schema = pragma(database, "user_version")
    if schema > SCHEMA:
        raise JournalError(
            f"{path} was written by a newer trio-chat: its schema is {schema}, "
            f"this one knows {SCHEMA}"
        )


def pragma(database: sqlite3.Connection, name: str) -> int:
    """Return the value of a pragma that is a number."""
    return int(database.execute(f"PRAGMA {name}").fetchone()[0])


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Tell what SQLite complains about in the block in words for people.

    Raises:
        JournalError: instead of SQLite's own error.
    """
    try:
        yield
    except sqlite3.Error as error:
        raise JournalError(explain(path, error)) from None


def explain(path: Path, error: sqlite3.Error) -> str:
    """Return what is wrong with a file, in words for people."""
    reasons = {
        "SQLITE_BUSY": "is locked by another program",
        "SQLITE_CANTOPEN": "cannot be opened",
        "SQLITE_CORRUPT": "is damaged",
        "SQLITE_FULL": "cannot be written: the disk is full",
        "SQLITE_NOTADB": "is not a database",
        "SQLITE_READONLY": "cannot be written",
    }
    name = "_".join(error.sqlite_errorname.split("_")[:2])
    return f"{path} {reasons.get(name, f'cannot be used: {error}')}"
