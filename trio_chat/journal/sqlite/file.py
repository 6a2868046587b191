"""The database file: opened by one server at a time, and checked; the connection that writes."""

import os
import secrets
import shlex
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import structlog

from trio_chat.journal.sqlite import runs, selfcheck
from trio_chat.journal.sqlite.guard import Displaced, FileGuard
from trio_chat.journal.sqlite.obstacles import kind_of, obstacle, refusal, refused_as
from trio_chat.journal.sqlite.place import check_place, lock_out_others, resolved
from trio_chat.journal.sqlite.reindex import bring_in_step
from trio_chat.journal.sqlite.schema import check_whose_it_is, migrate, pragma
from trio_chat.journal.types import JournalError

BUSY_TIMEOUT = 0.25  # seconds to wait for a lock that another program holds on the file
LOG_LIMIT = 64 * 1024 * 1024  # bytes of the write-ahead log that stay when it begins anew
CACHE = 8 * 1024  # KiB of pages that the writer has at hand: the ends of some hundred rooms


_REASONS = {
    "SQLITE_BUSY": "is locked by another program",
    "SQLITE_CANTOPEN": "cannot be opened",
    "SQLITE_CORRUPT": "is damaged",
    "SQLITE_FULL": "cannot be written",
    "SQLITE_NOTADB": "is not a database",
    "SQLITE_READONLY": "cannot be written",
}

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
        if check_place(path):
            _refuse_others(path)
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
            self.writer.execute(f"PRAGMA cache_size = {-CACHE}")
            migrate(self.writer)
            self.is_indexed = bring_in_step(self.writer)
            lasting(self.writer, "epoch")
            if boot is not None:
                self.is_indexed = selfcheck.run(self.writer, is_indexed=self.is_indexed)
                self._begin_run(boot, sync=sync)
            self.epoch = lasting(self.writer, "epoch").hex()[:16]
            self.secret = lasting(self.writer, "secret")
        except BaseException:
            self.writer.close()
            raise

    def _begin_run(self, boot: str, *, sync: bool) -> None:
        try:
            runs.begin(self.writer, self._lock, boot, sync=sync)
        except OSError as error:
            raise refusal(f"cannot write {self._path}-lock", error) from None

    def connect_reader(self) -> sqlite3.Connection:
        """Return one more connection, which only reads."""
        reader = self.connect()
        reader.execute("PRAGMA query_only = 1")
        return reader

    def connect(self) -> sqlite3.Connection:
        """Return one more connection."""
        database = self._connect()
        # Its files are opened by the first read: now, while they are there.
        database.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        return database

    def version(self) -> int:
        """Return a number that is another one whenever somebody else has written to the file."""
        return pragma(self.writer, "data_version")

    def reason(self, error: Exception) -> str:
        """Return why something could not be done, in the system's words if it has some.

        Blocking: for as long as the disk takes.
        """
        try:
            self.guard.read()
        except OSError as failure:
            error = failure
        return obstacle(self.guard.path, error) or str(error)

    def close(self) -> None:
        """Close the file; another server may have it then."""
        try:
            self.guard.check()
        except (Displaced, OSError):
            self._leave()
        else:
            with suppress(sqlite3.Error):  # then it did not end in order
                if self._is_served:
                    runs.end(self.writer)
        self.writer.close()
        self.guard.close()
        os.close(self._lock)

    def _leave(self) -> None:
        """Leave all files to whoever opens them next, as one is not that of before."""
        with suppress(sqlite3.Error, OSError):
            if self.guard.is_overwritten():
                self.guard.drop_log()
            else:
                self.save_log()
        self.guard.hold_back()

    def save_log(self) -> None:
        """Write the log into the file that is open, which may be elsewhere, or without a name.

        If another database may be in its place, the log is emptied, or it would get into that one.
        """
        how = "PASSIVE" if self.guard.is_in_place() else "TRUNCATE"
        self.writer.execute(f"PRAGMA wal_checkpoint({how})")

    def _connect(self) -> sqlite3.Connection:
        # The threads take turns, which is what SQLite asks for.
        database = sqlite3.connect(
            self.guard.path, timeout=BUSY_TIMEOUT, isolation_level=None, check_same_thread=False
        )
        keep_in_memory(database)
        return database


def lasting(database: sqlite3.Connection, key: str) -> bytes:
    """Return a random value that stays with a database, unless that is damaged there."""
    database.execute(
        "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key)"
        " DO UPDATE SET value = excluded.value WHERE typeof(meta.value) <> 'blob'",
        (key, secrets.token_bytes(32)),
    )
    (value,) = database.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return bytes(value)


def _refuse_others(path: Path) -> None:
    """See that a file is no other program's before anything is made beside it.

    It is opened so that nothing is, and no lock is taken nor lost; so that is left to the opening
    proper if there is a log already.

    Raises:
        JournalError: it is.
    """
    place = resolved(path)
    if os.path.lexists(f"{place}-wal"):
        return
    uri = f"file:{quote(os.fsencode(place))}?immutable=1"
    try:
        with closing(sqlite3.connect(uri, uri=True)) as database:
            check_whose_it_is(database, path, may_be_incomplete=True)
    except sqlite3.Error as error:  # all others are told by the opening
        if kind_of(error) == "SQLITE_NOTADB":
            raise JournalError(explain(path, error)) from None


def keep_in_memory(database: sqlite3.Connection) -> None:
    """Let a connection write no files elsewhere: what it does in a step is small.

    It would need them to take back half of a statement, and they might not be possible where the
    database is: in a container there may be no place for them.
    """
    database.execute("PRAGMA temp_store = MEMORY")


def _warn_of_readers(guard: FileGuard) -> None:
    """Log which files people other than their owner may read or write."""
    for path in guard.open_to_others():
        log.warning(
            "others may read what is said",
            file=str(path),
            fix=f"chmod go= {shlex.quote(str(path))}",
        )


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Tell what SQLite complains about in the block in words for people.

    Raises:
        JournalError: instead of SQLite's own error.
    """
    try:
        yield
    except sqlite3.Error as error:
        kind = refused_as(error, obstacle(path, error))
        raise kind(explain(path, error)) from None


def explain(path: Path, error: sqlite3.Error, written: Path | None = None) -> str:
    """Return what is wrong with a file, in words for people, and in the system's if it has some.

    Args:
        path: The file, as they call it.
        error: What SQLite says.
        written: The file that SQLite writes, if that is another one.
    """
    reason = obstacle(written or path, error)
    told = _REASONS.get(kind_of(error), "cannot be used")
    return f"{path} {told}: {reason}" if reason else f"{path} {_unexplained(told, error)}"


def _unexplained(told: str, error: sqlite3.Error) -> str:
    """Return what is wrong with a file as far as SQLite says it."""
    if kind_of(error) == "SQLITE_FULL":
        return f"{told}: the disk is full"
    return told if kind_of(error) in _REASONS else f"{told}: {error}"
