"""The writer of a database: the one connection that writes, each call in a worker thread."""

import math
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

import psycopg
import structlog
import trio

from trio_chat.config import Config
from trio_chat.journal.postgres import forgetting, runs, terms, unused
from trio_chat.journal.postgres.database import Database
from trio_chat.journal.postgres.link import Link, Unsure, reason
from trio_chat.journal.postgres.runs import OtherTerm
from trio_chat.journal.postgres.schema import get
from trio_chat.journal.postgres.space import Space
from trio_chat.journal.postgres.turn import Turn
from trio_chat.journal.threads import Threads
from trio_chat.journal.types import (
    STORAGE_FULL,
    Committed,
    JournalError,
    Replaced,
    Result,
    RoomState,
    Unavailable,
    Write,
)
from trio_chat.journal.views import ChangeLimits

# Seconds between two tries to reach the database: a fifth of how long it has been away already, so
# that its return is noticed soon after a short absence, and a long one costs little; within bounds.
FIRST_PAUSE, LAST_PAUSE, SHARE = 0.025, 1.0, 0.2
LEAST_RETRY_MS = 50  # that a client waits, who cannot tell a short absence from a busy moment
# Seconds for a commit; one that takes longer is given up with its connection. It may be kept.
COMMIT_TIMEOUT = 10.0
FAILURES = (psycopg.Error, OSError, JournalError, Replaced, OtherTerm, Unsure)

ENDS_LINK = (Replaced, OtherTerm, Unsure)

T = TypeVar("T")

log = structlog.get_logger()


