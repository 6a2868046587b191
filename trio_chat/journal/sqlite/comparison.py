"""Compares what is derived from events with them: rooms' heads, messages' states, the index.

All is read in order, a row at a time, so it takes no more memory for a larger file.
"""

import heapq
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from trio_chat.journal.search.tokens import split
from trio_chat.journal.sqlite import index, reindex, states
from trio_chat.journal.views import Changes
from trio_chat.protocol.events import Topic, decode

ROOMS = 1000  # whose heads are in memory at a time
PHRASE = 16  # tokens of a message that are looked up
ROUND = 2**64

# States of what is no message, or has no changes.
STRAY = (
    " FROM states WHERE room = ? AND seq BETWEEN ? AND ? AND NOT (EXISTS (SELECT 1 FROM events"
    " WHERE room = states.room AND seq = states.seq AND is_message) AND EXISTS (SELECT 1"
    " FROM events INDEXED BY changes WHERE room = states.room AND target = states.seq))"
)
CHANGED = (
    "SELECT target, data FROM events INDEXED BY changes WHERE room = ? AND target BETWEEN ? AND ?"
    " AND EXISTS (SELECT 1 FROM events AS message WHERE message.room = events.room"
    " AND message.seq = events.target AND message.is_message) ORDER BY target, seq"
)


class Span(NamedTuple):
    """Numbers of one room, both included."""

    room: int
    first: int = 0
    last: int = 2**index.SEQ_BITS - 1


class Head(NamedTuple):
    """How far a room has come: its last number, its last time, and what else goes with them."""

    last: int
    ts: int
    topic: str
    unordered: int


def sound(kept: Head) -> Head:
    """Return a head without values of a wrong type, which a damaged file may have."""
    last, ts, unordered = (
        value if isinstance(value, int) else 0 for value in (kept.last, kept.ts, kept.unordered)
    )
    return Head(last, ts, kept.topic if isinstance(kept.topic, str) else "", unordered)


class WrongHead(NamedTuple):
    """A room that has not come as far, or farther, than its events."""

    id: int
    name: str
    kept: Head
    right: Head

    @property
    def is_ahead(self) -> bool:
        """Whether numbers are missing at its end, which clients may know."""
        return sound(self.kept).last > self.right.last


def rooms(database: sqlite3.Connection, after: int = 0) -> Iterator[tuple[int, str, Head]]:
    """Yield the rooms with an id above a number, and their heads as they are kept."""
    while page := database.execute(
        "SELECT id, name, last, ts, topic, unordered FROM rooms WHERE id > ? ORDER BY id LIMIT ?",
        (after, ROOMS),
    ).fetchall():
        for id, name, *fields in page:
            yield id, name, Head(*fields)
        after = page[-1][0]


def wrong_heads(database: sqlite3.Connection) -> Iterator[WrongHead]:
    """Yield the heads that are not what the events say."""
    for id, name, kept in rooms(database):
        right = head(database, id)
        if right != kept:
            yield WrongHead(id, name, kept, right)


def wrong_end(database: sqlite3.Connection, id: int, name: str, kept: Head) -> WrongHead | None:
    """Return what is wrong with the last number and time of a room; it reads one event."""
    newest = database.execute(
        "SELECT seq, ts FROM events WHERE room = ? ORDER BY seq DESC LIMIT 1", (id,)
    ).fetchone()
    if sound(kept) == kept and newest in (None, kept[:2]):
        return None
    right = head(database, id)
    return WrongHead(id, name, kept, right) if right != kept else None


def head(database: sqlite3.Connection, room: int) -> Head:
    """Return the head of a room by its events; what they do not tell is as it is kept."""
    kept = sound(
        Head(
            *database.execute(
                "SELECT last, ts, topic, unordered FROM rooms WHERE id = ?", (room,)
            ).fetchone()
        )
    )
    rows = database.execute(
        "SELECT seq, CASE WHEN typeof(ts) = 'integer' THEN ts ELSE 0 END,"
        " CASE WHEN NOT is_message AND target IS NULL THEN data END"
        " FROM events WHERE room = ? ORDER BY seq",
        (room,),
    )
    return derived(kept, rows)


