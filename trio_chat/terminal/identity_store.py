"""The identity store: keeps what makes us the same person at a server each time."""

import os
import pwd
from collections.abc import Mapping
from errno import EINVAL, ENOENT
from hashlib import sha256
from pathlib import Path
from secrets import token_hex, token_urlsafe

from trio_chat.named_files import check_ordinary, read
from trio_chat.protocol.names import fold
from trio_chat.remote.address import Address

FOLDER = "trio-chat"
KEY, SESSION = ".key", ".session"  # endings of files
KEY_LIMIT = 4096  # bytes of a file with a key
NAME_LIMIT = 200  # bytes of a nick in a file's name; a longer one is told by its digest


class IdentityStore:
    """A file for each server and nick, which only the user may read.

    Args:
        address: The server's.
        environment: ``XDG_STATE_HOME`` is where the files are; ``~/.local/state`` without it,
            or if it does not begin with a slash.

    Raises:
        OSError: there is no home directory.
    """

    def __init__(self, address: Address, environment: Mapping[str, str]) -> None:
        given = Path(environment.get("XDG_STATE_HOME", ""))
        state = given if given.is_absolute() else _home(environment) / ".local/state"
        host = address.host.replace("/", "_").replace(":", "_")
        self._folder = state / FOLDER / f"{host}_{address.port}"

    def key(self, nick: str) -> str:
        """Return the key for a nick; make and save one at the first time.

        Raises:
            OSError: it cannot be saved.
        """
        key = self._read(self._path(nick, KEY))
        if not key:
            self.save(nick, key := token_urlsafe())
        return key

    def session(self, nick: str) -> str | None:
        """Return the session that was saved for a nick.

        Raises:
            OSError: it cannot be read.
        """
        return self._read(self._path(nick, SESSION)) or None

    def _read(self, path: Path) -> str:
        try:
            return _decoded(path, read(path, KEY_LIMIT))
        except FileNotFoundError:
            return ""

    def save(self, nick: str, key: str) -> None:
        """Save a key for a nick, in place of another one, and of nothing else.

        Raises:
            OSError: it cannot be saved.
        """
        self._save(self._path(nick, KEY), key)

    def save_session(self, nick: str, session: str) -> None:
        """Save a session for a nick, likewise.

        Raises:
            OSError: it cannot be saved.
        """
        self._save(self._path(nick, SESSION), session)

    def forget_session(self, nick: str) -> None:
        """Forget the session that was saved for a nick, if there is one.

        Raises:
            OSError: it cannot be removed.
        """
        self._path(nick, SESSION).unlink(missing_ok=True)

    def _save(self, path: Path, secret: str) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.is_symlink() or path.exists():
            check_ordinary(path)
        part = path.with_name(f"{token_hex(8)}.part")
        try:
            with open(part, "x", encoding="ascii", opener=_private) as file:
                file.write(secret + "\n")
            part.replace(path)
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(path)) from None
        finally:
            part.unlink(missing_ok=True)

    def _path(self, nick: str, ending: str) -> Path:
        name = fold(nick)
        if len(name.encode()) > NAME_LIMIT:
            name = sha256(name.encode()).hexdigest()
        return self._folder / f"{name}{ending}"


def _decoded(path: Path, key: bytes) -> str:
    """Return a key as it is kept in a file.

    Raises:
        OSError: there is something else in the file.
    """
    try:
        return key.decode("ascii").strip()
    except UnicodeDecodeError:
        raise OSError(EINVAL, "it holds no key", str(path)) from None


def _home(environment: Mapping[str, str]) -> Path:
    """Return the home directory; an empty ``HOME``, or one that moves with us, is none."""
    given = Path(environment.get("HOME", ""))
    if given.is_absolute():
        return given
    try:
        return Path(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:
        raise OSError(ENOENT, "there is no home directory") from None


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
