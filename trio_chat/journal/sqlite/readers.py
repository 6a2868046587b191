"""A few connections that only read, each in a worker thread, with a deadline for each read."""

import sqlite3
import threading
import time
from collections.abc import Callable
from typing import TypeVar

import structlog
import trio

from trio_chat.journal.sqlite.file import JournalFile
from trio_chat.journal.threads import Threads
from trio_chat.journal.types import Unavailable
from trio_chat.measures import Histogram

RETRY_MS = 1000  # after a query that failed
CHECK_INTERVAL = 10_000  # instructions of SQLite's machine between two looks at the time

T = TypeVar("T")

log = structlog.get_logger()


class _Deadline:
    """When a query has to stop: at a time, or as soon as nobody waits for it."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds
        self._is_given_up = False

    def give_up(self) -> None:
        self._is_given_up = True

    def is_over(self) -> bool:
        """Whether it has to stop now; SQLite asks this in the query's thread."""
        return self._is_given_up or time.monotonic() > self._at


class Readers:
    """Runs as many queries at a time as it has connections; others wait.

    Args:
        file: What to read from.
        count: How many connections.
        timeout: Seconds that a read may take, with the time in which it waits for a connection.
    """

    def __init__(self, file: JournalFile, count: int, timeout: float) -> None:
        self._file = file
        self._threads = Threads(count)
        self._idle = [file.connect_reader() for _ in range(count)]
        self.timeout = timeout
        self.seconds = Histogram()  # how long reads take, with what they wait for
        self._is_closed = False
        # A read that was given up may begin or end while the file is closed.
        self._lock = threading.Lock()

    async def read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Run a query in a thread, on a connection of its own; all it reads is of one moment.

        A query that is cancelled, or takes too long, stops soon after: SQLite asks now and then,
        though not within a single step of the full-text search.

        Raises:
            Unavailable: it failed, or took too long.
        """
        deadline = _Deadline(self.timeout)
        began = time.perf_counter()

        def run() -> T:
            reader = self._take()
            try:
                return self._run(reader, query, deadline)
            finally:
                self._put_back(reader)

        with trio.move_on_after(self.timeout):
            try:
                return await self._threads.run(run)
            finally:
                deadline.give_up()
                self.seconds.observe(time.perf_counter() - began)
        log.warning("read took too long", seconds=self.timeout)
        raise Unavailable(RETRY_MS)

    def _run(
        self,
        reader: sqlite3.Connection,
        query: Callable[[sqlite3.Connection], T],
        deadline: _Deadline,
    ) -> T:
        reader.set_progress_handler(deadline.is_over, CHECK_INTERVAL)
        try:
            reader.execute("BEGIN")
            try:
                return query(reader)
            finally:
                if reader.in_transaction:  # some errors have rolled back by themselves
                    reader.execute("ROLLBACK")
        except sqlite3.Error as error:
            if not deadline.is_over():
                log.error("journal cannot be read", reason=self._file.reason(error))
            raise Unavailable(RETRY_MS) from None
        finally:
            reader.set_progress_handler(None, 0)

    def _take(self) -> sqlite3.Connection:
        with self._lock:
            if self._is_closed:
                raise Unavailable(RETRY_MS)
            return self._idle.pop()

    def _put_back(self, reader: sqlite3.Connection) -> None:
        with self._lock:
            if self._is_closed:
                reader.close()
            else:
                self._idle.append(reader)

    def close(self) -> None:
        """Close the connections. One with a query that was given up is closed when that ends."""
        with self._lock:
            self._is_closed = True
            for reader in self._idle:
                reader.close()
