"""Connection limits: how many may be open, in all and from one address."""

import math
from collections import Counter

import trio

from trio_chat.config import Config
from trio_chat.limits.addresses import key_of
from trio_chat.limits.bucket import Bucket
from trio_chat.limits.limits import Limits
from trio_chat.limits.overload import SETTINGS
from trio_chat.net.head import HttpError

TOO_MANY = "too many connections from your address"
RETRY = {"Retry-After": "10"}  # seconds


def retry_after(delay: float) -> dict[str, str]:
    """Return the header that says in how many seconds to try again."""
    return {"Retry-After": str(math.ceil(delay))}


class Slot:
    """The slot of one connection: for whom it counts, and as what.

    Args:
        admission: Where it counts.
    """

    __slots__ = ("_admission", "has_asked", "key")

    def __init__(self, admission: "Admission") -> None:
        self._admission = admission
        self.key: str | None = None  # of the address; ``None``: a proxy's, that of nobody yet
        self.has_asked = False  # for more than files

    @property
    def is_proxys(self) -> bool:
        """Whether it is a proxy's, and counts for nobody yet."""
        return self.key is None

    def give_to(self, address: str) -> None:
        """Let a connection count for whoever has sent the request, if a proxy brings another one.

        Raises:
            HttpError: the address may have no more.
        """
        if self.key != key_of(address):
            self._admission.give(self, address)

    def ask(self, address: str) -> None:
        """Let a connection count as one that asks for more than files, of whoever asks.

        Raises:
            HttpError: the address may have no more.
        """
        if self.is_proxys:
            self._admission.give(self, address)
        self._admission.ask(self, address)


