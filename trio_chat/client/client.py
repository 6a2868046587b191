"""A client: one connection as a task tree, with a read pump and a write pump."""

import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import structlog
import trio

from trio_chat.config import Config
from trio_chat.delivery.frames import Frame, coalesce, frame_of, pack
from trio_chat.delivery.outbox import Outbox, Readiness, SendNow
from trio_chat.hub import Asked, CaughtUp, Register, Request, Unregister
from trio_chat.journal.history import History
from trio_chat.journal.types import Unavailable
from trio_chat.net.streams import AnyStream, line_of, linger, reset_on_close
from trio_chat.net.transport import Transport
from trio_chat.protocol import requests
from trio_chat.protocol.answers import Ping
from trio_chat.protocol.close import CRASHED, NO_PONG, RESYNC, TOO_SLOW, CloseReason, Violation
from trio_chat.protocol.dialects.base import Dialect

READ_SIZE = 16 * 1024
EXITS = 8  # of peers that have gone, in one round of Trio: a millisecond of clearing away
LOOK_UPS = 16  # that may wait at once, besides the rooms in which something was missed
NEVER = float("inf")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ConnectionContext:
    """What all clients have in common."""

    inbox: trio.MemorySendChannel[Request]
    config: Config
    archive: History
    readiness: Readiness
    exit: trio.CapacityLimiter = field(default_factory=lambda: trio.CapacityLimiter(EXITS))


