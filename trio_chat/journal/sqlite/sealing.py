"""Sealing in a file: which clearings there are, and how cleared messages go for good."""

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import partial

import msgspec

from trio_chat.journal.clearings import (
    ALSO,
    REACTED,
    SEALED,
    ClearedRow,
    Clearing,
    take_back_reactions,
)
from trio_chat.journal.sqlite import index, scrubs, states
from trio_chat.journal.topics import TOPICS, topics_in
from trio_chat.protocol.events import Clear, Topic

SINCE = 4  # the first schema with the table
STEP = 1000  # events that are looked at in one transaction
SCAN = 100_000  # events, the latest, that are looked at for more when something is cleared
FAR = 2**60  # is more than the number of any message
# These are in each encoded event of the kind, and in no text.
EDIT, TOPIC, REACT, FROM = b'"t":"edit"', b'"t":"topic"', b'"t":"react"', b'"from":'


def find(database: sqlite3.Connection, room: int) -> Sequence[Clearing]:
    """Return the clearings of a room that can still be taken back."""
    (schema,) = database.execute("PRAGMA user_version").fetchone()
    if schema < SINCE:
        return ()
    rows = database.execute(
        "SELECT key, authors, first, seq FROM clearings WHERE room = ?", (room,)
    )
    return [clearing_of(*row) for row in rows]


def clearing_of(key: str, kept: bytes, first: int, end: int) -> Clearing:
    """Return a clearing as it is kept: the ids of authors, and numbers beside the others.

    Those of messages that lose reactions are below 0, which earlier releases take for no message's;
    far below is where these began, once the first messages are deleted for good.
    """
    among = msgspec.json.decode(kept, type=list[str | int])
    authors = frozenset(one for one in among if isinstance(one, str))
    numbers = [one for one in among if isinstance(one, int)]
    also = frozenset(one for one in numbers if one > 0)
    reacted = frozenset(-one for one in numbers if -FAR < one < 0)
    began = next((-one - FAR for one in numbers if one <= -FAR), None)
    return Clearing(key, authors, first, end, also, reacted, began)


def ids_of(authors: Iterable[str]) -> str:
    """Return ids, each between line ends, as statements look for one among them.

    No id has line ends. Between two of these is more, or that would be the empty id.
    """
    return " ".join(f"\n{author}\n" for author in authors)


def also(database: sqlite3.Connection, room: int, event: Clear, *, with_topics: bool) -> list[int]:
    """Return what an event clears besides messages since: those edited since, and topics if wanted.

    The event must have the numbers from which, and up to which it clears.
    """
    if event.since <= 1 and not with_topics:
        return []  # all is cleared by the numbers alone: there is nothing before
    ids = ids_of(event.authors)
    first = max(event.since, event.seq - SCAN)
    rows = database.execute(
        "SELECT DISTINCT coalesce(target, seq) AS number FROM events"
        " WHERE room = ? AND seq >= ? AND seq < ? AND NOT is_message"
        " AND instr(?, char(10) || coalesce(author, '') || char(10))"
        " AND (target < ? AND instr(data, ?) OR ? AND target IS NULL AND instr(data, ?))"
        " ORDER BY number DESC LIMIT ?",
        (room, first, event.seq, ids, event.since, EDIT, with_topics, TOPIC, ALSO),
    )
    return sorted(number for (number,) in rows)


def reacted(database: sqlite3.Connection, room: int, event: Clear) -> list[int]:
    """Return to which messages of before authors have reacted since, whose reactions are cleared.

    The event must have the numbers from which, and up to which it clears.
    """
    ids = ids_of(event.authors)
    rows = database.execute(
        "SELECT DISTINCT target FROM events WHERE room = ? AND seq >= ? AND seq < ?"
        " AND NOT is_message AND target < ? AND instr(data, ?)"
        " AND instr(?, char(10) || coalesce(author, '') || char(10))"
        " ORDER BY target DESC LIMIT ?",
        (room, max(event.since, event.seq - SCAN), event.seq, event.since, REACT, ids, REACTED),
    )
    return sorted(number for (number,) in rows)


