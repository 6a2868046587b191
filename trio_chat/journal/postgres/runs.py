"""Runs of servers on a database: one at a time; each sees whether it is as the last one left it.

A running server holds an advisory lock on the connection that writes, so without that connection
it neither has the lock nor writes; another server that takes the lock leaves its own run's id.

A mark in ``meta`` tells the database from each copy: it names the system, its timeline, the table,
and the transaction that wrote it, which PostgreSQL keeps beside the row. After a dump was restored,
a standby was promoted, or a table was made anew, they differ: numbers that clients know may be
given to something else, and from then on they belong to another epoch.
"""

import secrets
import time
from contextlib import suppress
from typing import NamedTuple

import psycopg
import structlog

from trio_chat.journal.postgres.link import Link
from trio_chat.journal.postgres.schema import LOCK, get, put
from trio_chat.journal.types import JournalError, Replaced

LOCK_PATIENCE = 5.0  # seconds for the lock of a server that has just ended
OTHERS = "others"  # in ``meta``: changes whenever somebody beside the server has written
LOCK_PAUSE = 0.1  # seconds between two looks
# The timeline in the name of the log's file is the present one; the control file's may be late.
PLACE = (
    "SELECT (SELECT system_identifier FROM pg_control_system())"
    " || ':' || left(pg_walfile_name(pg_current_wal_lsn()), 8)"
)
MARK = "SELECT xmin::text, convert_from(value, 'UTF8') FROM meta WHERE key = 'mark'"
PUT_MARK = (
    "INSERT INTO meta (key, value)"
    " SELECT 'mark', convert_to(pg_current_xact_id()::xid::text || ' ' || %s, 'UTF8')"
    " ON CONFLICT (key) DO UPDATE SET value = excluded.value"
)

log = structlog.get_logger()


class Run(NamedTuple):
    """A server's run: its id, what its numbers belong to, its secret, and the database's mark."""

    id: bytes
    epoch: str
    secret: bytes
    mark: str


class InUse(JournalError):
    """Another server has the database."""


def lock(link: Link, patience: float = LOCK_PATIENCE) -> None:
    """Let no other server write; the lock goes with the connection.

    Raises:
        InUse: another server has it, and does not let go of it in some seconds.
        JournalError: the database only reads.
    """
    if link.value("SELECT pg_is_in_recovery()"):
        raise JournalError("the database is a standby, which only reads")
    give_up_at = time.monotonic() + patience
    query = "SELECT pg_try_advisory_lock(%s, 'meta'::regclass::oid::integer)"
    while not link.value(query, (LOCK,)):
        if time.monotonic() >= give_up_at:
            raise InUse("the database is in use by another trio-chat server")
        time.sleep(LOCK_PAUSE)


def begin(link: Link) -> Run:
    """Begin the run of a server, in another epoch if numbers may have been lost."""
    id, place = secrets.token_bytes(16), _place(link)
    kept, epoch, secret = _mark(link, place), get(link, "epoch"), get(link, "secret")
    is_new = epoch is None or kept is None
    if epoch is not None and is_new:
        log.warning(
            "numbers begin a new epoch",
            reason="the database was restored, copied or promoted since the last run",
        )
    if epoch is None or is_new:
        epoch = secrets.token_hex(8).encode()
    secret = secret or secrets.token_bytes(32)
    with link.transaction():
        put(link, "run", id)
        put(link, "epoch", epoch)
        put(link, "secret", secret)
        if is_new:
            link.execute(PUT_MARK, (place,))
    return Run(id, epoch.decode(), secret, kept or _mark(link, place) or "")


def check(link: Link, run: Run) -> None:
    """See that the database is still the one in which a run began.

    Raises:
        Replaced: it is another one, or another server was here.
    """
    try:
        mark, id = _mark(link, _place(link)), get(link, "run")
    except psycopg.errors.UndefinedTable:
        mark, id = None, None
    if mark != run.mark:
        raise Replaced("the database was restored, emptied, promoted or replaced")
    if id != run.id:
        raise Replaced("another server has used the database, or it was restored")


def durable_end(link: Link) -> str:
    """Return up to where the log of all changes is durable: no sound database falls behind that."""
    return str(link.value("SELECT pg_current_wal_flush_lsn()::text"))


def check_end(link: Link, end: str) -> None:
    """See that the database has come at least as far as it had.

    Raises:
        Replaced: it is an earlier state of it, as after a copy of its files was put back.
    """
    if link.value("SELECT pg_current_wal_flush_lsn() < %s::pg_lsn", (end,)):
        raise Replaced("the database was put back to an earlier state")


def _place(link: Link) -> str:
    """Return what tells a database from its copies; less of it where the system does not say."""
    place = ""
    with suppress(psycopg.errors.InsufficientPrivilege, psycopg.errors.FeatureNotSupported):
        place = link.value(PLACE)
    table = link.value("SELECT 'meta'::regclass::oid::text")
    return f"{place}:{table}"


def _mark(link: Link, place: str) -> str | None:
    """Return the mark of a database; ``None`` if it has none, or that of another one."""
    row = link.one(MARK)
    return row[1] if row and row[1] == f"{row[0]} {place}" else None
