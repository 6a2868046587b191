"""The keepsake: the session token that makes us the same person at a server the next time."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from trio_chat.names import fold
from trio_chat.remote.address import Address

FOLDER = "trio-chat"


class Keepsake:
    """A file for each server and nick, which only we may read. No token is no harm.

    Args:
        address: The server's.
        environment: ``XDG_STATE_HOME`` tells where it is, ``~/.local/state`` if it does not.
    """

    def __init__(self, address: Address, environment: Mapping[str, str]) -> None:
        state = Path(environment.get("XDG_STATE_HOME") or Path.home() / ".local/state")
        host = address.host.replace("/", "_").replace(":", "_")
        self._folder = state / FOLDER / f"{host}_{address.port}"

    def read(self, nick: str) -> str | None:
        """Return the token of somebody by this nick, if there is one."""
        with suppress(OSError, ValueError):
            return self._path(nick).read_text("ascii").strip() or None
        return None

    def keep(self, nick: str, token: str) -> None:
        """Keep a token, unless it is there.

        Raises:
            OSError: it cannot be written.
        """
        path = self._path(nick)
        if self.read(nick) == token:
            return
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}")
        with open(part, "w", encoding="ascii", opener=_private) as file:
            file.write(token + "\n")
        part.replace(path)

    def _path(self, nick: str) -> Path:
        return self._folder / fold(nick)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
