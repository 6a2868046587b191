"""The identity store: keeps the key that makes us the same person at a server each time."""

import os
from collections.abc import Mapping
from contextlib import suppress
from errno import ENOENT
from pathlib import Path
from secrets import token_urlsafe

from trio_chat.protocol.names import fold
from trio_chat.remote.address import Address

FOLDER = "trio-chat"


class IdentityStore:
    """A file for each server and nick, which only the user may read.

    Args:
        address: The server's.
        environment: ``XDG_STATE_HOME`` is where the files are, ``~/.local/state`` by default.

    Raises:
        OSError: there is no home directory.
    """

    def __init__(self, address: Address, environment: Mapping[str, str]) -> None:
        state = Path(environment.get("XDG_STATE_HOME") or _home() / ".local/state")
        host = address.host.replace("/", "_").replace(":", "_")
        self._folder = state / FOLDER / f"{host}_{address.port}"

    def key(self, nick: str) -> str:
        """Return the key for a nick; make and save one at the first time.

        Raises:
            OSError: it cannot be saved.
        """
        key = ""
        with suppress(FileNotFoundError, ValueError):
            key = self._path(nick).read_text("ascii").strip()
        if not key:
            self.save(nick, key := token_urlsafe())
        return key

    def save(self, nick: str, key: str) -> None:
        """Save a key for a nick.

        Raises:
            OSError: it cannot be saved.
        """
        path = self._path(nick)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}")
        with open(part, "w", encoding="ascii", opener=_private) as file:
            file.write(key + "\n")
        part.replace(path)

    def _path(self, nick: str) -> Path:
        return self._folder / f"{fold(nick)}.key"


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:  # there is no HOME, and the user is not in the user database
        raise OSError(ENOENT, "there is no home directory") from None


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
