"""The hub: the one task that changes the chat, and fans out what happens in it."""

from collections.abc import Iterator, Sequence
from heapq import heappop, heappush
from itertools import count
from typing import NamedTuple

import trio

from trio_chat.config import Config
from trio_chat.core.chat import Chat
from trio_chat.core.effects import Timer, wake
from trio_chat.delivery.audience import WRITES_PER_YIELD, write_cost
from trio_chat.delivery.frames import Frame, pack
from trio_chat.delivery.outbox import Readiness
from trio_chat.delivery.recipient import Recipient, Requester
from trio_chat.journal.types import ForeignWrites, Journal, Pruned, Unavailable, Write
from trio_chat.protocol import events, requests
from trio_chat.protocol.close import TOO_SLOW, CloseReason

WRITES_FOR_RETURNS = 8  # of a turn: half a millisecond, as few members get the same


class Register(NamedTuple):
    """A connection is there; one that needs no name is in a room at once."""

    client: Recipient
    wish: requests.Join | None = None


class Unregister(NamedTuple):
    """The client gets nothing more, and its send side is closed."""

    client: Recipient


class Asked(NamedTuple):
    """What a client asks for, in the order in which it asked."""

    client: Recipient
    requests: Sequence[requests.AnyRequest | requests.InvalidRequest]


class ApiRequest(NamedTuple):
    """Somebody without a connection asks for one thing."""

    caller: Requester
    speaker: requests.Credentials
    request: requests.Hello | requests.WriteRequest


class CaughtUp(NamedTuple):
    """A client has got from the journal what happened in a room up to a number."""

    client: Recipient
    missed: requests.Missed
    after: int


class Shutdown(NamedTuple):
    """The server stops: everybody is told so, and so is whoever comes later."""

    ending: CloseReason


Request = Register | Unregister | Asked | ApiRequest | CaughtUp | Pruned | ForeignWrites | Shutdown


