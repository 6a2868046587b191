"""A database that a server has, perhaps with others: opened for a run of its own."""

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial

import psycopg
import structlog

from trio_chat.database_url import shown
from trio_chat.journal.postgres import erasing, forgetting, runs, unused
from trio_chat.journal.postgres.link import READING, WRITING, Link, reason
from trio_chat.journal.postgres.queries import progress
from trio_chat.journal.postgres.schema import migrate
from trio_chat.journal.types import JournalError, RoomState

PROCESS = "SELECT pg_backend_pid()"
LOOKS = 3  # whether a pooler hands connections round, one of which would be enough mostly
OLDEST = 13_00_00  # the first version of PostgreSQL with all that is asked of it

log = structlog.get_logger()


class Database:
    """Opens a database, or makes its tables, and begins the run of a server.

    Args:
        url: Of the database.
        now: The time, in ms since 1970.
        lock_patience: Seconds to wait for the lock of a server that has just ended.

    Raises:
        JournalError: it cannot be used; the message says why.
    """

    def __init__(self, url: str, now: int, lock_patience: float = runs.LOCK_PATIENCE) -> None:
        self.url = url
        with explained(url):
            self.link = Link(url)
            try:
                self._begin(now, lock_patience)
            except BaseException:
                self.link.close()
                raise

    def _begin(self, now: int, lock_patience: float) -> None:
        link = self.link
        check_server(link, self.url)
        be_alone = partial(runs.lock, link, lock_patience, is_alone=True)
        has_changed = migrate(link, be_alone)
        runs.lock(link, lock_patience)
        if has_changed:
            runs.unlock(link)
        self.run = runs.begin(link)
        self.generation = 0  # how often the run has come into another term
        self.place: int = link.value("SELECT 'meta'::regclass::oid::bigint")
        self.people_since = forgetting.present(link)
        self.people = forgetting.load_people(link)
        unused.begin_visits(link, now)
        if link.value("SELECT current_setting('fsync')") != "on":
            log.warning("PostgreSQL has fsync off: what is kept does not survive a power loss")

    def end(self, link: Link) -> None:
        """Take in that the run ends in order; nothing happens if that cannot be told."""
        with suppress(psycopg.Error):
            runs.end(link, self.run)

    def reconnect(self, known: runs.Known) -> Link:
        """Return another connection that writes, for the same run.

        Args:
            known: What was there.

        Raises:
            JournalError: a command has it alone.
            OtherTerm: it may lack what was there.
            Replaced: it is not what it was.
            psycopg.Error: it cannot be reached.
        """
        link = Link(self.url, WRITING)
        try:
            runs.lock(link, 0)
            runs.check(link, self.run)
            runs.check_known(link, known)
        except BaseException:
            link.close()
            raise
        return link

    def go_on(self, link: Link, known: runs.Known) -> tuple[runs.Run, list[RoomState]]:
        """Return the run in the term in which the database is, and how rooms stand there.

        ``enter`` takes the run in.

        Args:
            link: Another connection that writes.
            known: What was there, with the rooms.

        Raises:
            JournalError: a command has it alone, or it is behind one that was seen.
            Replaced: it is not what it was.
            psycopg.Error: it cannot be done just now.
            Unsure: a term has begun there, or not.
        """
        runs.lock(link, 0)
        run = runs.go_on(link, self.run, known)
        return run, progress(link, list(known.lasts))

    def enter(self, run: runs.Run) -> None:
        """Go on in another term; what was read in the one before counts no more."""
        self.run = run
        self.generation += 1

    def connect_reader(self, timeout: float) -> Link:
        """Return a connection that reads, for the same run.

        Args:
            timeout: Seconds that a statement may take.

        Raises:
            OtherTerm: it is in another term.
            Replaced: it is not what it was.
            psycopg.Error: it cannot be reached.
        """
        link = Link(self.url, READING.format(round(timeout * 1000)))
        try:
            runs.check(link, self.run)
        except BaseException:
            link.close()
            raise
        return link

    def vacuum(self) -> None:
        """Let PostgreSQL give free what deleted rows have left.

        Raises:
            psycopg.Error: it cannot be done just now.
        """
        erasing.vacuum(self.url)


@contextmanager
def explained(url: str) -> Iterator[None]:
    """Tell in one line why a database cannot be used.

    Raises:
        JournalError: it cannot.
    """
    try:
        yield
    except psycopg.Error as error:
        raise JournalError(f"database {shown(url)} cannot be opened: {reason(error)}") from None


def check_server(link: Link, url: str) -> None:
    """See that PostgreSQL can do what is asked of it.

    Raises:
        JournalError: it cannot.
    """
    if link.version < OLDEST:
        raise JournalError("the database needs PostgreSQL 13 or newer")
    if link.value("SELECT current_setting('server_encoding')") != "UTF8":
        raise JournalError("the database has no encoding UTF8, which it needs")
    if link.value(PROCESS) != link.pid and _changes_hands(link, url):
        raise JournalError(
            "the database is behind a pooler that hands connections round, so the lock of a "
            "running server does not hold: let it pool sessions, or connect to PostgreSQL itself"
        )


def _changes_hands(link: Link, url: str) -> bool:
    """Whether a pooler gives the server's process behind a link to others between transactions."""
    with closing(Link(url)) as other:
        for _ in range(LOOKS):
            process = link.value(PROCESS)
            with other.transaction():
                if other.value(PROCESS) == process or link.value(PROCESS) != process:
                    return True
    return False
