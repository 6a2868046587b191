"""Makes anew what is derived from events, where it is not what they say."""

import sqlite3
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

import structlog

from trio_chat.journal.sqlite import comparison, runs, states
from trio_chat.journal.sqlite.comparison import Span, WrongHead
from trio_chat.journal.sqlite.transaction import transaction

TELL = 5.0  # seconds between two log lines about the progress
AHEAD = "the last number is ahead of the events of some rooms; it is set right when no server runs"

T = TypeVar("T")

log = structlog.get_logger()


def mend_heads(
    database: sqlite3.Connection, wrong: Iterable[WrongHead], *, is_served: bool = False
) -> int:
    """Set right the heads of some rooms; return how many.

    Where numbers are missing at the end, they will be given to something else, so the next server
    begins another epoch. That cannot be while one runs: such rooms are left as they are then.
    """
    count = 0
    for found in _told(wrong, "setting rooms right"):
        if is_served and found.is_ahead:
            log.warning(AHEAD, room=found.name)
            continue
        with transaction(database):
            head = comparison.head(database, found.id)  # as it is by now
            database.execute(
                "UPDATE rooms SET last = ?, ts = ?, topic = ?, unordered = ? WHERE id = ?",
                (*head, found.id),
            )
            if found.is_ahead:
                runs.mark_copy(database, runs.MENDED)
        count += 1
    return count


def mend_states(database: sqlite3.Connection) -> int:
    """Add up anew the changes of all messages whose state is wrong; return how many."""
    count = 0
    for room, _, _ in _told(comparison.rooms(database), "adding up edits and reactions"):
        with transaction(database):
            for seq, right, _ in comparison.wrong_states(database, Span(room)):
                count += 1
                if right:
                    states.save(database, [((room, seq), right)])
            database.execute(f"DELETE{comparison.STRAY}", Span(room))
    return count


def _told(items: Iterable[T], doing: str) -> Iterator[T]:
    """Yield items, and log how many have been done when that takes long."""
    told_at = time.monotonic()
    for count, item in enumerate(items):
        if time.monotonic() > told_at + TELL:
            told_at = time.monotonic()
            log.info(doing, rooms=count)
        yield item