class Hub:
    """Owns the chat. Requests reach it, in order, by one memory channel.

    It works in turns. A turn takes all requests that wait, applies them one after the other,
    has the journal commit what is to be kept, and sends what happened as one frame for each
    room, the same for everybody in it. The longer a turn takes, the more the next one carries:
    no timer is needed to batch.
    """

    def __init__(
        self,
        inbox: trio.MemoryReceiveChannel[Request],
        journal: Journal,
        config: Config,
        readiness: Readiness,
    ) -> None:
        self.chat = Chat(config, journal, readiness, self._set)
        self._inbox = inbox
        self._journal = journal
        self._resume_limit = config.resume_limit
        self._rooms_limit = config.rooms_per_connection
        self._farewell: CloseReason | None = None
        self._alarms: list[tuple[float, int, Timer]] = []  # a heap
        self._out_of_breath = 0  # writes since the other tasks had their turn
        self._count = count()  # tells alarms of the same time apart

    async def run(self) -> None:
        """Serve requests until the inbox is closed."""
        try:
            while True:
                await self._turn(await self._wait())
        except trio.EndOfChannel:
            return

    async def _wait(self) -> list[Request]:
        """Return the requests that wait, at most an inbox full; none if there is other work."""
        if self.chat.returns:
            await trio.lowlevel.checkpoint()
            return self._drain()
        alarm = self._alarms[0][0] if self._alarms else float("inf")
        with trio.move_on_at(alarm):
            return [await self._inbox.receive(), *self._drain()]
        return []

    def _drain(self) -> list[Request]:
        waiting = self._inbox.statistics().current_buffer_used
        return [self._inbox.receive_nowait() for _ in range(waiting)]

    async def _turn(self, turn: Sequence[Request]) -> None:
        chat = self.chat
        chat.next_turn()
        await self._load_rooms(turn)
        self._ring()
        for request in turn:
            self._apply(request)
        await self._answer()
        await self._let_in()
        await self._commit()
        for room in chat.rooms.take_dirty():
            for frame, audience in room.frames():
                for member in await audience.send(frame):
                    self._drop(member)
        await self._answer()

    async def _let_in(self) -> None:
        """Let in some of those who have come back; a crowd of them must not hold up all others."""
        patience = WRITES_FOR_RETURNS
        while self.chat.returns and patience > 0:
            member, frames = self.chat.returns.let_in()
            for frame in frames:
                patience -= write_cost(frame)
                await self._tell(member, frame)
            patience -= 1

    async def _load_rooms(self, turn: Sequence[Request]) -> None:
        """Get the rooms from the journal that somebody wants to join, or has written to."""
        missing = list(dict.fromkeys(self.chat.rooms.missing(self._rooms_wanted(turn))))
        if missing:
            try:
                for state in await self._journal.load(missing, self._resume_limit):
                    self.chat.rooms.load(state)
            except Unavailable as unavailable:  # who wants to join is told so
                self._set(Timer(trio.current_time() + unavailable.retry_ms / 1000, wake))

    def _apply(self, request: Request) -> None:
        match request:
            case Asked(client, wishes):
                for wish in wishes:
                    self.chat.apply(client, wish)
            case ApiRequest(caller, speaker, wish):
                self.chat.callers.grant(caller, speaker, wish, self.chat.turn)
            case Register(client) if self._farewell:
                client.end(self._farewell)
            case Register(client, join):
                self.chat.sit_down(client, join)
            case Unregister(client):
                self.chat.stand_up(client)
                client.close()
            case CaughtUp(client, missed, after):
                self.chat.returns.go_on(client, missed, after)
            case Pruned(first):
                self.chat.rooms.forget(first)
            case ForeignWrites(states):
                self.chat.rooms.compare(states)
            case _:
                self._say_goodbye(request.ending)

    def _say_goodbye(self, ending: CloseReason) -> None:
        self._farewell = ending
        for seat in self.chat.seats.values():
            seat.member.end(ending)
        self.chat.close()

    async def _commit(self) -> None:
        """Have kept what is to be kept: nobody hears of it before."""
        drafts = self.chat.turn.drafts
        if not drafts:
            return
        try:
            results = await self._journal.commit([_write(draft.event) for draft in drafts])
        except Unavailable as unavailable:
            for draft in drafts:
                self.chat.regret(draft, unavailable.retry_ms)
        else:
            for draft, result in zip(drafts, results, strict=True):
                self.chat.take(draft, result)

    async def _answer(self) -> None:
        """Send what single clients are told."""
        waiting = self.chat.turn.told
        while waiting:
            member, told = waiting.popitem()
            payloads = (member.dialect.answer(answer) for answer in told)
            for frame in pack((data for data in payloads if data is not None), member.dialect):
                await self._tell(member, frame)

    async def _tell(self, member: Requester, frame: Frame) -> None:
        """Send a frame to one, and let the other tasks have their turn now and then."""
        if not member.deliver(frame):
            self._drop(member)
        self._out_of_breath += write_cost(frame)
        if self._out_of_breath >= WRITES_PER_YIELD:
            self._out_of_breath = 0
            await trio.lowlevel.checkpoint()

    def _drop(self, member: Requester) -> None:
        """Part with somebody who is dead or stuck."""
        self.chat.stand_up(member)
        member.abort(TOO_SLOW)

    def _set(self, alarm: Timer) -> None:
        heappush(self._alarms, (alarm.at, next(self._count), alarm))

    def _ring(self) -> None:
        """Do what is due."""
        while self._alarms and self._alarms[0][0] <= trio.current_time():
            heappop(self._alarms)[2].do()

    def _rooms_wanted(self, turn: Sequence[Request]) -> Iterator[str]:
        for request in turn:
            if isinstance(request, Register) and request.wish:
                yield request.wish.room
            if isinstance(request, Asked):
                for wish in request.requests:
                    if isinstance(wish, requests.Hello):
                        yield from (room.room for room in wish.rooms[: self._rooms_limit])
                    if isinstance(wish, requests.Join):
                        yield wish.room


def _write(event: events.AnyStoredEvent) -> Write:
    """Return what the journal is to keep: only its author may change what a message says."""
    if isinstance(event, events.Edit | events.Delete) and event.who:
        return Write(event, event.who.id)
    return Write(event)
