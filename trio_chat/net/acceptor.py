"""The acceptor: takes every connection of the port, serves files, and routes other requests."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from itertools import count

import structlog
import trio

from trio_chat.auth.gate import Gate
from trio_chat.auth.shown import shown_by
from trio_chat.config import Config
from trio_chat.limits.limits import Limits
from trio_chat.log_context import PROXY, begin, peer_class, reveal
from trio_chat.net import eventstream
from trio_chat.net.address_rates import AddressRates
from trio_chat.net.admission import Admission, Slot
from trio_chat.net.device_label import label_of
from trio_chat.net.entrance import WEBSOCKET_PATH, Entrance
from trio_chat.net.forwarded import Forwarding
from trio_chat.net.handshake import shake_hands, without_other_upgrade
from trio_chat.net.head import (
    Answer,
    Head,
    HttpError,
    check_encoding,
)
from trio_chat.net.hosts import HostNames
from trio_chat.net.origins import as_told_to, check_site
from trio_chat.net.probes import NO_PROBES, Probes
from trio_chat.net.problems import as_told_at
from trio_chat.net.reception import Reception
from trio_chat.net.refused_handshakes import RefusedHandshakes
from trio_chat.net.site import Site, allowed_origins, prefix_of
from trio_chat.net.streams import (
    SKIPPED,
    Stream,
    address_of,
    linger,
    reset_on_close,
    skip,
)
from trio_chat.net.transfers import is_upload
from trio_chat.net.visitor import LINK_HEADER, Visitor
from trio_chat.net.websocket import WebSocket
from trio_chat.protocol import requests

FILE_COST = 0.2  # of an HTTP request; a file is answered from memory
FILES = "/files/"  # the files of messages; pages fetch many at once
REFUSALS_AT_ONCE = 32  # connections over a limit that are answered at the same time

log = structlog.get_logger()

# The handlers of connections. Those of a WebSocket and of an event stream get the answer to the
# request, to be sent first, and may raise ``HttpError`` instead. The bytes behind that are what has
# been read from the connection already. That of another HTTP request returns what has been read
# behind the request, if a further one may come; ``None``: the connection is over.
Serving = Awaitable[None]  # what serves a connection to its end
OnWebSocket = Callable[[Stream, WebSocket, bytes, Head, Visitor], Awaitable[Serving]]
OnEvents = Callable[[Stream, requests.Join, bytes, bytes, Visitor], Awaitable[Serving]]
OnHttp = Callable[[Stream, Head, Visitor], Awaitable[bytes | None]]


class Acceptor:
    """Answers connections, each in a task of its own.

    Args:
        config: Limits and times.
        limits: Tell which address asks for too much.
        find_file: Returns the answer to a request for a file of the page, ``None`` for another one.
        on_websocket: Serves a connection after the WebSocket handshake.
        on_events: Serves a connection that follows a room.
        on_http: Serves another plain HTTP request.
        gate: Tells who may come in.
        probes: Answer supervisors, whom no rate and no limit refuses.
    """

    def __init__(  # noqa: PLR0913 - what it leads to
        self,
        config: Config,
        limits: Limits,
        find_file: Callable[[Head], Answer | None],
        on_websocket: OnWebSocket,
        on_events: OnEvents,
        on_http: OnHttp,
        *,
        gate: Gate,
        probes: Probes = NO_PROBES,
    ) -> None:
        self._config = config
        self._find_file = find_file
        self._on_websocket = on_websocket
        self._on_events = on_events
        self._on_http = on_http
        self._probes = probes
        self.hosts = HostNames(config)
        self._forwarding = Forwarding(config)
        self._site = Site(config)
        self._refused_handshakes = RefusedHandshakes()
        self._entrance = Entrance(gate, config)
        self._rates = AddressRates(config, limits)
        self.admission = Admission(config, limits)
        self._refusals = 0
        self._reception = Reception(
            config, self._forwarding, self._rates, self._refused_handshakes, self.admission
        )
        self._numbers = count(1)  # of connections, for the log

    async def answer(self, stream: Stream) -> None:
        """Serve one connection to its end, and close it. Only cancellation leaves it.

        Every coroutine between here and the pumps costs each connection a quarter of a KiB.
        """
        try:
            address = address_of(stream)
            if not address:
                return  # the peer is gone already
            is_proxy = self._forwarding.is_trusted(address)
            begin(next(self._numbers), PROXY if is_proxy else peer_class(address))
            refusal = self.admission.refusal(address, is_proxy=is_proxy)
            if refusal:
                await self._refuse_connection(stream, refusal, address)
                return
            slot = self.admission.enter(address, is_proxy=is_proxy)
            try:
                serving = await self._begin(stream, address, slot)
                if serving:
                    await serving
            finally:
                self.admission.leave(slot)
        except* (OSError, trio.BrokenResourceError):
            pass  # the peer is gone
        except* Exception:
            log.exception("connection crashed")
        finally:
            if isinstance(stream, trio.SocketStream):
                stream.socket.close()  # which takes no turn of the loop, and no cancelled scope
            else:
                await trio.aclose_forcefully(stream)

    def shut(self) -> None:
        """Stop waiting for requests that have not come yet, but for what is on its way already."""
        self._reception.shut()
        self.admission.end_idle()

    async def _refuse_connection(self, stream: Stream, refusal: HttpError, address: str) -> None:
        """Answer a connection over a limit; with very many of them, close it without an answer."""
        if self._refusals >= REFUSALS_AT_ONCE:
            return
        self._refusals += 1
        try:
            answer = await self._probes.peek(stream, prefix_of(self._config)) or refusal
            await self._refuse(stream, answer, address)
        finally:
            self._refusals -= 1

    async def _refuse(
        self, stream: Stream, refusal: HttpError, address: str, head: Head | None = None
    ) -> None:
        """Answer a request, or a connection without one, and end it.

        A body that is not too long is read first: a proxy that passes a refusal on before that
        hangs up on whoever still sends, who then never gets it.
        """
        is_file = head is not None and is_upload(head.raw)
        spend = partial(self._spend, address, is_file=is_file)
        if head and (left := head.body_left) <= SKIPPED and not head.values("expect"):
            with trio.move_on_after(self._config.close_timeout):
                await skip(stream, left, spend)
        with trio.move_on_after(self._config.close_timeout):
            await stream.send_all(refusal.answer())
            await linger(stream, spend)

    def _spend(self, address: str, size: int, *, is_file: bool = False) -> float:
        """Take in what was read of a connection that is over; return in how many seconds to go on.

        A trusted proxy pays for nobody behind it.
        """
        if self._forwarding.is_trusted(address):
            return 0.0
        return self._rates.spend(address, size, is_file=is_file)

    async def _begin(self, stream: Stream, peer: str, slot: Slot) -> Serving | None:
        """Serve HTTP requests one after the other; return what serves another one to the end."""
        asked, address, direct = None, peer, peer
        served = 0
        try:
            head, peer = await self._reception.first_head(stream, peer, slot)
            while head:
                asked = head
                if answer := await self._probes.answer(head, prefix_of(self._config)):
                    await self._send(stream, answer, peer)
                    return None
                served += 1
                head, address = self._own(head, peer, served, is_told=peer != direct)
                asked = head
                if answer := None if head.values("upgrade") else self._find_file(head):
                    await self._rates.pay("http_rate", address, FILE_COST)
                    await self._send(stream, answer, address)
                    rest = None if answer.is_last else head.rest
                else:
                    (slot.give_to if head.path.startswith(FILES) else slot.ask)(address)
                    visitor, serving = await self._lead_on(stream, head, peer, address)
                    if serving:
                        return serving
                    rest = await self._on_http(stream, head, visitor)
                asked = None
                if rest is None or self._reception.is_shut or not self.admission.rest(slot):
                    return None
                head = await self._reception.next_head(stream, slot.key or peer, rest)
        except HttpError as refusal:
            await self._refuse(stream, self._as_told(asked, refusal), address, asked)
        return None

    def _as_told(self, head: Head | None, refusal: HttpError) -> HttpError:
        """Return a refusal as whoever has sent a request, or a part of its head, can read it."""
        if head is None:
            return as_told_at(refusal.path, refusal)
        return as_told_to(head, allowed_origins(self._config), refusal)

    def _own(self, head: Head, peer: str, number: int, *, is_told: bool) -> tuple[Head, str]:
        """Return a connection's request of some number as its sender made it, and the sender.

        A trusted proxy may have told the peer, by the PROXY protocol.

        Raises:
            HttpError: it is sent to another server.
        """
        head, address = self._forwarding.reveal(head, peer, is_told=is_told)
        if address != peer:
            reveal(peer_class(address))
        self.hosts.check(head, address)
        head = without_other_upgrade(self._site.own(head))
        if self._reception.is_shut or number >= self._config.keep_alive_requests:
            head = replace(head, is_last=True)
        return head, address

    async def _lead_on(
        self, stream: Stream, head: Head, peer: str, address: str
    ) -> tuple[Visitor, Serving | None]:
        """Return who asks for something else than a file; and what serves that to the end.

        ``None``: it is a plain HTTP request.

        Raises:
            HttpError: it is refused.
        """
        try:
            visitor = await self._let_in(head, peer, address)
            return visitor, await self._upgraded(stream, head, visitor)
        except HttpError as refusal:
            self._refused_handshakes.tell(head, refusal)
            raise

    async def _let_in(self, head: Head, peer: str, address: str) -> Visitor:
        """Return who asks for something else than a file, once that is paid for.

        Raises:
            HttpError: it is refused.
        """
        if head.path == WEBSOCKET_PATH:
            await self._rates.pay("handshake_rate", address)
        else:
            is_file = head.path.startswith(FILES)
            await self._rates.pay("http_rate", address, FILE_COST if is_file else 1.0)
            # What is behind the request is paid for with the next one.
            size = len(head.raw) + len(head.rest[: head.body_size])
            await self._rates.pay("address_byte_rate", address, size, "bytes")
        check_encoding(head)
        check_site(head, allowed_origins(self._config))
        is_by_proxy = self._forwarding.is_trusted(peer)
        grant = await self._entrance.admit(head, address, is_by_proxy=is_by_proxy)
        link = " ".join(head.values(LINK_HEADER))
        shown = shown_by(head.values("authorization"), link=link)
        link_shown = next(iter(shown.links), None)
        label = label_of(" ".join(head.values("user-agent")))
        return Visitor(address, grant, shown.session, link_shown, label)

    async def _send(self, stream: Stream, answer: Answer, address: str) -> None:
        """Send an answer.

        Raises:
            trio.BrokenResourceError: the peer does not read, or is gone.
        """
        with trio.move_on_after(self._config.write_timeout) as scope:
            await stream.send_all(answer.wire)
        if scope.cancelled_caught:
            reset_on_close(stream)
            raise trio.BrokenResourceError("the peer does not read")
        if answer.is_last:
            with trio.move_on_after(self._config.close_timeout):
                await linger(stream, partial(self._spend, address))

    async def _upgraded(self, stream: Stream, head: Head, visitor: Visitor) -> Serving | None:
        """Return what serves a WebSocket or an event stream; ``None``: neither is asked for.

        Raises:
            HttpError: it is asked for wrongly, or a page of another site does.
        """
        if head.path == WEBSOCKET_PATH:
            websocket, answer = shake_hands(head, self._config)
            return await self._on_websocket(stream, websocket, answer, head, visitor)
        if head.values("upgrade"):  # to a WebSocket: others are ignored
            raise HttpError(404, f"no upgrade here; WebSockets are at {WEBSOCKET_PATH}")
        if eventstream.is_asked_for(head):
            join, answer = eventstream.begin(head, self._config)
            return await self._on_events(stream, join, answer, head.rest, visitor)
        return None
