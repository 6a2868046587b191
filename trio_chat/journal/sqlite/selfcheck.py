"""At a start: looks at a part of what is derived from events, and makes it anew if it is wrong.

It reads the same few things of a large file as of a small one: the ends of rooms, the latest
messages, and some others, which are those behind at the next start. ``trio_chat check`` compares
everything.
"""

import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from operator import itemgetter

import structlog

from trio_chat.journal.sqlite import comparison, soundness
from trio_chat.journal.sqlite.comparison import Span, WrongHead
from trio_chat.journal.sqlite.mending import mend_heads, mend_states
from trio_chat.journal.sqlite.reindex import give_up, rebuild

SECONDS = 0.5  # for states, and as much for the index; a larger file takes no longer
HEADS = 20_000  # rooms of which the end is looked at
LATEST_ROOMS = 20  # in which something was said last,
LATEST = 50  # and of each the latest messages
OTHERS = 2000  # messages besides
STEP = 50  # of these in one go
# In ``meta``: the room up to which ends were looked at, and the message up to which others were.
MARKS = "checked rooms", "checked"

LATEST_SPANS = (
    "SELECT id, coalesce((SELECT seq FROM events INDEXED BY messages WHERE room = id AND is_message"
    " ORDER BY seq DESC LIMIT 1 OFFSET ?), 0), last FROM rooms ORDER BY ts DESC LIMIT ?"
)
OTHER_MESSAGES = (
    "SELECT room, seq FROM events INDEXED BY messages WHERE is_message AND (room, seq) > (?, ?)"
    " ORDER BY room, seq LIMIT ?"
)

log = structlog.get_logger()


def run(database: sqlite3.Connection, *, is_indexed: bool) -> bool:
    """Look at a part, and mend what is wrong; return whether there still can be a search.

    A file that is damaged in other places is used as far as it can be read.

    Raises:
        sqlite3.DatabaseError: not all rooms and the ends of what was said there can be read.
    """
    soundness.check(database, is_indexed=is_indexed)
    _mend_heads(database)
    try:
        spans = [*_latest(database), *_others(database)]
        _mend_states(database, spans)
    except sqlite3.DatabaseError as error:
        if not _is_damage(error):
            raise
        log.error("the database is damaged; see docs/operating.md", reason=str(error))
        return is_indexed
    return is_indexed and _mend_index(database, spans)


def _mend_heads(database: sqlite3.Connection) -> None:
    count = mend_heads(database, _wrong_heads(database))
    if count:
        log.warning("rooms were not as far as their events, and were set right", rooms=count)


def _wrong_heads(database: sqlite3.Connection) -> Iterator[WrongHead]:
    [after] = _mark(database, MARKS[0], 1)
    left = HEADS
    for room in islice(comparison.rooms(database, after), HEADS):
        left -= 1
        wrong = comparison.wrong_end(database, *room)
        after = room[0]
        if wrong:
            yield wrong
    _set_mark(database, MARKS[0], 0 if left else after)


def _mend_states(database: sqlite3.Connection, spans: Sequence[Span]) -> None:
    if any(any(comparison.wrong_states(database, span)) for span in _in_time(spans)):
        log.warning("states of messages are wrong, and are added up anew")
        log.warning("states of messages were added up anew", messages=mend_states(database))


def _mend_index(database: sqlite3.Connection, spans: Sequence[Span]) -> bool:
    """Mend the index, which has messages as they stand; return whether there is one then."""
    if all(_is_found(database, span) for span in _in_time(spans)):
        return True
    log.warning("the index of words is wrong, and is made anew")
    try:
        rebuild(database)
    except sqlite3.DatabaseError as error:
        if not _is_damage(error):
            raise
        log.error("no search: the index of words cannot be made", reason=str(error))
        give_up(database)
        return False
    log.warning("the index of words was made anew")
    return True


def _is_found(database: sqlite3.Connection, span: Span) -> bool:
    """Whether the index has some messages as they are, and finds the last of them by its words."""
    try:
        is_found = not any(comparison.unfound(database, span._replace(first=span.last)))
        return is_found and not any(comparison.wrong_rows(database, span))
    except sqlite3.DatabaseError as error:  # a part of it is missing, or damaged
        if not _is_damage(error):
            raise
        return False


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    """Whether an error is about what is in the file, and not about its disk or other programs."""
    return error.sqlite_errorname.startswith(("SQLITE_CORRUPT", "SQLITE_ERROR"))


def _in_time(spans: Iterable[Span]) -> Iterator[Span]:
    """Yield spans, the first in any case, until the time is over."""
    end = time.monotonic() + SECONDS
    for span in spans:
        yield span
        if time.monotonic() > end:
            break


def _latest(database: sqlite3.Connection) -> Iterator[Span]:
    """Yield the latest messages of the rooms in which something was said last."""
    rows = database.execute(LATEST_SPANS, (LATEST - 1, LATEST_ROOMS)).fetchall()
    yield from (Span(*row) for row in rows)


def _others(database: sqlite3.Connection) -> Iterator[Span]:
    """Yield the messages behind those that were looked at last, and take down how far that is."""
    mark = _mark(database, MARKS[1], 2)
    found = database.execute(OTHER_MESSAGES, (*mark, OTHERS)).fetchall()
    for room, group in groupby(found, itemgetter(0)):
        seqs = [seq for _, seq in group]
        for last in [*seqs[STEP - 1 :: STEP], seqs[-1]]:
            yield Span(room, mark[1] + 1 if room == mark[0] else 0, last)
            mark = [room, last]
    _set_mark(database, MARKS[1], *(mark if len(found) == OTHERS else (0, 0)))


def _mark(database: sqlite3.Connection, key: str, count: int) -> list[int]:
    row = database.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return [int(number) for number in row[0].split()] if row else [0] * count


def _set_mark(database: sqlite3.Connection, key: str, *numbers: int) -> None:
    database.execute(
        "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (key, " ".join(map(str, numbers)))
    )
