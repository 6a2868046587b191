"""A journal in an SQLite file: one writer, a few readers, each call in a worker thread."""

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

import structlog
import trio

from trio_chat.clock import wall_clock
from trio_chat.config import Config
from trio_chat.cores import cores
from trio_chat.journal.bus import Bus, NoBus
from trio_chat.journal.one_term import OneTerm
from trio_chat.journal.search.query import Query
from trio_chat.journal.sqlite import people, queries, reports, visits
from trio_chat.journal.sqlite.authors import count_messages, rooms_of
from trio_chat.journal.sqlite.checkpoints import Checkpoints
from trio_chat.journal.sqlite.file import JournalFile, explained
from trio_chat.journal.sqlite.pruning import Limits
from trio_chat.journal.sqlite.readers import Readers
from trio_chat.journal.sqlite.runs import boot_id
from trio_chat.journal.sqlite.space import SpaceLimits
from trio_chat.journal.sqlite.upkeep import Upkeep
from trio_chat.journal.sqlite.writer import Writer
from trio_chat.journal.types import (
    Bounds,
    JournalError,
    MessagePage,
    Place,
    Result,
    RoomState,
    RoomSummary,
    TellPruned,
    Unsearchable,
    VersionPage,
    Write,
    tell_nobody,
)
from trio_chat.journal.views import DEFAULT_LIMITS, ChangeLimits
from trio_chat.measures import JournalFigures

READERS = 2
READ_TIMEOUT = 5.0  # seconds
CLOSE_TIMEOUT = 5.0  # seconds to wait for what is being written
ERASE_WITHIN = 3600.0  # seconds
UNLIMITED = SpaceLimits(0, 0)
SEARCHERS = 2  # apart from these: a search may take long, and holds up nobody who reads

log = structlog.get_logger()


class SqliteJournal(OneTerm):
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
        self.bus: Bus = NoBus()
        super().__init__(file.epoch)
        self.secret = file.secret
        with explained(file.guard.path):
            self.people = people.load(file.writer, clock())
            visits.begin(file.writer, clock())
            self._open_readers(file, read_timeout)
        self._file = file
        self._clock = clock
        self.figures = JournalFigures()
        self.counts = self.figures.counts
        self._writer = Writer(file, clock, space, limits, self.figures)
        for readers in (self._loader, self._readers, self._searchers):
            readers.seconds = self.figures.read_seconds
        self._upkeep = Upkeep(file, self._readers, self._writer.write, erase_within)
        with explained(file.guard.path):
            self._checkpoints = Checkpoints(file, self._writer.run)

    def _open_readers(self, file: JournalFile, timeout: float) -> None:
        # Of its own: whoever joins waits for no other reader. Of the others there are no more than
        # cores: they would take the loop's one.
        self._loader = Readers(file, 1, timeout)
        self._readers = Readers(file, min(READERS, cores()), timeout)
        self._searchers = Readers(file, min(SEARCHERS, cores()), timeout)

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
        try:
            return cls(
                file,
                read_timeout=read_timeout,
                erase_within=erase_within,
                space=space,
                limits=limits,
            )
        except JournalError:
            file.close()
            raise

    def reconfigure(self, config: Config) -> None:
        """Take in that settings have changed; space is measured by them at the next look."""
        self._writer.reconfigure(config)
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
        results = await self._writer.commit(writes)
        self._checkpoints.look()
        return results

    async def run(self) -> None:
        """Copy what is in the write-ahead log into the database, until it is cancelled."""
        await self._checkpoints.run()

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

    async def versions(
        self, place: Place, after: int, limit: int, max_bytes: int
    ) -> VersionPage | None:
        """Return the texts that a message has had."""
        return await self._readers.read(
            lambda database: queries.versions(database, place, after, limit, max_bytes)
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

    async def rooms(self, limit: int, among: Collection[str] | None = None) -> list[RoomSummary]:
        """Return the rooms, the latest first."""
        return await self._readers.read(lambda database: queries.rooms(database, limit, among))

    async def rooms_of(self, authors: Collection[str], since_ts: int, limit: int) -> list[str]:
        """Return the rooms in which people have kept messages, the latest first.

        Without a name, or without full-text search, all messages are looked at.
        """
        return await self._searchers.read(
            lambda database: rooms_of(
                database, authors, since_ts, limit, is_indexed=self._file.is_indexed
            )
        )

    async def count_messages(self, room: str, authors: Collection[str], since_ts: int) -> int:
        """Return how many messages of people a clearing would clear in a room."""
        return await self._searchers.read(
            lambda database: count_messages(database, room, authors, since_ts)
        )

    async def gone(self, places: Collection[Place]) -> set[Place]:
        """Return at which places there is no message that can be read."""
        return await self._readers.read(lambda database: reports.find_gone(database, places))

    async def files_of(self, places: Collection[Place]) -> dict[Place, frozenset[str]]:
        """Return which files messages have."""
        return await self._readers.read(lambda database: reports.find_files(database, places))

    async def prune(
        self,
        keep_messages: int,
        before_ts: int,
        tell: TellPruned = tell_nobody,
        *,
        is_clock_right: bool = True,
    ) -> dict[str, int]:
        """Forget what is too old, or too much, a step at a time; commits go on in between."""
        limits = Limits(keep_messages, before_ts, self._clock())
        return await self._upkeep.prune(limits, tell, is_clock_right=is_clock_right)

    async def forget(self, before_ts: int, is_used: Callable[[str], bool]) -> int:
        """Forget rooms in which nothing is kept, and nothing was said since a time."""
        gone = await self._upkeep.forget(before_ts, is_used, self._writer.release)
        self.counts["rooms_forgotten"] += gone
        return gone

    async def note_visits(self, visits: Mapping[str, int]) -> None:
        """Keep when rooms were visited."""
        await self._writer.note_visits(visits)

    async def unused(
        self, names: Sequence[str], since_ts: int, tell: TellPruned = tell_nobody
    ) -> list[str]:
        """Return which rooms are unused, once little is left of them."""
        return await self._upkeep.unused(names, since_ts, tell)

    async def keep_people(self, changes: Mapping[str, bytes | None]) -> None:
        """Keep records of people."""
        await self._writer.keep_people(changes)

    async def forget_people(self, before_ts: int) -> list[str]:
        """Forget people who were not seen since a time, a step at a time."""
        return await self._upkeep.forget_people(before_ts)

    async def last_prune(self) -> int | None:
        """Return when events were last looked at for their age; ``None`` if that is not known."""
        return await self._readers.read(queries.last_prune)

    async def people_changes(self) -> Mapping[str, bytes]:
        """Return nothing: there are no other nodes."""
        return {}

    async def has_changed(self) -> bool:
        """Return whether another program has written to the file since this was asked last."""
        return await self._writer.has_changed()

    async def close(self) -> None:
        """Close the file, when what is being written is written.

        A commit that hangs for longer than ``CLOSE_TIMEOUT`` is given up, and the file is left to
        the end of the process. Nothing may be read meanwhile.
        """
        with trio.move_on_after(CLOSE_TIMEOUT, shield=True) as scope:
            await self._checkpoints.close()
            await self._writer.run(self._close)
        if scope.cancelled_caught:
            log.error("journal cannot be closed", reason="a commit hangs")

    def _close(self) -> None:
        self._loader.close()
        self._readers.close()
        self._searchers.close()
        self._upkeep.finish()
        self._file.close()
