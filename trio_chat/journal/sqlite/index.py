"""The full-text index in a database file, over SQLite's FTS5.

A row stands for a message that has a text, with its text after all edits. The row's number is made
of those of the room and of the message, so that SQLite reads the rows of one room only, from any
message on, the newest first.
"""

import sqlite3
from collections.abc import Iterable
from functools import lru_cache

from trio_chat.clock import wall_clock
from trio_chat.journal.search.authors import author_key
from trio_chat.journal.search.query import Query, Term
from trio_chat.journal.search.tokens import fold
from trio_chat.journal.types import Bounds
from trio_chat.protocol.events import Person

# What ``fold`` returns is divided into tokens by blanks; "ascii" divides it there and knows no
# Unicode that could change. Beginnings of one and two letters are indexed, too: ``b*`` in a million
# messages takes 1 ms with them, and 100 ms without.
CREATE = """
    CREATE VIRTUAL TABLE search USING fts5 (
        text, who, tokenize = 'ascii', columnsize = 0, prefix = '1 2'
    );
"""
NOTED = "unerased"  # in ``meta``: when words were removed that are still in the file, in ms
SEQ_BITS = 40  # of a row's number; the room's id is in those above

AUTHORS_AT_HAND = 4096  # whose keys are remembered: those who speak go on to speak
_LATEST = 2**62  # milliseconds

FIND = (
    "SELECT rowid FROM search WHERE search MATCH ? AND rowid BETWEEN ? AND ?"
    " ORDER BY rowid DESC LIMIT ?"
)
# When the clock was set back in between, times do not follow numbers.
FIND_BY_TIME = (
    "SELECT search.rowid FROM search CROSS JOIN events ON room = ? AND seq = search.rowid - ?"
    " WHERE search MATCH ? AND search.rowid BETWEEN ? AND ? AND ts >= ? AND ts < ?"
    " ORDER BY search.rowid DESC LIMIT ?"
)


class Changes:
    """What a transaction changes in the index.

    It is written at the end, sorted by row: FTS5 begins another segment for each row that is not
    behind the last one, which takes as long as to index five messages.
    """

    def __init__(self) -> None:
        self._new: dict[int, tuple[str, str]] = {}  # by number of the row: text, author
        self._changed: dict[int, str] = {}
        self._gone: set[int] = set()

    def put(self, room: int, seq: int, text: str, who: Person | None) -> None:
        """Add a message."""
        self._new[row(room, seq)] = content(text, who)

    def replace(self, room: int, seq: int, text: str) -> None:
        """Give a message another text."""
        number = row(room, seq)
        if number in self._new:
            self._new[number] = fold(text), self._new[number][1]
        else:
            self._changed[number] = fold(text)

    def remove(self, room: int, seq: int) -> None:
        """Remove a message."""
        number = row(room, seq)
        if not self._new.pop(number, None):
            self._changed.pop(number, None)
            self._gone.add(number)

    @property
    def has_removals(self) -> bool:
        """Whether words are removed, which stay in the file until ``erasing`` merges the index."""
        return bool(self._gone or self._changed)

    def write(self, database: sqlite3.Connection) -> None:
        """Write the changes into the index."""
        if self._gone:
            database.executemany(
                "DELETE FROM search WHERE rowid = ?", [(number,) for number in sorted(self._gone)]
            )
        if self._changed:
            database.executemany(
                "UPDATE search SET text = ? WHERE rowid = ?",
                [(text, number) for number, text in sorted(self._changed.items())],
            )
        database.executemany(
            "INSERT INTO search (rowid, text, who) VALUES (?, ?, ?)",
            [(number, *columns) for number, columns in sorted(self._new.items())],
        )


def note(database: sqlite3.Connection) -> None:
    """Note down that words were removed, in the transaction that removes them."""
    database.execute(
        "INSERT OR IGNORE INTO meta (key, value) VALUES (?, ?)", (NOTED, str(wall_clock()))
    )


