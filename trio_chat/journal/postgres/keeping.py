"""Keeping: works on connections of their own, which are made anew when lost, or in another term."""

from collections.abc import Awaitable, Callable
from contextlib import closing

import psycopg
import structlog
import trio

from trio_chat.journal.postgres.link import reason
from trio_chat.journal.postgres.wire import Wire
from trio_chat.journal.types import JournalError
from trio_chat.measures import BusFigures

RETRY = 1.0  # seconds after a failure
EPOCH = "SELECT convert_from(value, 'UTF8') FROM meta WHERE key = 'epoch'"
FAILURES = (psycopg.Error, OSError, JournalError, trio.TooSlowError)

log = structlog.get_logger()


class Keeper:
    """Keeps what nodes tell each other by, in the present term.

    Args:
        url: Of the database.
        epoch: Of the term.
        figures: Get how often a connection was made anew.
    """

    def __init__(self, url: str, epoch: bytes, figures: BusFigures) -> None:
        self.epoch = epoch
        self._url = url
        self._figures = figures
        self._scopes: set[trio.CancelScope] = set()  # of what the term has to do with
        self._is_failing = False

    def renew(self, epoch: bytes) -> None:
        """Begin everything anew in another term: what the one before still says counts no more."""
        self.epoch = epoch
        for scope in self._scopes:
            scope.cancel(reason="another term has begun")

    def succeed(self) -> None:
        """Take in that this node hears itself."""
        if self._is_failing:
            self._is_failing = False
            log.info("nodes can tell each other again")

    async def keep_on(self, work: Callable[[Wire], Awaitable[None]]) -> None:
        """Work on a connection for ever, on another one when it is lost, or another term begins."""

        async def connect() -> None:
            await self._connect(work)
            await trio.sleep(RETRY)

        while True:
            await self.in_term(connect)
            self._figures.reconnects += 1

    async def in_term(self, work: Callable[[], Awaitable[None]]) -> None:
        """Work until that is done, or another term begins."""
        with trio.CancelScope() as scope:
            self._scopes.add(scope)
            try:
                await work()
            finally:
                self._scopes.discard(scope)

    async def _connect(self, work: Callable[[Wire], Awaitable[None]]) -> None:
        """Work on a connection until it is lost."""
        try:
            wire = await Wire.open(self._url)
            with closing(wire):
                if await wire.ask(EPOCH) != [[self.epoch]]:
                    raise JournalError("the database is in another term")
                await work(wire)
        except FAILURES as error:
            if not self._is_failing:
                self._is_failing = True
                log.error("nodes cannot tell each other", reason=reason(error))
