"""Reloads: the settings are read again while the server runs, and applied in one step."""

import hashlib
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Protocol

import structlog
import trio

from trio_chat.auth.gate import Ways
from trio_chat.config import Config, ConfigError
from trio_chat.live_config import differences, without_restart
from trio_chat.loaded_files import load
from trio_chat.logs import Logging
from trio_chat.named_files import read
from trio_chat.net.listeners import load_certificate
from trio_chat.server import Server
from trio_chat.web.assets import File
from trio_chat.web.look import Look

FILE_LIMIT = 1_000_000  # bytes of a file whose content counts
READ_TIMEOUT = 10.0  # seconds for all files to be read
# Settings that name files whose content counts.
FILES = ("icon", "certfile", "keyfile", "access_password_file", "token_key", "token_jwks")

log = structlog.get_logger()


class Notes(Protocol):
    """Where it is noted what becomes of reloads."""

    def begin(self) -> None:
        """Note that files are read from now on."""
        ...

    def end(self, refused: str | None) -> None:
        """Note that it is over, and why it was refused, if it was."""
        ...


class Prepared(NamedTuple):
    """New settings, and what is made of the files that they name."""

    config: Config
    left_out: list[str]  # what needs a restart
    ways: Ways
    certificate: ssl.SSLContext | None
    contents: Mapping[str, bytes]  # digests of the files, by setting
    look: Look
    page: dict[str, File] | None  # its files, if the look is another one


def prepare(server: Server, wanted: Config) -> Prepared:
    """Make all of new settings that can fail. It reads files, and changes nothing.

    What needs a restart is checked, too: the next start has to succeed with what is taken now.

    Raises:
        ConfigError: they cannot be used; the message says why.
    """
    _, ways, look = load(wanted, server.marks)
    config, left_out = without_restart(server.config, wanted)
    certificate = load_certificate(config)  # that stays as it is if TLS is turned on or off
    page = None if look == server.look else server.page.files(look)
    return Prepared(config, left_out, ways, certificate, contents_of(config), look, page)


def contents_of(config: Config) -> dict[str, bytes]:
    """Return a digest of each ordinary file that settings name, as far as they can be read."""
    found = {}
    for name in FILES:
        path: Path | None = getattr(config, name)
        if path and path.is_file():  # a pipe has been read already
            with suppress(OSError):
                found[name] = hashlib.sha256(read(path, FILE_LIMIT)).digest()
    return found


class Reloader:
    """Reloads the settings of one server.

    Args:
        read: Returns the settings as they are now. It may wait for files.
        server: Takes them.
        logging: Takes those of the log.
        file: Where others see what became of it, if there is one.
    """

    def __init__(
        self,
        read: Callable[[], Config],
        server: Server,
        logging: Logging,
        file: Notes | None,
    ) -> None:
        self._read = read
        self._server = server
        self._logging = logging
        self._file = file
        self._contents: Mapping[str, bytes] = contents_of(server.config)

    async def reload(self) -> None:
        """Read the settings and apply them; what is wrong with them is logged, and changes nothing.

        Cancellation: nothing is applied.
        """
        if self._file:
            self._file.begin()
        try:
            with trio.fail_after(READ_TIMEOUT):
                prepared = await trio.to_thread.run_sync(self._prepare, abandon_on_cancel=True)
        except trio.TooSlowError:
            self._refuse(f"the settings could not be read within {READ_TIMEOUT:.0f} s")
        except ConfigError as error:
            self._refuse(str(error))
        else:
            self._apply(prepared)
            if self._file:
                self._file.end(None)

    def _prepare(self) -> Prepared:
        return prepare(self._server, self._read())

    def _refuse(self, reason: str) -> None:
        log.error("settings not reloaded: nothing has changed", reason=reason)
        if self._file:
            self._file.end(reason)

    def _apply(self, prepared: Prepared) -> None:
        config = prepared.config
        log.info("settings reloaded", changed=", ".join(self._changed(prepared)) or "nothing")
        if prepared.left_out:
            names = ", ".join(prepared.left_out)
            log.warning("settings that need a restart have changed", settings=names)
        self._server.reconfigure(config, prepared.ways, prepared.certificate)
        if prepared.page:
            self._server.dress(prepared.look, prepared.page)
        self._logging.reconfigure(config)
        self._contents = prepared.contents

    def _changed(self, prepared: Prepared) -> list[str]:
        """Return the names of the settings that change, or whose files do."""
        before, now = self._contents, prepared.contents
        files = [name for name in now if before.get(name) != now[name]]
        return list(dict.fromkeys([*differences(self._server.config, prepared.config), *files]))
