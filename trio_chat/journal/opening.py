"""Opens the journal that the settings name: in memory, in an SQLite file, or in PostgreSQL."""

from pathlib import Path
from typing import TYPE_CHECKING

from trio_chat import bus_url
from trio_chat.bus_url import NEEDS_HIREDIS
from trio_chat.config import IN_MEMORY, Config
from trio_chat.database_url import NEEDS_PSYCOPG, is_url
from trio_chat.journal.journal import Journal
from trio_chat.journal.memory import MemoryJournal
from trio_chat.journal.sqlite.journal import SqliteJournal
from trio_chat.journal.sqlite.space import SpaceLimits
from trio_chat.journal.types import JournalError
from trio_chat.journal.views import ChangeLimits

if TYPE_CHECKING:  # which needs a package that not everybody has
    from trio_chat.journal.redis.line import RedisLine


async def open_journal(config: Config) -> Journal:
    """Open what keeps the messages.

    Raises:
        JournalError: it cannot be used; the message says why.
    """
    limits = ChangeLimits.of(config)
    if config.database == IN_MEMORY:
        return MemoryJournal(limits=limits)
    if is_url(config.database):
        return await _open_postgres(config, limits)
    return await SqliteJournal.open(
        Path(config.database),
        sync=config.sync == "full",
        read_timeout=config.read_timeout,
        erase_within=config.erase_within,
        space=SpaceLimits(config.max_database, config.keep_free),
        limits=limits,
    )


async def _open_postgres(config: Config, limits: ChangeLimits) -> Journal:
    """Open a PostgreSQL database; what that needs is installed by who wants it.

    Raises:
        JournalError: it cannot be used; the message says why.
    """
    try:
        from trio_chat.journal.postgres.journal import PostgresJournal  # noqa: PLC0415
    except ImportError:
        raise JournalError(NEEDS_PSYCOPG) from None
    line = _line(config)
    journal = await PostgresJournal.open(
        config.database,
        read_timeout=config.read_timeout,
        erase_within=config.erase_within,
        max_database=config.max_database,
        limits=limits,
    )
    if config.workers > 1:
        journal.expect_others()
    if line:
        line.figures = journal.figures.bus
        journal.use_line(line)
    return journal


def _line(config: Config) -> "RedisLine | None":
    """Return the line by Redis, if there is to be one.

    Raises:
        JournalError: it cannot be used; the message says why.
    """
    if not config.bus:
        return None
    try:
        from trio_chat.journal.redis.line import RedisLine  # noqa: PLC0415
    except ImportError:
        raise JournalError(NEEDS_HIREDIS) from None
    return RedisLine(bus_url.parse(config.bus))
