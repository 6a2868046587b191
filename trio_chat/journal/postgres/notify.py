"""The bus of nodes that share a PostgreSQL database: NOTIFY after the commit, and LISTEN.

A notification within a commit would let all servers' commits wait for each other: PostgreSQL holds
a lock of the whole system from there until the commit is durable. So it has a transaction of its
own, which waits for nothing; if the node dies in between, the others read what is there.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import closing
from functools import partial
from hashlib import blake2b
from typing import Any

import msgspec
import psycopg
import structlog
import trio

from trio_chat.journal.hints import HINTS, Codec, Outgoing, arrived
from trio_chat.journal.postgres.claims import Claims
from trio_chat.journal.postgres.held import Held
from trio_chat.journal.postgres.link import Link, reason
from trio_chat.journal.postgres.places import Places
from trio_chat.journal.postgres.runs import LEASE, Run
from trio_chat.journal.postgres.wire import Row, Wire
from trio_chat.journal.types import (
    Arrived,
    Claimed,
    Committed,
    Counts,
    Elsewhere,
    HeldChanged,
    JournalError,
    Moves,
    Result,
    Wishes,
)
from trio_chat.measures import BusFigures
from trio_chat.protocol.events import Person

BEAT = 1.0  # seconds between two signs of life
DEAF = 3.0  # seconds without one of one's own; then the connection is made anew
MOVES_PACE = 0.2  # seconds from one telling of who has come and gone to the next
PACE = 0.01  # seconds from one telling to the next; what comes meanwhile goes together
GAP_PAUSE = 0.05  # seconds in which what is missing in a room mostly comes by itself
ANSWER_TIMEOUT = 10.0  # seconds for PostgreSQL to take a notification
RETRY = 1.0  # seconds after a failure
NODES = 1000  # of which the last number is remembered

SETTINGS = (
    "SET synchronous_commit = off",
    "SET statement_timeout = 0",
    "SET idle_in_transaction_session_timeout = 0",
)
LIVE = (
    "UPDATE nodes SET until = clock_timestamp() + make_interval(secs => $2::integer)"
    " WHERE id = decode($1, 'hex') RETURNING 1"
)
EPOCH = "SELECT convert_from(value, 'UTF8') FROM meta WHERE key = 'epoch'"
OTHERS = "SELECT count(*) FROM nodes WHERE until > clock_timestamp() AND id <> decode($1, 'hex')"
NOT_SHARED = "limits by the second are each server's own"
FAILURES = (psycopg.Error, OSError, JournalError, trio.TooSlowError)

Read = Callable[[Callable[[Link], Any]], Awaitable[Any]]
Emit = Callable[[Arrived | Claimed], None]

log = structlog.get_logger()


class NotifyBus:
    """Tells and hears on two connections of its own, which are made again when they are lost.

    Args:
        url: Of the database.
        run: The server's run there.
        place: Tells the tables of this chat from those of another one in the database.
        read: Runs a query in a thread.
        figures: Get what was counted.
    """

    gap_pause = GAP_PAUSE
    is_shared = True

    def __init__(self, url: str, run: Run, place: int, read: Read, figures: BusFigures) -> None:
        self._read = read
        self._places = Places(run.id)
        self._claims = Claims(run.id)
        self._emit: Emit = lambda _: None
        self._held = Held()
        self._counts: Callable[[], Counts] | None = None
        self._hear_counts: Callable[[bytes, Counts], None] = lambda *_: None
        self._is_cut_off = False  # whether nothing can be written just now
        self._leased_until = float("inf")  # this node runs as far as others know; Trio's time
        self._epoch = run.epoch.encode()
        self._scopes: set[trio.CancelScope] = set()  # of what the term has to do with
        self._url = url
        self._id = run.id.hex().encode()
        self._codec = Codec(run.secret, run.id.hex())
        # Whoever may connect to the database may listen there, if they know to what.
        key = blake2b(run.secret, digest_size=16, person=b"channel of nodes").hexdigest()
        self._channel = f"trio_chat_{place}_{key}"
        self._outgoing = Outgoing()
        self._wanted = trio.Event()
        self._number = 0  # of the last hint
        self._heard: dict[bytes, int] = {}  # the number of the last hint of each node
        self._missed = trio.Event()
        self._is_failing = False
        self._has_told = False  # that others run
        self.others = 0  # nodes that run besides this one
        self.figures = figures

    def tell(self, results: Sequence[Result]) -> None:
        """Have other nodes told what is committed, if there are any."""
        if not self.others:
            return
        for result in results:
            if isinstance(result, Committed):
                self._outgoing.add(result)
        if self._outgoing:
            self._wanted.set()

    def share(self, moves: Moves, typing: Sequence[tuple[str, Person]]) -> None:
        """Have other nodes told who has come into rooms and gone, and who types."""
        self._places.move(moves)
        if self.others:
            self._outgoing.add_typing(typing)
            self._wanted.set()

    def count(self, tell: Callable[[], Counts], hear: Callable[[bytes, Counts], None]) -> None:
        """Have other nodes told with each beat what is counted, and hear it from them."""
        self._counts, self._hear_counts = tell, hear

    def claim(self, wishes: Wishes) -> None:
        """Have nicks claimed, or released; at once while this node is alone and cut off."""
        self._claims.wish(wishes)
        self._wanted.set()
        if self._is_cut_off:
            self._grant_alone()

    def hold(self, changes: Mapping[int, bytes | None]) -> None:
        """Have other nodes know which messages wait for approval, and which no more."""
        self._held.wish(changes)
        self._wanted.set()

    async def held(self) -> HeldChanged | None:
        """Return what other nodes hold and drop since this was asked last; ``None`` if nothing."""
        if not self.others and self._held.has_looked:
            return None
        return await self._held.look(self._read)

    def _grant_alone(self) -> None:
        if not self.others and (claimed := self._claims.grant_all()):
            self._emit(claimed)

    @property
    def has_lapsed(self) -> bool:
        """Whether others may have taken what this node holds, as they could not hear of it.

        Then nothing may be committed: it could be by somebody whose nick is another one's by now.
        """
        is_over = self._claims.is_behind or trio.current_time() > self._leased_until
        return bool(self.others) and is_over

    async def elsewhere(self, names: Callable[[], Iterable[str]]) -> Elsewhere | None:
        """Return who is in rooms by other nodes; ``None`` if that is as it was."""
        if not self.others and self._places.is_alone:
            return None
        found: Elsewhere | None = await self._read(partial(self._places.find, names=list(names())))
        return found

    def miss(self) -> None:
        """Have somebody look what the database says."""
        self._missed.set()

    def renew(self, run: Run) -> None:
        """Tell and hear in another term: what the one before still says counts no more."""
        self._epoch = run.epoch.encode()
        for scope in self._scopes:
            scope.cancel(reason="another term has begun")

    async def until_missed(self) -> None:
        """Wait until something may have been missed of what others tell."""
        await self._missed.wait()
        self._missed = trio.Event()

    async def run(self, emit: Emit) -> None:
        """Tell and hear until cancelled."""
        self._emit = emit
        self.others = 1  # there may be one until that is known
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._keep_on, self._speak)
            nursery.start_soon(self._keep_on, self._listen)

    async def _keep_on(self, work: Callable[[Wire], Awaitable[None]]) -> None:
        """Work on a connection for ever, on another one when it is lost, or another term begins."""
        while True:
            with trio.CancelScope() as scope:
                self._scopes.add(scope)
                await self._connect(work)
                await trio.sleep(RETRY)
            self._scopes.discard(scope)
            self.figures.reconnects += 1

    async def _connect(self, work: Callable[[Wire], Awaitable[None]]) -> None:
        """Work on a connection until it is lost."""
        try:
            wire = await Wire.open(self._url)
            with closing(wire):
                if await self._ask(wire, EPOCH) != [[self._epoch]]:
                    raise JournalError("the database is in another term")
                await work(wire)
        except FAILURES as error:
            if not self._is_failing:
                self._is_failing = True
                log.error("nodes cannot tell each other", reason=reason(error))

    # Telling

    async def _speak(self, wire: Wire) -> None:
        """Tell what there is; what was told last may not have come through."""
        for setting in SETTINGS:
            await self._ask(wire, setting)
        self._outgoing.miss()
        self._places.begin()
        self._claims.begin()
        self._is_cut_off = False
        try:
            await self._tell(wire)
        finally:
            self._is_cut_off = True
            self._grant_alone()

    async def _tell(self, wire: Wire) -> None:
        beat_at = moves_at = trio.current_time()
        while True:
            now = trio.current_time()
            self._wanted = trio.Event()
            is_moved = bool(self.others) and self._places.is_due
            if now >= beat_at:
                beat_at = now + BEAT
                await self._beat(wire)
            elif self._claims.is_due:
                if claimed := await self._claims.write(partial(self._ask, wire)):
                    self._emit(claimed)
            elif self._held.is_due:
                await self._held.write(partial(self._ask, wire))
                self._outgoing.miss()
            elif is_moved and now >= moves_at:
                moves_at = now + MOVES_PACE
                await self._places.write(partial(self._ask, wire))
                self._outgoing.has_moves = True
            elif self.others and self._outgoing:
                await self._send(wire)
                await trio.sleep(PACE)
            else:
                with trio.move_on_at(min(beat_at, moves_at) if is_moved else beat_at):
                    await self._wanted.wait()

    async def _ask(self, wire: Wire, statement: str, *parameters: bytes) -> list[Row]:
        with trio.fail_after(ANSWER_TIMEOUT):
            return await wire.run(statement, parameters)

    async def _beat(self, wire: Wire) -> None:
        """Say that this node runs, learn whether others do, and let it be heard by oneself."""
        now = trio.current_time()
        if await self._ask(wire, LIVE, self._id, str(LEASE).encode()):
            if self._leased_until < now:
                self._claims.lapse()
            self._leased_until = now + LEASE
        [[others]] = await self._ask(wire, OTHERS, self._id)
        self._count_others(int(others or 0))
        if not self.others:
            self._outgoing = Outgoing()
        if counts := self._counts and self._counts():  # of long ago nobody is told later
            self._outgoing.add_counts(counts)
        await self._send(wire)

    def _count_others(self, others: int) -> None:
        if not (others and self.others):
            self._places.begin()  # nothing is written for nobody
        if others and not self._has_told:
            self._has_told = True
            log.warning("another server has the database, too", reason=NOT_SHARED)
        self.others = self.figures.others = others

    async def _send(self, wire: Wire) -> None:
        hints = self._outgoing.take(self._number + 1)
        self._number += len(hints)
        for first in range(0, len(hints), HINTS):
            some = [self._codec.encode(hint) for hint in hints[first : first + HINTS]]
            calls = ", ".join(f"pg_notify($1, ${number})" for number in range(2, len(some) + 2))
            await self._ask(wire, f"SELECT {calls}", self._channel.encode(), *some)
        self.figures.sent += len(hints)

    # Hearing

    async def _listen(self, wire: Wire) -> None:
        await self._ask(wire, f"LISTEN {self._channel}")
        epoch = self._epoch
        self._heard.clear()
        self._missed.set()
        deaf_at = trio.current_time() + DEAF
        while True:
            with trio.fail_at(deaf_at):
                told = await wire.heard()
            if epoch is not self._epoch:
                return  # it is of the term before
            for data in told:
                if self._codec.is_own(data):
                    deaf_at = trio.current_time() + DEAF
                    if self._is_failing:
                        self._is_failing = False
                        log.info("nodes can tell each other again")
                else:
                    self._take(data)
            await trio.lowlevel.checkpoint()

    def _take(self, data: bytes) -> None:
        """Take in what another node tells."""
        try:
            read = self._codec.decode(data)
        except msgspec.MsgspecError:  # it is of a release that tells something else
            self._missed.set()
            return
        if read is None:
            return
        node, hint = read
        self.figures.heard += 1
        before = self._heard.pop(node, hint.number - 1)
        self._heard[node] = hint.number
        if len(self._heard) > NODES:
            del self._heard[next(iter(self._heard))]
        if hint.is_all or hint.has_moves or hint.number != before + 1:
            self._missed.set()
        if hint.counted:
            self._hear_counts(node, hint.counted)
        if hint.events or hint.rooms or hint.typing:
            self._emit(arrived(hint))
