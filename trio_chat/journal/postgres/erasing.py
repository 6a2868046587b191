"""Erasing: what was said to report what is gone goes, and what deleted rows have left."""

from trio_chat.journal.postgres import scrubs
from trio_chat.journal.postgres.link import Link
from trio_chat.journal.postgres.schema import get

BEGUN = "erasing"  # in ``meta``, for ``scrubs.NOTED``: what is removed later is noted again
VACUUM = "VACUUM (SKIP_LOCKED) events, states, words, people, rooms, held"
VACUUM_TIMEOUT = 600  # seconds; what is left then is for PostgreSQL's own


def removed_since(link: Link) -> int | None:
    """Return since when there is something to erase, in ms since 1970; ``None`` if nothing is."""
    noted = [value for key in (scrubs.NOTED, BEGUN) if (value := get(link, key)) is not None]
    return min(map(int, noted), default=None)


def begin(link: Link) -> None:
    """Note that what was removed up to now is being erased, as part of a transaction."""
    link.execute(
        "INSERT INTO meta (key, value) SELECT %s, value FROM meta WHERE key = %s"
        " ON CONFLICT (key) DO NOTHING",
        (BEGUN, scrubs.NOTED),
    )
    link.execute("DELETE FROM meta WHERE key = %s", (scrubs.NOTED,))


def end(link: Link) -> None:
    """Note that it is erased."""
    link.execute("DELETE FROM meta WHERE key = %s", (BEGUN,))


def vacuum(url: str) -> None:
    """Let PostgreSQL give free what deleted rows have left, in ``VACUUM_TIMEOUT`` at most.

    Raises:
        psycopg.Error: it cannot be done just now.
    """
    link = Link(url, f"SET statement_timeout = '{VACUUM_TIMEOUT}s'")
    try:
        link.execute(VACUUM)
    finally:
        link.close()
