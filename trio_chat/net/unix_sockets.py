"""Unix sockets: one that listens is a file, with a mode and a group, and is removed at the end."""

import errno
import grp
import os
import socket
import stat
from contextlib import suppress
from pathlib import Path

import trio

from trio_chat.config import Config, ConfigError
from trio_chat.setting_values import UNIX_PREFIX

PATH_LIMIT = 107  # bytes of a path: the system's 108, one of which ends it
BACKLOG = 4096  # connections that wait to be accepted; the kernel cuts it to net.core.somaxconn
NOBODY = 0o177  # the umask with which only the owner may connect, until all is set
PROBE_TIMEOUT = 1.0  # seconds for somebody to take a connection that shows whether they are there


class UnixListener(trio.abc.Listener[trio.SocketStream]):
    """Accepts the connections of a Unix socket.

    Args:
        sock: Listens.
        config: ``send_buffer``.
        path: Its file, which is removed when it is closed; ``None`` for one of somebody else.
    """

    def __init__(self, sock: socket.socket, config: Config, path: Path | None = None) -> None:
        self.socket = trio.socket.from_stdlib_socket(sock)
        self._listener = trio.SocketListener(self.socket)
        self._config = config
        self._path = path
        self._identity = _identity(path)

    async def accept(self) -> trio.SocketStream:
        """Accept a connection. It inherits no options, as those of TCP do."""
        stream = await self._listener.accept()
        size = self._config.send_buffer
        stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, size)
        return stream

    async def aclose(self) -> None:
        """Close the socket, and remove its file."""
        self.remove_file()
        await self._listener.aclose()

    def remove_file(self) -> None:
        """Remove the file, unless it has become another one."""
        if self._path and _identity(self._path) == self._identity:
            with suppress(OSError):
                self._path.unlink()


def check_sockets(config: Config) -> None:
    """See, before any is made, that there are the group and the folders of Unix sockets.

    Raises:
        ConfigError: one is not there, or a path is too long; the message says which.
    """
    _group_of(config.socket_group)
    for place in config.listen:
        if place.startswith(UNIX_PREFIX):
            _check_path(Path(place.removeprefix(UNIX_PREFIX)))


def open_unix(text: str, config: Config) -> UnixListener:
    """Listen on a Unix socket. A file that a server left which is gone is replaced.

    Args:
        text: Its path.
        config: ``socket_mode``, ``socket_group`` and ``send_buffer``.

    Raises:
        ConfigError: it cannot be made; the message says why.
    """
    path = Path(text)
    _check_path(path)
    group = _group_of(config.socket_group)
    sock = socket.socket(socket.AF_UNIX)
    try:
        _make_way(path)
        _bind(sock, path)
        _hand_over(path, int(config.socket_mode, 8), group)
        sock.listen(BACKLOG)
    except OSError as error:
        sock.close()
        raise _failed(path, _reason(path, error)) from None
    except ConfigError:
        sock.close()
        raise
    return UnixListener(sock, config, path)


def _check_path(path: Path) -> None:
    """See that a socket can have a path.

    Raises:
        ConfigError: it is too long, or there is no such folder.
    """
    size = len(os.fsencode(path))
    if size > PATH_LIMIT:
        raise _failed(path, f"its path has {size} bytes, and may have {PATH_LIMIT}")
    try:
        is_folder = stat.S_ISDIR(path.parent.stat().st_mode)
    except OSError as error:
        raise _failed(path, _reason(path, error)) from None
    if not is_folder:
        raise _failed(path, f"there is no folder {path.parent}")


def _bind(sock: socket.socket, path: Path) -> None:
    before = os.umask(NOBODY)
    try:
        sock.bind(str(path))
    finally:
        os.umask(before)


def _hand_over(path: Path, mode: int, group: int) -> None:
    """Let others connect, once the file is what it should be.

    Raises:
        OSError: it cannot be; then it is removed.
    """
    try:
        os.chown(path, -1, group)
        path.chmod(mode)
    except OSError:
        path.unlink()
        raise


def _make_way(path: Path) -> None:
    """Remove the socket that a server has left which is gone.

    Raises:
        ConfigError: somebody listens there, or it is no socket.
    """
    try:
        kind = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(kind):
        raise _failed(path, "something else is there, and is left as it is")
    if _is_answered(path):
        raise _failed(path, "another program listens there")
    path.unlink()


def _is_answered(path: Path) -> bool:
    """Whether somebody listens on a socket.

    Raises:
        OSError: that cannot be told.
    """
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(PROBE_TIMEOUT)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            return False
        except (TimeoutError, BlockingIOError):  # so many wait that it takes no more
            return True
    return True


def _group_of(name: str) -> int:
    """Return the number of a group; -1 for none, which changes nothing.

    Raises:
        ConfigError: there is no such group.
    """
    if not name or name.isdecimal():
        return int(name or -1)
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        raise ConfigError(f"socket_group: this machine has no group {name!r}") from None


def _identity(path: Path | None) -> tuple[int, int] | None:
    """Return what tells a file from all others; ``None`` if there is none."""
    if path:
        with suppress(OSError):
            found = path.lstat()
            return found.st_dev, found.st_ino
    return None


def _reason(path: Path, error: OSError) -> str:
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return f"there is no folder {path.parent}"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"{error.strerror}; may this user write to {path.parent}, and give it that group?"
    return str(error.strerror)


def _failed(path: Path, reason: str) -> ConfigError:
    return ConfigError(f"cannot listen on {UNIX_PREFIX}{path}: {reason}")
