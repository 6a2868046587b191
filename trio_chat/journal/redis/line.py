"""The line by Redis: hears and tells on one wire, proves that it hears, and is made anew."""

from collections.abc import Sequence

import hiredis
import structlog
import trio

from trio_chat.bus_url import BusUrl
from trio_chat.journal.redis.finding import Commands, Finder, tls_of
from trio_chat.journal.redis.wire import FAILURES, RedisError, Reply, Wire, packed, reason
from trio_chat.journal.telling import Ends
from trio_chat.measures import BusFigures

BEAT = 1.0  # seconds between two canaries
DEAF = 3.0  # seconds without one of one's own, after which the wire is made anew
FIRST_PAUSE, LAST_PAUSE = 0.1, 5.0  # seconds between two tries, each time twice as long
MOST_WAITING = 1024 * 1024  # bytes that wait to be sent; of more the wire is stuck

log = structlog.get_logger()


class RedisLine:
    """One line, which is lost and made anew as often as it has to be.

    It is up once something of one's own has come back by it: a subscription can be deaf though
    whatever is published succeeds.

    Args:
        url: Of the bus.

    Raises:
        JournalError: a file of its TLS cannot be used.
    """

    def __init__(self, url: BusUrl) -> None:
        self.figures = BusFigures()
        self._url = url
        self._commands = Commands(url)
        self._finder = Finder(url, tls_of(url))
        self._waiting: list[bytes] = []
        self._size = 0  # bytes of these
        self._wanted = trio.Event()
        self._scope: trio.CancelScope | None = None  # of an open wire
        self._channel = b""
        self._is_well: bool | None = None  # as the log has it

    @property
    def is_up(self) -> bool:
        """Whether what is sent is heard, as far as can be known."""
        return self.figures.is_bus_up

    def send(self, hints: Sequence[bytes]) -> None:
        """Have hints told; it does not wait, and may fail silently."""
        if self._scope is None:
            return
        for hint in hints:
            command = packed(self._commands.publish, self._channel, hint)
            self._waiting.append(command)
            self._size += len(command)
        self._wanted.set()
        if self._size > MOST_WAITING:
            self._scope.cancel(reason="Redis takes less than it is sent")
            self._scope = None

    async def run(self, ends: Ends) -> None:
        """Hear and tell until cancelled."""
        self._channel = ends.channel.encode()
        pause = FIRST_PAUSE
        while True:
            try:
                await self._live(ends)
            except* FAILURES as errors:
                error: BaseException = errors
                while isinstance(error, BaseExceptionGroup):
                    error = error.exceptions[0]
                self._tell(is_well=False, reason=reason(error))
            finally:
                was_up, self.figures.is_bus_up = self.is_up, False
                if was_up:
                    ends.changed()
            self.figures.bus_reconnects += 1
            pause = FIRST_PAUSE if was_up else min(2 * pause, LAST_PAUSE)
            await trio.sleep(pause)

    def _tell(self, *, is_well: bool, **more: str) -> None:
        if is_well is self._is_well:
            return
        self._is_well = is_well
        tell, event = (
            (log.info, "nodes tell each other by the bus")
            if is_well
            else (log.warning, "bus away: nodes tell each other by PostgreSQL")
        )
        tell(event, bus=str(self._url), **more)

    async def _live(self, ends: Ends) -> None:
        """Hear and tell on one wire until it fails.

        Raises:
            RedisError: it has, as all of ``FAILURES`` say.
        """
        wire = await self._finder.find(ends.channel)
        try:
            async with trio.open_nursery() as nursery:
                self._scope = nursery.cancel_scope
                nursery.start_soon(self._write, wire, ends)
                nursery.start_soon(self._read, wire, ends)
        finally:
            self._scope = None
            self._take_waiting()
            await wire.close()
        raise RedisError("it takes less than it is sent")

    def _take_waiting(self) -> bytes:
        data = b"".join(self._waiting)
        self._waiting.clear()
        self._size = 0
        return data

    async def _write(self, wire: Wire, ends: Ends) -> None:
        beat_at = trio.current_time()
        while True:
            now = trio.current_time()
            if now >= beat_at:
                beat_at = now + BEAT
                self.send([ends.canary()])
            self._wanted = trio.Event()
            if self._waiting:
                await wire.send(self._take_waiting())
            else:
                with trio.move_on_at(beat_at):
                    await self._wanted.wait()

    async def _read(self, wire: Wire, ends: Ends) -> None:
        with trio.move_on_after(DEAF) as scope:
            while True:
                replies = await wire.receive()
                is_own = [self._take(reply, ends) for reply in replies]
                if any(is_own):
                    scope.deadline = trio.current_time() + DEAF
                    self._rise(ends)
        raise RedisError("what is told does not come back")

    def _rise(self, ends: Ends) -> None:
        """Take in that something of this node's own has come back."""
        if not self.is_up:
            self.figures.is_bus_up = True
            self._tell(is_well=True)
            ends.changed()

    def _take(self, reply: Reply, ends: Ends) -> bool:
        """Take in what has come; return whether it is this node's own.

        Raises:
            RedisError: nothing is told, or heard, any more.
        """
        match reply:
            case [kind, _, bytes(data)] if kind == self._commands.message:
                return ends.hear(data)
            case [b"sunsubscribe", *_]:  # the channel has moved to another node of the cluster
                raise RedisError("its channel has moved")
            case hiredis.ReplyError():
                raise RedisError(str(reply))
        return False