def derived(kept: Head, rows: Iterable[tuple[int, int, bytes | None]]) -> Head:
    """Return the head of a room by its events; what they do not tell is as it is kept.

    Args:
        kept: The head.
        rows: All numbers in order, each with its time, and the event if it may be a topic. If none
            is missing and none is a topic, there is none.
    """
    last, ts, topic, unordered, first, count = kept.last, 0, "", 0, None, 0
    for last, now, data in rows:
        count += 1
        if last != count:  # what is gone may have set one
            topic, count = topic or kept.topic, last
        topic = _topic(data, topic, kept.topic) if data else topic
        unordered = last if now < ts else unordered
        first, ts = first or last, now
    if first is None:
        return kept
    if not unordered and kept.unordered <= first:  # that one may be gone
        unordered = kept.unordered
    return Head(last, ts, topic, unordered)


def _topic(data: bytes, before: str, kept: str) -> str:
    """Return the topic behind an event; what is kept if that is damaged."""
    event = decode(data)
    if event is None:
        return kept
    return event.text if isinstance(event, Topic) else before


def wrong_states(
    database: sqlite3.Connection, span: Span
) -> Iterator[tuple[int, Changes | None, int]]:
    """Yield the messages whose state is not what their changes add up to.

    One of which a change is damaged is left out: what was kept may be all there is of it.

    Yields:
        Its number, what its state has to be, and how many changes are kept; ``None`` if there
        is to be none.
    """
    for seq, changes in added_up(database.execute(CHANGED, span)):
        row = database.execute(
            "SELECT changes, data FROM states WHERE room = ? AND seq = ?", (span.room, seq)
        ).fetchone()
        if changes and row != (changes.count, states.encode_state(changes.state)):
            yield seq, changes, row[0] if row else 0
    for seq, count in database.execute(f"SELECT seq, changes{STRAY}", span):
        yield seq, None, count


def added_up(rows: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, Changes | None]]:
    """Yield what the changes of each message add up to; ``None`` if one is damaged."""
    for seq, group in groupby(rows, itemgetter(0)):
        changes: Changes | None = Changes()
        for _, data in group:
            event = decode(data)
            if changes and event:
                changes.apply(event)
            else:
                changes = None
        yield seq, changes


def wrong_rows(database: sqlite3.Connection, span: Span) -> Iterator[int]:
    """Yield the numbers of messages that the index has another text of, has not, or has alone."""
    room = index.row(span.room, 0)
    right = (
        (index.row(span.room, message.seq), *index.content(text, message.who))
        for message, text in reindex.messages(database, *span)
    )
    kept = database.execute(
        "SELECT id, c0, c1 FROM search_content WHERE id BETWEEN ? AND ? ORDER BY id",
        (room + span.first, room + span.last),
    )
    merged = heapq.merge(right, kept, key=itemgetter(0))
    for row, group in groupby(merged, itemgetter(0)):
        one, *others = group
        if others != [one]:
            yield row - room


def unfound(database: sqlite3.Connection, span: Span) -> Iterator[int]:
    """Yield the numbers of messages that are not found by their first words."""
    for message, text in reindex.messages(database, *span):
        tokens = split(index.content(text, None)[0])[:PHRASE]
        found = database.execute(
            "SELECT 1 FROM search WHERE search MATCH ? AND rowid = ?",
            (f'text : "{" ".join(tokens)}"', index.row(span.room, message.seq)),
        )
        if tokens and not found.fetchone():
            yield message.seq


def has_all_words(database: sqlite3.Connection) -> bool:
    """Whether the words of the index are those of the texts in it, each at its place."""
    texts = database.execute("SELECT id, c0, c1 FROM search_content")
    right = (
        (token, row, column, place)
        for row, *columns in texts
        for column, text in zip(("text", "who"), columns, strict=True)
        for place, token in enumerate(split(text))
    )
    with _words(database) as kept:
        return _sum(right) == _sum(kept)


@contextmanager
def _words(database: sqlite3.Connection) -> Iterator[Iterable[tuple[str, int, str, int]]]:
    """Lend the words of the index, read through a table that is in no file."""
    (is_read_only,) = database.execute("PRAGMA query_only").fetchone()
    database.execute("PRAGMA query_only = 0")
    try:
        database.execute("CREATE VIRTUAL TABLE temp.words USING fts5vocab(main, search, instance)")
        try:
            yield database.execute('SELECT term, doc, col, "offset" FROM temp.words')
        finally:
            database.execute("DROP TABLE temp.words")
    finally:
        database.execute(f"PRAGMA query_only = {is_read_only}")


def _sum(items: Iterable[tuple[str, int, str, int]]) -> int:
    """Return a number that is the same for the same items in any order."""
    return sum(map(hash, items)) % ROUND
