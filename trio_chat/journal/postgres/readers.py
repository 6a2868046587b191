"""A few connections that only read, each in a worker thread, with a deadline for each read."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

import psycopg
import structlog
import trio

from trio_chat.journal.postgres.database import Database
from trio_chat.journal.postgres.link import Link, Unsure, reason
from trio_chat.journal.postgres.runs import OtherTerm
from trio_chat.journal.threads import Threads
from trio_chat.journal.types import Replaced, Unavailable
from trio_chat.measures import Histogram

RETRY_MS = 1000  # after a query that failed
FAILURES = (psycopg.Error, OSError, Replaced, OtherTerm, Unsure)

T = TypeVar("T")

log = structlog.get_logger()


class Readers:
    """Runs as many queries at a time as it may have connections; others wait.

    A connection is made when it is needed, and again after it was lost: a query that finds so is
    run anew.

    Args:
        database: What to read from.
        count: How many connections.
        timeout: Seconds that a read may take, with the time in which it waits for a connection.
    """

    def __init__(self, database: Database, count: int, timeout: float) -> None:
        self._database = database
        self._count = count
        self._threads = Threads(count)
        self._idle: list[Link] = []
        self.timeout = timeout
        self.seconds = Histogram()  # how long reads take, with what they wait for
        self._is_closed = False
        self._is_failing = False
        # A read that was given up may begin or end while all are closed.
        self._lock = threading.Lock()

    async def read(self, query: Callable[[Link], T]) -> T:
        """Run a query in a thread, on a connection of its own; all it reads is of one moment.

        A query that is cancelled ends by itself; one that takes too long loses its connection.

        Raises:
            Unavailable: it failed, took too long, or is of a term that is over.
        """
        used: list[Link] = []
        given_up = threading.Event()
        generation = self._database.generation
        began = time.perf_counter()

        def run() -> T:
            while True:
                link, is_kept = self._take()
                try:
                    used.append(link)
                    with link.transaction():
                        result = query(link)
                except FAILURES as error:
                    is_lost = is_kept and link.is_broken and len(used) <= self._count
                    link.close()
                    if is_lost and not given_up.is_set():
                        continue  # nobody has used it since the server was started again
                    self._fail(error)
                    raise Unavailable(RETRY_MS) from None
                self._put_back(link, generation)
                return result

        with trio.move_on_after(self.timeout):
            try:
                result = await self._threads.run(run)
            finally:
                self.seconds.observe(time.perf_counter() - began)
            if generation != self._database.generation:
                raise Unavailable(RETRY_MS)
            return result
        given_up.set()
        for link in used:
            link.cut()
        log.warning("read took too long", seconds=self.timeout)
        raise Unavailable(RETRY_MS)

    def _take(self) -> tuple[Link, bool]:
        """Return a connection, and whether it was kept from an earlier query."""
        with self._lock:
            if self._is_closed:
                raise Unavailable(RETRY_MS)
            if self._idle:
                return self._idle.pop(), True
        try:
            return self._database.connect_reader(self.timeout), False
        except FAILURES as error:
            self._fail(error)
            raise Unavailable(RETRY_MS) from None

    def _fail(self, error: Exception) -> None:
        """Say so, once until a read is successful again."""
        if not self._is_failing:
            self._is_failing = True
            log.error("journal cannot be read", reason=reason(error))

    def _put_back(self, link: Link, generation: int) -> None:
        self._is_failing = False
        with self._lock:
            if not self._is_closed and generation == self._database.generation:
                self._idle.append(link)
                return
        link.close()

    def renew(self) -> None:
        """Give up the connections of the term before; none waits for a server that is gone."""
        with self._lock:
            idle, self._idle = self._idle, []
        for link in idle:
            link.cut()
            link.close()

    def close(self) -> None:
        """Close the connections. One with a query that was given up is closed when that ends."""
        with self._lock:
            self._is_closed = True
            for link in self._idle:
                link.close()
