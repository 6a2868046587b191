"""A PostgreSQL database as the commands see it."""

import time
from collections import Counter, deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager

from trio_chat.commands.progress import Advance, progress
from trio_chat.commands.stores import Measure, Size, Survey
from trio_chat.commands.tables import Row
from trio_chat.journal.clearings import Clearing
from trio_chat.journal.keys import Use
from trio_chat.journal.postgres import checks, erasing, queries, reports, scrubs, sealing, unused
from trio_chat.journal.postgres.adoption import Adoption
from trio_chat.journal.postgres.beside import is_made, opened_beside, prepare, told_to_servers
from trio_chat.journal.postgres.cids import Cids
from trio_chat.journal.postgres.link import READING, Link
from trio_chat.journal.postgres.pruning import delete_in_step, find_due
from trio_chat.journal.postgres.schema import get
from trio_chat.journal.sqlite.comparison import Head
from trio_chat.journal.sqlite.pruning import Limits
from trio_chat.journal.types import RoomState
from trio_chat.protocol.acts import LEDGER
from trio_chat.protocol.events import AnyStoredEvent

__all__ = ["PostgresStore", "check", "is_made", "opened", "prepare", "prune", "snapshot"]

PAGE = 1000  # events that are read at once

SURVEY = (
    "SELECT name, (SELECT min(seq) FROM events WHERE room = id),"
    " (SELECT max(seq) FROM events WHERE room = id), last, ts, topic, unordered"
    " FROM rooms WHERE name <> %s ORDER BY name"
)
EVENTS = "SELECT seq, ts, data FROM events WHERE room = %s AND seq >= %s ORDER BY seq LIMIT %s"

MEASURE = (
    "SELECT count(*) FILTER (WHERE kind = 1),"
    " coalesce(sum(length(data)) FILTER (WHERE kind = 1), 0)::bigint,"
    " count(*) FILTER (WHERE kind <> 1),"
    " coalesce(sum(length(data)) FILTER (WHERE kind <> 1), 0)::bigint, min(ts)"
    " FROM events WHERE room = %s"
)
SIZES = (
    "SELECT relname, pg_total_relation_size(oid) FROM pg_class"
    " WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'"
)
PARTS = {
    "events": "events",
    "states": "states of messages",
    "cids": "cids of resends",
    "people": "people and others",
    "words": "search index",
}


class PostgresStore:
    """``stores.Store`` in a PostgreSQL database.

    Args:
        link: To the database.
    """

    def __init__(self, link: Link) -> None:
        self._link = link

    def epoch(self) -> str:
        """Return the name of its numbers; empty if it has none yet."""
        return (get(self._link, "epoch") or b"").decode()

    def secret(self) -> bytes:
        """Return what people's ids are made with."""
        return get(self._link, "secret") or b""

    def room_id(self, name: str) -> int | None:
        """Return the id of a room here; ``None`` if nothing was ever said there."""
        return queries.room_id(self._link, name)

    def survey(self) -> list[Survey]:
        """Return all rooms by name, but the ledger."""
        rows = self._link.all(SURVEY, (LEDGER,))
        return [Survey(name, first, newest, Head(*head)) for name, first, newest, *head in rows]

    def measure(self, name: str) -> Measure:
        """Return what there is of a room."""
        return Measure(*self._link.all(MEASURE, (self.room_id(name),))[0])

    def sizes(self) -> Iterator[Size]:
        """Yield what takes space: all tables with their indexes, and each part of them."""
        sizes: dict[str, int] = dict(self._link.all(SIZES))
        yield Size("file", "database", sum(sizes.values()))
        yield from (Size("part", part, sizes.pop(name, 0)) for name, part in PARTS.items())
        yield Size("part", "others", sum(sizes.values()))

    def load_state(self, name: str) -> RoomState:
        """Return how far a room has come."""
        return queries.load_state(self._link, name, 0)

    def events(self, room: int | None, first: int) -> Iterator[tuple[int, int, bytes]]:
        """Yield the number, the time and the bytes of a room's events from a number on."""
        while rows := self._link.all(EVENTS, (room, first, PAGE)):
            yield from ((seq, ts, data) for seq, ts, data in rows)
            first = rows[-1][0] + 1

    def message_author(self, room: int | None, seq: int) -> tuple[str | None] | None:
        """Return the author of a message; ``None`` if there is no such message."""
        query = "SELECT author FROM events WHERE room = %s AND seq = %s AND kind = 1"
        row = self._link.one(query, (room, seq))
        return row and (row[0],)

    def pending(self, room: int) -> frozenset[int]:
        """Return the deleted messages of a room of which texts are still there."""
        return scrubs.pending(self._link, room)

    def clearings(self, room: int) -> Sequence[Clearing]:
        """Return the clearings of a room that can still be taken back."""
        return sealing.find(self._link, room)

    def is_there(self, room: int, seq: int, clearings: Sequence[Clearing]) -> bool:
        """Whether a message can be read, and was not deleted, nor cleared."""
        return reports.is_there(self._link, room, seq, clearings)

    def find_cid(self, room: int | None, event: AnyStoredEvent) -> Use | None:
        """Return for what the key of an event was used before, if it has one."""
        if room is None:
            return None
        keys = Cids(self._link)
        keys.fetch([(room, event)])
        return keys.find(room, event)

    @contextmanager
    def adopting(self, names: Collection[str]) -> Iterator[Adoption]:
        """Begin a transaction about some rooms, which the block's end commits."""
        with told_to_servers(self._link):
            yield Adoption(self._link, names)

    def note_visits(self, visits: Mapping[str, int]) -> None:
        """Keep when rooms were visited, in ms since 1970, by their names."""
        unused.note_visits(self._link, visits)


