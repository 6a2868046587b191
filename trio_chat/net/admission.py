"""Counts the open connections, in all and of each address, and finds a place for one more."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import trio

from trio_chat.config import Config
from trio_chat.net.head import HttpError
from trio_chat.net.hosts import is_loopback

RETRY = {"Retry-After": "10"}  # seconds


class Admission:
    """The places of one door.

    A connection that only waits whether there is a further request keeps its place as long as
    nobody else needs it: then the one that has waited longest has to go.

    Args:
        config: Its limits for connections.
    """

    def __init__(self, config: Config) -> None:
        self._limit = config.connections_per_address
        self._cap = config.connection_cap()
        self._taken = 0
        self._addresses: Counter[str] = Counter()  # places of each
        self._idle: dict[str, dict[trio.CancelScope, None]] = {}  # waits of each; oldest first

    def find(self, address: str) -> HttpError | None:
        """Return why there is no place for one more connection, if there is none."""
        has_limit = self._limit and not is_loopback(address)
        if has_limit and self._addresses[address] >= self._limit and not self._free(address):
            return HttpError(429, "too many connections from your address", RETRY)
        if self._taken >= self._cap and not self._free(next(iter(self._idle), "")):
            return HttpError(503, "too many connections", RETRY)
        return None

    @contextmanager
    def taken(self, address: str) -> Iterator[None]:
        """Take a place for the block."""
        self._taken += 1
        self._addresses[address] += 1
        try:
            yield
        finally:
            self._taken -= 1
            self._addresses[address] -= 1
            if not self._addresses[address]:
                del self._addresses[address]

    @contextmanager
    def idle(self, address: str, wait: trio.CancelScope) -> Iterator[None]:
        """Let the block, in which a place is of no use yet, be cancelled if others need it."""
        self._idle.setdefault(address, {})[wait] = None
        try:
            yield
        finally:
            self._forget(address, wait)

    def free_idle(self) -> None:
        """End every wait for a further request."""
        while self._free(next(iter(self._idle), "")):
            pass

    def _free(self, address: str) -> bool:
        """End the longest of an address's waits; return whether there was one.

        Its place is counted until its task has run, so for a moment there is one too many.
        """
        if address not in self._idle:
            return False
        wait = next(iter(self._idle[address]))
        self._forget(address, wait)
        wait.cancel(reason="another connection needs the place, or the server stops")
        return True

    def _forget(self, address: str, wait: trio.CancelScope) -> None:
        waits = self._idle.get(address, {})
        waits.pop(wait, None)
        if not waits:
            self._idle.pop(address, None)
