"""Opens files that people name: none of them makes a program wait for ever, or is taken in whole.

A name can lead to anything: a folder, a pipe to which nobody writes, a device without an end.
"""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from trio_chat.config import ConfigError

READ_SIZE = 64 * 1024
SECRET_LIMIT = 64 * 1024  # bytes of a file with a secret, or with keys
NO_WRITER = "it is a pipe to which nobody writes"
NOT_ORDINARY = "it is no ordinary file"


def open_to_read(path: Path) -> tuple[BinaryIO, bytes]:
    """Open a file, or a pipe to which somebody writes.

    Returns:
        The file, and what had to be read of it to see that: nothing, unless it is a pipe.

    Raises:
        OSError: it cannot be opened; ``strerror`` says why.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        first = _first(descriptor, path)
        os.set_blocking(descriptor, True)
    except BaseException:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "rb"), first


def read(path: Path, limit: int) -> bytes:
    """Return what is in a file of ``limit`` bytes at most.

    Raises:
        OSError: it cannot be read, or is larger; ``strerror`` says why.
    """
    file, content = open_to_read(path)
    with file:
        while len(content) <= limit and (data := file.read(READ_SIZE)):
            content += data
    if len(content) > limit:
        raise _error(path, errno.EFBIG, f"it is larger than {limit:,} bytes")
    return content


def resolved(path: Path) -> Path:
    """Return a path without links. It begins with a slash.

    Raises:
        ConfigError: the links lead round in a circle, or there is no working directory.
    """
    try:
        found = path.resolve()
    except FileNotFoundError:
        raise ConfigError(f"{path} is in a directory that was removed") from None
    except (OSError, RuntimeError):
        raise ConfigError(f"{path} is a link to itself") from None
    # Python 3.13 leaves such links, also in the middle; this raises nothing.
    if any(os.path.islink(one) for one in (found, *found.parents)):  # noqa: PTH114
        raise ConfigError(f"{path} is a link to itself")
    return found


def check_ordinary(path: Path) -> None:
    """See that others, who know nothing of pipes, can open a file.

    Raises:
        OSError: they cannot; ``strerror`` says why.
    """
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise _error(path, errno.EISDIR)
    if not stat.S_ISREG(mode):
        raise _error(path, errno.EINVAL, NOT_ORDINARY)
    if not os.access(path, os.R_OK):
        raise _error(path, errno.EACCES)


def _first(descriptor: int, path: Path) -> bytes:
    """Return what is in a pipe already; nothing of a file, or if somebody is about to write."""
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISDIR(mode):
        raise _error(path, errno.EISDIR)
    if not stat.S_ISFIFO(mode):
        return b""
    try:
        first = os.read(descriptor, READ_SIZE)
    except BlockingIOError:
        return b""
    if not first:
        raise _error(path, errno.EPIPE, NO_WRITER)
    return first


def _error(path: Path, number: int, reason: str = "") -> OSError:
    return OSError(number, reason or os.strerror(number), str(path))