@contextmanager
def opened(url: str) -> Iterator[PostgresStore]:
    """Open a database to write for the block.

    Raises:
        JournalError: it cannot be used; the message says why.
    """
    with opened_beside(url) as link:
        yield PostgresStore(link)


@contextmanager
def snapshot(url: str) -> Iterator[PostgresStore]:
    """Open a database for the block in its present state, whatever a server writes meanwhile.

    Raises:
        JournalError: it cannot be used; the message says why.
    """
    with opened_beside(url, READING.format(0)) as link, link.transaction():
        yield PostgresStore(link)


def prune(url: str, limits: Limits) -> list[Row]:
    """Delete what is too old or too much, and tell what that was, by rooms.

    Raises:
        JournalError: the database cannot be used; the message says why.
    """
    deleted: Counter[str] = Counter()
    first: dict[str, int] = {}
    with opened_beside(url) as link:
        count = link.value("SELECT coalesce(max(id), 0) FROM rooms")
        with progress("deleting", count) as advance:
            for due, left, gone in _pruned(link, limits, advance):
                deleted[due] += gone
                first[due] = left
        while _scrub(link):
            pass
        _erase(link, url)
    return [{"room": name, "deleted": deleted[name], "first": left} for name, left in first.items()]


def _pruned(link: Link, limits: Limits, advance: Advance) -> Iterator[tuple[str, int, int]]:
    """Delete, and yield of each step its room, the first number left, and how many have gone."""
    after: int | None = 0
    done = 0
    while after is not None:
        page = find_due(link, limits, after)
        for due in page.due:
            before = queries.first(link, due.room)
            left = deque([due])
            while left:
                begin = time.monotonic()
                for name, first in delete_in_step(link, left).items():
                    yield name, first, first - before
                    before = first
                with told_to_servers(link):  # who are in the room hear of it
                    pass
                time.sleep(time.monotonic() - begin)  # half of the time is a server's
            advance(due.room - done)
            done = due.room
        after = page.after


def _scrub(link: Link) -> bool:
    """Take texts out of what is left of one message; return whether there was something."""
    with told_to_servers(link):
        return scrubs.step(link)


def _erase(link: Link, url: str) -> None:
    """Erase what was removed, as far as can be."""
    with link.transaction():
        erasing.begin(link)
    after: int | None = 0
    while after is not None:
        with link.transaction():
            after = reports.step(link, after)
    erasing.vacuum(url)
    erasing.end(link)


def check(url: str, *, repairs: bool) -> tuple[dict[str, list[str]], list[str]]:
    """Return what is wrong, by the kind of check, as of one moment, and what was made anew.

    Raises:
        JournalError: the database cannot be used; the message says why.
    """
    found = {}
    with (
        opened_beside(url, READING.format(0)) as link,
        link.transaction(),
        progress("checking", len(checks.CHECKS)) as advance,
    ):
        for name, look in checks.CHECKS.items():
            found[name] = look(link)
            advance(1)
    if not repairs:
        return found, []
    with opened_beside(url) as link:
        wrong = [name for name in checks.MENDERS if found[name]]
        for name in wrong:
            checks.MENDERS[name](link)
        return found, [name for name in wrong if not checks.CHECKS[name](link)]
