"""A journal in an SQLite file: one writer, a few readers, each call in a worker thread."""

import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

import structlog
import trio

from trio_chat.clock import wall_clock
from trio_chat.config import Config
from trio_chat.journal.search.query import Query
from trio_chat.journal.sqlite import nicks, queries
from trio_chat.journal.sqlite.file import JournalFile, explained
from trio_chat.journal.sqlite.guard import Displaced
from trio_chat.journal.sqlite.pruning import Limits
from trio_chat.journal.sqlite.readers import Readers
from trio_chat.journal.sqlite.rescue import Rescue
from trio_chat.journal.sqlite.runs import boot_id
from trio_chat.journal.sqlite.space import Space, SpaceLimits
from trio_chat.journal.sqlite.transaction import Progress, Transaction, transaction
from trio_chat.journal.sqlite.upkeep import Upkeep
from trio_chat.journal.types import (
    STORAGE_FULL,
    Bounds,
    Committed,
    MessagePage,
    Result,
    RoomState,
    RoomSummary,
    TellPruned,
    Unavailable,
    Unsearchable,
    Write,
    tell_nobody,
)
from trio_chat.journal.views import DEFAULT_LIMITS, ChangeLimits

READERS = 2
READ_TIMEOUT = 5.0  # seconds
CLOSE_TIMEOUT = 5.0  # seconds to wait for what is being written
ERASE_WITHIN = 3600.0  # seconds
UNLIMITED = SpaceLimits(0, 0)
RETRY_MS = 1000  # after a failed commit; until then none is tried
SEARCHERS = 2  # apart from these: a search may take long, and holds up nobody who reads
# Seconds; a look at the files takes a tenth of a commit. What is acknowledged in files that were
# removed meanwhile is rescued.
LOOK_INTERVAL = 0.1
ROOMS_AT_HAND = 10_000  # whose last numbers the writer remembers

T = TypeVar("T")

log = structlog.get_logger()


