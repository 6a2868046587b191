"""Look-ups: what a client reads in the journal by itself, no faster than its peer reads."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice

import trio

from trio_chat.auth.gate import Gate
from trio_chat.client.connection_rates import ConnectionRates
from trio_chat.client.heartbeat import Heartbeat
from trio_chat.config import Config
from trio_chat.core.inbox import Inbox
from trio_chat.core.messages import PageDone
from trio_chat.delivery.frames import Frame, batches, frame_of
from trio_chat.delivery.outbox import Outbox
from trio_chat.delivery.outbox_budget import OutboxBudget
from trio_chat.delivery.recipient import LookedUp, MissedEvents
from trio_chat.journal.history import History
from trio_chat.journal.types import Unavailable
from trio_chat.limits.limits import Limits
from trio_chat.limits.report import Gauge
from trio_chat.measures import Traffic
from trio_chat.net.rounds import AtOnce
from trio_chat.protocol import answers
from trio_chat.protocol.close import RESYNC, CloseReason
from trio_chat.protocol.dialects.base import Dialect

PAGE_TIMEOUT = 1  # seconds for which a page waits for its peer while other pages wait for its place

BUSY = "too many requests at once"

Page = list[tuple[Frame, int]]  # missed events as frames, each with the number of its last one


@dataclass(frozen=True, slots=True)
class ConnectionContext:
    """What all clients have in common.

    ``pages`` has a token for each page of missed events that may be in memory at once, of all
    clients, and ``answers`` one for each answer; those wait for no peer, so slow readers who catch
    up do not hold them up. Nor do those hold up each other: see ``PAGE_TIMEOUT``.
    """

    inbox: Inbox
    config: Config
    limits: Limits
    history: History
    outboxes: OutboxBudget
    pages: trio.CapacityLimiter
    answers: trio.CapacityLimiter
    gate: Gate | None = None  # for those who are let in by their hello
    traffic: Traffic = field(default_factory=Traffic)
    rounds: AtOnce = field(default_factory=AtOnce)  # in which connections are read
    heartbeat: Heartbeat = field(default_factory=Heartbeat)  # which pings them

    def gauges(self) -> dict[str, Gauge]:
        """Return what tells which shares of these places are taken."""
        return {
            "pages": lambda: self.pages.borrowed_tokens / self.pages.total_tokens,
            "answers": lambda: self.answers.borrowed_tokens / self.answers.total_tokens,
        }

    def reconfigure(self) -> None:
        """Take in that settings have changed."""
        self.pages.total_tokens = self.answers.total_tokens = _pages(self.config)


def _pages(config: Config) -> int:
    """Return how many pages may be in memory at once."""
    return max(1, config.catch_up_bytes // config.page_bytes)


def make_context(
    inbox: Inbox,
    config: Config,
    history: History,
    limits: Limits,
    outboxes: OutboxBudget | None = None,
    gate: Gate | None = None,
    traffic: Traffic | None = None,
) -> ConnectionContext:
    """Return the context of a server's clients."""
    pages, answers = trio.CapacityLimiter(_pages(config)), trio.CapacityLimiter(_pages(config))
    outboxes = outboxes or OutboxBudget(config.all_outbox_bytes)
    traffic = traffic or Traffic()
    return ConnectionContext(
        inbox, config, limits, history, outboxes, pages, answers, gate, traffic
    )


