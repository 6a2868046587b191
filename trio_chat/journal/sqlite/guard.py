"""Guards a database file: notices when it, or a file beside it, is moved, removed or replaced.

A database is its device and inode, not its path. An open file goes on to exist without a name, so
commits into one that was removed succeed, and are lost at the end of the process.
"""

import fcntl
import os
import stat
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from trio_chat.journal.sqlite.log_frames import is_whole, logged_pages, uncopied
from trio_chat.journal.sqlite.obstacles import refusal
from trio_chat.journal.types import JournalError

BESIDE = ("-wal", "-shm", "-lock")  # endings of the files that belong to a database
PRIVATE = 0o600  # mode of all files that hold what was said
FOREIGN = 0o077  # the bits of a mode that let others in
HEADER = 100  # bytes of SQLite's header
MAGIC = b"SQLite format 3\0"
SHARED = struct.pack("hhqqi4x", fcntl.F_RDLCK, os.SEEK_SET, 0x40000002, 510, 0)  # SQLite's lock
SETTLING = 0.25  # seconds in which a file grows that another program's checkpoint is extending
LOOKS = 40  # at a file that grows; then it is left to whoever extends it
WAL_VERSIONS = b"\x02\x02"  # in the header: the file has a write-ahead log
PUT_BACK = "put the right files back, or stop the server before you change them"
RESTART = "stop the server, remove -wal and -shm, and put a database or a backup there"

Inode = tuple[int, int]


class InUse(JournalError):
    """A server has the file already."""


class InUseElsewhere(InUse):
    """It knows the file by another name, or its lock file was removed or replaced."""


class Displaced(Exception):
    """The database, or a file beside it, is not what is open here; the message says what to do."""


