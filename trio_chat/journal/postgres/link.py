"""A link to a PostgreSQL server: it is made within a deadline, and can be cut from outside."""

import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from trio_chat.database_url import shown
from trio_chat.journal.types import JournalError

CONNECT_TIMEOUT = 5  # seconds for each address of the server
LOCK_TIMEOUT = 5  # seconds to wait for a lock of somebody else
# A link over which nothing comes is given up after about half a minute.
PATIENCE = {
    "connect_timeout": CONNECT_TIMEOUT,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,  # milliseconds
    "application_name": "trio-chat",
}
# A commit is never cancelled: the server would say that it is done, though no standby has it.
# Each statement sees what was committed before it, and has the same plan for few rows as for many;
# to compile that for a machine takes longer than any of them.
WRITING = (
    "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0;"
    " SET default_transaction_isolation = 'read committed';"
    f" SET lock_timeout = '{LOCK_TIMEOUT}s'; SET enable_seqscan = off; SET jit = off;"
    " SET plan_cache_mode = force_generic_plan;"
    " SELECT CASE current_setting('synchronous_commit') WHEN 'off'"
    " THEN set_config('synchronous_commit', 'on', false) END"
)
READING = (
    "SET default_transaction_read_only = on; SET jit = off;"
    " SET default_transaction_isolation = 'repeatable read'; SET statement_timeout = {}"
)

Row = tuple[Any, ...]


class Unsure(Exception):
    """The server has committed, but says that others may not have it: that is no answer."""


class Link:
    """One connection, for one thread at a time; ``cut`` alone may be called by any.

    Args:
        url: Of the database.
        settings: What is set for the session, as SQL.

    Raises:
        psycopg.Error: it cannot be made.
        JournalError: the URL is not valid.
    """

    def __init__(self, url: str, settings: str = WRITING) -> None:
        given = {**PATIENCE, **parse(url), "client_encoding": "utf8"}
        self._connection = psycopg.connect(**given, autocommit=True)
        # Of its own, so that it can be shut down whoever closes the other one.
        self._end = socket.socket(fileno=os.dup(self._connection.fileno()))
        self._warnings = 0
        self._is_spoilt = False  # whether psycopg may be wrong about what the server has prepared
        self._connection.add_notice_handler(self._take_notice)
        self._cursor = self._connection.cursor(binary=True)
        try:
            self.run_script(settings)
        except BaseException:
            self.close()
            raise

    def _take_notice(self, notice: psycopg.errors.Diagnostic) -> None:
        self._warnings += notice.severity_nonlocalized == "WARNING"

    @property
    def version(self) -> int:
        """The version of the server, such as 150018."""
        return self._connection.info.server_version

    @property
    def pid(self) -> int:
        """The number of the server's process, as it was told when the link was made."""
        return self._connection.info.backend_pid

    @property
    def is_broken(self) -> bool:
        """Whether nothing can be done with it any more."""
        return self._connection.closed or self._is_spoilt

    def execute(self, statement: str, parameters: Sequence[object] = ()) -> int:
        """Run a statement; return how many rows it was about."""
        return self._cursor.execute(_checked(statement), parameters).rowcount

    def run_script(self, statements: str) -> None:
        """Run several statements without values."""
        self._connection.execute(_checked(statements))

    def all(self, statement: str, parameters: Sequence[object] = ()) -> list[Row]:
        """Return all rows of a query."""
        return self._cursor.execute(_checked(statement), parameters).fetchall()

    def one(self, statement: str, parameters: Sequence[object] = ()) -> Row | None:
        """Return the first row of a query, if there is one."""
        return self._cursor.execute(_checked(statement), parameters).fetchone()

    def value(self, statement: str, parameters: Sequence[object] = ()) -> Any:  # noqa: ANN401 - any
        """Return the one value of a query that has one."""
        row = self.one(statement, parameters)
        assert row is not None
        return row[0]

    @contextmanager
    def together(self) -> Iterator[None]:
        """Send the statements of the block without waiting for each; there must be no query.

        If one fails the server passes over the others, also where they were to prepare a statement,
        and psycopg may take that for prepared ever after. So the link is broken then.
        """
        self._is_spoilt = True
        with self._connection.pipeline():
            yield
        self._is_spoilt = False

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what the block does, or nothing of it if it fails.

        Raises:
            Unsure: it may be committed, and may be lost.
        """
        self.execute("BEGIN")
        try:
            yield
            self._warnings = 0
            self.execute("COMMIT")
        except BaseException:
            with suppress(psycopg.Error):
                self.execute("ROLLBACK")
            raise
        if self._warnings:
            self.cut()
            raise Unsure("the server cannot tell whether its standby has it")

    def begin_again(self) -> None:
        """Begin the open transaction anew, in which nothing was written yet."""
        self.execute("ROLLBACK")
        self.execute("BEGIN")

    def cut(self) -> None:
        """Let whatever waits for the server fail; any thread may do so."""
        with suppress(OSError):
            self._end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close it."""
        self._connection.close()
        self._end.close()


def _checked(statement: str) -> Any:  # noqa: ANN401 - psycopg wants literals, to keep values out
    """Return a statement, in which there are no values but ``%s``."""
    return statement


def parse(url: str) -> dict[str, Any]:
    """Return the parameters of a URL.

    Raises:
        JournalError: it is not valid; the message does not repeat it, since it may have a password.
    """
    with suppress(psycopg.Error):
        found = conninfo_to_dict(url)
        if "@" not in str(found.get("host", ""))[1:]:  # else it has some of the password
            return found
    raise JournalError(f"database {shown(url)} is no URL that PostgreSQL understands")


def reason(error: BaseException) -> str:
    """Return what went wrong, in one line."""
    return " ".join(str(error).split()) or type(error).__name__


def text(value: str) -> str:
    """Return a text as PostgreSQL can keep it: it knows no character of the number 0."""
    return value.replace("\0", "\N{REPLACEMENT CHARACTER}")
