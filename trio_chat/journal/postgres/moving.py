"""A PostgreSQL database that something is moved from, or to."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from typing import Any

import msgspec
import psycopg

from trio_chat.database_url import shown
from trio_chat.errors import Failed
from trio_chat.journal import moves
from trio_chat.journal.moves import BATCH, MOVING, Advance, Progress, Row, Values
from trio_chat.journal.postgres import runs, terms, words
from trio_chat.journal.postgres.beside import opened_beside
from trio_chat.journal.postgres.database import check_server, explained
from trio_chat.journal.postgres.link import Link, Unsure, reason, text
from trio_chat.journal.postgres.schema import MIGRATIONS, get, migrate, put, version
from trio_chat.journal.types import JournalError

EPOCH_BYTES = 8
PATIENCE = 2.0  # seconds for the lock of who has just ended, whom PostgreSQL may not have left yet

# By table: its columns with their types, of which the first ones tell the order of its rows.
COLUMNS = {
    "meta": ("key text", "value bytea"),
    "rooms": (
        *("id integer", "name text", "topic text", "last bigint", "ts bigint"),
        "unordered bigint",
    ),
    "forgotten": ("name_group integer", "last bigint"),
    "people": ("id text", "data bytea"),
    "visits": ("room text", "ts bigint"),
    "clearings": (
        *("room integer", "key text", "seq bigint", "ts bigint", "first bigint"),
        "authors bytea",
    ),
    "scrubs": ("room integer", "target bigint"),
    "cids": (
        *("room integer", "cid bytea", "seq bigint", "ts bigint", "author text"),
        "digest bytea",
    ),
    "states": ("room integer", "seq bigint", "changes integer", "data bytea"),
    "events": (
        *("room integer", "seq bigint", "ts bigint", "kind smallint", "target bigint"),
        *("author text", "data bytea"),
    ),
}
KEYS = {"clearings": 2, "scrubs": 2, "cids": 2, "states": 2, "events": 2}  # others: 1
REPLACE = {  # what a start of a server keeps, too
    "meta": " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    "visits": " ON CONFLICT (room) DO UPDATE SET ts = excluded.ts",
}
AMONG = {"meta": " WHERE key IN ('secret', 'pruned')"}

SAID = (
    "SELECT events.room, events.seq, events.data, states.data FROM events"
    " LEFT JOIN states ON states.room = events.room AND states.seq = events.seq"
    " WHERE kind = 1 AND (events.room, events.seq) > (%s, %s)"
    " ORDER BY events.room, events.seq LIMIT %s"
)
CHANGED = (  # no servers write without a change of one of these
    "SELECT coalesce(sum(last), 0)::text, coalesce(max(ts), 0)::text,"
    " (SELECT coalesce(max(xid::text::numeric), 0)::text FROM people) FROM rooms"
)
INDEXES = ("messages", "changes", "search")  # which cost less when all is there
MAKE = "CREATE INDEX"
WAITING = (
    "SELECT indexname, indexdef FROM pg_indexes"
    " WHERE schemaname = current_schema() AND indexname = ANY(%s)"
)
LAST_INDEXED = "SELECT room, seq FROM words ORDER BY room DESC, seq DESC LIMIT 1"
NEXT_ROOM = (
    "SELECT setval(pg_get_serial_sequence('rooms', 'id'), coalesce(max(id), 1),"
    " max(id) IS NOT NULL) FROM rooms"
)


class DatabasePlace:
    """``moves.Place`` in a PostgreSQL database.

    Args:
        link: To the database, of the present schema; it holds the lock of a server.
        is_trial: Whether a transaction is open, and what is written is not kept.
    """

    def __init__(self, link: Link, *, is_trial: bool = False) -> None:
        self._link = link
        self._is_trial = is_trial

    def state(self) -> str:
        """Return what tells whether a server has used it."""
        kept = [get(self._link, key) or b"" for key in ("epoch", "secret")]
        [numbers] = self._link.all(CHANGED)
        return " ".join([*(value.hex() for value in kept), *numbers])

    def epoch(self) -> str:
        """Return the name of its numbers; empty if some may have been lost."""
        is_marked = terms.is_marked(self._link)
        return (get(self._link, "epoch") or b"").decode() if is_marked else ""

    def count(self, table: str) -> int:
        """Return how many rows a table has."""
        among = AMONG.get(table, "")
        return int(self._link.value(f"SELECT count(*) FROM {table}{among}"))  # noqa: S608 - our names

    def read(self, table: str, after: Sequence[Any], limit: int) -> list[Row]:
        """Return some rows that follow another one."""
        names, keys = _names(table), KEYS.get(table, 1)
        order = ", ".join(names[:keys])
        query = f"SELECT {', '.join(names)} FROM {table}{AMONG.get(table, ' WHERE true')}"  # noqa: S608 - likewise
        if after:
            query += f" AND ({order}) > ({', '.join(['%s'] * keys)})"
        place = [bytes.fromhex(one["digest"]) if isinstance(one, dict) else one for one in after]
        rows = self._link.all(f"{query} ORDER BY {order} LIMIT %s", (*place, limit))
        return [Row([_at(one) for one in row[:keys]], row) for row in rows]

    def progress(self) -> Progress | None:
        """Return how far the move has come that goes here; ``None`` for none."""
        kept = get(self._link, MOVING)
        return None if kept is None else msgspec.json.decode(kept, type=Progress)

    def write(self, table: str, rows: Sequence[Values], progress: Progress) -> None:
        """Keep rows, and how far the move has come, in one transaction."""
        if self._is_trial:
            self._write(table, rows)
            return
        with self._link.transaction():
            self._write(table, rows)
            put(self._link, MOVING, msgspec.json.encode(progress))

    def _write(self, table: str, rows: Sequence[Values]) -> None:
        if not rows:
            return
        names = _names(table)
        arrays = ", ".join(f"%s::{column.partition(' ')[2]}[]" for column in COLUMNS[table])
        columns = [[_kept(value) for value in column] for column in zip(*rows, strict=True)]
        self._link.execute(
            f"INSERT INTO {table} ({', '.join(names)}) OVERRIDING SYSTEM VALUE"  # noqa: S608 - likewise
            f" SELECT * FROM unnest({arrays}){REPLACE.get(table, '')}",
            columns,
        )

    def prepare(self, progress: Progress) -> None:
        """Let indexes wait for the end of the move that begins, and keep how far it is."""
        progress.later = dict(self._link.all(WAITING, (list(INDEXES),)))
        with self._link.transaction():
            for name in progress.later:
                self._link.execute(f"DROP INDEX {name}")
            put(self._link, MOVING, msgspec.json.encode(progress))

    def index(self, progress: Progress, advance: Advance) -> None:
        """Make the indexes; that of words goes on behind what is there."""
        last = self._link.one(LAST_INDEXED) or (0, 0)
        while rows := self._link.all(SAID, (*last, BATCH)):
            changes = words.Changes(self._link)
            for room, seq, data, state in rows:
                changes.set(room, seq, words.line_of(room, seq, data, state))
            changes.save()
            last = rows[-1][:2]
            advance(len(rows))
        for statement in progress.later.values():
            self._link.run_script(statement.replace(MAKE, f"{MAKE} IF NOT EXISTS", 1))

    def messages(self) -> int:
        """Return how many messages there are."""
        return int(self._link.value("SELECT count(*) FROM events WHERE kind = 1"))

    def open_for_servers(self, progress: Progress) -> None:
        """End the move: from now on servers may have it, with the numbers that clients know."""
        link = self._link
        link.run_script(f"ANALYZE words, {', '.join(COLUMNS)}")
        place = terms.place_of(link)
        with link.transaction():
            link.one(NEXT_ROOM)
            put(link, "epoch", (progress.epoch or secrets.token_hex(EPOCH_BYTES)).encode())
            terms.mark(link, place)
            link.execute("DELETE FROM meta WHERE key = %s", (MOVING,))

    def end_numbers(self) -> None:
        """Let a server that opens it begin other numbers: from now on they are given elsewhere."""
        put(self._link, "mark", terms.MOVED)


def _names(table: str) -> list[str]:
    return [column.partition(" ")[0] for column in COLUMNS[table]]


def _at(value: object) -> object:
    """Return a value of a key as JSON can tell it."""
    return {"digest": value.hex()} if isinstance(value, bytes) else value


def _kept(value: object) -> object:
    return text(value) if isinstance(value, str) else value


@contextmanager
def source(url: str) -> Iterator[DatabasePlace]:
    """Open a database for the block that something is moved from.

    Raises:
        JournalError: it cannot be opened, has no tables of this release, or a server has it.
        Failed: it cannot be read in the block.
    """
    with opened_beside(url) as link:
        _be_alone(link)
        with _explained(url):
            yield DatabasePlace(link)


@contextmanager
def target(url: str) -> Iterator[DatabasePlace]:
    """Open a database for the block that something is moved to; tables are made if there are none.

    Raises:
        JournalError: it cannot be opened, or a server has it.
        Failed: it cannot be written in the block.
    """
    with explained(url), closing(Link(url)) as link:
        check_server(link, url)
        migrate(link, partial(_be_alone, link), may_be_incomplete=True)
        _be_alone(link)
        with _explained(url):
            yield DatabasePlace(link)


@contextmanager
def trial(url: str) -> Iterator[DatabasePlace]:
    """Open a database for the block, to try in a transaction, of which nothing is kept.

    Raises:
        JournalError: it cannot be opened, has something else, or a server has it.
        Failed: it cannot be written in the block.
    """
    with explained(url), closing(Link(url)) as link:
        check_server(link, url)
        is_new = not version(link, may_be_incomplete=True)
        link.execute("BEGIN")
        if is_new:
            for script in MIGRATIONS:
                link.run_script(script)
        _be_alone(link)
        place = DatabasePlace(link, is_trial=True)
        moves.check_empty(place)
        with _explained(url):
            yield place
        link.execute("ROLLBACK")


def _be_alone(link: Link) -> None:
    """Keep servers out as long as the connection lasts.

    Raises:
        JournalError: one is there.
    """
    try:
        runs.lock(link, PATIENCE, is_alone=True)
    except runs.InUse:
        raise JournalError("the database is in use by another trio-chat server") from None


@contextmanager
def _explained(url: str) -> Iterator[None]:
    try:
        yield
    except (psycopg.Error, Unsure) as error:
        raise Failed(f"database {shown(url)} failed: {reason(error)}") from None
