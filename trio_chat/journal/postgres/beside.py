"""A database as a command has it, whether a server has it or not."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from functools import partial

from trio_chat.clock import wall_clock
from trio_chat.journal.postgres.database import check_server, explained
from trio_chat.journal.postgres.link import READING, WRITING, Link
from trio_chat.journal.postgres.runs import OTHERS, InUse, begin, end, lock, unlock
from trio_chat.journal.postgres.schema import SCHEMA, get, migrate, put, version
from trio_chat.journal.postgres.turn import Turn
from trio_chat.journal.types import JournalError, Result, Write


@contextmanager
def opened_beside(url: str, settings: str = WRITING) -> Iterator[Link]:
    """Connect to a database for the block.

    Args:
        url: Of the database.
        settings: What is set for the session, as SQL.

    Raises:
        JournalError: it cannot be used, or a server of this release has to make its tables first.
    """
    with explained(url):
        link = Link(url, settings)
        try:
            if version(link) != SCHEMA:
                raise JournalError("the database has no tables of this trio-chat: start a server")
            yield link
        finally:
            link.close()


def is_made(url: str) -> bool:
    """Return whether a database has tables of ours, of whichever release.

    Raises:
        JournalError: it cannot be used; the message says why.
    """
    with explained(url), closing(Link(url, READING.format(0))) as link:
        return version(link) > 0


def prepare(url: str) -> None:
    """Make the tables, or bring them to the present schema, unless a server has them.

    Raises:
        JournalError: the database cannot be used; the message says why.
    """
    with suppress(InUse), explained(url), closing(Link(url)) as link:
        check_server(link, url)
        has_changed = migrate(link, partial(lock, link, 0, is_alone=True))
        lock(link, 0)
        if has_changed:
            unlock(link)
        if get(link, "epoch") is None:
            end(link, begin(link))


@contextmanager
def told_to_servers(link: Link) -> Iterator[None]:
    """Commit what the block does in one transaction; a server that runs sees that soon."""
    with link.transaction():
        yield
        put(link, OTHERS, secrets.token_bytes(8))


def commit(link: Link, writes: Sequence[Write]) -> list[Result]:
    """Keep events, numbered, in one transaction; a server that runs sees that soon."""
    with told_to_servers(link):
        return Turn(link, writes, wall_clock()).run()
