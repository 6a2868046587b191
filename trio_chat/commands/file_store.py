"""An SQLite file as the commands see it."""

import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

from trio_chat.commands.stores import Measure, Size, Survey
from trio_chat.journal.clearings import Clearing
from trio_chat.journal.keys import Use
from trio_chat.journal.sqlite import cids, queries, reports, scrubs, sealing, visits
from trio_chat.journal.sqlite.comparison import Head
from trio_chat.journal.sqlite.gaps import log_of
from trio_chat.journal.sqlite.reindex import bring_in_step
from trio_chat.journal.sqlite.schema import pragma
from trio_chat.journal.sqlite.transaction import Transaction, transaction
from trio_chat.journal.types import RoomState
from trio_chat.protocol.acts import LEDGER
from trio_chat.protocol.events import AnyStoredEvent

SURVEY = (
    "SELECT name, (SELECT min(seq) FROM events WHERE room = id AND seq > 0),"
    " (SELECT max(seq) FROM events WHERE room = id), last, ts, topic, unordered"
    " FROM rooms WHERE name <> ? ORDER BY name"
)

MEASURE = (
    "SELECT coalesce(sum(is_message), 0), coalesce(sum(iif(is_message, length(data), 0)), 0),"
    " count(*) - coalesce(sum(is_message), 0),"
    " coalesce(sum(iif(is_message, 0, length(data))), 0),"
    " min(iif(typeof(ts) = 'integer', ts, NULL)) FROM events WHERE room = ?"
)
PARTS = {  # of a database, by the tables that they are made of
    "events": ("events", "messages", "changes"),
    "states of messages": ("states",),
    "cids of resends": ("cids",),
    "people and others": ("meta",),
}
SEARCH = "search"  # how the names of the index's tables begin
PAGES = "SELECT name, sum(pgsize) FROM dbstat GROUP BY name"


class FileStore:
    """``stores.Store`` in a file.

    Args:
        database: The file.
    """

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._is_indexed: bool | None = None  # not known before something is written

    def epoch(self) -> str:
        """Return the name of its numbers; empty if it is damaged there."""
        rows = self._database.execute(
            "SELECT value FROM meta WHERE key = 'epoch' AND typeof(value) = 'blob'"
        ).fetchall()
        return "".join(str(value.hex()[:16]) for (value,) in rows)

    def secret(self) -> bytes:
        """Return what people's ids are made with."""
        row = self._database.execute("SELECT value FROM meta WHERE key = 'secret'").fetchone()
        return bytes(row[0])

    def room_id(self, name: str) -> int | None:
        """Return the id of a room here; ``None`` if nothing was ever said there."""
        return queries.room_id(self._database, name)

    def survey(self) -> list[Survey]:
        """Return all rooms by name, but the ledger."""
        rows = self._database.execute(SURVEY, (LEDGER,)).fetchall()
        return [Survey(name, first, newest, Head(*head)) for name, first, newest, *head in rows]

    def measure(self, name: str) -> Measure:
        """Return what there is of a room."""
        return Measure(*self._database.execute(MEASURE, (self.room_id(name),)).fetchone())

    def sizes(self) -> Iterator[Size]:
        """Yield what takes space: the files, and parts by their pages, if SQLite can tell."""
        page = pragma(self._database, "page_size")
        yield Size("file", "database", pragma(self._database, "page_count") * page)
        log = log_of(self._database)
        yield Size("file", "write-ahead log", log.stat().st_size if log.exists() else 0)
        free = pragma(self._database, "freelist_count")
        yield Size("part", "free for more", free * page, free)
        sizes: dict[str, int] = {}
        with suppress(sqlite3.OperationalError):  # built without the table of pages
            sizes = dict(self._database.execute(PAGES))
        index = sum(size for name, size in sizes.items() if name.startswith(SEARCH))
        named = {part: sum(sizes.get(name, 0) for name in names) for part, names in PARTS.items()}
        if sizes:
            yield from (Size("part", part, size) for part, size in named.items())
            yield Size("part", "search index", index)
            yield Size("part", "others", sum(sizes.values()) - index - sum(named.values()))

    def load_state(self, name: str) -> RoomState:
        """Return how far a room has come."""
        return queries.load_state(self._database, name, 0)

    def events(self, room: int | None, first: int) -> Iterator[tuple[int, int, bytes]]:
        """Yield the number, the time and the bytes of a room's events from a number on."""
        return self._database.execute(
            "SELECT seq, ts, data FROM events WHERE room = ? AND seq >= ? ORDER BY seq",
            (room, first),
        )

    def message_author(self, room: int | None, seq: int) -> tuple[str | None] | None:
        """Return the author of a message; ``None`` if there is no such message."""
        row: tuple[str | None] | None = self._database.execute(
            "SELECT author FROM events WHERE room = ? AND seq = ? AND is_message", (room, seq)
        ).fetchone()
        return row

    def pending(self, room: int) -> frozenset[int]:
        """Return the deleted messages of a room of which texts are still in the file."""
        return scrubs.pending(self._database, room)

    def clearings(self, room: int) -> Sequence[Clearing]:
        """Return the clearings of a room that can still be taken back."""
        return sealing.find(self._database, room)

    def is_there(self, room: int, seq: int, clearings: Sequence[Clearing]) -> bool:
        """Whether a message can be read, and was not deleted, nor cleared."""
        return reports.is_there(self._database, room, seq, clearings)

    def find_cid(self, room: int | None, event: AnyStoredEvent) -> Use | None:
        """Return for what the key of an event was used before, if it has one."""
        return cids.find(self._database, room, event)

    @contextmanager
    def adopting(self, _: Collection[str]) -> "Iterator[FileAdoption]":
        """Begin a transaction, which the block's end commits."""
        if self._is_indexed is None:
            self._is_indexed = bring_in_step(self._database)
        with transaction(self._database):
            yield FileAdoption(self._database, is_indexed=self._is_indexed)

    def note_visits(self, visited: Mapping[str, int]) -> None:
        """Keep when rooms were visited, in ms since 1970, by their names."""
        visits.note(self._database, visited)


class FileAdoption:
    """``stores.Adopting`` in a file; a transaction must be open."""

    def __init__(self, database: sqlite3.Connection, *, is_indexed: bool) -> None:
        self._turn = Transaction(database, {}, 0)
        self._is_indexed = is_indexed
        self.last = self._turn.last
        self.found = self._turn.found

    def adopt(self, events: Sequence[AnyStoredEvent]) -> None:
        """Keep the next events of a room."""
        for event in events:
            self._turn.adopt(event)

    def finish(self) -> None:
        """Write down how far rooms have come, how messages stand, and what changes in the index."""
        self._turn.finish(is_indexed=self._is_indexed)
