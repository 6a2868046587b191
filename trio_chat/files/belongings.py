"""What belongs to a database, and is in its place alone: nothing else is written there.

SQLite and the server find these files by their names, so whatever is put in the place of one would
be taken for it, and what was in it is lost.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from trio_chat.config import IN_MEMORY, Config, ConfigError
from trio_chat.database_url import is_url
from trio_chat.files.index import NAME
from trio_chat.files.place import ENDING
from trio_chat.journal.sqlite.place import ENDINGS, owner_of
from trio_chat.setting_values import UNIX_PREFIX

# Folders behind the name of a database, with something that is in each.
FOLDERS = {ENDING: NAME, ".postgres": "data"}


def check_free(path: Path, config: Config) -> None:
    """See that a path leads to nothing that belongs to a database, by whatever name.

    Args:
        path: Where something is to be written; it need not be there.
        config: ``database`` and ``files``, which need not be there either.

    Raises:
        ConfigError: it does.
    """
    target = _real(path)
    _check_own(path, target, config)
    owner = owner_of(target) or _owner_of_folder(target)
    if owner:
        raise ConfigError(f"{path} belongs to the database {owner}")


def _check_own(path: Path, target: Path, config: Config) -> None:
    """See that a path, which leads to a target, is none of the database of the settings."""
    database = _database(config)
    if database and _is_same(target, database):
        raise ConfigError(f"{path} is the database itself")
    for own in _own_files(config):
        if _is_same(target, own):
            raise ConfigError(f"{path} is a file of the database ({own.name})")
    for folder in _own_folders(config):
        if _is_within(target, folder):
            raise ConfigError(f"{path} leads into {folder}, which belongs to the database")


def check_folder_free(path: Path, config: Config) -> None:
    """See that a folder can be replaced as a whole: nothing of the database is in it or around it.

    Wherever its files are, there is a place for a folder of its own beside them.

    Raises:
        ConfigError: something is.
    """
    folder = _real(path)
    for own in _own_folders(config):
        if _is_within(folder, own) or _is_within(own, folder):
            raise ConfigError(f"{path} and {own}, which belongs to the database, are in each other")


def _real(path: Path) -> Path:
    """Return a path without links; what is wrong with it is told by whoever opens it."""
    return Path(os.path.realpath(path))


def _database(config: Config) -> Path | None:
    is_file = config.database != IN_MEMORY and not is_url(config.database)
    return _real(Path(config.database)) if is_file else None


def _own_files(config: Config) -> Iterator[Path]:
    database = _database(config)
    if database:
        yield from (Path(f"{database}{ending}") for ending in ("", *ENDINGS))


def _own_folders(config: Config) -> Iterator[Path]:
    database = _database(config)
    if database:
        named = Path(config.database).absolute()  # which may be a link
        for one in {database, named}:
            yield from (_real(Path(f"{one}{ending}")) for ending in FOLDERS)
    if config.files is not None:
        yield _real(config.files)


def _owner_of_folder(target: Path) -> str | None:
    """Return the database whose folder a path is, or is in, if there is one."""
    for folder in (target, *target.parents):
        for ending, inside in FOLDERS.items():
            if folder.name.lower().endswith(ending) and os.path.lexists(folder / inside):
                return folder.name[: -len(ending)]
    return None


def _is_within(path: Path, folder: Path) -> bool:
    return any(_is_same(one, folder) for one in (path, *path.parents))


def _is_same(one: Path, other: Path) -> bool:
    """Whether two paths without links are of one file, or would be if it were there.

    A file system may take names in other letters for the same.
    """
    with suppress(OSError):
        return one.samefile(other)
    if one.name.casefold() != other.name.casefold():
        return False
    with suppress(OSError):
        return one.parent.samefile(other.parent)
    return one.parent == other.parent


def check_own_places(config: Config) -> None:
    """See that a server is to make nothing where its database has, or may have, something.

    It opens no file, so a server may ask while it runs.

    Raises:
        ConfigError: it is.
    """
    if config.backup_folder:
        _check_own(config.backup_folder, _real(config.backup_folder), config)
    for place in config.listen:
        if place.startswith(UNIX_PREFIX):
            path = Path(place.removeprefix(UNIX_PREFIX))
            _check_own(path, _real(path), config)
