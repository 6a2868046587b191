"""Runs of servers on a database: any number at a time; each sees whether it is what it was.

A running server shares an advisory lock on the connection that writes, so without that connection
it neither has the lock nor writes; what must be alone, such as a change of tables, takes it whole.
The id of each run is a row: where it is missing in the same term, the server was away for too long.
A server goes on in a later term of its chat; in another chat, or in none, it cannot.
"""

import secrets
import time
from collections.abc import Mapping
from typing import NamedTuple

import psycopg
import structlog

from trio_chat.journal.postgres import terms
from trio_chat.journal.postgres.link import Link
from trio_chat.journal.postgres.queries import progress
from trio_chat.journal.postgres.schema import LOCK, MAKING, SCHEMA, get, put
from trio_chat.journal.terms import Terms, Verdict, judge
from trio_chat.journal.types import JournalError, Replaced

LOCK_PATIENCE = 5.0  # seconds for the lock of a server that has just ended
LEASE = 5  # seconds for which a server counts as running that says nothing
NODE_KEPT = 24  # hours for which the row of a server stays that has ended without a word
KEEPER = 0x7472696E  # the first half of the lock of the server that sees to old events
OTHERS = "others"  # in ``meta``: changes whenever somebody beside the server has written
LOCK_PAUSE = 0.1  # seconds between two looks

ALONE = (
    "the database has tables of an earlier release, and servers of that still run: end all of them,"
    " then start this one"
)
SHARED = "the database is in use by a server of an earlier release, or by a command"
STALE = (
    "this PostgreSQL is older than one that the server has seen: it may be a primary that was"
    " replaced, and nothing is kept there"
)

EMPTIED = "the database was emptied, or is that of another chat"

log = structlog.get_logger()


class Run(NamedTuple):
    """A server's run: its id, what its numbers belong to, its secret, and the database's mark."""

    id: bytes
    terms: Terms
    secret: bytes
    mark: str

    @property
    def epoch(self) -> str:
        """The token of the present term."""
        return self.terms.epoch


class Known(NamedTuple):
    """What is known to have been there.

    ``end`` is up to where the log of all changes was durable, ``lasts`` how far rooms had come.
    """

    end: str
    lasts: Mapping[str, int]


BEGIN_NODE = (
    "INSERT INTO nodes (id, until) VALUES (%s, clock_timestamp() + make_interval(secs => %s))"
    " ON CONFLICT DO NOTHING"
)
FORGET_NICKS = (
    "WITH known AS (SELECT folded FROM nicks WHERE folded <> '' AND NOT EXISTS"
    " (SELECT 1 FROM nodes WHERE nodes.id = ANY(nicks.nodes)) ORDER BY folded FOR UPDATE)"
    " DELETE FROM nicks USING known WHERE nicks.folded = known.folded"
)
FORGET_NODES = "DELETE FROM nodes WHERE until < clock_timestamp() - make_interval(hours => %s)"


class InUse(JournalError):
    """Others have the database."""


class OtherTerm(Exception):
    """The database is in another term than the server; it can go on once it has taken that in."""

    def __init__(self) -> None:
        super().__init__("the database was promoted, restored or put back")


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
    """Begin the run of a server, in another term if numbers may have been lost."""
    place = terms.place_of(link)  # which may fail, and then would end a transaction
    with link.transaction():
        _take_turns(link)
        return _begin(link, place)


def _take_turns(link: Link) -> None:
    """Let servers that begin runs, or terms, do so one after the other."""
    link.all("SELECT pg_advisory_xact_lock(%s, %s)", (LOCK, MAKING))


def _begin(link: Link, place: str) -> Run:
    secret = get(link, "secret") or secrets.token_bytes(32)
    put(link, "secret", secret)
    known = None if get(link, "epoch") is None else terms.adopt(link, place)
    if known is None or terms.find_mark(link, place) is None:
        known = terms.begin(link, place)
    link.execute(FORGET_NODES, (NODE_KEPT,))
    link.execute("DELETE FROM here WHERE NOT EXISTS (SELECT 1 FROM nodes WHERE id = node)")
    link.execute(FORGET_NICKS)
    return _run(link, secrets.token_bytes(16), known, secret, place)


def _run(link: Link, id: bytes, known: Terms, secret: bytes, place: str) -> Run:
    link.execute(BEGIN_NODE, (id, LEASE))
    return Run(id, known, secret, terms.find_mark(link, place) or "")


def check(link: Link, run: Run) -> None:
    """See that the database is still the one in which a run goes on.

    Raises:
        OtherTerm: it is in another term.
        Replaced: it is another chat's, or has none.
    """
    _check_chat(link, run)
    is_marked = terms.find_mark(link, terms.place_of(link)) == run.mark
    if not is_marked or get(link, "epoch") != run.epoch.encode():
        raise OtherTerm
    if not link.value("SELECT EXISTS (SELECT 1 FROM nodes WHERE id = %s)", (run.id,)):
        raise Replaced("this server was away for too long")


def check_known(link: Link, known: Known) -> None:
    """See that the database has come at least as far as it had.

    Raises:
        OtherTerm: it is an earlier state of it, as after a copy of its files was put back.
    """
    if _is_behind(link, known):
        raise OtherTerm


def _is_behind(link: Link, known: Known) -> bool:
    if terms.is_behind(link, known.end):
        return True
    return any(state.last < known.lasts[state.name] for state in progress(link, [*known.lasts]))


def _check_chat(link: Link, run: Run) -> None:
    """See that the database has the chat of a run.

    Raises:
        Replaced: it has not.
    """
    try:
        secret, schema = get(link, "secret"), get(link, "schema")
    except psycopg.errors.UndefinedTable:
        secret = schema = None
    if secret != run.secret:
        raise Replaced(EMPTIED)
    if schema != str(SCHEMA).encode():
        raise Replaced("the database has tables of another release")


def go_on(link: Link, run: Run, known: Known) -> Run:
    """Let a run go on in the database as it is found again, in a later term if need be.

    Args:
        link: To the database, which has the lock.
        run: As it was.
        known: What was there in its term.

    Raises:
        JournalError: it is behind one that was seen.
        Replaced: it is another chat's, or has none.
    """
    _check_chat(link, run)
    place = terms.place_of(link)
    with link.transaction():
        _take_turns(link)
        verdict = judge(
            terms.read(link),
            run.terms,
            is_marked=terms.find_mark(link, place) is not None,
            is_behind=_is_behind(link, known),
        )
        if verdict is Verdict.STALE:
            raise JournalError(STALE)
        if verdict is Verdict.NEW:
            present = terms.begin(link, place, run.terms.present.number)
        else:
            present = terms.adopt(link, place)
        return _run(link, run.id, present, run.secret, place)


def end(link: Link, run: Run) -> None:
    """Take in that a run ends in order."""
    link.execute("DELETE FROM here WHERE node = %s", (run.id,))
    link.execute("DELETE FROM nodes WHERE id = %s", (run.id,))
    link.execute(FORGET_NICKS)