class Admission:
    """Counts the open connections of one server.

    For its address, one that has asked for nothing, or for files alone, counts as waiting. Browsers
    open up to six of these for each page, and so they do not count with those that have asked for
    more: one WebSocket for each page, event streams, and HTTP requests.

    An idle connection, which only waits for a possible further request, stays as long as no other
    connection needs its slot: then the one that has been idle longest ends.

    Args:
        config: ``max_connections``, ``connections_per_address`` and ``waiting_per_address``.
        limits: Tell who opens too many one after the other, and whether there is too much to do.
    """

    def __init__(self, config: Config, limits: Limits) -> None:
        self._config = config
        self._limits = limits
        self._cap = config.connection_cap()  # which asks the system
        self._count = 0
        self._waiting: Counter[str] = Counter()  # by address
        self._asked: Counter[str] = Counter()  # likewise
        if limits.shared:
            limits.shared.connections = self._asked
        self._idle: dict[str, dict[trio.CancelScope, None]] = {}  # by address; oldest first

    def reconfigure(self) -> None:
        """Take in that settings have changed."""
        self._cap = self._config.connection_cap()

    @property
    def used(self) -> float:
        """The share of all places that is taken."""
        return self._count / self._cap

    @property
    def connections(self) -> int:
        """How many are open."""
        return self._count

    def refusal(self, address: str, *, is_proxy: bool = False) -> HttpError | None:
        """Return why one more connection from an address cannot be served, or ``None``.

        One that is served counts for the rate of its address. Limits by address are not for a
        trusted proxy, but for those behind it: see ``Slot.give_to``.
        """
        now = trio.current_time()
        refusal = None if is_proxy else self._refusal_of(address, now)
        refusal = refusal or self._refusal_of_all(address, now)
        if not refusal and not is_proxy:
            self._connect_bucket(address, now).take(now)
        return refusal

    def _connect_bucket(self, address: str, now: float) -> Bucket:
        return self._limits.addresses.of(address, now).bucket("connect_rate")

    def _refusal_of(self, address: str, now: float) -> HttpError | None:
        """Return why an address may open no more connections."""
        if delay := self._connect_bucket(address, now).delay(now):
            self._limits.counters.count("connect_rate", "accept", address, now)
            return HttpError(429, TOO_MANY, retry_after(delay))
        key, limit = key_of(address), self._waiting_limit()
        if self._is_full(self._waiting, address, limit) and not self._end_oldest(key):
            self._limits.counters.count("waiting_per_address", "accept", address, now)
            return HttpError(429, TOO_MANY, RETRY)
        return None

    def _waiting_limit(self) -> int:
        """Return how many of an address may wait: they leave half of all places to others."""
        return min(self._config.waiting_per_address, max(1, self._cap // 2))

    def _elsewhere(self, address: str) -> int:
        """Return how many connections of an address ask other nodes for more than files."""
        shared = self._limits.shared
        return shared.connections_elsewhere(key_of(address)) if shared else 0

    def _is_full(self, counts: Counter[str], address: str, limit: int, elsewhere: int = 0) -> bool:
        if not limit or self._limits.addresses.is_exempt(address):
            return False
        return counts[key_of(address)] + elsewhere >= limit

    def _refusal_of_all(self, address: str, now: float) -> HttpError | None:
        """Return why there may be no more connections, whoever it is."""
        if self._count >= self._cap and not self._end_oldest(next(iter(self._idle), "")):
            self._limits.counters.count("max_connections", "accept", address, now)
            return HttpError(503, "too many connections", RETRY)
        reason = self._limits.overload.reason
        if reason:
            self._limits.counters.count(SETTINGS[reason], "accept", address, now)
            return HttpError(503, "the server has too much to do just now", RETRY)
        return None

    def enter(self, address: str, *, is_proxy: bool = False) -> "Slot":
        """Count a connection until it leaves; that of a proxy for no address yet."""
        slot = Slot(self)
        self._count += 1
        if not is_proxy:
            self.count(slot, address)
        return slot

    def leave(self, slot: "Slot") -> None:
        """Count a connection no more."""
        self._count -= 1
        self._discount(slot)

    def give(self, slot: "Slot", address: str) -> None:
        """Count a proxy's connection for an address, as waiting, and for nobody else any more.

        Raises:
            HttpError: the address may have no more.
        """
        now = trio.current_time()
        refusal = self._refusal_of(address, now)
        if refusal:
            raise refusal
        self._connect_bucket(address, now).take(now)
        self._discount(slot)
        self.count(slot, address)

    def ask(self, slot: "Slot", address: str) -> None:
        """Count a connection of an address as one that asks for more than files.

        Raises:
            HttpError: the address may have no more of them.
        """
        limit = self._config.connections_per_address
        if self._is_full(self._asked, address, limit, self._elsewhere(address)):
            now = trio.current_time()
            self._limits.counters.count("connections_per_address", "accept", address, now)
            raise HttpError(429, TOO_MANY, RETRY)
        self._discount(slot)
        slot.has_asked = True
        self.count(slot, address)

    def rest(self, slot: "Slot") -> bool:
        """Count a connection as waiting again; return whether its address may have one more."""
        if slot.has_asked and slot.key is not None:
            self._discount(slot)
            slot.has_asked = False
            limit = self._waiting_limit()
            is_full = self._is_full(self._waiting, slot.key, limit)
            if is_full and not self._end_oldest(slot.key):
                slot.key = None
                return False
            self.count(slot, slot.key)
        return True

    def count(self, slot: "Slot", address: str) -> None:
        """Count a connection for an address, as what it is."""
        slot.key = key_of(address)
        self._counts(slot)[slot.key] += 1

    def _counts(self, slot: "Slot") -> Counter[str]:
        return self._asked if slot.has_asked else self._waiting

    def _discount(self, slot: "Slot") -> None:
        if slot.key is None:
            return
        counts = self._counts(slot)
        counts[slot.key] -= 1
        if not counts[slot.key]:
            del counts[slot.key]

    def begin_idle(self, address: str, wait: trio.CancelScope) -> None:
        """Cancel ``wait``, which is that of an idle connection, once others need its slot."""
        self._idle.setdefault(key_of(address), {})[wait] = None

    def finish_idle(self, address: str, wait: trio.CancelScope) -> None:
        """Take in that a connection is idle no more."""
        self._forget(key_of(address), wait)

    def end_idle(self) -> None:
        """End every idle connection."""
        while self._end_oldest(next(iter(self._idle), "")):
            pass

    def _end_oldest(self, address: str) -> bool:
        """End the connection of an address that has been idle longest; return whether one was.

        It is counted until its task has run, so for a moment there is one connection too many.
        """
        if address not in self._idle:
            return False
        wait = next(iter(self._idle[address]))
        self._forget(address, wait)
        wait.cancel(reason="another connection needs the slot, or the server stops")
        return True

    def _forget(self, address: str, wait: trio.CancelScope) -> None:
        waits = self._idle.get(address, {})
        waits.pop(wait, None)
        if not waits:
            self._idle.pop(address, None)
