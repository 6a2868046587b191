"""The ledger of acts as a command has it: in an SQLite file, or in a PostgreSQL database."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple, Protocol

from trio_chat.clock import wall_clock
from trio_chat.commands.files import database_path, opened
from trio_chat.config import Config
from trio_chat.database_url import NEEDS_PSYCOPG, is_url
from trio_chat.journal.sqlite import queries
from trio_chat.journal.sqlite.transaction import Transaction, transaction
from trio_chat.journal.types import JournalError, Write
from trio_chat.protocol.acts import LEDGER, AnyAct
from trio_chat.protocol.events import ActKept

if TYPE_CHECKING:  # which needs a package that may not be there
    from trio_chat.journal.postgres.link import Link

PAGE = 1000  # acts that are read at once
PAGE_BYTES = 4 * 1024 * 1024

Page = list[tuple[int, bytes]]  # numbers of acts, and these, encoded


class Ledger(Protocol):
    """Where acts are kept."""

    def after(self, seq: int) -> Page:
        """Return some acts that follow a number."""
        ...

    def keep(self, wanted: Sequence[AnyAct]) -> None:
        """Keep acts, all or none."""
        ...


class FileLedger(NamedTuple):
    """The ledger in an SQLite file."""

    database: sqlite3.Connection

    def after(self, seq: int) -> Page:
        """Return some acts that follow a number."""
        return queries.after(self.database, LEDGER, seq, PAGE, PAGE_BYTES)

    def keep(self, wanted: Sequence[AnyAct]) -> None:
        """Keep acts, all or none."""
        with transaction(self.database):
            turn = Transaction(self.database, {}, wall_clock())
            for write in _writes(wanted):
                turn.commit(write)
            turn.finish(is_indexed=False)


class PostgresLedger(NamedTuple):
    """The ledger in a PostgreSQL database."""

    link: "Link"

    def after(self, seq: int) -> Page:
        """Return some acts that follow a number."""
        from trio_chat.journal.postgres import queries  # noqa: PLC0415 - which may not be there

        return queries.after(self.link, LEDGER, seq, PAGE, PAGE_BYTES)

    def keep(self, wanted: Sequence[AnyAct]) -> None:
        """Keep acts, all or none."""
        from trio_chat.journal.postgres.beside import commit  # noqa: PLC0415 - likewise

        commit(self.link, _writes(wanted))


@contextmanager
def opened_ledger(config: Config) -> Iterator[Ledger]:
    """Open the ledger for the block, whether a server has it or not.

    Raises:
        ConfigError: the database cannot be opened.
        Failed: it cannot be read or written in the block.
    """
    if not is_url(config.database):
        with opened(database_path(config, "operator-link"), to_write=True) as database:
            yield FileLedger(database)
        return
    try:
        from trio_chat.journal.postgres.beside import opened_beside  # noqa: PLC0415 - likewise
    except ImportError:
        raise JournalError(NEEDS_PSYCOPG) from None
    with opened_beside(config.database) as link:
        yield PostgresLedger(link)


def _writes(wanted: Sequence[AnyAct]) -> list[Write]:
    return [Write(ActKept(room=LEDGER, act=act)) for act in wanted]
