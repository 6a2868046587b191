"""A journal in a PostgreSQL database: one writer, a few readers, each call in a worker thread.

Other nodes may have the same database: rows that a turn holds make one order for all.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial

import psycopg
import structlog
import trio

from trio_chat.clock import wall_clock
from trio_chat.config import Config
from trio_chat.journal.bus import Bus
from trio_chat.journal.postgres import forgetting, queries, reports
from trio_chat.journal.postgres.authors import count_messages, rooms_of
from trio_chat.journal.postgres.claims import RETRY_MS
from trio_chat.journal.postgres.database import Database
from trio_chat.journal.postgres.erasing import VACUUM_TIMEOUT
from trio_chat.journal.postgres.last_look import LastLook
from trio_chat.journal.postgres.link import reason
from trio_chat.journal.postgres.notify import NotifyBus
from trio_chat.journal.postgres.readers import Readers
from trio_chat.journal.postgres.search import search
from trio_chat.journal.postgres.space import Space
from trio_chat.journal.postgres.upkeep import Upkeep, last_prune
from trio_chat.journal.postgres.writer import Writer
from trio_chat.journal.search.query import Query
from trio_chat.journal.sqlite.pruning import Limits
from trio_chat.journal.telling import Line
from trio_chat.journal.terms import Terms
from trio_chat.journal.types import (
    Bounds,
    MessagePage,
    Moved,
    Place,
    Result,
    RoomState,
    RoomSummary,
    TellPruned,
    Unavailable,
    VersionPage,
    Write,
    tell_nobody,
)
from trio_chat.journal.views import DEFAULT_LIMITS, ChangeLimits
from trio_chat.measures import JournalFigures

READERS = 2  # connections that read
SEARCHERS = 2  # apart from these: a search may take long, and holds up nobody who reads
READ_TIMEOUT = 5.0  # seconds
CLOSE_TIMEOUT = 5.0  # seconds to wait for what is being written
ERASE_WITHIN = 3600.0  # seconds

log = structlog.get_logger()


class PostgresJournal:
    """Commits a hub's turn in one transaction.

    A committed turn survives whatever PostgreSQL survives by its ``synchronous_commit``, which is
    at least ``on``. While PostgreSQL is away nothing is kept, and the connections are made again
    when it is back.
    """

    def __init__(
        self,
        database: Database,
        clock: Callable[[], int] = wall_clock,
        read_timeout: float = READ_TIMEOUT,
        erase_within: float = ERASE_WITHIN,
        max_database: int = 0,
        limits: ChangeLimits = DEFAULT_LIMITS,
    ) -> None:
        self.secret = database.run.secret
        self.people = database.people
        self._database = database
        self._people_since = database.people_since
        self._clock = clock
        self.figures = JournalFigures()
        self.counts = self.figures.counts
        space = Space(max_database, self.figures)
        # Of its own: whoever joins waits for no other reader.
        self._loader = Readers(database, 1, read_timeout)
        self._readers = Readers(database, READERS, read_timeout)
        self._searchers = Readers(database, SEARCHERS, read_timeout)
        for readers in (self._loader, self._readers, self._searchers):
            readers.seconds = self.figures.read_seconds
        self._notify = NotifyBus(
            database.url, database.run, database.place, self._readers.read, self.figures.bus
        )
        self.bus: Bus = self._notify
        self._events_look, self._people_look = LastLook(self._notify), LastLook(self._notify)
        miss = self._notify.miss
        self._writer = Writer(database, clock, space, limits, self.counts, miss)
        self._upkeep = Upkeep(self._readers, self._writer.write, self._vacuum, erase_within)

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        read_timeout: float = READ_TIMEOUT,
        erase_within: float = ERASE_WITHIN,
        max_database: int = 0,
        limits: ChangeLimits = DEFAULT_LIMITS,
    ) -> "PostgresJournal":
        """Open a database, or make its tables.

        Args:
            url: Of the database.
            read_timeout: Seconds that a read may take.
            erase_within: Seconds after which what was deleted is erased as far as can be.
            max_database: Bytes that the tables may take; 0 for any number.
            limits: How much of one message may be changed.

        Raises:
            JournalError: it cannot be used; the message says why.
        """
        database = await trio.to_thread.run_sync(Database, url, wall_clock())
        return cls(
            database,
            read_timeout=read_timeout,
            erase_within=erase_within,
            max_database=max_database,
            limits=limits,
        )

    def use_line(self, line: Line) -> None:
        """Have hints to other nodes go by a second line, while that is up."""
        self._notify.use(line)

    def expect_others(self) -> None:
        """Tell nobody that other servers have the database, too, as these were asked for."""
        self._notify.are_expected = True

    @property
    def terms(self) -> Terms:
        """What numbers belong to."""
        return self._database.run.terms

    @property
    def epoch(self) -> str:
        """The name of the present term."""
        return self.terms.epoch

    async def moved(self, told: Callable[[], Mapping[str, int]]) -> Moved | None:
        """Go on in another term, if the database is in one.

        What was asked for before fails, and nothing new is told before this is.
        """
        self._writer.told = told
        if not self._writer.has_moved:
            return None
        run, states = await self._writer.go_on()
        self._database.enter(run)
        for readers in (self._loader, self._readers, self._searchers):
            readers.renew()
        self._notify.renew(run)
        self._people_since = forgetting.FIRST
        return Moved(run.terms, states)

    def reconfigure(self, config: Config) -> None:
        """Take in that settings have changed; reads have their timeout from the next one on."""
        self._writer.reconfigure(config)
        self._upkeep.erase_within = config.erase_within
        for readers in (self._loader, self._readers, self._searchers):
            readers.timeout = config.read_timeout

    async def load(self, names: Sequence[str], recent: int) -> list[RoomState]:
        """Return the states of rooms."""
        if not recent:
            return await self._loader.read(lambda link: queries.progress(link, names))
        return await self._loader.read(
            lambda link: [queries.load_state(link, name, recent) for name in names]
        )

    async def run(self) -> None:
        """Do nothing beside."""
        await trio.sleep_forever()

    async def commit(self, writes: Sequence[Write]) -> list[Result]:
        """Keep events, numbered, in one transaction.

        Raises:
            Unavailable: nothing was kept, or nobody knows: then sending again tells.
        """
        if self._notify.has_lapsed:
            raise Unavailable(RETRY_MS)
        results = await self._writer.commit(writes)
        self._notify.tell(results)
        return results

    async def after(
        self, room: str, seq: int, limit: int, max_bytes: int
    ) -> list[tuple[int, bytes]]:
        """Return the events that follow a number."""
        return await self._readers.read(
            lambda link: queries.after(link, room, seq, limit, max_bytes)
        )

    async def messages(
        self, room: str, *, before: int | None, after: int | None, limit: int, max_bytes: int
    ) -> MessagePage:
        """Return a page of messages."""
        return await self._readers.read(
            lambda link: queries.messages(link, room, before, after, limit, max_bytes)
        )

    async def versions(
        self, place: Place, after: int, limit: int, max_bytes: int
    ) -> VersionPage | None:
        """Return the texts that a message has had."""
        return await self._readers.read(
            lambda link: queries.versions(link, place, after, limit, max_bytes)
        )

    async def search(
        self, room: str, query: Query, bounds: Bounds, limit: int, max_bytes: int
    ) -> MessagePage:
        """Return messages that match, the newest first."""
        return await self._searchers.read(
            lambda link: search(link, room, query, bounds, limit, max_bytes)
        )

    async def rooms(self, limit: int, among: Collection[str] | None = None) -> list[RoomSummary]:
        """Return the rooms, the latest first."""
        return await self._readers.read(lambda link: queries.rooms(link, limit, among))

    async def rooms_of(self, authors: Collection[str], since_ts: int, limit: int) -> list[str]:
        """Return the rooms in which people have kept messages, the latest first."""
        return await self._searchers.read(lambda link: rooms_of(link, authors, since_ts, limit))

    async def count_messages(self, room: str, authors: Collection[str], since_ts: int) -> int:
        """Return how many messages of people a clearing would clear in a room."""
        return await self._searchers.read(
            lambda link: count_messages(link, room, authors, since_ts)
        )

    async def gone(self, places: Collection[Place]) -> set[Place]:
        """Return at which places there is no message that can be read."""
        return await self._readers.read(lambda link: reports.find_gone(link, places))

    async def files_of(self, places: Collection[Place]) -> dict[Place, frozenset[str]]:
        """Return which files messages have."""
        return await self._readers.read(lambda link: reports.find_files(link, places))

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

    async def _vacuum(self) -> None:
        """Let PostgreSQL give free what deleted rows have left."""
        try:
            with trio.move_on_after(2 * VACUUM_TIMEOUT):  # if nothing comes over the connection
                await trio.to_thread.run_sync(self._database.vacuum, abandon_on_cancel=True)
        except psycopg.Error as error:
            log.warning("what was deleted cannot be erased just now", reason=reason(error))

    async def forget(self, before_ts: int, is_used: Callable[[str], bool]) -> int:
        """Forget rooms in which nothing is kept, and nothing was said since a time."""
        gone = await self._upkeep.forget(before_ts, is_used)
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

    async def people_changes(self) -> Mapping[str, bytes]:
        """Return records that other nodes may have kept since this was asked last."""
        if not self._people_look.is_due:
            return {}
        begun = self._people_look.begin()
        records, self._people_since = await self._readers.read(
            partial(forgetting.people_since, since=self._people_since)
        )
        if len(records) < forgetting.CHANGES:
            self._people_look.end(begun)
        return records

    async def forget_people(self, before_ts: int) -> list[str]:
        """Forget people who were not seen since a time, a step at a time."""
        return await self._upkeep.forget_people(before_ts)

    async def last_prune(self) -> int | None:
        """Return when events were last looked at for their age; ``None`` if that is not known."""
        return await self._readers.read(last_prune)

    async def has_changed(self) -> bool:
        """Return whether anybody else may have written since this was asked last."""
        may_have, begun = self._events_look.is_due, self._events_look.begin()
        has_changed = await self._writer.has_changed() or may_have
        self._events_look.end(begun)
        return has_changed

    async def close(self) -> None:
        """Close all connections, when what is being written is written.

        A commit that hangs for longer than ``CLOSE_TIMEOUT`` is given up. Nothing may be read
        meanwhile.
        """
        with trio.move_on_after(CLOSE_TIMEOUT, shield=True) as scope:
            await self._writer.run(self._close)
        if scope.cancelled_caught:
            log.error("journal cannot be closed in order", reason="a commit hangs")
            self._writer.cut()
            with trio.move_on_after(CLOSE_TIMEOUT, shield=True):
                await self._writer.run(self._close)

    def _close(self) -> None:
        self._loader.close()
        self._readers.close()
        self._searchers.close()
        self._writer.close()
