"""What settings name on this machine: files are read, folders and a group have to be there.

A start, a reload and ``check-config`` refuse the same, as all of them ask ``check_places`` for what
is not read, and make of the files what is made here.
"""

import ssl
from typing import NamedTuple

from trio_chat.auth.gate import Marks, Ways, load_ways
from trio_chat.config import Config
from trio_chat.files.belongings import check_own_places
from trio_chat.files.place import check_files_folder
from trio_chat.journal.backups import check_folder
from trio_chat.net.listeners import load_certificate
from trio_chat.net.unix_sockets import check_sockets
from trio_chat.web.look import Look, read_look


class LoadedFiles(NamedTuple):
    """What is made of the files."""

    certificate: ssl.SSLContext | None
    ways: Ways
    look: Look


def check_places(config: Config) -> None:
    """See that there are the folders and the group that settings name. Nothing is made.

    Raises:
        ConfigError: one cannot be used; the message says which and why.
    """
    check_folder(config)
    check_files_folder(config)
    check_sockets(config)
    check_own_places(config)


def load(config: Config, marks: Marks) -> LoadedFiles:
    """Read all files that settings name, and check the rest. It blocks for as long as they take.

    Raises:
        ConfigError: one of them cannot be read or used; the message says which and why.
    """
    check_places(config)
    return LoadedFiles(load_certificate(config), load_ways(config, marks), read_look(config))


def check(config: Config) -> None:
    """See that a server could start with all that settings name.

    Raises:
        ConfigError: it could not; the message says which setting is wrong, and why.
    """
    load(config, _NoMarks())


class _NoMarks:
    """Marks where there are no sessions."""

    def mark_for(self, password: str) -> str:
        return password

    def mark_of(self, token: str) -> None:
        """No session has any."""
