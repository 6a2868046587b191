"""Limits of requests: who asks for too much has to wait, is refused, and at last has to go."""

import math
from collections.abc import Mapping

from trio_chat.config import Config
from trio_chat.core.connection_state import ConnectionState, HeldBuckets
from trio_chat.core.messages import AnyAsked, Asked
from trio_chat.core.prices import HTTP_RATES, RATES
from trio_chat.core.room import Room
from trio_chat.limits.bucket import Bucket, of_rate, take_from_all
from trio_chat.limits.limits import Limits
from trio_chat.limits.quota import Quota
from trio_chat.protocol import governing, requests
from trio_chat.protocol.request_error import RequestError

PAUSE = 1.0  # seconds beyond the patience; whoever does not wait for so long is forgiven
HASTE = 4.0  # requests a second that are refused; whoever types by hand has fewer, and stays
PEOPLE_A_TOKEN = 5  # on whom a moderator acts
UNDOING, PREVIEWING = 10, 3  # tokens, of a raid
SEVERAL = requests.Hello, governing.Moderate, governing.Raid  # tokens, that they may count as
MOST_OF_AN_ACT = 30  # tokens; a bucket has twice as many
TOO_MANY_NAMES = "too many new people came from your address"
TOO_MANY_GUESSES = "too many links that are not good came from your address"
TOO_MANY_ROOMS = "too many new rooms were begun from your address"
# The settings that are the reason of errors by which the journal refuses what it is to keep. A
# full storage may be so by ``keep_free``, too: the journal logs which of the two it was.
SETTINGS = {
    "too_many_reactions": "reactions_per_message",
    "too_many_changes": "changes_per_message",
    "storage_full": "max_database",
}
TOO_FAST = "you ask for too much at once; see the limits in the welcome"