class SqliteJournal:
    """Commits a hub's turn in one transaction.

    A committed turn survives the end of the process by any means; with ``sync`` also that of
    the machine. A failed commit keeps nothing, and makes the journal unavailable for a second:
    long enough for a locked file or a full disk not to hold up every turn.
    """

    def __init__(
        self,
        file: JournalFile,
        clock: Callable[[], int] = wall_clock,
        read_timeout: float = READ_TIMEOUT,
        erase_within: float = ERASE_WITHIN,
        space: SpaceLimits = UNLIMITED,
        limits: ChangeLimits = DEFAULT_LIMITS,
    ) -> None:
        self._limits = limits
        self.epoch = file.epoch
        self.secret = file.secret
        self.nicks = nicks.load(file.writer)
        self._file = file
        self._clock = clock
        self._writing = trio.CapacityLimiter(1)
        # Of its own: whoever joins waits for no other reader.
        self._loader = Readers(file, 1, read_timeout)
        self._readers = Readers(file, READERS, read_timeout)
        self._searchers = Readers(file, SEARCHERS, read_timeout)
        self._upkeep = Upkeep(file, self._readers, self._write, erase_within)
        self._retry_at = 0.0
        self._look_at = 0.0  # when a commit sees next that the files are the right ones
        self._rooms: dict[str, Progress] = {}  # as committed
        self._version = file.version()
        self._others_wrote = False
        self.counts: Counter[str] = Counter()  # of what an operator wants to know, by name
        self._rescue = Rescue(file)
        self._space = Space(file, space)
        with explained(file.guard.path):
            self._space.look()

    @classmethod
    async def open(
        cls,
        path: Path,
        *,
        sync: bool = False,
        read_timeout: float = READ_TIMEOUT,
        erase_within: float = ERASE_WITHIN,
        space: SpaceLimits = UNLIMITED,
        limits: ChangeLimits = DEFAULT_LIMITS,
        boot: str | None = None,
    ) -> "SqliteJournal":
        """Open a database, or make it.

        Args:
            path: Where it is.
            sync: Whether commits survive a power loss.
            read_timeout: Seconds that a read may take.
            erase_within: Seconds after which nothing of a deleted text is in the files.
            space: What it may take of the disk.
            limits: How much of one message may be changed.
            boot: An id of the time since the machine was started, by default the system's.

        Raises:
            JournalError: it cannot be used; the message says why.
        """
        boot = boot_id() if boot is None else boot
        file = await trio.to_thread.run_sync(lambda: JournalFile(path, sync=sync, boot=boot))
        return cls(
            file, read_timeout=read_timeout, erase_within=erase_within, space=space, limits=limits
        )

    def reconfigure(self, config: Config) -> None:
        """Take in that settings have changed; space is measured by them at the next look."""
        self._limits = ChangeLimits.of(config)
        self._space.limits = SpaceLimits(config.max_database, config.keep_free)
        self._upkeep.erase_within = config.erase_within
        for readers in (self._loader, self._readers, self._searchers):
            readers.timeout = config.read_timeout

    async def load(self, names: Sequence[str], recent: int) -> list[RoomState]:
        """Return the states of rooms."""
        return await self._loader.read(
            lambda database: [queries.load_state(database, name, recent) for name in names]
        )

    async def commit(self, writes: Sequence[Write]) -> list[Result]:
        """Keep events, numbered, in one transaction.

        Raises:
            Unavailable: nothing was kept.
        """
        if time.monotonic() < self._retry_at:
            raise Unavailable(RETRY_MS)
        results = await self._in_writer(partial(self._commit, writes))
        if results is None:
            raise Unavailable(RETRY_MS)
        return results

    def _commit(self, writes: Sequence[Write]) -> list[Result] | None:
        turn = Transaction(
            self._file.writer,
            self._rooms,
            self._clock(),
            is_full=self._space.is_full,
            limits=self._limits,
        )
        guard = self._file.guard if self._is_look_due() else None
        try:
            with transaction(self._file.writer):
                self._look_for_others()
                results = [turn.commit(write) for write in writes]
                turn.finish(is_indexed=self._file.is_indexed)
                if guard:
                    guard.check()
            if guard:
                guard.check()  # it may have been removed meanwhile
                if any(isinstance(result, Committed) for result in results):
                    guard.check_log()
        except (sqlite3.Error, Displaced) as error:
            self._fail(error)
            return None
        if self._retry_at:
            log.info("journal available again")
        self._retry_at = 0.0
        if len(self._rooms) > ROOMS_AT_HAND:
            self._rooms.clear()
        self._rooms.update(turn.rooms)
        self.counts["storage_full"] += results.count(STORAGE_FULL)
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
            log.error("journal unavailable", reason=str(error))
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

    async def after(
        self, room: str, seq: int, limit: int, max_bytes: int
    ) -> list[tuple[int, bytes]]:
        """Return the events that follow a number."""
        return await self._readers.read(
            lambda database: queries.after(database, room, seq, limit, max_bytes)
        )

    async def messages(
        self, room: str, *, before: int | None, after: int | None, limit: int, max_bytes: int
    ) -> MessagePage:
        """Return a page of messages."""
        return await self._readers.read(
            lambda database: queries.messages(database, room, before, after, limit, max_bytes)
        )

    async def search(
        self, room: str, query: Query, bounds: Bounds, limit: int, max_bytes: int
    ) -> MessagePage:
        """Return messages that match, the newest first.

        Raises:
            Unsearchable: SQLite was built without full-text search.
        """
        if not self._file.is_indexed:
            raise Unsearchable
        return await self._searchers.read(
            lambda database: queries.search(database, room, query, bounds, limit, max_bytes)
        )

    async def rooms(self, limit: int) -> list[RoomSummary]:
        """Return the rooms, the latest first."""
        return await self._readers.read(lambda database: queries.rooms(database, limit))

    async def prune(
        self, keep_messages: int, before_ts: int, tell: TellPruned = tell_nobody
    ) -> dict[str, int]:
        """Forget what is too old, or too much, a step at a time; commits go on in between."""
        return await self._upkeep.prune(Limits(keep_messages, before_ts, self._clock()), tell)

    async def forget(self, before_ts: int, in_use: Collection[str]) -> int:
        """Forget rooms in which nothing is kept, and nothing was said since a time."""
        gone = await self._upkeep.forget(before_ts, in_use, self._release)
        self.counts["rooms_forgotten"] += gone
        return gone

    def _release(self, name: str) -> None:
        """Forget how far a room has come, as the writer knew it."""
        self._rooms.pop(name, None)

    async def keep_nicks(self, changes: Mapping[str, str | None]) -> None:
        """Keep which nicks people hold."""
        if time.monotonic() < self._retry_at:
            raise Unavailable(RETRY_MS)
        await self._write("nicks", partial(self._keep_nicks, changes))

    def _keep_nicks(self, changes: Mapping[str, str | None]) -> None:
        with transaction(self._file.writer):
            self._look_for_others()
            nicks.keep(self._file.writer, changes)

    async def last_prune(self) -> int | None:
        """Return when events were last looked at for their age; ``None`` if that is not known."""
        return await self._readers.read(queries.last_prune)

    async def _write(self, doing: str, step: Callable[[], T]) -> T:
        """Run a step that writes in a thread, between commits.

        Raises:
            Unavailable: it failed.
        """

        def run() -> T:
            try:
                self._file.guard.check()
                return step()
            except (sqlite3.Error, OSError, Displaced) as error:
                log.error("journal cannot be written", doing=doing, reason=str(error))
                self._rooms.clear()
                raise Unavailable(RETRY_MS) from None

        return await self._in_writer(run)

    async def _in_writer(self, call: Callable[[], T]) -> T:
        """Run a call in a thread, one at a time, on the connection that writes.

        Cancellation: the call goes on in its thread; nothing else is written before it ends.
        """
        return await trio.to_thread.run_sync(call, limiter=self._writing, abandon_on_cancel=True)

    async def has_changed(self) -> bool:
        """Return whether another program has written to the file since this was asked last."""
        return await self._in_writer(self._has_changed)

    def _has_changed(self) -> bool:
        try:
            self._rescue.look()
            self._space.look()
            self._look_for_others()
        except Displaced as error:
            self._fail(error)
            raise Unavailable(RETRY_MS) from None
        except (sqlite3.Error, OSError) as error:
            log.error("journal cannot be read", reason=str(error))
            raise Unavailable(RETRY_MS) from None
        changed, self._others_wrote = self._others_wrote, False
        return changed

    async def close(self) -> None:
        """Close the file, when what is being written is written.

        A commit that hangs for longer than ``CLOSE_TIMEOUT`` is given up, and the file is left to
        the end of the process. Nothing may be read meanwhile.
        """
        with trio.move_on_after(CLOSE_TIMEOUT, shield=True) as scope:
            await self._in_writer(self._close)
        if scope.cancelled_caught:
            log.error("journal cannot be closed", reason="a commit hangs")

    def _close(self) -> None:
        self._loader.close()
        self._readers.close()
        self._searchers.close()
        self._upkeep.finish()
        self._file.close()
