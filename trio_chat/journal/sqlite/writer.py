"""The writer of a database: the one connection that writes, each call in a worker thread."""

import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

import structlog

from trio_chat.config import Config
from trio_chat.journal.sqlite import people, visits
from trio_chat.journal.sqlite.file import JournalFile, explained
from trio_chat.journal.sqlite.guard import Displaced
from trio_chat.journal.sqlite.progress import Progress
from trio_chat.journal.sqlite.rescue import Rescue
from trio_chat.journal.sqlite.space import Space, SpaceLimits
from trio_chat.journal.sqlite.transaction import Transaction, transaction
from trio_chat.journal.threads import Threads
from trio_chat.journal.types import STORAGE_FULL, Committed, Result, Unavailable, Write
from trio_chat.journal.views import ChangeLimits
from trio_chat.measures import JournalFigures

RETRY_MS = 1000  # after a failed commit; until then none is tried
# Seconds; a look at the files takes a tenth of a commit. What is acknowledged in files that were
# removed meanwhile is rescued.
LOOK_INTERVAL = 0.1
ROOMS_AT_HAND = 10_000  # whose last numbers the writer remembers

T = TypeVar("T")

log = structlog.get_logger()


class Writer:
    """Writes to a file, one call at a time, and remembers how far its rooms have come.

    After a failed commit others fail at once for a second, and nothing that was remembered
    counts: whatever went wrong, the file is right.

    Args:
        file: The file.
        clock: The wall clock, in ms since 1970.
        space: What it may take of the disk.
        limits: How much of one message may be changed.
        figures: Get what an operator wants to know.
    """

    def __init__(
        self,
        file: JournalFile,
        clock: Callable[[], int],
        space: SpaceLimits,
        limits: ChangeLimits,
        figures: JournalFigures,
    ) -> None:
        self._file = file
        self._clock = clock
        self._limits = limits
        self._thread = Threads(1)
        self._retry_at = 0.0
        self._look_at = 0.0  # when a commit sees next that the files are the right ones
        self._rooms: dict[str, Progress] = {}  # as committed
        self._version = file.version()
        self._others_wrote = False
        self.counts = figures.counts
        self._rescue = Rescue(file)
        self._space = Space(file, space, figures)
        with explained(file.guard.path):
            self._space.look()

    def reconfigure(self, config: Config) -> None:
        """Take in that settings have changed; space is measured by them at the next look."""
        self._limits = ChangeLimits.of(config)
        self._space.limits = SpaceLimits(config.max_database, config.keep_free)

    async def commit(self, writes: Sequence[Write]) -> list[Result]:
        """Keep events, numbered, in one transaction.

        Raises:
            Unavailable: nothing was kept.
        """
        if time.monotonic() < self._retry_at:
            raise Unavailable(RETRY_MS)
        results = await self.run(partial(self._commit, writes))
        if results is None:
            raise Unavailable(RETRY_MS)
        return results

    def _commit(self, writes: Sequence[Write]) -> list[Result] | None:
        guard = self._file.guard if self._is_look_due() else None
        try:
            self._space.keep_in_sight()
            self._file.guard.check_log()  # else a checkpoint would write what is not there
            turn = Transaction(
                self._file.writer,
                self._rooms,
                self._clock(),
                is_full=self._space.is_full,
                limits=self._limits,
            )
            with transaction(self._file.writer):
                self._look_for_others()
                turn.fetch(writes)
                results = [turn.commit(write) for write in writes]
                turn.finish(is_indexed=self._file.is_indexed)
                if guard:
                    guard.check()
            if guard:
                guard.check()  # it may have been removed meanwhile
            self._file.guard.check_log()
        except (sqlite3.Error, OSError, Displaced) as error:
            self._fail(error)
            return None
        if self._retry_at:
            log.info("journal available again")
        self._retry_at = 0.0
        if len(self._rooms) > ROOMS_AT_HAND:
            self._rooms.clear()
        self._rooms.update(turn.rooms)
        self._space.written += sum(len(one.data) for one in results if isinstance(one, Committed))
        self.counts["storage_full"] += results.count(STORAGE_FULL)
        self.counts["rooms_forgotten"] += sum(
            write.forgets is not None and isinstance(result, Committed)
            for write, result in zip(writes, results, strict=True)
        )
        return results

    def _is_look_due(self) -> bool:
        """Whether the next commit has to see that the files are the right ones.

        After a failure each has to.
        """
        now = time.monotonic()
        if now < self._look_at and not self._retry_at:
            return False
        self._look_at = now + LOOK_INTERVAL
        return True

    def _fail(self, error: Exception) -> None:
        """Let commits fail at once for a while."""
        self.counts["unavailable"] += 1
        if not self._retry_at:
            log.error("journal unavailable", reason=self._file.reason(error))
        self._retry_at = time.monotonic() + RETRY_MS / 1000
        self._rooms.clear()  # whatever went wrong, the file is right
        self._others_wrote = True  # it may have what is not acknowledged

    def _look_for_others(self) -> None:
        """Forget what the writer remembers if others, such as ``import``, have written since."""
        version = self._file.version()
        if version != self._version:
            self._version = version
            self._others_wrote = True
            self._rooms.clear()

    async def keep_people(self, changes: Mapping[str, bytes | None]) -> None:
        """Keep records of people."""
        if time.monotonic() < self._retry_at:
            raise Unavailable(RETRY_MS)
        await self.write("people", partial(self._keep_people, changes))

    def _keep_people(self, changes: Mapping[str, bytes | None]) -> None:
        with transaction(self._file.writer):
            self._look_for_others()
            people.keep(self._file.writer, changes)

    async def note_visits(self, noted: Mapping[str, int]) -> None:
        """Keep when rooms were visited."""
        await self.write("visits", partial(self._note_visits, noted))

    def _note_visits(self, noted: Mapping[str, int]) -> None:
        with transaction(self._file.writer):
            visits.note(self._file.writer, noted)

    def release(self, name: str) -> None:
        """Forget how far a room has come."""
        self._rooms.pop(name, None)

    async def write(self, doing: str, step: Callable[[], T]) -> T:
        """Run a step that writes in a thread, between commits.

        Raises:
            Unavailable: it failed.
        """

        def run() -> T:
            try:
                self._file.guard.check()
                return step()
            except (sqlite3.Error, OSError, Displaced) as error:
                log.error("journal cannot be written", doing=doing, reason=self._file.reason(error))
                self._rooms.clear()
                raise Unavailable(RETRY_MS) from None

        return await self.run(run)

    async def run(self, call: Callable[[], T]) -> T:
        """Run a call in a thread, one at a time, on the connection that writes.

        Cancellation: the call goes on in its thread; nothing else is written before it ends.
        """
        return await self._thread.run(call)

    async def has_changed(self) -> bool:
        """Return whether another program has written to the file since this was asked last."""
        return await self.run(self._has_changed)

    def _has_changed(self) -> bool:
        try:
            self._rescue.look()
            self._space.look()
            self._look_for_others()
        except Displaced as error:
            self._fail(error)
            raise Unavailable(RETRY_MS) from None
        except (sqlite3.Error, OSError) as error:
            log.error("journal cannot be read", reason=self._file.reason(error))
            raise Unavailable(RETRY_MS) from None
        changed, self._others_wrote = self._others_wrote, False
        return changed
