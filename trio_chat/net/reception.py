"""The reception: waits for the requests of connections, and takes in a few of a crowd at a time."""

import socket

import trio

from trio_chat.config import Config
from trio_chat.log_context import peer_class, reveal
from trio_chat.net.address_rates import AddressRates
from trio_chat.net.admission import Admission, Slot
from trio_chat.net.forwarded import Forwarding
from trio_chat.net.head import END_OF_HEAD, READ_SIZE, Head, HttpError, read_head
from trio_chat.net.proxy_header import SIGNATURE, is_proxy_header, read_proxy_header
from trio_chat.net.refused_handshakes import RefusedHandshakes
from trio_chat.net.streams import Stream, read_now, tcp_of

# TLS handshakes that begin in one round of Trio's loop; each takes up to 1 ms of CPU.
HANDSHAKES = 4
# Requests for which was waited that are read in one round; each takes up to half a millisecond.
HEADS = 8
# Seconds at a shutdown for the request of a connection that was accepted just before: it is
# answered, as its sender would take it for an error if it was not.
LAST_HEADS = 0.25
UNTRUSTED = "a proxy that is not trusted speaks the PROXY protocol; see --trusted-proxy"


class Reception:
    """Reads the head of each request, with what comes before the first one of a connection.

    Args:
        config: Times and limits.
        forwarding: Knows which proxies are trusted.
        rates: Of addresses, for TLS handshakes.
        refused_handshakes: Is told why a connection gets no further.
        admission: Is told which connections wait for another request.
    """

    def __init__(
        self,
        config: Config,
        forwarding: Forwarding,
        rates: AddressRates,
        refused_handshakes: RefusedHandshakes,
        admission: Admission,
    ) -> None:
        self._config = config
        self._forwarding = forwarding
        self._rates = rates
        self._refused_handshakes = refused_handshakes
        self._admission = admission
        self._handshakes = trio.CapacityLimiter(HANDSHAKES)
        self._heads = trio.CapacityLimiter(HEADS)
        self._waiting: set[trio.CancelScope] = set()  # one for each first head that has not come
        self.is_shut = False

    def shut(self) -> None:
        """Wait for first requests no longer than ``LAST_HEADS``."""
        self.is_shut = True
        last = trio.current_time() + LAST_HEADS
        for scope in self._waiting:
            scope.deadline = min(scope.deadline, last)

    async def first_head(self, stream: Stream, peer: str, slot: Slot) -> tuple[Head | None, str]:
        """Return the first request head, or ``None`` if there is nobody to answer; and the peer.

        That is who a proxy that only passes on bytes says it is.

        Raises:
            HttpError: it is not clean, or does not come within ``head_timeout``.
        """
        already_read = b"" if slot.is_proxys else read_now(stream, READ_SIZE)
        if END_OF_HEAD in already_read:  # as a rule: see ``DEFER_ACCEPT``
            return await self._read_head(stream, already_read, peer, slot), peer
        timeout = LAST_HEADS if self.is_shut else self._config.head_timeout
        with trio.move_on_after(timeout) as scope:
            self._waiting.add(scope)
            try:
                if slot.is_proxys:
                    peer, already_read = await self._read_sender(stream, peer, slot)
                if isinstance(stream, trio.SSLStream):
                    await self._shake_hands(stream, peer, slot)
                elif isinstance(stream, trio.SocketStream) and not already_read:
                    await self._await_turn(stream)
                return await self._read_head(stream, already_read, peer, slot), peer
            finally:
                self._waiting.discard(scope)
        if self.is_shut:
            return None, peer  # which nobody has to hear of
        raise HttpError(408, "the request did not come in time")

    async def _await_turn(self, stream: trio.SocketStream) -> None:
        """Wait until something comes, and for the other requests that came at the same moment.

        All of a crowd in one round of the loop would keep everybody else waiting.
        """
        await trio.lowlevel.wait_readable(stream.socket)
        async with self._heads:  # which takes a round
            pass

    async def _read_head(
        self, stream: Stream, already_read: bytes, peer: str, slot: Slot
    ) -> Head | None:
        try:
            return await read_head(stream, self._config.head_limit, already_read)
        except HttpError as refusal:
            if self._tell_of_header(refusal.begun, peer, slot):
                raise HttpError(400, UNTRUSTED) from None
            self._refused_handshakes.tell_protocol(refusal.begun, peer_class(peer))
            raise

    async def _read_sender(self, stream: Stream, peer: str, slot: Slot) -> tuple[str, bytes]:
        """Return who is behind a trusted proxy, if its first bytes tell; else the proxy.

        The bytes that come with it are what has been read of the request.

        Raises:
            HttpError: what it tells is not clean, or the sender has too many connections.
        """
        told, already_read = await read_proxy_header(tcp_of(stream).socket)
        if told and not self._forwarding.is_trusted(told):
            slot.give_to(told)
            reveal(peer_class(told))
        return told or peer, already_read

    def _tell_of_header(self, begun: bytes, peer: str, slot: Slot) -> bool:
        """Log that a proxy tells by the PROXY protocol who is behind it, and is not trusted.

        Return whether it is so.
        """
        is_untrusted = is_proxy_header(begun) and not slot.is_proxys
        if is_untrusted:
            self._forwarding.warn(peer, is_refused=True)
        return is_untrusted

    async def _shake_hands(
        self, stream: trio.SSLStream[trio.SocketStream], peer: str, slot: Slot
    ) -> None:
        """Make the TLS handshake, once the peer's hello is there and few others begin theirs.

        Raises:
            trio.BrokenResourceError: it fails, or the peer's address makes too many.
        """
        await trio.lowlevel.wait_readable(tcp_of(stream).socket)
        if not slot.is_proxys:
            begun = await tcp_of(stream).socket.recv(len(SIGNATURE), socket.MSG_PEEK)
            self._tell_of_header(begun, peer, slot)
            await self._rates.pay_handshake(peer)
        async with self._handshakes:
            await trio.lowlevel.checkpoint()
        try:
            await stream.do_handshake()
        except trio.BrokenResourceError as error:
            self._refused_handshakes.tell_tls(error.__cause__)
            raise

    async def next_head(self, stream: Stream, address: str, already_read: bytes) -> Head | None:
        """Return the head of a further request, or ``None`` if none comes in time.

        The address is the one for which the connection counts.

        Raises:
            HttpError: it is not clean.
        """
        if already_read:  # perhaps a whole one; without a wait its sender would keep all others
            await trio.lowlevel.checkpoint()
        with trio.move_on_after(self._config.keep_alive_timeout) as scope:
            self._admission.begin_idle(address, scope)
            try:
                if isinstance(stream, trio.SocketStream) and not already_read:
                    await self._await_turn(stream)
                return await read_head(stream, self._config.head_limit, already_read)
            finally:
                self._admission.finish_idle(address, scope)
        return None
