"""Limits of requests: who asks for too much has to wait, is refused, and at last has to go."""

import math

from trio_chat.config import Config
from trio_chat.core.connection_state import ConnectionState
from trio_chat.core.messages import AnyAsked, Asked
from trio_chat.core.prices import RATES
from trio_chat.core.room import Room
from trio_chat.limits.bucket import Bucket
from trio_chat.limits.limits import Limits
from trio_chat.limits.quota import Quota
from trio_chat.protocol import requests
from trio_chat.protocol.request_error import RequestError

TOO_MANY_NAMES = "too many new people came from your address"
TOO_FAST = "you ask for too much at once; see the limits in the welcome"


class RequestLimits:
    """Takes the price of each request from the buckets of its person and its room.

    Args:
        limits: The buckets.
        config: How long a request may wait for them, and a connection ask for too much.
    """

    def __init__(self, limits: Limits, config: Config) -> None:
        self._limits = limits
        self._patience = config.rate_patience
        self._flood_timeout = config.flood_timeout

    def meet(self, state: ConnectionState, person_id: str, now: float) -> None:
        """Take in for whom a connection speaks: all connections of a person share a quota."""
        state.quota = self._limits.people.of(person_id, now)

    def delay(self, state: ConnectionState, asked: Asked, room: Room | None, now: float) -> float:
        """Return in how many seconds the next request of a connection may be taken.

        If that is now, its price is paid. A request that would wait too long is replaced by one
        that is answered with an error.

        Args:
            state: The connection.
            asked: Its requests.
            room: The room that the next of them is about, if the connection is in it.
            now: Trio's time.
        """
        request = asked.requests[0]
        name = RATES.get(type(request))
        if name is None or (isinstance(request, requests.InvalidRequest) and request.retry_ms):
            return 0.0  # it has no price, or is an error by now
        own, shared = self.quota(state).bucket(name), _room_bucket(request, room)
        delay = _pay(own, shared, _cost(request), now)
        if delay:
            is_shared = shared is not None and shared.delay(now) == delay
            return self._wait(state, asked, shared if shared and is_shared else own, delay, now)
        if not asked.has_waited and len(asked.requests) == 1:
            state.waits_since = None
        return 0.0

    def quota(self, state: ConnectionState) -> Quota:
        """Return how much a connection may ask for."""
        if state.quota is None:
            state.quota = self._limits.new_quota()
        return state.quota

    def _wait(
        self, state: ConnectionState, asked: Asked, bucket: Bucket, delay: float, now: float
    ) -> float:
        """Return for how long the next request waits; 0 if it is refused instead."""
        request = asked.requests[0]
        if not asked.has_waited:
            self._limits.counters.count(RATES[type(request)], state.door, state.client.address)
        asked.has_waited = True
        if state.waits_since is None:
            state.waits_since = now
        if now - asked.since + delay <= self._patience:
            return delay
        state.is_flooding = now - state.waits_since >= self._flood_timeout
        # Each is told another time, so that those who obey need not be refused again.
        refused = asked.refused.get(bucket, 0)
        asked.refused[bucket] = refused + 1
        delay += refused * bucket.period
        asked.requests[0] = requests.InvalidRequest(request.id, "busy", TOO_FAST, _in_ms(delay))
        return 0.0

    def may_begin_room(self, address: str, now: float) -> bool:
        """Tell whether somebody at an address may say the first word in a room."""
        return not self._new_rooms(address, now).delay(now)

    def take_new_room(self, address: str, now: float) -> None:
        """Take in that the first word in a room came from an address."""
        self._new_rooms(address, now).take(now)

    def _new_rooms(self, address: str, now: float) -> Bucket:
        return self._limits.addresses.of(address, now).bucket("new_room_rate")

    def take_new_name(self, address: str, now: float) -> None:
        """Take in that somebody without a session comes from an address.

        Raises:
            RequestError: there were too many of them.
        """
        bucket = self._limits.addresses.of(address, now).bucket("new_name_rate")
        delay = bucket.delay(now)
        if delay:
            self._limits.counters.count("new_name_rate", "socket", address)
            raise RequestError("busy", TOO_MANY_NAMES, _in_ms(delay))
        bucket.take(now)

    def check(
        self, key: str, request: requests.Request, room: Room | None, address: str, now: float
    ) -> None:
        """Take the price of a request that was made without a connection.

        Args:
            key: The id of the person who asks; whoever has none is told by the address.
            request: What is asked for.
            room: The room that it is about, if it is open.
            address: Where it comes from.
            now: Trio's time.

        Raises:
            RequestError: they have asked for too much.
        """
        name = RATES[type(request)]
        bucket = self._limits.people.of(key, now).bucket(name)
        delay = _pay(bucket, _room_bucket(request, room), _cost(request), now)
        if delay:
            self._limits.counters.count(name, "http", address)
            raise RequestError("too_fast", TOO_FAST, _in_ms(delay))


def _cost(request: AnyAsked | requests.Request) -> int:
    return 1 + len(request.rooms) if isinstance(request, requests.Hello) else 1


def _room_bucket(request: AnyAsked | requests.Request, room: Room | None) -> Bucket | None:
    return room.bucket if room and isinstance(request, requests.WriteRequest) else None


def _pay(own: Bucket, shared: Bucket | None, cost: float, now: float) -> float:
    """Take the price if both buckets have it; else return in how many seconds they will."""
    delay = own.delay(now, cost)
    if shared is not None:
        delay = max(delay, shared.delay(now, cost))
    if not delay:
        own.take(now, cost)
        if shared is not None:
            shared.take(now, cost)
    return delay


def _in_ms(seconds: float) -> int:
    """Return a time in whole milliseconds, rounded up but for what comes of binary fractions."""
    return math.ceil(round(seconds * 1000, 3))