class RequestLimits:
    """Takes the price of each request from the buckets of its person and its room.

    Args:
        limits: The buckets.
        config: How long a request may wait for them, and a connection ask for too much; and
            ``room_rate``.
    """

    def __init__(self, limits: Limits, config: Config) -> None:
        self._limits = limits
        self._people = limits.people
        self._addresses = limits.addresses.quotas
        self._config = config

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
        if asked.is_paid:
            asked.is_paid = False
            return 0.0
        request = asked.requests[0]
        name = RATES.get(type(request))
        if name is None or (isinstance(request, requests.InvalidRequest) and request.retry_ms):
            return 0.0  # it has no price, or is an error by now
        buckets = self._held(state, name, request, room, now)
        cost = _cost(request) if type(request) in SEVERAL else 1
        if take_from_all(buckets.values(), now, cost):
            return 0.0
        delay, slowest = _slowest(buckets, cost, now)
        if not self._may_wait(state, asked, delay, slowest, now):
            self._refuse(asked, buckets[slowest], delay)
            return 0.0
        for each in buckets.values():
            each.take(now, cost)
        asked.is_paid = True  # it has its place in line, whoever comes meanwhile
        return delay

    def _held(
        self,
        state: ConnectionState,
        name: str,
        request: AnyAsked,
        room: Room | None,
        now: float,
    ) -> Mapping[str, Bucket]:
        """Return from what a connection pays; it is looked up only when it may be another."""
        writes = isinstance(request, requests.WriteRequest)
        changes = self._people.changes + self._addresses.changes
        of_room = room.bucket if writes and room is not None else None
        held = state.held.get(name)
        if (
            held is not None
            and held.changes == changes
            and held.person_id == state.person_id
            and held.of_room is of_room
        ):
            return held.by_rate
        buckets = {name: self.quota(state, now).bucket(name)}
        if writes:
            buckets |= self._shared(room, state.client.address, now)
        changes = self._people.changes + self._addresses.changes
        of_room = buckets.get("room_rate")
        state.held[name] = HeldBuckets(changes, state.person_id, of_room, buckets)
        return buckets

    def _shared(self, room: Room | None, address: str, now: float) -> dict[str, Bucket]:
        """Return the buckets that a write shares with others', by their rates."""
        name = "address_write_rate"
        own = {name: self._limits.addresses.of(address, now).bucket(name)}
        return own if room is None else own | {"room_rate": self._of_room(room)}

    def _of_room(self, room: Room) -> Bucket:
        """Return the bucket of a room, a full one if its rate has changed."""
        room.bucket = of_rate(room.bucket, self._config.room_rate)
        return room.bucket

    def quota(self, state: ConnectionState, now: float) -> Quota:
        """Return how much a connection may ask for; all those of a person share a quota.

        It is looked up each time: one that is full is forgotten, and made anew for all of them.
        """
        if state.person_id:
            return self._limits.people.of(state.person_id, now)
        if state.quota is None:
            state.quota = self._limits.new_quota()
        return state.quota

    def _may_wait(
        self, state: ConnectionState, asked: Asked, delay: float, name: str, now: float
    ) -> bool:
        """Take in that a request is over the rate of a name; return whether it may wait so long."""
        if not asked.has_waited:
            self._limits.counters.count(name, state.way_in, state.client.address, now)
        asked.has_waited = True
        if now - state.waited_at > self._config.rate_patience + PAUSE:
            state.waits_since, state.refused = now, 0
        state.waited_at = now
        if now - asked.since + delay <= self._config.rate_patience:
            return True
        state.refused += 1
        waits_for = now - state.waits_since
        is_hasty = state.refused >= HASTE * waits_for
        state.is_flooding = is_hasty and waits_for >= self._config.flood_timeout
        return False

    def _refuse(self, asked: Asked, bucket: Bucket, delay: float) -> None:
        """Replace a request by an error that says when to try again.

        Each is told another time, so that those who obey need not be refused again.
        """
        refused = asked.refused.get(bucket, 0)
        asked.refused[bucket] = refused + 1
        retry_ms = in_ms(delay + refused * bucket.period)
        id = asked.requests[0].id
        asked.requests[0] = requests.InvalidRequest(id, "busy", TOO_FAST, retry_ms)

    def count(self, limit: str, way_in: str, address: str, now: float) -> None:
        """Count that something was refused because of a setting that is no rate."""
        self._limits.counters.count(limit, way_in, address, now)

    def may_begin_room(self, address: str, now: float) -> bool:
        """Tell whether somebody at an address may say the first word in a room."""
        return not self._new_rooms(address, now).delay(now)

    def check_new_room(self, address: str, now: float) -> None:
        """Make sure that somebody at an address may make a room.

        Raises:
            RequestError: too many were begun there.
        """
        if not self.may_begin_room(address, now):
            retry_ms = self.refuse_new_room(address, now)
            raise RequestError("too_many_new_rooms", TOO_MANY_ROOMS, retry_ms)

    def take_new_room(self, address: str, now: float) -> None:
        """Take in that the first word in a room came from an address.

        There may be no token for it, as others were on their way to the journal; what is too much
        costs the address no more than one more bucket.
        """
        bucket = self._new_rooms(address, now)
        bucket.take(now)
        bucket.limit_debt(now, bucket.depth)

    def refuse_new_room(self, address: str, now: float) -> int:
        """Count that the first word in a room was refused; return in how many ms one is possible.

        By now that can be at once.
        """
        self._limits.counters.count("new_room_rate", "journal", address, now)
        return max(1, in_ms(self._new_rooms(address, now).delay(now)))

    def _new_rooms(self, address: str, now: float) -> Bucket:
        return self._limits.addresses.of(address, now).bucket("new_room_rate")

    def check_new_name(self, address: str, way_in: str, now: float) -> None:
        """Make sure that somebody without a session may come from an address.

        Raises:
            RequestError: there were too many of them.
        """
        delay = self._new_names(address, now).delay(now)
        if delay:
            self._limits.counters.count("new_name_rate", way_in, address, now)
            raise RequestError("busy", TOO_MANY_NAMES, in_ms(delay))

    def take_new_name(self, address: str, now: float) -> None:
        """Take in that somebody without a session has come from an address."""
        self._new_names(address, now).take(now)

    def _new_names(self, address: str, now: float) -> Bucket:
        return self._limits.addresses.of(address, now).bucket("new_name_rate")

    def check_guess(self, address: str, now: float) -> None:
        """Make sure that a link's secret from an address may be looked at.

        Raises:
            RequestError: there were too many wrong ones.
        """
        delay = self._guesses(address, now).delay(now)
        if delay:
            self._limits.counters.count("link_guess_rate", "link", address, now)
            raise RequestError("busy", TOO_MANY_GUESSES, in_ms(delay))

    def take_guess(self, address: str, now: float) -> None:
        """Take in that a wrong secret came from an address."""
        self._guesses(address, now).take(now)

    def _guesses(self, address: str, now: float) -> Bucket:
        return self._limits.addresses.of(address, now).bucket("link_guess_rate")

    def check(
        self,
        person_id: str | None,
        request: requests.Request,
        room: Room | None,
        address: str,
        now: float,
    ) -> None:
        """Take the price of a request that was made without a connection.

        Args:
            person_id: Who asks; those without a name share the quota of their address.
            request: What is asked for.
            room: The room that it is about, if it is open.
            address: Where it comes from.
            now: Trio's time.

        Raises:
            RequestError: they have asked for too much.
        """
        name = HTTP_RATES[type(request)]
        of_address = self._limits.addresses.of(address, now)
        quota = self._limits.people.of(person_id, now) if person_id else of_address
        buckets = {name: quota.bucket(name)}
        if isinstance(request, requests.WriteRequest):
            buckets |= self._shared(room, address, now)
        cost = _cost(request)
        if not take_from_all(buckets.values(), now, cost):
            delay, slowest = _slowest(buckets, cost, now)
            self._limits.counters.count(slowest, "http", address, now)
            raise RequestError("too_fast", TOO_FAST, in_ms(delay))


def _cost(request: AnyAsked | requests.Request) -> int:
    """Return as how many tokens a request counts: what it makes the server do, or keep."""
    if isinstance(request, requests.Hello):
        return 1 + len(request.rooms)
    if isinstance(request, governing.Moderate):
        return min(MOST_OF_AN_ACT, 1 + len(request.people) // PEOPLE_A_TOKEN)
    if isinstance(request, governing.Raid):
        return PREVIEWING if request.preview else UNDOING
    return 1


def _slowest(buckets: Mapping[str, Bucket], cost: float, now: float) -> tuple[float, str]:
    """Return in how many seconds all buckets have the price, and the rate of the last one to."""
    slowest, longest = "", 0.0
    for name, bucket in buckets.items():
        delay = bucket.delay(now, cost)
        if delay > longest:
            slowest, longest = name, delay
    return longest, slowest


def in_ms(seconds: float) -> int:
    """Return a time in whole milliseconds, rounded up but for what comes of binary fractions."""
    return math.ceil(round(seconds * 1000, 3))
