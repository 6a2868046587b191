"""Runs of servers on a database: any number at a time; each sees whether it is what it was.

A running server shares an advisory lock on the connection that writes, so without that connection
it neither has the lock nor writes; what must be alone, such as a change of tables, takes it whole.
The id of each run is a row: where it is missing, the database is an earlier one.

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
from trio_chat.journal.postgres.schema import LOCK, MAKING, get, put
from trio_chat.journal.types import JournalError, Replaced

LOCK_PATIENCE = 5.0  # seconds for the lock of a server that has just ended
LEASE = 5  # seconds for which a server counts as running that says nothing
NODE_KEPT = 24  # hours for which the row of a server stays that has ended without a word
KEEPER = 0x7472696E  # the first half of the lock of the server that sees to old events
OTHERS = "others"  # in ``meta``: changes whenever somebody beside the server has written
LOCK_PAUSE = 0.1  # seconds between two looks
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

ALONE = (
    "the database has tables of an earlier release, and servers of that still run: end all of them,"
    " then start this one"
)
SHARED = "the database is in use by a server of an earlier release, or by a command"

log = structlog.get_logger()


class Run(NamedTuple):
    """A server's run: its id, what its numbers belong to, its secret, and the database's mark."""

    id: bytes
    epoch: str
    secret: bytes
    mark: str


BEGIN_NODE = (
    "INSERT INTO nodes (id, until) VALUES (%s, clock_timestamp() + make_interval(secs => %s))"
)
FORGET_NICKS = (
    "WITH known AS (SELECT folded FROM nicks WHERE folded <> '' AND NOT EXISTS"
    " (SELECT 1 FROM nodes WHERE nodes.id = ANY(nicks.nodes)) ORDER BY folded FOR UPDATE)"
    " DELETE FROM nicks USING known WHERE nicks.folded = known.folded"
)
FORGET_NODES = "DELETE FROM nodes WHERE until < clock_timestamp() - make_interval(hours => %s)"


class InUse(JournalError):
    """Others have the database."""


def lock(link: Link, patience: float = LOCK_PATIENCE, *, is_alone: bool = False) -> None:
    """Let nobody have the database alone, or have it alone; the lock goes with the connection.

    Raises:
        InUse: others have it, and do not let go of it in some seconds.
        JournalError: the database only reads.
    """
    if link.value("SELECT pg_is_in_recovery()"):
        raise JournalError("the database is a standby, which only reads")
    give_up_at = time.monotonic() + patience
    query = "SELECT pg_try_advisory_lock{}(%s, 'meta'::regclass::oid::integer)"
    query = query.format("" if is_alone else "_shared")
    while not link.value(query, (LOCK,)):
        if time.monotonic() >= give_up_at:
            raise InUse(ALONE if is_alone else SHARED)
        time.sleep(LOCK_PAUSE)


def unlock(link: Link) -> None:
    """Have a database alone no more."""
    link.all("SELECT pg_advisory_unlock(%s, 'meta'::regclass::oid::integer)", (LOCK,))


def is_keeper(link: Link) -> bool:
    """Whether this server is the one that sees to old events, from now on if nobody is."""
    query = "SELECT pg_try_advisory_lock(%s, 'meta'::regclass::oid::integer)"
    return bool(link.value(query, (KEEPER,)))


def begin(link: Link) -> Run:
    """Begin the run of a server, in another epoch if numbers may have been lost."""
    place = place_of(link)  # which may fail, and then would end a transaction
    with link.transaction():
        link.all("SELECT pg_advisory_xact_lock(%s, %s)", (LOCK, MAKING))  # one after the other
        return _begin(link, place)


def _begin(link: Link, place: str) -> Run:
    id = secrets.token_bytes(16)
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
    put(link, "epoch", epoch)
    put(link, "secret", secret)
    if is_new:
        mark(link, place)
    link.execute(FORGET_NODES, (NODE_KEPT,))
    link.execute("DELETE FROM here WHERE NOT EXISTS (SELECT 1 FROM nodes WHERE id = node)")
    link.execute(FORGET_NICKS)
    link.execute(BEGIN_NODE, (id, LEASE))
    return Run(id, epoch.decode(), secret, kept or _mark(link, place) or "")


def mark(link: Link, place: str) -> None:
    """Mark the database as the one that has its epoch, in the transaction that is open.

    Args:
        link: To the database.
        place: What ``place_of`` has returned before.
    """
    link.execute(PUT_MARK, (place,))


def is_marked(link: Link) -> bool:
    """Whether the database is as its last server left it, and no copy of that."""
    return _mark(link, place_of(link)) is not None


def check(link: Link, run: Run) -> None:
    """See that the database is still the one in which a run began.

    Raises:
        Replaced: it is another one, or an earlier state of it.
    """
    try:
        found = _mark(link, place_of(link))
        is_known = link.value("SELECT EXISTS (SELECT 1 FROM nodes WHERE id = %s)", (run.id,))
    except psycopg.errors.UndefinedTable:
        found, is_known = None, False
    if found != run.mark:
        raise Replaced("the database was restored, emptied, promoted or replaced")
    if not is_known:
        raise Replaced("the database was restored, or this server was away for too long")


def end(link: Link, run: Run) -> None:
    """Take in that a run ends in order."""
    link.execute("DELETE FROM here WHERE node = %s", (run.id,))
    link.execute("DELETE FROM nodes WHERE id = %s", (run.id,))
    link.execute(FORGET_NICKS)


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


def _mark(link: Link, place: str) -> str | None:
    """Return the mark of a database; ``None`` if it has none, or that of another one."""
    row = link.one(MARK)
    return row[1] if row and row[1] == f"{row[0]} {place}" else None