class FileGuard:
    """Holds a database file, made if it is missing, against other servers, and watches its names.

    Resource handling: the descriptor must outlive all SQLite connections of this process to the
    file, since to close it drops the locks that they have.

    Args:
        path: Where the file is; all links in it are resolved.

    Raises:
        JournalError: it cannot be opened, is no ordinary file, has two names, or is in use.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._paths: dict[Path, Inode] = {}
        self._log: int | None = None  # descriptor of the write-ahead log
        self._index: int | None = None  # of its index
        self._is_extending = False  # whether we may be making the file longer
        self.descriptor = _open(path)
        try:
            self._lock()
        except JournalError:
            os.close(self.descriptor)
            raise

    def _lock(self) -> None:
        status = os.fstat(self.descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise JournalError(f"{self.path} is no ordinary file")
        check_names(self.path, status.st_nlink)
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise InUseElsewhere(f"{self.path} is in use by another trio-chat server") from None

    def watch(self, name: Path) -> None:
        """Remember which files the database consists of now, and by which name it was given."""
        beside = [Path(f"{self.path}{ending}") for ending in BESIDE]
        for path in (self.path, name.absolute(), *beside):
            self._paths[path] = _inode(path)
        self._log, self._index = (os.open(one, os.O_RDONLY | os.O_CLOEXEC) for one in beside[:2])

    def open_to_others(self) -> list[Path]:
        """Return which of these files people other than the owner may read or write."""
        return [path for path in self._paths if path.stat().st_mode & FOREIGN]

    def check(self) -> None:
        """See that the files are those that were there at ``watch``. It takes some microseconds.

        Raises:
            Displaced: one is not.
        """
        for path, inode in self._paths.items():
            try:
                present = _inode(path)
            except OSError as error:
                raise Displaced(f"{path} is gone ({error.strerror}): {PUT_BACK}") from None
            if present != inode:
                raise Displaced(f"{path} is another file now: {PUT_BACK}")
        self.check_log()
        if self.is_overwritten():
            raise Displaced(f"{self.path} was overwritten while it was open: {RESTART}")

    def check_log(self) -> None:
        """See that the write-ahead log has what was written to it. It takes two microseconds.

        Raises:
            Displaced: it was emptied or overwritten.
        """
        if self._is_log_overwritten():
            raise Displaced(f"{self.path}-wal was overwritten: {RESTART}")

    def _is_log_overwritten(self) -> bool:
        if self._log is None or self._index is None:
            return False
        return not is_whole(self._log, self._index)

    def is_overwritten(self) -> bool:
        """Whether something else was written into the file, such as a backup, or into its log."""
        if self._is_log_overwritten():
            return True
        header = os.pread(self.descriptor, HEADER, 0)
        if header[:16] != MAGIC or header[18:20] != WAL_VERSIONS:
            return True
        return self._stays_cut()

    def uncopied(self) -> int:
        """Return how many pages of the log are not in the database; 0 if that cannot be told."""
        with suppress(OSError):
            return 0 if self._index is None else uncopied(self._index)
        return 0

    @contextmanager
    def extending(self) -> Iterator[None]:
        """Copy pages into the file in the block, beside others who look at it.

        Its first page is written first, and tells of pages that are still to come.
        """
        self._is_extending = True
        try:
            yield
        finally:
            self._is_extending = False

    def _stays_cut(self) -> bool:
        """Whether the file is too short and does not grow: who extends it needs any time for it."""
        size = -1
        for _ in range(LOOKS):
            if not self._is_cut():
                return False
            before, size = size, os.fstat(self.descriptor).st_size
            if size == before:
                return True
            time.sleep(SETTLING)
        return False

    def _is_cut(self) -> bool:
        """Whether the file is shorter than its first page says, or just being extended.

        A checkpoint that failed, as on a full disk, may have written the first page and not the
        last ones: these are in the log then, and nothing is lost.
        """
        if self._is_extending:
            return False
        header = os.pread(self.descriptor, HEADER, 0)
        size = int.from_bytes(header[16:18], "big")
        size = 65536 if size == 1 else size
        pages = int.from_bytes(header[28:32], "big")
        there = os.fstat(self.descriptor).st_size // size
        return there < pages and (
            self._log is None or not logged_pages(self._log).issuperset(range(there + 1, pages + 1))
        )

    def read(self) -> None:
        """Read the beginning of the file and of its log, as SQLite does.

        Raises:
            OSError: the system cannot.
        """
        for one in [one for one in (self.descriptor, self._log) if one is not None]:
            os.pread(one, HEADER, 0)

    @property
    def names(self) -> int:
        """How many names the file has (hard links)."""
        return os.fstat(self.descriptor).st_nlink

    def drop_log(self) -> None:
        """Empty the write-ahead log that does not belong to the file: one of them was overwritten.

        SQLite would write it into that file when it is opened. A log that another program has begun
        there is left: it has what that has written.

        Raises:
            OSError: there is none, or it cannot be emptied.
        """
        log = Path(f"{self.path}-wal")
        if _inode(log) == self._paths.get(log):
            os.truncate(log, 0)

    def hold_back(self) -> None:
        """Keep SQLite from finishing with its log when its last connection is closed.

        It would write the log that it has open into the file, by an index that may tell of another
        one, and remove what has the names of both. The next to open the file goes by what is there.
        This lock is the descriptor's: other than those of the process it counts for SQLite in this
        process, too, which would have to be alone. Linux alone has such locks.
        """
        with suppress(AttributeError, OSError):
            fcntl.fcntl(self.descriptor, fcntl.F_OFD_SETLK, SHARED)

    def is_removed(self) -> bool:
        """Whether the database has no name left: it is gone at the end of the process."""
        return self.names == 0

    def is_in_place(self) -> bool:
        """Whether the database is at its path, and no other one is."""
        with suppress(OSError):
            return _inode(self.path) == self._paths[self.path]
        return False

    def close(self) -> None:
        """Let others have the file."""
        for one in (self._log, self._index):
            if one is not None:
                os.close(one)
        os.close(self.descriptor)


def inodes(path: Path) -> dict[str, int]:
    """Return the inodes of a database's files that are there, by what is behind its name."""
    found = {}
    for ending in ("", *BESIDE):
        with suppress(OSError):
            found[ending] = _inode(Path(f"{path}{ending}"))[1]
    return found


def check_names(path: Path, count: int) -> None:
    """See that a database has one name: SQLite would look for its log beside any of them.

    Raises:
        JournalError: it has more.
    """
    if count > 1:
        raise JournalError(f"{path} has {count} names (hard links), and a database may have one")


def _open(path: Path) -> int:
    """Open a file, or make it; a pipe does not block."""
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK
    try:
        return os.open(path, flags, PRIVATE)
    except OSError as error:
        raise refusal(f"{path} cannot be opened", error) from None


def _inode(path: Path) -> Inode:
    status = path.stat()
    return status.st_dev, status.st_ino
