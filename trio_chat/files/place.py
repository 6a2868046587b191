"""The place of files: the folder that the settings name, or the one beside the database."""

import fcntl
import os
from pathlib import Path

from trio_chat.config import IN_MEMORY, Config, ConfigError
from trio_chat.database_url import is_url
from trio_chat.journal.types import JournalError

ENDING = ".files"  # behind the name of the database
LOCK = "lock"  # in the folder


def folder_of(config: Config) -> Path | None:
    """Return the folder for files; ``None`` if there is none."""
    if config.files is not None:
        return config.files
    if config.database == IN_MEMORY or is_url(config.database):
        return None
    return folder_beside(Path(config.database))


def folder_beside(database: Path) -> Path:
    """Return the folder for the files of a database, if no other one is named."""
    return Path(f"{database}{ENDING}")


def check_files_folder(config: Config) -> None:
    """See, before it is made, that the folder that the settings name is one or can be one.

    Raises:
        ConfigError: something else is there, or nothing can be written; the message says what.
    """
    if config.files is None:
        return
    try:
        known = config.files.absolute()
        while not os.path.lexists(known):
            known = known.parent
        if not known.is_dir():
            raise ConfigError(f"files {config.files}: {known} is no folder")
    except OSError as error:
        raise ConfigError(f"files {config.files}: {error.strerror}") from None
    if not os.access(known, os.W_OK | os.X_OK):
        raise ConfigError(f"files {config.files}: {known} cannot be written")


def lock_out_others(folder: Path) -> int:
    """Hold the lock of a folder: two servers would delete each other's files.

    Returns:
        The descriptor that holds it as long as it is open.

    Raises:
        JournalError: another server has the folder.
        OSError: the lock cannot be made.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(folder / LOCK, flags, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        text = "is in use by another trio-chat server; each needs a folder of its own (--files)"
        raise JournalError(f"{folder} {text}") from None
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
