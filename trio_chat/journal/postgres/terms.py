"""The terms of a database: each begins when its mark is not that of the database as it is now.

The mark in ``meta`` tells a database from each copy: it names the system, its timeline, the table,
and the transaction that wrote it, which PostgreSQL keeps beside the row. After a standby was
promoted, a dump restored, or a table made anew, they differ: numbers that clients know may be
missing, or given to something else, so a new term begins.
"""

import secrets
from contextlib import suppress

import psycopg
import structlog

from trio_chat.journal.postgres.link import Link
from trio_chat.journal.postgres.schema import get, put
from trio_chat.journal.terms import Term, Terms

# The timeline in the name of the log's file is the present one; the control file's may be late.
PLACE = (
    "SELECT system_identifier::text FROM pg_control_system()",
    "SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)",
)
MARK = "SELECT xmin::text, convert_from(value, 'UTF8') FROM meta WHERE key = 'mark'"
PUT_MARK = (
    "INSERT INTO meta (key, value)"
    " SELECT 'mark', convert_to(pg_current_xact_id()::xid::text || ' ' || %s, 'UTF8')"
    " ON CONFLICT (key) DO UPDATE SET value = excluded.value"
)
LEFT = "a new term begins: migrate has moved the database to another one"
COPIED = "a new term begins: the database was promoted, restored or put back"
MOVED = b"moved"  # instead of a mark: migrate has moved it
BEGIN = "INSERT INTO terms (term, token, place) VALUES (%s, %s, %s)"

log = structlog.get_logger()


def place_of(link: Link) -> str:
    """Return what tells a database from its copies; less of it where the system does not say.

    No transaction may be open.
    """
    told = []
    for query in PLACE:
        with suppress(psycopg.errors.InsufficientPrivilege, psycopg.errors.FeatureNotSupported):
            told.append(link.value(query))
    table = link.value("SELECT 'meta'::regclass::oid::text")
    return f"{':'.join(told)}:{table}"


def find_mark(link: Link, place: str) -> str | None:
    """Return the mark of a database; ``None`` if it has none, or that of another one."""
    row = link.one(MARK)
    return row[1] if row and row[1] == f"{row[0]} {place}" else None


def mark(link: Link, place: str) -> None:
    """Mark the database as the one that has its epoch, in the transaction that is open.

    Args:
        link: To the database.
        place: What ``place_of`` has returned before.
    """
    link.execute(PUT_MARK, (place,))


def is_marked(link: Link) -> bool:
    """Whether the database is as its last server left it, and no copy of that."""
    return find_mark(link, place_of(link)) is not None


def read(link: Link) -> Terms | None:
    """Return the terms of a database; ``None`` if it has none."""
    rows = link.all("SELECT term, token FROM terms ORDER BY term")
    return Terms([Term(*row) for row in rows]) if rows else None


def begin(link: Link, place: str, above: int = 0) -> Terms:
    """Begin a term in the transaction that is open, and mark the database.

    Args:
        link: To the database.
        place: What ``place_of`` has returned before.
        above: The number of a term that was seen: this one gets a higher one.
    """
    before = read(link)
    is_moved = get(link, "mark") == MOVED
    number = max(above, before.present.number if before else 0) + 1
    token = secrets.token_hex(8)
    link.execute(BEGIN, (number, token, place))
    put(link, "epoch", token.encode())
    mark(link, place)
    if before:
        log.warning(LEFT if is_moved else COPIED, term=number, place=place)
    terms = read(link)
    assert terms
    return terms


def adopt(link: Link, place: str) -> Terms:
    """Return the terms of a database that has an epoch, in the transaction that is open.

    Where the present one has no row, as after a move or in a database of an earlier release, it
    gets one.
    """
    terms, epoch = read(link), (get(link, "epoch") or b"").decode()
    if terms is None or terms.epoch != epoch:
        number = terms.present.number + 1 if terms else 1
        link.execute(BEGIN, (number, epoch, place))
        terms = read(link)
        assert terms
    return terms


def durable_end(link: Link) -> str:
    """Return up to where the log of all changes is durable: no sound database falls behind that."""
    return str(link.value("SELECT pg_current_wal_flush_lsn()::text"))


def is_behind(link: Link, end: str) -> bool:
    """Whether a database has not come as far as it had, as after its files were put back."""
    return bool(link.value("SELECT pg_current_wal_flush_lsn() < %s::pg_lsn", (end,)))
