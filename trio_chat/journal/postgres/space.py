"""The space that a database takes: beyond a limit nothing is kept but deletions."""

import time

import structlog

from trio_chat.journal.postgres.link import Link
from trio_chat.measures import JournalFigures

INTERVAL = 10.0  # seconds between two looks; each takes PostgreSQL some milliseconds
AGAIN = 0.05  # the share of the limit that has to be free again

SIZE = (
    "SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class"
    " WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'"
)

log = structlog.get_logger()


class Space:
    """Knows whether a database is full.

    Args:
        limit: Bytes that its tables may take; 0 for any number.
        figures: Get what was measured.
    """

    def __init__(self, limit: int, figures: JournalFigures) -> None:
        self.limit = limit
        self._figures = figures
        self.is_full = False
        self._look_at = 0.0

    def look(self, link: Link) -> None:
        """Measure, if that is due."""
        now = time.monotonic()
        if now < self._look_at:
            return
        self._look_at = now + INTERVAL
        size = self._figures.database = link.value(SIZE)
        bound = self.limit * (1 - AGAIN) if self.is_full else self.limit
        was_full, self.is_full = self.is_full, bool(self.limit) and size >= bound
        if self.is_full != was_full:
            say = log.error if self.is_full else log.info
            say("database full" if self.is_full else "database has space again", bytes=size)
