"""A database as a command has it, whether a server has it or not."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from trio_chat.clock import wall_clock
from trio_chat.journal.postgres.database import explained
from trio_chat.journal.postgres.link import Link
from trio_chat.journal.postgres.runs import OTHERS
from trio_chat.journal.postgres.schema import SCHEMA, put, version
from trio_chat.journal.postgres.turn import Turn
from trio_chat.journal.types import JournalError, Result, Write


@contextmanager
def opened_beside(url: str) -> Iterator[Link]:
    """Connect to a database for the block.

    Raises:
        JournalError: it cannot be used, or a server of this release has to make its tables first.
    """
    with explained(url):
        link = Link(url)
        try:
            if version(link) != SCHEMA:
                raise JournalError("the database has no tables of this trio-chat: start a server")
            yield link
        finally:
            link.close()


def commit(link: Link, writes: Sequence[Write]) -> list[Result]:
    """Keep events, numbered, in one transaction; a server that runs sees that soon."""
    with link.transaction():
        results = Turn(link, writes, wall_clock()).run()
        put(link, OTHERS, secrets.token_bytes(8))
    return results
