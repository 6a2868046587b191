"""The bus of nodes that share a PostgreSQL database: NOTIFY after the commit, and LISTEN.

A notification within a commit would let all servers' commits wait for each other: PostgreSQL holds
a lock of the whole system from there until the commit is durable. So it has a transaction of its
own, which waits for nothing; if the node dies in between, the others read what is there.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from hashlib import blake2b
from typing import Any

import structlog
import trio

from trio_chat.journal.hearing import NOTIFY, Hearing
from trio_chat.journal.hints import Codec, Outgoing
from trio_chat.journal.postgres.claims import Claims
from trio_chat.journal.postgres.held import Held
from trio_chat.journal.postgres.keeping import Keeper
from trio_chat.journal.postgres.last_look import LastLook
from trio_chat.journal.postgres.link import Link
from trio_chat.journal.postgres.places import Places
from trio_chat.journal.postgres.runs import LEASE, Run
from trio_chat.journal.postgres.wire import Wire
from trio_chat.journal.telling import Line, Telling
from trio_chat.journal.types import (
    Arrived,
    Claimed,
    Committed,
    Counts,
    Elsewhere,
    HeldChanged,
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

SETTINGS = (
    "SET synchronous_commit = off",
    "SET statement_timeout = 0",
    "SET idle_in_transaction_session_timeout = 0",
)
LIVE = (
    "UPDATE nodes SET until = clock_timestamp() + make_interval(secs => $2::integer)"
    " WHERE id = decode($1, 'hex') RETURNING 1"
)
OTHERS = "SELECT count(*) FROM nodes WHERE until > clock_timestamp() AND id <> decode($1, 'hex')"
NOT_SHARED = "limits by the second are each server's own"

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
    are_expected = False  # other nodes, as where workers were asked for

    def __init__(self, url: str, run: Run, place: int, read: Read, figures: BusFigures) -> None:
        self._read = read
        self._places = Places(run.id)
        self._claims = Claims(run.id)
        self._emit: Emit = lambda _: None
        self._held = Held()
        self._counts: Callable[[], Counts] | None = None
        self._is_cut_off = False  # whether nothing can be written just now
        self._leased_until = float("inf")  # this node runs as far as others know; Trio's time
        self._keeper = Keeper(url, run.epoch.encode(), figures)
        self._id = run.id.hex().encode()
        self._codec = Codec(run.secret, run.id.hex())
        # Whoever may connect to the database may listen there, if they know to what.
        key = blake2b(run.secret, digest_size=16, person=b"channel of nodes").hexdigest()
        self._channel = f"trio_chat_{place}_{key}"
        self._hearing = Hearing(self._codec, figures, self.miss)
        self._telling = Telling(self._codec, figures, self._hearing)
        self._wanted = trio.Event()
        self._missed = trio.Event()
        self._has_told = False  # that others run
        self.others = 0  # nodes that run besides this one
        self.departures = 0  # how often the last of these has gone
        self._held_look = LastLook(self)
        self.figures = figures

    def use(self, line: Line) -> None:
        """Have hints go by a second line while that is up; it is run with the bus."""
        self._telling.second = line

    @property
    def _outgoing(self) -> Outgoing:
        return self._telling.outgoing

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
        self._counts, self._hearing.hear_counts = tell, hear

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
        if not self._held_look.is_due and self._held.has_looked:
            return None
        begun = self._held_look.begin()
        found = await self._held.look(self._read)
        self._held_look.end(begun)
        return found

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
        return self._places.take(await self._read(partial(self._places.find, names=[*names()])))

    def miss(self) -> None:
        """Have somebody look what the database says."""
        self._missed.set()

    def renew(self, run: Run) -> None:
        """Tell and hear in another term: what the one before still says counts no more."""
        self._telling.forget()
        self._keeper.renew(run.epoch.encode())

    async def until_missed(self) -> None:
        """Wait until something may have been missed of what others tell."""
        await self._missed.wait()
        self._missed = trio.Event()

    async def run(self, emit: Emit) -> None:
        """Tell and hear until cancelled."""
        self._emit = self._hearing.emit = emit
        self.others = 1  # there may be one until that is known
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._keeper.keep_on, self._speak)
            nursery.start_soon(self._keeper.keep_on, self._listen)
            nursery.start_soon(self._keep_second)

    # Telling

    async def _speak(self, wire: Wire) -> None:
        """Tell what there is; what was told last may not have come through."""
        for setting in SETTINGS:
            await wire.ask(setting)
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
                if claimed := await self._claims.write(wire.ask):
                    self._emit(claimed)
            elif self._held.is_due:
                await self._held.write(wire.ask)
                self._outgoing.miss()
            elif is_moved and now >= moves_at:
                moves_at = now + MOVES_PACE
                await self._places.write(wire.ask)
                self._outgoing.has_moves = True
            elif self.others and self._outgoing:
                await self._send(wire)
                await trio.sleep(PACE)
            else:
                with trio.move_on_at(min(beat_at, moves_at) if is_moved else beat_at):
                    await self._wanted.wait()

    async def _beat(self, wire: Wire) -> None:
        """Say that this node runs, learn whether others do, and let it be heard by oneself."""
        now = trio.current_time()
        if await wire.ask(LIVE, self._id, str(LEASE).encode()):
            if self._leased_until < now:
                self._claims.lapse()
            self._leased_until = now + LEASE
        [[others]] = await wire.ask(OTHERS, self._id)
        self._count_others(int(others or 0))
        if not self.others:
            self._telling.outgoing = Outgoing()
        if counts := self._counts and self._counts():  # of long ago nobody is told later
            self._outgoing.add_counts(counts)
        await self._send(wire, is_beat=True)

    def _count_others(self, others: int) -> None:
        if not (others and self.others):
            self._places.begin()  # nothing is written for nobody
        if self.others and not others:
            self.departures += 1
            self.miss()  # what it said last
        if others and not (self._has_told or self.are_expected):
            self._has_told = True
            log.warning("another server has the database, too", reason=NOT_SHARED)
        self.others = self.figures.others = others

    async def _send(self, wire: Wire, *, is_beat: bool = False) -> None:
        async def notify(hints: Sequence[bytes]) -> None:
            calls = ", ".join(f"pg_notify($1, ${number})" for number in range(2, len(hints) + 2))
            await wire.ask(f"SELECT {calls}", self._channel.encode(), *hints)

        await self._telling.tell(notify, self.others, is_beat=is_beat)

    # Hearing

    async def _listen(self, wire: Wire) -> None:
        await wire.ask(f"LISTEN {self._channel}")
        epoch = self._keeper.epoch
        self._missed.set()
        deaf_at = trio.current_time() + DEAF
        while True:
            with trio.fail_at(deaf_at):
                told = await wire.heard()
            if epoch is not self._keeper.epoch:
                return  # it is of the term before
            for data in told:
                if self._codec.is_own(data):
                    deaf_at = trio.current_time() + DEAF
                    self._keeper.succeed()
                else:
                    self._hearing.take(data, NOTIFY)
            await trio.lowlevel.checkpoint()

    # The second line

    async def _keep_second(self) -> None:
        """Have the second line run for ever, in each term by another channel.

        Nobody at the other end refuses what is said in a term that is over, as this database does.
        """

        async def run() -> None:
            epoch = self._keeper.epoch
            told = f"{self._channel} {epoch.decode()}".encode()
            key = blake2b(told, digest_size=16, person=b"second line").hexdigest()

            def is_over() -> bool:
                return epoch is not self._keeper.epoch

            await self._telling.run_second(f"trio_chat_{key}", is_over, self._second_changed)

        while True:
            await self._keeper.in_term(run)

    def _second_changed(self) -> None:
        """Let all look what the database says: what was under way may be lost."""
        self.miss()
        self._outgoing.miss()
        self._wanted.set()