def topics(database: sqlite3.Connection, room: int, name: str) -> Iterator[Topic]:
    """Yield the latest topics of a room, the latest first."""
    (last,) = database.execute("SELECT max(seq) FROM events WHERE room = ?", (room,)).fetchone()
    rows = database.execute(
        "SELECT seq, data FROM events WHERE room = ? AND seq >= ? AND NOT is_message"
        " AND target IS NULL AND instr(data, ?) ORDER BY seq DESC LIMIT ?",
        (room, (last or 0) - SCAN, TOPIC, TOPICS),
    )
    return topics_in(name, rows)


def keep(database: sqlite3.Connection, room: int, event: Clear) -> None:
    """Seal what an event clears."""
    also, reacted = frozenset(event.also), frozenset(event.reacted)
    authors = frozenset(event.authors)
    clearing = Clearing(event.key, authors, event.since, event.seq, also, reacted)
    database.execute(
        "INSERT OR REPLACE INTO clearings (room, key, seq, ts, first, authors)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (room, event.key, event.seq, event.ts, event.since, as_kept(clearing)),
    )


def as_kept(clearing: Clearing) -> bytes:
    """Return the authors of a clearing, and numbers, as they are kept."""
    numbers = [*sorted(clearing.also), *sorted(-seq for seq in clearing.reacted)]
    if clearing.reacted_from is not None:
        numbers.append(-FAR - clearing.reacted_from)
    return msgspec.json.encode([*sorted(clearing.authors), *numbers])


def lift(database: sqlite3.Connection, room: int, key: str) -> bool:
    """Take a clearing back; return whether that could be done yet."""
    lifted = database.execute("DELETE FROM clearings WHERE room = ? AND key = ?", (room, key))
    return lifted.rowcount > 0


def step(database: sqlite3.Connection, *, now: int, is_indexed: bool) -> bool:
    """Delete some messages for good that were cleared a day ago; return whether there was any.

    Args:
        database: A transaction must be open.
        now: In milliseconds since 1970.
        is_indexed: Whether there is an index of words.
    """
    row = database.execute(
        "SELECT room, key, first, seq, authors FROM clearings WHERE ts <= ? LIMIT 1",
        (now - SEALED,),
    ).fetchone()
    if row is None:
        return False
    room, key, first, end, among = row
    clearing = clearing_of(key, among, first, end)
    found = database.execute(
        "SELECT seq, author, is_message, CASE WHEN instr(data, ?) AND instr(data, ?)"
        " THEN target END FROM events WHERE room = ? AND seq >= ? AND seq < ?"
        " ORDER BY seq LIMIT ?",
        (REACT, FROM, room, first, end, STEP),
    ).fetchall()
    take_back = partial(states.take_back_reactions, database, room, clearing=clearing)
    count = take_back_reactions(clearing, found, take_back)
    is_last = count == len(found) < STEP
    found = found[:count]
    if is_last:
        found += _others(database, room, clearing.also)
    gone = [seq for seq, author, is_said, _ in found if is_said and clearing.covers(seq, author)]
    _delete(database, room, gone, clearing.authors, is_indexed=is_indexed)
    if not is_last:
        began = first if clearing.reacted_from is None else clearing.reacted_from
        going_on = clearing._replace(first=found[-1][0] + 1, reacted_from=began)
        database.execute(
            "UPDATE clearings SET first = ?, authors = ? WHERE room = ? AND key = ?",
            (going_on.first, as_kept(going_on), room, key),
        )
    else:
        lift(database, room, key)
    return True


def _others(database: sqlite3.Connection, room: int, numbers: Iterable[int]) -> list[ClearedRow]:
    """Return the events with these numbers that are there, as if all were messages."""
    statement = "SELECT seq, author, 1, NULL FROM events WHERE room = ? AND seq = ?"
    return [row for seq in numbers for row in database.execute(statement, (room, seq))]


def _delete(
    database: sqlite3.Connection,
    room: int,
    numbers: Iterable[int],
    authors: Collection[str],
    *,
    is_indexed: bool,
) -> None:
    """Take the texts of messages of authors, their edits, and topics out of the file."""
    for seq in numbers:
        scrubs.begin(database, room, seq, authors=authors)
        states.forget_text(database, room, seq)
        if is_indexed:
            index.remove(database, room, seq, seq)
    index.note(database)
