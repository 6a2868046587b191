"""Opens databases for commands: an SQLite file or PostgreSQL, whether a server has it or not."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from trio_chat.commands.file_store import FileStore
from trio_chat.commands.files import database_path, opened, snapshot, trial
from trio_chat.commands.served import check_files
from trio_chat.commands.stores import Store
from trio_chat.config import Config
from trio_chat.database_url import NEEDS_PSYCOPG, is_url
from trio_chat.journal.offline import as_new, prepare
from trio_chat.journal.types import JournalError


def prepare_store(config: Config, command: str) -> None:
    """Make the database, or bring it to the present schema, unless a server has it.

    Raises:
        ConfigError: it cannot be used; the message says why.
    """
    if is_url(config.database):
        postgres().prepare(config.database)
    else:
        path = database_path(config, command)
        check_files(path)
        prepare(path)


@contextmanager
def opened_store(config: Config, command: str) -> Iterator[Store]:
    """Open a database to write for the block, whether a server has it or not.

    Raises:
        ConfigError: it cannot be opened.
        Failed: it cannot be read or written in the block.
    """
    if is_url(config.database):
        with postgres().opened(config.database) as store:
            yield store
    else:
        with opened(database_path(config, command), to_write=True) as database:
            yield FileStore(database)


@contextmanager
def snapshot_store(config: Config, command: str) -> Iterator[Store]:
    """Open a database for the block in its present state, whatever a server writes meanwhile.

    Raises:
        ConfigError: it cannot be opened.
        Failed: it cannot be read in the block.
    """
    if is_url(config.database):
        with postgres().snapshot(config.database) as store:
            yield store
    else:
        with snapshot(database_path(config, command)) as database:
            yield FileStore(database)


@contextmanager
def trial_store(config: Config, command: str) -> Iterator[Store]:
    """Open a database for the block as ``snapshot_store``, also one that is not there yet.

    It stays as it is.

    Raises:
        ConfigError: it cannot be opened.
        Failed: it cannot be read in the block.
    """
    if is_url(config.database) and postgres().is_made(config.database):
        with snapshot_store(config, command) as store:
            yield store
    elif is_url(config.database):
        with as_new() as database:
            yield FileStore(database)
    else:
        with trial(database_path(config, command)) as database:
            yield FileStore(database)


def postgres() -> ModuleType:
    """Return the module for databases of PostgreSQL, which needs a package that may not be there.

    Raises:
        JournalError: it is not.
    """
    try:
        from trio_chat.commands import postgres_store  # noqa: PLC0415 - which may not be there
    except ImportError:
        raise JournalError(NEEDS_PSYCOPG) from None
    return postgres_store
