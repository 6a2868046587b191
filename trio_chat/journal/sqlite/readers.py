"""A few connections that only read, each in a worker thread."""

import sqlite3
from collections.abc import Callable
from typing import TypeVar

import structlog
import trio

from trio_chat.journal.sqlite.file import JournalFile
from trio_chat.journal.types import Unavailable

RETRY_MS = 1000  # after a query that failed

T = TypeVar("T")

log = structlog.get_logger()


class Readers:
    """Runs as many queries at a time as it has connections; others wait."""

    def __init__(self, file: JournalFile, count: int) -> None:
        self._limiter = trio.CapacityLimiter(count)
        self._idle = [file.connect_reader() for _ in range(count)]

    async def read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Run a query in a thread, on a connection of its own.

        Raises:
            Unavailable: it failed.
        """

        def run() -> T:
            reader = self._idle.pop()
            try:
                return query(reader)
            except sqlite3.Error as error:
                log.error("journal cannot be read", reason=str(error))
                raise Unavailable(RETRY_MS) from None
            finally:
                self._idle.append(reader)

        return await trio.to_thread.run_sync(run, limiter=self._limiter)

    def close(self) -> None:
        """Close the connections. Must not be called while a query is under way."""
        for reader in self._idle:
            reader.close()