def remove(database: sqlite3.Connection, room: int, first: int, last: int) -> None:
    """Remove the messages from one number to another, both included."""
    database.execute(
        "DELETE FROM search WHERE rowid BETWEEN ? AND ?", (row(room, first), row(room, last))
    )


def find(
    database: sqlite3.Connection, room: int, query: Query, bounds: Bounds, limit: int
) -> list[int]:
    """Return the numbers of the messages of a room that match, the newest first."""
    expression = _expression(query, bounds.who)
    if _has_times_in_order(database, room):
        first, last = _range(database, room, bounds)
        terms = (expression, row(room, first), row(room, last), limit)
        rows = database.execute(FIND, terms).fetchall()
    else:
        since = bounds.since or 0
        until = _LATEST if bounds.until is None else bounds.until
        first, last = _range(database, room, bounds._replace(since=None, until=None))
        numbers = (room, row(room, 0), expression, row(room, first), row(room, last))
        rows = database.execute(FIND_BY_TIME, (*numbers, since, until, limit)).fetchall()
    return [number - row(room, 0) for (number,) in rows]


def row(room: int, seq: int) -> int:
    """Return the number of a message's row."""
    return room << SEQ_BITS | seq


def content(text: str, who: Person | None) -> tuple[str, str]:
    """Return the columns of a message's row."""
    return fold(text), _keys(who.nick, who.id) if who else ""


@lru_cache(AUTHORS_AT_HAND)
def _keys(nick: str, id: str) -> str:
    """Return the keys of an author, each as one token whatever is in it."""
    return " ".join(_token(author_key(name)) for name in (nick, id))


def _token(key: str) -> str:
    """Return a key of an author as a token; "x" keeps one of no characters from being nothing."""
    return f"x{key.encode().hex()}"


def _expression(query: Query, who: str | None) -> str:
    """Return a query in FTS5's language. There are no quotes in tokens."""
    parts = [f"text : {_quote(term)}" for term in query.terms]
    if who is not None:
        parts.append(f'who : "{_token(author_key(who))}"')
    return " AND ".join(parts)


def expression_of(authors: Iterable[str]) -> str:
    """Return a query for the messages of people, by their ids."""
    return " OR ".join(f'who : "{_token(author_key(one))}"' for one in sorted(authors))


def _quote(term: Term) -> str:
    return f'"{" ".join(term.tokens)}"{" *" if term.is_prefix else ""}'


def _has_times_in_order(database: sqlite3.Connection, room: int) -> bool:
    """Whether no event of a room has an earlier time than the one before it."""
    (is_ordered,) = database.execute(
        "SELECT unordered <= coalesce((SELECT min(seq) FROM events WHERE room = id), last)"
        " FROM rooms WHERE id = ?",
        (room,),
    ).fetchone()
    return bool(is_ordered)


def _range(database: sqlite3.Connection, room: int, bounds: Bounds) -> tuple[int, int]:
    """Return the first and the last number within bounds; times have to be in order for that."""
    (last,) = database.execute("SELECT last FROM rooms WHERE id = ?", (room,)).fetchone()
    first = 0
    if bounds.before is not None:
        last = min(last, bounds.before - 1)
    if bounds.until is not None:
        last = min(last, first_since(database, room, last, bounds.until) - 1)
    if bounds.since is not None:
        first = first_since(database, room, last, bounds.since)
    return first, max(last, 0)


def first_since(database: sqlite3.Connection, room: int, last: int, ts: int) -> int:
    """Return the first number that a time or a later one has, up to one more than the last."""
    low, high = 0, last + 1
    while low < high:
        middle = (low + high) // 2
        row = database.execute(
            "SELECT ts FROM events WHERE room = ? AND seq >= ? ORDER BY seq LIMIT 1", (room, middle)
        ).fetchone()
        if row is None or row[0] >= ts:
            high = middle
        else:
            low = middle + 1
    return low
