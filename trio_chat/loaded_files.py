"""Files that settings name, such as a certificate: all are read, and must be usable."""

import ssl
from typing import NamedTuple

from trio_chat.auth.gate import Marks, Ways, load_ways
from trio_chat.config import Config
from trio_chat.journal.backups import check_folder
from trio_chat.net.listeners import load_certificate
from trio_chat.web.look import Look, read_look


class LoadedFiles(NamedTuple):
    """What is made of the files."""

    certificate: ssl.SSLContext | None
    ways: Ways
    look: Look


def load(config: Config, marks: Marks) -> LoadedFiles:
    """Read all files that settings name. It blocks for as long as they take.

    Raises:
        ConfigError: one of them cannot be read or used; the message says which and why.
    """
    return LoadedFiles(load_certificate(config), load_ways(config, marks), read_look(config))


def check(config: Config) -> None:
    """See that all files can be used, and that there is the folder for backups.

    Raises:
        ConfigError: one cannot; the message says which and why.
    """
    load(config, _NoMarks())
    check_folder(config)


class _NoMarks:
    """Marks where there are no sessions."""

    def mark_for(self, password: str) -> str:
        return password

    def mark_of(self, token: str) -> None:
        """No session has any."""
