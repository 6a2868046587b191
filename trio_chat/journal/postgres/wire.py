"""A wire to a PostgreSQL server: a connection of libpq's own, for which Trio waits without threads.

It is for what happens too often for a thread each time: to notify, and to hear what is notified.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import psycopg
import trio
from psycopg import pq
from psycopg.conninfo import conninfo_attempts, make_conninfo

from trio_chat.journal.postgres.link import CONNECT_TIMEOUT, PATIENCE, parse

CONNECT_LIMIT = 20.0  # seconds to connect, whatever number of addresses there is
ANSWER_TIMEOUT = 10.0  # seconds for the server to take a notification
WAITS = {
    pq.PollingStatus.READING: trio.lowlevel.wait_readable,
    pq.PollingStatus.WRITING: trio.lowlevel.wait_writable,
}
DONE = (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK)

Row = list[bytes | None]


class Wire:
    """One connection, for one task at a time. What fails once is of no use any more.

    Args:
        connection: That is open.
    """

    def __init__(self, connection: pq.abc.PGconn) -> None:
        self._connection = connection
        self._connection.nonblocking = 1

    @classmethod
    async def open(cls, url: str) -> "Wire":
        """Connect.

        Raises:
            psycopg.Error: it cannot be done.
            trio.TooSlowError: it takes too long.
        """
        with trio.fail_after(CONNECT_LIMIT):
            return cls(await _connect({**PATIENCE, **parse(url), "client_encoding": "utf8"}))

    async def run(self, statement: str, parameters: Sequence[bytes] = ()) -> list[Row]:
        """Run one statement; return its rows, as texts.

        Raises:
            psycopg.Error: it failed.
        """
        self._connection.send_query_params(statement.encode(), parameters)
        while self._connection.flush():
            await trio.lowlevel.wait_writable(self._connection.socket)
        rows: list[Row] = []
        while True:
            while self._connection.is_busy():
                await trio.lowlevel.wait_readable(self._connection.socket)
                self._connection.consume_input()
            result = self._connection.get_result()
            if result is None:
                return rows
            if result.status not in DONE:
                raise psycopg.OperationalError(result.get_error_message())
            columns = range(result.nfields)
            rows += [
                [result.get_value(row, one) for one in columns] for row in range(result.ntuples)
            ]

    async def ask(self, statement: str, *parameters: bytes) -> list[Row]:
        """Run one statement that takes no time; return its rows, as texts.

        Raises:
            psycopg.Error: it failed.
            trio.TooSlowError: it took ``ANSWER_TIMEOUT``.
        """
        with trio.fail_after(ANSWER_TIMEOUT):
            return await self.run(statement, parameters)

    async def heard(self) -> list[bytes]:
        """Wait until something is notified; return all that has been.

        Raises:
            psycopg.Error: the connection is lost.
        """
        told: list[bytes] = []
        while not told:
            while notify := self._connection.notifies():
                told.append(notify.extra)
            if not told:
                await trio.lowlevel.wait_readable(self._connection.socket)
                self._connection.consume_input()
        return told

    def close(self) -> None:
        """Close it."""
        self._connection.finish()


async def _connect(given: Mapping[str, Any]) -> pq.abc.PGconn:
    """Connect to the first of all addresses that can be used, each of which has its time.

    libpq goes on to the next one by itself, but not where an address is open and nothing answers
    behind it, as with a proxy whose server is away; and psycopg lets no other thread run meanwhile.
    """
    addresses = await trio.to_thread.run_sync(conninfo_attempts, given, abandon_on_cancel=True)
    failure: Exception = psycopg.OperationalError("there is no address")
    for address in addresses:
        try:
            with trio.fail_after(CONNECT_TIMEOUT):
                return await _connect_to(address)
        except (psycopg.OperationalError, trio.TooSlowError) as error:
            failure = error
    raise failure


async def _connect_to(address: Mapping[str, Any]) -> pq.abc.PGconn:
    with ExitStack() as stack:
        connection = pq.PGconn.connect_start(make_conninfo(**address).encode())
        stack.callback(connection.finish)
        while (status := pq.PollingStatus(connection.connect_poll())) in WAITS:
            await WAITS[status](connection.socket)
        if status != pq.PollingStatus.OK:
            raise psycopg.OperationalError(connection.get_error_message())
        stack.pop_all()
    return connection
