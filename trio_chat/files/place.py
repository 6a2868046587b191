"""The place of files: the folder that the settings name, or the one beside the database."""

from pathlib import Path

from trio_chat.config import IN_MEMORY, Config
from trio_chat.database_url import is_url

ENDING = ".files"  # behind the name of the database


def folder_of(config: Config) -> Path | None:
    """Return the folder for files; ``None`` if there is none."""
    if config.files is not None:
        return config.files
    if config.database == IN_MEMORY or is_url(config.database):
        return None
    return folder_beside(Path(config.database))


def folder_beside(database: Path) -> Path:
    """Return the folder for the files of a database, if no other one is named."""
    return database.with_name(database.name + ENDING)