class LookUps:
    """A queue of look-ups of one client, which are done one after the other.

    Each waits until the client's outbox is empty, so answers are written with back-pressure: a
    client that reads is never ended because of what it has asked for.

    Args:
        context: Where to read, and where the hub is told.
        dialect: How the client is answered.
        outbox: Where answers go.
        send: Sends a frame, or ends a client that is dead or stuck.
        end: Ends the client.
        rates: Of the connection, among them that of pages.
    """

    def __init__(
        self,
        context: ConnectionContext,
        dialect: Dialect,
        outbox: Outbox,
        send: Callable[[Frame], None],
        end: Callable[[CloseReason], None],
        rates: ConnectionRates,
    ) -> None:
        self._context = context
        self._dialect = dialect
        self._outbox = outbox
        self._send = send
        self._end = end
        self._rates = rates
        self._requests: deque[LookedUp] = deque()
        self._missed: deque[MissedEvents] = deque()

    def add(self, request: LookedUp) -> None:
        """Let a request wait; if ``look_ups`` do already, it is refused."""
        if len(self._requests) < self._context.config.look_ups:
            self._requests.append(request)
        else:
            self._rates.count("look_ups")
            self._answer(answers.Error(id=request.id, code="busy", text=BUSY, retry_ms=1000))

    def add_missed(self, missed: MissedEvents) -> None:
        """Let missed events wait; there are as many at most as rooms the client is in."""
        self._missed.append(missed)

    async def run(self) -> None:
        """Do what waits, missed events and requests by turns."""
        while self._missed or self._requests:
            if self._missed:
                await self._outbox.drained()
                await self._read_page(self._missed.popleft())
            if self._requests:
                await self._outbox.drained()
                request = self._requests.popleft()
                async with self._context.answers:
                    self._answer(await self._context.history.answer(request))

    def _answer(self, answer: answers.Answer) -> None:
        payload = self._dialect.answer(answer)
        assert payload is not None  # who can ask for these has words for the answers
        self._send(frame_of(payload, self._dialect))

    async def _read_page(self, missed: MissedEvents) -> None:
        """Send a page of missed events; the hub then sends the rest, or asks for more."""
        if missed.is_over:
            return
        if not missed.wants_page:  # all it needs is the outbox
            self._context.inbox.post(PageDone(missed, missed.after))
            return
        if delay := self._rates.take_page():
            await trio.sleep(delay)
        async with self._context.pages:
            try:
                page = await self._load_page(missed)
            except Unavailable:
                self._end(RESYNC)
                return
            if page is not None:
                await self._send_page(missed, page)

    async def _load_page(self, missed: MissedEvents) -> Page | None:
        """Return a page as frames; nothing else keeps it.

        What the hub does not know of yet is left out: it comes from the hub. ``None`` if the room
        was left or joined again meanwhile, or events are gone; the hub is told.

        Raises:
            Unavailable: it cannot be read just now.
        """
        until = missed.until  # as it is now: a commit during the read must not look like a gap
        found = await self._context.history.missed(missed.room_name, missed.after)
        page = [(seq, data) for seq, data in found if seq <= until]
        first = page[0][0] if page else until + 1
        if missed.is_over or first > missed.after + 1:  # retention has deleted the first of them
            self._context.inbox.post(PageDone(missed, missed.after, first))
            return None
        told = (self._dialect.recall(seq, data) for seq, data in page)
        frames: Page = []
        numbers = iter(page)
        for batch in batches(told):
            *_, (last, _) = islice(numbers, len(batch))
            # Only what goes out: these are merged already, and a slow reader keeps them for long.
            frames.append((Frame(self._dialect.wrap(self._dialect.join(batch))), last))
        return frames

    async def _send_page(self, missed: MissedEvents, page: Page) -> None:
        """Send a page, unless the room was left or joined again meanwhile.

        What the peer is too slow to take is given up while others wait; it is read again later.
        """
        after = missed.after
        for frame, last in page:
            if not await self._has_drained():
                break
            if missed.is_over:
                return
            self._send(frame)
            after = last
        self._context.inbox.post(PageDone(missed, after))

    async def _has_drained(self) -> bool:
        """Wait until the outbox is empty; return ``False`` if others cannot wait for that."""
        while True:
            with trio.move_on_after(PAGE_TIMEOUT):
                await self._outbox.drained()
                return True
            if self._context.pages.statistics().tasks_waiting:
                return False
