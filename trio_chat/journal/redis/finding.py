"""Finds the Redis server that takes and tells what is said: the one, a master, a cluster's node."""

import ssl

import trio

from trio_chat.bus_url import CLUSTER, SENTINEL, BusUrl, Place
from trio_chat.journal.redis.wire import FAILURES, RedisError, Wire, reason
from trio_chat.journal.types import JournalError

FIND_TIMEOUT = 20.0  # seconds for all places together
MOVES = 5  # nodes of a cluster of which one sends us to the next


class Commands:
    """The commands by which one kind of Redis listens and tells."""

    def __init__(self, url: BusUrl) -> None:
        is_sharded = url.kind == CLUSTER  # where others would be told by all nodes to all
        self.subscribe = "SSUBSCRIBE" if is_sharded else "SUBSCRIBE"
        self.publish = b"SPUBLISH" if is_sharded else b"PUBLISH"
        self.message = b"smessage" if is_sharded else b"message"
        self.subscribed = b"ssubscribe" if is_sharded else b"subscribe"


def tls_of(url: BusUrl) -> ssl.SSLContext | None:
    """Return the TLS of a URL, which reads its files; ``None`` for none.

    Raises:
        JournalError: a file cannot be used.
    """
    if not url.is_tls:
        return None
    name = url.ca or "the system's certificates"
    try:
        context = ssl.create_default_context(cafile=url.ca or None)
        if url.cert:
            name = f"{url.cert} with {url.key}" if url.key else url.cert
            context.load_cert_chain(url.cert, url.key or None, password=_no_password)
    except (OSError, ValueError) as error:
        raise JournalError(f"bus cannot use {name}: {error}") from None
    return context


def _no_password() -> str:
    """Refuse to ask for one on a terminal."""
    raise ValueError("its key has a password")


class Finder:
    """Opens wires that are subscribed.

    Args:
        url: Where to look.
        tls: As of ``tls_of``.
    """

    def __init__(self, url: BusUrl, tls: ssl.SSLContext | None) -> None:
        self._url = url
        self._tls = tls
        self._subscribe = Commands(url).subscribe

    async def find(self, channel: str) -> Wire:
        """Return a wire that hears what is told on a channel, and may tell.

        Raises:
            RedisError: there is none; the message says why at the place that was asked last.
        """
        last = "it does not answer"
        with trio.move_on_after(FIND_TIMEOUT):
            for place in self._url.places:
                try:
                    return await self._ask(place, channel)
                except FAILURES as error:
                    last = f"{place[0]}:{place[1]}: {reason(error)}"
        raise RedisError(last)

    async def _ask(self, place: Place, channel: str) -> Wire:
        if self._url.kind == SENTINEL:
            return await self._open(await self._master(place), channel)
        for _ in range(MOVES):
            wire_or_place = await self._follow(place, channel)
            if isinstance(wire_or_place, Wire):
                return wire_or_place
            place = wire_or_place
        raise RedisError("nodes of the cluster send us round")

    async def _follow(self, place: Place, channel: str) -> Wire | Place:
        """Return a wire, or where else the channel is, in a cluster."""
        try:
            return await self._open(place, channel)
        except RedisError as error:
            word, _, told = str(error).partition(" ")
            if self._url.kind != CLUSTER or word != "MOVED":
                raise
        host, _, port = told.partition(" ")[2].rpartition(":")
        if not port.isdecimal():
            raise RedisError("it has moved, and does not say where to")
        return host or place[0], int(port)

    async def _open(self, place: Place, channel: str) -> Wire:
        wire = await Wire.open(place, self._tls)
        try:
            await wire.greet(self._url.login)
            if self._url.kind == SENTINEL:
                await _check_role(wire)
            await wire.call(self._subscribe, channel)
        except BaseException:
            await wire.close()
            raise
        return wire

    async def _master(self, place: Place) -> Place:
        """Return where the master is, as a sentinel says."""
        wire = await Wire.open(place, self._tls)
        try:
            login = self._url.sentinel_login
            if login.password:
                user = (login.user,) if login.user else ()
                await wire.call("AUTH", *user, login.password)
            told = await wire.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", self._url.name)
        finally:
            await wire.close()
        match told:
            case [bytes(host), bytes(port)] if port.isdigit():
                return host.decode(errors="replace"), int(port)
        raise RedisError(f"it knows no master {self._url.name}")


async def _check_role(wire: Wire) -> None:
    """See that a server is a master: a sentinel may not know yet that it is none any more."""
    match await wire.call("ROLE"):
        case [b"master", *_]:
            return
    raise RedisError(f"{wire.place[0]}:{wire.place[1]} is no master")