class Client:
    """Stands between one connection and the hub.

    Its nursery holds two tasks: the read pump does all reads, the write pump all waiting writes.
    Whichever ends first brings the other to its end: when the peer has closed or is gone, the
    read pump unregisters, upon which the hub closes our send side and the write pump, having
    written what waits, ends; when our side was closed first, the write pump gives the peer
    ``close_timeout`` to close too. Nothing but cancellation leaves ``run``.
    """

    def __init__(
        self,
        stream: AnyStream,
        transport: Transport,
        dialect: Dialect,
        shared: ConnectionContext,
        wish: requests.Join | None = None,
        *,
        spread: Callable[[], float] = random.random,
    ) -> None:
        self.dialect = dialect
        self._stream = stream
        self._transport = transport
        self._inbox = shared.inbox
        self._config = config = shared.config
        self._archive = shared.archive
        self._exit = shared.exit
        self._wish = wish  # where a client is that needs no name
        self._spread = spread  # from 0 to 1: where in the first interval the first ping falls
        self._looked_up: list[requests.AnyRequest | requests.Missed] = []
        self._is_looking_up = False
        line = line_of(stream)
        self._outbox = Outbox(line, config.outbox_frames, config.outbox_bytes, shared.readiness)
        self._scope = trio.CancelScope()
        self._nursery: trio.Nursery | None = None
        self._ending: CloseReason | None = None  # set once we are the ones to end it
        self._heard = True  # whether the peer has sent anything since the last ping
        self._pinged_at: float | None = None  # when the ping whose answer is awaited was sent
        self.deliver = self._outbox.put
        self.enqueue_rest = self._outbox.enqueue_rest
        self.can_take = self._outbox.can_take
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
        with self._scope:
            try:
                async with trio.open_nursery() as self._nursery:
                    self._nursery.start_soon(self._write_pump)
                    await self._read_pump(already_read)
            except* Exception:
                log.exception("client crashed")
                await self._apologise()
            finally:
                self.close()  # before the socket closes: its descriptor must not be written again
            await linger(self._stream)

    def end(self, ending: CloseReason) -> None:
        """End the connection with a close frame, behind all that waits."""
        if self._ending:
            return
        self._ending = ending
        self._say(self.dialect.bye(ending))
        self._put(self._transport.close(ending))
        self.close()

    def abort(self, ending: CloseReason) -> None:
        """End the connection at once: the peer is dead or stuck."""
        self._ending = ending
        self.close()
        reset_on_close(self._stream)
        self._scope.cancel(reason=ending.reason)

    async def _read_pump(self, already_read: bytes) -> None:
        """Register, read all that the peer sends, unregister."""
        try:
            await self._inbox.send(Register(self, self._wish))
            data = already_read or await self._receive()
            while data and await self._take(data):
                data = await self._receive()
            async with self._exit:  # a crowd that goes at once must not hold up those who stay
                if not data:
                    self._scope.cancel(reason="the peer hung up")
        finally:
            self._nursery = None  # it may close any moment; nothing is looked up any more
            # The hub always takes requests, so this is short; the deadline is for a bug of ours.
            with trio.move_on_after(self._config.close_timeout, shield=True):
                await self._inbox.send(Unregister(self))

    async def _take(self, data: bytes) -> bool:
        """Act on what the peer sent; return whether more may come."""
        self._heard = True
        received = self._transport.feed(data)
        if received.fault:
            self._say(self.dialect.bye(received.fault))
        self._put(received.reply)
        if received.ended:
            self.close()  # nothing may follow a close frame
        await self._submit(received.messages)
        return not received.ended

    async def _receive(self) -> bytes:
        """Return what the peer sent, or nothing if it is gone."""
        try:
            return bytes(await self._stream.receive_some(READ_SIZE))
        except trio.BrokenResourceError:
            return b""

    async def _submit(self, messages: Sequence[str | bytes]) -> None:
        """Hand what the peer said to the hub. Waits while the hub's inbox is full."""
        if self._ending:
            return
        asked: list[requests.AnyRequest | requests.InvalidRequest] = []
        try:
            for message in messages:
                asked += self.dialect.read(message, self._config)
        except Violation as violation:
            self.end(violation.ending)
        if asked:
            await self._inbox.send(Asked(self, asked))

    def look_up(self, request: requests.AnyRequest | requests.Missed) -> bool:
        """Get something from the archive, one after the other; ``False``: too much waits."""
        if isinstance(request, requests.Missed):
            self._forget_missed(request.room)
        elif len(self._looked_up) >= LOOK_UPS:
            return False
        self._looked_up.append(request)
        if self._nursery and not self._is_looking_up:
            self._is_looking_up = True
            self._nursery.start_soon(self._look_things_up)
        return True

    def _forget_missed(self, room: str) -> None:
        """Drop what waits for a room: who joins it again begins again."""
        self._looked_up = [
            waiting
            for waiting in self._looked_up
            if not (isinstance(waiting, requests.Missed) and waiting.room == room)
        ]

    async def _look_things_up(self) -> None:
        """Answer from the archive, no faster than the peer reads."""
        while self._looked_up:
            request = self._looked_up.pop(0)
            await self._outbox.drained()
            if isinstance(request, requests.Missed):
                await self._catch_up(request)
            else:
                self._say(self.dialect.answer(await self._archive.answer(request)))
        self._is_looking_up = False

    async def _catch_up(self, missed: requests.Missed) -> None:
        """Send a page of what was missed; the hub then sends the rest, or asks for more."""
        try:
            found = await self._archive.missed(missed.room, missed.after)
        except Unavailable:
            self.end(RESYNC)
            return
        # What others have written, the hub may not know yet; it must not come twice.
        page = [(seq, data) for seq, data in found if seq <= missed.until]
        if not page or page[0][0] != missed.after + 1:  # deleted meanwhile: the client must know
            self.end(RESYNC)
            return
        told = (self.dialect.recall(seq, data) for seq, data in page)
        for frame in pack(told, self.dialect):
            await self._outbox.drained()
            self._deliver_or_abort(frame)
        await self._inbox.send(CaughtUp(self, missed, page[-1][0]))

    def _say(self, payload: bytes | None) -> None:
        """Tell the peer something, if its dialect has a word for it."""
        if payload is not None:
            self._deliver_or_abort(frame_of(payload, self.dialect))

    def _put(self, wire: bytes) -> None:
        if wire:
            self._deliver_or_abort(Frame(wire))

    def _deliver_or_abort(self, frame: Frame) -> None:
        if not self._outbox.put(frame):
            self.abort(TOO_SLOW)

    async def _write_pump(self) -> None:
        """Write what waits, and ping; ends when the send side is closed and all is written."""
        alarm = self._first_ping()
        while True:
            frames = None
            with trio.move_on_at(alarm):
                frames = await self._outbox.take()
            if frames is None:
                alarm = self._keep_alive()
            elif frames:
                await self._write(frames)
            else:
                break
        self._limit_goodbye()
        if self._transport.is_one_way and self._nursery:  # the end of our direction says it all
            self._nursery.cancel_scope.cancel(reason="all has been told")

    async def _write(self, frames: list[Frame]) -> None:
        """Write frames, each merged message within the deadline; the peer must keep up."""
        try:
            for data in coalesce(frames, self.dialect):
                with trio.fail_after(self._config.write_timeout):
                    await self._stream.send_all(data)
        except trio.TooSlowError:
            self.abort(TOO_SLOW)
        except trio.BrokenResourceError:
            self._scope.cancel(reason="the peer is gone")
        else:
            self._outbox.wrote(frames)

    def _first_ping(self) -> float:
        """Return when to ping first: spread, lest clients that came together be pinged together."""
        interval = self._config.ping_interval
        return trio.current_time() + interval * self._spread() if interval else NEVER

    def _keep_alive(self) -> float:
        """Send the ping that is due, or look for its answer; return when to come next.

        Anything that the peer sends shows life, not the pong alone.
        """
        if self._pinged_at is None:
            self._heard = self._transport.is_one_way
            self._pinged_at = trio.current_time()
            self._say(self.dialect.answer(Ping()))  # a page does not see the other
            self._put(self._transport.ping())
            return self._pinged_at + self._config.pong_timeout
        if not self._heard:
            self.abort(NO_PONG)
        next_ping = self._pinged_at + self._config.ping_interval
        self._pinged_at = None
        return next_ping

    async def _apologise(self) -> None:
        """After a crash: tell the peer, if it is not in the middle of a frame."""
        self._limit_goodbye()
        if self._outbox.is_idle:
            bye = self.dialect.bye(CRASHED)
            last_words = frame_of(bye, self.dialect).wire if bye else b""
            with suppress(trio.BrokenResourceError):
                await self._stream.send_all(last_words + self._transport.close(CRASHED))

    def _limit_goodbye(self) -> None:
        self._scope.deadline = trio.current_time() + self._config.close_timeout
