"""The file beside a database that tells commands who serves it, where, by which files, and reloads.

The server holds a lock on it: a file without one was left by a server that was killed.
"""

import fcntl
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

ENDING = "-server"
SIZE = 4096  # bytes; always the same, so that a full disk does not matter
REASON_LIMIT = 500  # characters of why a reload was refused; each has at most 6 bytes
OWNER_ONLY = 0o600


class Notice(msgspec.Struct):
    """What the file tells."""

    pid: int
    address: str | None = None  # to open in a browser, if there is one
    begun: int = 0  # reloads
    ended: int = 0  # reloads; the last of them
    refused: str | None = None  # for this reason, if it was
    differs: bool = False  # whether some workers may have taken it all the same
    files: Mapping[str, int] = {}  # that it has open; by what their names add to the database's


class ServerFile:
    """The file while its server runs.

    Args:
        database: The path of the database, without links.
        address: Where the server is reached from this machine, by a browser.
        files: The inodes of the database's files, as ``Notice`` has them.

    Raises:
        OSError: it cannot be written.
    """

    def __init__(
        self, database: Path, address: str | None, files: Mapping[str, int] | None = None
    ) -> None:
        self._path = _beside(database)
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        self._descriptor = os.open(self._path, flags, OWNER_ONLY)
        self._notice = Notice(os.getpid(), address, files=files or {})
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._write()
        except OSError:
            os.close(self._descriptor)
            raise

    def begin(self) -> None:
        """Tell that a reload begins: files are read from now on."""
        self._notice.begun += 1
        self._tell()

    def end(self, refused: str | None, *, differs: bool = False) -> None:
        """Tell that it has ended, and why it was refused, if it was: by all, or by some workers."""
        self._notice.ended, self._notice.differs = self._notice.begun, differs
        self._notice.refused = refused and refused[:REASON_LIMIT]
        self._tell()

    def _tell(self) -> None:
        with suppress(OSError):  # of a disk that fails; the log tells it, too
            self._write()

    def _write(self) -> None:
        os.pwrite(self._descriptor, msgspec.json.encode(self._notice).ljust(SIZE), 0)

    def close(self) -> None:
        """Remove the file: nobody serves the database any more."""
        with suppress(OSError):
            self._path.unlink()
        os.close(self._descriptor)


def read(database: Path) -> Notice | None:
    """Return what the file beside a database tells; ``None`` if no server holds it."""
    try:
        descriptor = os.open(_beside(database), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return _read(descriptor)
    finally:
        os.close(descriptor)


def _read(descriptor: int) -> Notice | None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        with suppress(msgspec.DecodeError):  # it is none of ours
            return msgspec.json.decode(os.read(descriptor, SIZE), type=Notice)
    return None


def _beside(database: Path) -> Path:
    return Path(f"{database}{ENDING}")
