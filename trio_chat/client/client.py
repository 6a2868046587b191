"""A client: one connection as a task tree, with a read pump and a write pump."""

import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NoReturn

import structlog
import trio

from trio_chat.auth.grant import ANYBODY
from trio_chat.client.connection_rates import ConnectionRates, limit_of, way_in
from trio_chat.client.entry import HelloDenied
from trio_chat.client.keepalive import Due, Keepalive
from trio_chat.client.lookups import ConnectionContext, LookUps
from trio_chat.client.submission import Submission
from trio_chat.core.messages import Register, Unregister
from trio_chat.delivery.frames import Frame, coalesce, frame_of
from trio_chat.delivery.outbox import Outbox, SendNow
from trio_chat.delivery.recipient import LookedUp, MissedEvents
from trio_chat.log_context import details
from trio_chat.net.streams import AnyStream, address_of, linger, reset_on_close, socket_of
from trio_chat.net.transport import Transport
from trio_chat.net.visitor import Visitor
from trio_chat.protocol import requests
from trio_chat.protocol.answers import Ping
from trio_chat.protocol.close import (
    CRASHED,
    FLOODING,
    NO_PONG,
    TOO_SLOW,
    CloseReason,
    name_of,
)
from trio_chat.protocol.dialects.base import Dialect

READ_SIZE = 16 * 1024
PARSED_AT_ONCE = 1024  # bytes; at most 170 frames, half a millisecond

log = structlog.get_logger()