class Writer:
    """Writes to a database, one call at a time.

    After a failure others fail at once for some time, and then the connection is made again if it
    was lost. With it goes the lock that keeps other servers out. Where the database is in another
    term all fail until ``go_on`` is called.

    Args:
        database: The database.
        clock: The wall clock, in ms since 1970.
        space: What it may take.
        limits: How much of one message may be changed.
        counts: Get what an operator wants to know, by name.
        on_moved: Is called when the database is in another term.
    """

    def __init__(
        self,
        database: Database,
        clock: Callable[[], int],
        space: Space,
        limits: ChangeLimits,
        counts: Counter[str],
        on_moved: Callable[[], None],
    ) -> None:
        self._on_moved = on_moved
        self._database = database
        self._link: Link | None = database.link
        self._clock = clock
        self._space = space
        self._limits = limits
        self._thread = Threads(1)
        self._away_since: float | None = None  # the first failure since a success
        self._retry_at = 0.0
        self._others_wrote = False
        self._others = get(database.link, runs.OTHERS)
        self._replaced: Replaced | None = None
        self._end = terms.durable_end(database.link)
        self.told: Callable[[], Mapping[str, int]] = dict  # how far rooms have come
        self.has_moved = False  # whether the database is in another term
        self.counts = counts

    def reconfigure(self, config: Config) -> None:
        """Take in that settings have changed; space is measured by them at the next look."""
        self._limits = ChangeLimits.of(config)
        self._space.limit = config.max_database

    async def commit(self, writes: Sequence[Write]) -> list[Result]:
        """Keep events, numbered, in one transaction.

        Raises:
            Unavailable: nothing was kept, or nobody knows: then sending again tells.
        """
        results = await self._bounded(partial(self._commit, writes))
        self.counts["storage_full"] += results.count(STORAGE_FULL)
        self.counts["rooms_forgotten"] += sum(
            write.forgets is not None and isinstance(result, Committed)
            for write, result in zip(writes, results, strict=True)
        )
        return results

    def _commit(self, writes: Sequence[Write]) -> list[Result]:
        try:
            link = self._connected()
            with link.transaction():
                results = Turn(
                    link,
                    writes,
                    self._clock(),
                    limits=self._limits,
                    is_full=self._space.is_full,
                ).run()
        except FAILURES as error:
            raise self._fail(error) from None
        self._succeed()
        return results

    def _connected(self) -> Link:
        """Return the connection, made again if it was lost."""
        if self._replaced:
            raise self._replaced
        if self.has_moved:
            raise OtherTerm
        if self._link is None:
            lasts = trio.from_thread.run_sync(self.told)
            self._link = self._database.reconnect(runs.Known(self._end, lasts))
        return self._link

    def _succeed(self) -> None:
        if self._away_since is not None:
            log.info("journal available again")
        self._away_since, self._retry_at = None, 0.0

    def _fail(self, error: Exception) -> Unavailable:
        """Let calls fail at once for a while; return what to raise."""
        now = time.monotonic()
        self.counts["unavailable"] += 1
        if self._away_since is None:
            self._away_since = now
            log.error("journal unavailable", reason=reason(error))
        if isinstance(error, psycopg.errors.UndefinedTable):
            self._replaced = Replaced(runs.EMPTIED)
        if isinstance(error, Replaced):
            self._replaced = error
        self.has_moved = self.has_moved or isinstance(error, OtherTerm)
        pause = max(FIRST_PAUSE, SHARE * (now - self._away_since))
        self._retry_at = now + min(pause, LAST_PAUSE)
        self._others_wrote = True  # it may have what is not acknowledged
        if self._link and (self._link.is_broken or isinstance(error, ENDS_LINK)):
            self._link.close()
            self._link = None
        return self._unavailable()

    def _unavailable(self) -> Unavailable:
        """Return what tells when there is to be another try."""
        left = self._retry_at - time.monotonic()
        return Unavailable(max(LEAST_RETRY_MS, math.ceil(1000 * left)))

    async def keep_people(self, changes: Mapping[str, bytes | None]) -> None:
        """Keep records of people, some at a time; commits go on in between."""
        left = list(changes.items())
        while left:
            some, left = dict(left[: forgetting.PEOPLE]), left[forgetting.PEOPLE :]
            await self.write("people", partial(_keep_people, changes=some))

    async def note_visits(self, noted: Mapping[str, int]) -> None:
        """Keep when rooms were visited."""
        await self.write("visits", partial(unused.note_visits, visits=noted))

    async def write(self, doing: str, step: Callable[[Link], T]) -> T:
        """Run a step that writes in a thread, between commits.

        Raises:
            Unavailable: it failed.
        """

        def run() -> T:
            try:
                return step(self._connected())
            except FAILURES as error:
                log.error("journal cannot be written", doing=doing, reason=reason(error))
                raise self._fail(error) from None

        return await self._bounded(run)

    async def go_on(self) -> tuple[runs.Run, list[RoomState]]:
        """Go on in the term in which the database is; return how rooms stand there.

        Whoever calls this has to take in the run at once.

        Raises:
            Unavailable: it cannot be done just now.
        """

        def step() -> tuple[runs.Run, list[RoomState]]:
            try:
                self._link = link = Link(self._database.url)
                return self._database.go_on(link, runs.Known(self._end, lasts))
            except FAILURES as error:
                unavailable = self._fail(error)
                if self._link:
                    self._link.close()
                    self._link = None
                raise unavailable from None

        lasts = self.told()
        run, states = await self._given_up(step)
        self.has_moved, self._retry_at = False, 0.0
        return run, states

    async def _bounded(self, call: Callable[[], T]) -> T:
        """Run a call in a thread, and give it up with the connection if it takes too long.

        Raises:
            Unavailable: it failed, or what it tells is of a term that is over.
        """
        if time.monotonic() < self._retry_at:
            raise self._unavailable()
        generation = self._database.generation
        try:
            result = await self._given_up(call)
        finally:
            if self.has_moved:
                self._on_moved()
        if generation != self._database.generation:
            raise self._unavailable()
        return result

    async def _given_up(self, call: Callable[[], T]) -> T:
        with trio.move_on_after(COMMIT_TIMEOUT):
            return await self.run(call)
        self.cut()
        raise self._unavailable()

    async def run(self, call: Callable[[], T]) -> T:
        """Run a call in a thread, one at a time, on the connection that writes.

        Cancellation: the call goes on in its thread; nothing else is written before it ends.
        """
        return await self._thread.run(call)

    def cut(self) -> None:
        """Let the call that waits for the server fail."""
        if self._link:
            self._link.cut()

    def close(self) -> None:
        """Close the connection, and with it let go of the lock."""
        if self._link:
            self._database.end(self._link)
            self._link.close()

    async def has_changed(self) -> bool:
        """Return whether anybody else may have written since this was asked last.

        Raises:
            Replaced: the database is not what it was, and nothing more can be kept.
            Unavailable: that cannot be told just now.
        """
        if self._replaced:  # by whatever was asked before
            raise self._replaced
        changed = await self._bounded(self._has_changed)
        if self._replaced:
            raise self._replaced
        return changed

    def _has_changed(self) -> bool:
        try:
            link = self._connected()
            runs.check(link, self._database.run)
            self._end = terms.durable_end(link)
            self._space.look(link)
            self._look_for_others(link)
        except FAILURES as error:
            unavailable = self._fail(error)
            if self._replaced:
                return True
            raise unavailable from None
        self._succeed()
        changed, self._others_wrote = self._others_wrote, False
        return changed

    def _look_for_others(self, link: Link) -> None:
        """See whether a command has written since this was looked at last."""
        others = get(link, runs.OTHERS)
        if others != self._others:
            self._others = others
            self._others_wrote = True


def _keep_people(link: Link, changes: Mapping[str, bytes | None]) -> None:
    with link.transaction():
        forgetting.keep_people(link, changes)
