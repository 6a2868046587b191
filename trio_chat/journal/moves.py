"""A move: all that a database keeps goes to another one, in batches, and both are compared.

The index of words is made anew where it goes; all else is kept as it is, under the same numbers and
ids. How far a move has come is kept where it goes to, in the transaction of each batch, so that it
can go on after an end of any kind.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple, Protocol

import msgspec

from trio_chat.journal.types import JournalError

BATCH = 1000  # rows of a transaction; they are in memory at once
DIGEST_BYTES = 16
ROUND = 2 ** (8 * DIGEST_BYTES)

# In the order in which they are moved.
TABLES = (
    *("meta", "rooms", "forgotten", "people", "visits", "clearings", "scrubs"),
    *("cids", "states", "events"),
)
MOVING = "moving"  # in ``meta`` of where a move goes to, until it is complete: how far it has come
INCOMPLETE = (
    "has a part of what was to be moved there: go on with the same trio_chat migrate, or empty it"
)
KEPT = ("secret", "pruned")  # of ``meta``, what is moved as it is

Values = tuple[Any, ...]
Advance = Callable[[int], None]

encode = msgspec.msgpack.Encoder().encode


class Row(NamedTuple):
    """A row of a table, as all databases know it, and where it is, as the one it is from does."""

    at: list[Any]  # numbers and texts, in the order of rows
    values: Values


class Summary(NamedTuple):
    """How many rows a table has, and a digest of them in any order."""

    how_many: int
    digest: int


class Progress(msgspec.Struct):
    """How far a move has come; the next row follows the one ``after``, and an empty one is first.

    ``source`` tells in which state the database is that is moved, and ``epoch`` which numbers it
    has; an empty one says that they may have been lost there, so that others begin. Indexes that
    are made ``later``, as that takes less, are there by their names.
    """

    source: str
    epoch: str
    table: str = TABLES[0]
    after: list[Any] = []
    is_complete: bool = False
    later: dict[str, str] = {}


class Place(Protocol):
    """A database that something is moved from, or to, and that no server has meanwhile."""

    def state(self) -> str:
        """Return what tells whether a server has used it."""
        ...

    def epoch(self) -> str:
        """Return the name of its numbers; empty if some may have been lost."""
        ...

    def count(self, table: str) -> int:
        """Return how many rows a table has."""
        ...

    def read(self, table: str, after: Sequence[Any], limit: int) -> list[Row]:
        """Return some rows that follow another one."""
        ...

    def progress(self) -> Progress | None:
        """Return how far the move has come that goes here; ``None`` for none."""
        ...

    def write(self, table: str, rows: Sequence[Values], progress: Progress) -> None:
        """Keep rows, and how far the move has come, in one transaction."""
        ...

    def prepare(self, progress: Progress) -> None:
        """Let indexes wait for the end of the move that begins, and keep how far it is."""
        ...

    def index(self, progress: Progress, advance: Advance) -> None:
        """Make the index of words, and those that have waited; tell how many messages are done."""
        ...

    def messages(self) -> int:
        """Return how many messages there are."""
        ...

    def open_for_servers(self, progress: Progress) -> None:
        """End the move: from now on servers may have it, with the numbers that clients know."""
        ...

    def end_numbers(self) -> None:
        """Let a server that opens it begin other numbers: from now on they are given elsewhere."""
        ...


def begin(source: Place, target: Place) -> Progress:
    """Return from where a move is to go on: where one was left, or at the beginning.

    Raises:
        JournalError: the target has something else, or a server has used the source since.
    """
    progress = target.progress()
    if progress is None:
        check_empty(target)
        progress = Progress(source.state(), source.epoch())
        target.prepare(progress)
    elif progress.source != source.state():
        raise JournalError(
            "the target has an unfinished move of another database, or a server has used this one "
            "since: empty the target and begin again"
        )
    return progress


def check_empty(target: Place) -> None:
    """See that nothing was ever kept in a database, but for what a server keeps at its start.

    Raises:
        JournalError: something was.
    """
    if any(target.count(table) for table in TABLES if table not in ("meta", "visits")):
        raise JournalError("the target is not empty: nothing is moved to where something is")


def left(source: Place, progress: Progress) -> int:
    """Return how many rows are left to be copied, at most."""
    tables = TABLES[TABLES.index(progress.table) :]
    return 0 if progress.is_complete else sum(map(source.count, tables))


def copy(source: Place, target: Place, progress: Progress, advance: Advance) -> None:
    """Copy what is left."""
    if progress.is_complete:
        return
    for table in TABLES[TABLES.index(progress.table) :]:
        if table != progress.table:
            progress.table, progress.after = table, []
        while rows := source.read(table, progress.after, BATCH):
            progress.after = rows[-1].at
            target.write(table, [row.values for row in rows], progress)
            advance(len(rows))
    progress.is_complete = True
    target.write(TABLES[-1], [], progress)


def summary(place: Place, table: str, advance: Advance) -> Summary:
    """Read a table, and return what tells it from others."""
    count = digest = 0
    for rows in _batches(place, table):
        count += len(rows)
        digest += sum(map(_digest, rows))
        advance(len(rows))
    return Summary(count, digest % ROUND)


def _batches(place: Place, table: str) -> Iterator[list[Row]]:
    after: list[Any] = []
    while rows := place.read(table, after, BATCH):
        yield rows
        after = rows[-1].at


def _digest(row: Row) -> int:
    return int.from_bytes(blake2b(encode(row.values), digest_size=DIGEST_BYTES).digest(), "big")


def finish(source: Place, target: Place, progress: Progress) -> None:
    """End a move that is complete and was checked; clients go on at the target alone."""
    source.end_numbers()
    target.open_for_servers(progress)


def try_table(source: Place, target: Place, table: str) -> float:
    """Move some rows of a table, and return how many seconds all takes for each of them."""
    begin = time.monotonic()
    rows = source.read(table, [], BATCH)
    read = time.monotonic() - begin
    target.write(table, [row.values for row in rows], Progress("", ""))
    target.read(table, [], BATCH)
    for row in rows:
        _digest(row)
    return (read + time.monotonic() - begin) / len(rows)  # the source is read twice