class Client:
    """Stands between one connection and the hub.

    Its nursery holds two tasks: the read pump does all reads, the write pump all waiting writes.
    Whichever ends first brings the other to its end: when the peer has closed or is gone, the
    read pump unregisters, upon which the hub closes our send side and the write pump, having
    written what waits, ends; when our side was closed first, the write pump gives the peer
    ``close_timeout`` to close too. Nothing but cancellation leaves ``run``.
    """

    _fault: CloseReason | None = None  # what the peer has broken, if its frames are none
    _is_gone = False  # whether the peer has hung up, and nothing was left to write
    _is_cut = False  # whether it ends at once, without a goodbye

    def __init__(
        self,
        stream: AnyStream,
        transport: Transport,
        dialect: Dialect,
        context: ConnectionContext,
        join: requests.Join | None = None,
        visitor: Visitor | None = None,
        *,
        spread: Callable[[], float] = random.random,
    ) -> None:
        self.dialect = dialect
        self._stream = stream
        self._transport = transport
        self._context = context
        self._config = config = context.config
        self._join = join  # which room a client is in that needs no name
        self._session = visitor.session if visitor else None
        self._label = visitor.label if visitor else ""
        self.address = visitor.address if visitor else address_of(stream)
        by = way_in(transport, dialect)
        self._rates = ConnectionRates(config, context.limits, self.address, by)
        self._outbox = Outbox(
            socket_of(stream),
            config.outbox_frames,
            config.outbox_bytes,
            context.outboxes,
            lambda: self.abort(TOO_SLOW, "all_outbox_bytes"),
        )
        self._keepalive = Keepalive(
            config, trio.current_time(), only_writes=transport.is_one_way, spread=spread
        )
        grant = visitor.grant if visitor else ANYBODY
        self._submission = Submission(context, self._keepalive, grant)
        self._scope: trio.CancelScope | None = None  # of the nursery, once it is there
        self._nursery: trio.Nursery | None = None  # while something may be looked up
        self._look_ups: LookUps | None = None  # while something is looked up
        self._close_reason: CloseReason | None = None  # set once we are the ones to end it
        self.deliver = self._outbox.put
        self.enqueue_rest = self._outbox.enqueue_rest
        self.can_take = self._outbox.can_take
        self.watch = self._outbox.watch
        self.unwatch = self._outbox.unwatch
        self.close = self._outbox.close

    @property
    def send_now(self) -> SendNow | None:
        """Writes to the peer at once; ``None`` while something waits for it already."""
        return self._outbox.send_now

    async def run(self, already_read: bytes = b"") -> None:
        """Run the connection until it is over; the stream is the caller's to close.

        Args:
            already_read: What the peer sent behind its handshake.
        """
        traffic, by = self._context.traffic, self._rates.way_in
        traffic.opened[by] += 1
        heartbeat = self._context.heartbeat
        heartbeat.add(self, self._keepalive.due)
        if details.wanted:
            log.debug("connection begins", way_in=by)
        try:
            async with trio.open_nursery() as self._nursery:
                scope = self._scope = self._nursery.cancel_scope
                if not self._is_cut:
                    self._nursery.start_soon(self._write_pump)
                    await self._read_pump(already_read)
        except* Exception:
            log.exception("client crashed")
            self._close_reason = CRASHED
            with trio.move_on_after(self._config.close_timeout):
                await self._apologise()
        finally:
            heartbeat.remove(self, self._keepalive.due)
            traffic.closed[by] += 1
            traffic.ended[self._end_name] += 1
            if details.wanted:
                log.debug("connection ends", way_in=by, reason=self._end_name)
            # Before the socket closes: its descriptor must not be written again.
            self._outbox.abandon()
            self._transport.release()
            self._submission.forget()  # it holds the connection, too, as look-ups do
            self._look_ups = None
        if not self._is_gone and not self._is_cut:
            until = trio.current_time() + self._config.close_timeout
            with trio.move_on_at(min(until, scope.deadline)):
                await linger(self._stream, self._rates.spend)

    @property
    def _end_name(self) -> str:
        """What ends the connection, as figures name it."""
        reason = self._close_reason or self._fault
        return name_of(reason) if reason else "peer"

    def end(self, reason: CloseReason) -> None:
        """End the connection with a close frame, behind all that waits."""
        if self._close_reason:
            return
        self._close_reason = reason
        self._say(self.dialect.bye(reason))
        self._put(self._transport.close(reason))
        self.close()

    def abort(self, reason: CloseReason, limit: str = "") -> None:
        """End the connection at once: the peer is dead, or stuck beyond a limit."""
        self._close_reason = reason
        self._rates.count(limit or self._outbox.reached)
        self._outbox.abandon()
        reset_on_close(self._stream)
        self._cut(reason.reason)

    def _cut(self, why: str) -> None:
        """End both pumps at once, or let them not begin."""
        self._is_cut = True
        if self._scope:
            self._scope.cancel(reason=why)

    def look_up(self, request: LookedUp) -> None:
        """Answer a request from the journal."""
        if self._nursery:
            self._start_look_ups(self._nursery).add(request)

    def read_page(self, missed: MissedEvents) -> None:
        """Read a page of missed events, send it, and tell the hub."""
        if self._nursery:
            self._start_look_ups(self._nursery).add_missed(missed)

    def _start_look_ups(self, nursery: trio.Nursery) -> LookUps:
        """Return the look-ups, which a task of this connection works off."""
        if self._look_ups is None:
            self._look_ups = LookUps(
                self._context,
                self.dialect,
                self._outbox,
                self._deliver_or_abort,
                self.end,
                self._rates,
            )
            nursery.start_soon(self._look_things_up, self._look_ups)
        return self._look_ups

    async def _look_things_up(self, look_ups: LookUps) -> None:
        await look_ups.run()
        self._look_ups = None

    async def _read_pump(self, already_read: bytes) -> None:
        """Register, read all that the peer sends, unregister."""
        inbox = self._context.inbox
        rounds = self._context.rounds
        rounds.add(self._stream)
        inbox.post(Register(self, self._join, self._submission.grant, self._session, self._label))
        try:
            data = already_read or await rounds.receive(self._stream, READ_SIZE)
            while data and await self._take(data):
                data = await rounds.receive(self._stream, READ_SIZE)
            # What was asked for before the end is done before it.
            if self._submission.is_under_way:
                with trio.move_on_after(self._config.close_timeout):
                    await self._submission.settle()
            if data:  # a crowd that says goodbye at once must not hold up the others
                await rounds.leave()
            else:
                self._hang_up()
        finally:
            self._nursery = None  # it may close any moment; nothing is looked up any more
            inbox.post(Unregister(self))
            rounds.remove(self._stream)

    def _hang_up(self) -> None:
        """Let the connection end at once, as the peer is gone: nothing more is written.

        Mostly nothing waits to be, and the write pump ends as if we had closed our side, which
        takes less than to cancel it.
        """
        if self._outbox.is_idle and self._look_ups is None:
            self._is_gone = True
            self.close()
        else:
            self._cut("the peer hung up")

    async def _take(self, data: bytes) -> bool:
        """Act on what the peer sent; return whether more may come.

        One read can hold thousands of frames, so it is parsed a piece at a time: other tasks run in
        between, and whoever is over a rate waits before the next piece.
        """
        self._keepalive.hear()
        self._context.traffic.received_bytes += len(data)
        for start in range(0, len(data), PARSED_AT_ONCE):
            if start:
                await trio.lowlevel.checkpoint()
                if self._close_reason:
                    return False  # the rest, and all that follows, is read and not parsed
            piece = data[start : start + PARSED_AT_ONCE]
            received = self._transport.feed(piece)
            if received.fault:
                self._fault = received.fault
                self._rates.count(limit_of(received.fault))
                self._say(self.dialect.bye(received.fault))
            self._put(received.reply)
            if received.ended:
                self.close()  # nothing may follow a close frame
            self._context.traffic.received_messages += len(received.messages)
            await self._submit(received.messages)
            await self._pause(len(piece), received.frames, received.controls)
            if received.ended:
                return False
        if len(data) < READ_SIZE:  # that was all
            self._rates.catch_up()
        return True

    async def _pause(self, size: int, frames: int, controls: int) -> None:
        """Wait before more is parsed, if the peer sends more than it may.

        One that makes us wait for too long, while it has always sent more already, has to go. For
        others at its address nobody waits that long.
        """
        delay = self._rates.take(size, frames, controls)
        if not delay:
            return
        if self._rates.is_flooded:
            self.end(FLOODING)
        self._keepalive.is_paused = True
        await trio.sleep(min(delay, self._config.flood_timeout))
        self._keepalive.is_paused = False

    async def _submit(self, messages: Sequence[str | bytes]) -> None:
        """Hand what the peer asks for to the hub, unless its hello does not let it in."""
        if self._close_reason:
            return
        try:
            await self._submission.submit(self, messages)
        except HelloDenied as denied:
            log.info("hello refused", code=denied.answer.code)
            self._say(self.dialect.answer(denied.answer))
            self.end(denied.close_reason)

    def _say(self, payload: bytes | None) -> None:
        """Tell the peer something, if its dialect has a word for it."""
        if payload is not None:
            self._deliver_or_abort(frame_of(payload, self.dialect))

    def _put(self, wire: bytes) -> None:
        if wire:
            self._deliver_or_abort(Frame(wire))

    def _deliver_or_abort(self, frame: Frame) -> None:
        self._context.traffic.send(len(frame.wire))
        if not self._outbox.put(frame):
            self.abort(TOO_SLOW)

    async def _write_pump(self) -> None:
        """Write what waits; ends when the send side is closed and all is written."""
        while frames := await self._outbox.take():
            await self._write(frames)
        if self._is_gone:
            return
        assert self._scope  # that of the nursery which this task is in
        if self._transport.is_one_way:  # the end of our direction says it all
            self._scope.cancel(reason="all has been told")
        else:
            self._scope.deadline = trio.current_time() + self._config.close_timeout

    async def _write(self, frames: list[Frame]) -> None:
        """Write frames, each merged message within the deadline; the peer must keep up."""
        try:
            for data in coalesce(frames, self.dialect):
                with trio.fail_after(self._config.write_timeout):
                    await self._stream.send_all(data)
        except trio.TooSlowError:
            self.abort(TOO_SLOW, "write_timeout")
        except trio.BrokenResourceError:
            self._cut("the peer is gone")
        else:
            self._outbox.wrote(frames)
            if self._submission.waits:
                self._context.inbox.wake()  # they may have waited for that

    def beat(self, now: float) -> None:
        """Send the ping that is due, or look for its answer; a crash ends this client alone."""
        try:
            self._keep_alive(now)
        except Exception as error:  # noqa: BLE001 - it crashes its own task
            if self._nursery:
                self._nursery.start_soon(_crash, error)
            return
        if not self._outbox.is_closed:
            self._context.heartbeat.add(self, self._keepalive.due)

    def _keep_alive(self, now: float) -> None:
        if self._outbox.is_closed:
            return  # how long the peer may take to close too is limited
        due = self._keepalive.next(now, is_writing=not self._outbox.is_idle)
        if due is Due.PING:
            self._say(self.dialect.answer(Ping()))  # a page does not see the other
            self._put(self._transport.ping())
        elif due is Due.GIVE_UP:
            self.abort(NO_PONG)

    async def _apologise(self) -> None:
        """After a crash: tell the peer, if it is not in the middle of a frame."""
        if self._outbox.is_idle:
            bye = self.dialect.bye(CRASHED)
            last_words = frame_of(bye, self.dialect).wire if bye else b""
            with suppress(trio.BrokenResourceError):
                await self._stream.send_all(last_words + self._transport.close(CRASHED))


async def _crash(error: Exception) -> NoReturn:
    raise error
