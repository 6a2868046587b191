"""The hub: the one task that changes the chat, and fans out what happens in it."""

from collections.abc import Mapping, Sequence
from time import perf_counter

import trio

from trio_chat.config import Config
from trio_chat.core import ledger
from trio_chat.core.access import Access
from trio_chat.core.chat import Chat
from trio_chat.core.effects import Effects, Replies
from trio_chat.core.inbox import Inbox
from trio_chat.core.invitations import Invitations
from trio_chat.core.people import People
from trio_chat.core.readers import Readers
from trio_chat.core.registry import Registry
from trio_chat.core.unused_rooms import UnusedRooms
from trio_chat.delivery.audience import Audience
from trio_chat.delivery.batch import FanOut, Loop
from trio_chat.delivery.frames import Frame, pack
from trio_chat.delivery.outbox_budget import OutboxBudget
from trio_chat.delivery.pace import Pace, write_cost
from trio_chat.delivery.recipient import Requester
from trio_chat.files.uploads import Uploads
from trio_chat.journal.journal import Journal
from trio_chat.journal.storage import Storage
from trio_chat.journal.types import Replaced
from trio_chat.limits.limits import Limits
from trio_chat.limits.report import Gauge
from trio_chat.measures import SIZES, Delays, Histogram, Traffic
from trio_chat.protocol.acts import LEDGER
from trio_chat.protocol.close import TOO_SLOW


class Hub:
    """Owns the chat. Everything reaches it, in order, by its inbox.

    It works in turns. A turn takes what waits, within a budget, lets the chat apply that, hands
    what is to be kept to the storage, and sends what happened as one frame for each room, the
    same for everybody in it. It never waits for the storage: what became of a write or a load
    comes back by the inbox. The longer a turn takes, the more the next one carries: no timer is
    needed to batch.

    Args:
        journal: Where the chat is kept.
        config: Limits and times.
        limits: What the server remembers of who has asked for how much.
        fan_out: How a frame is written to many.
    """

    def __init__(
        self,
        journal: Journal,
        config: Config,
        limits: Limits | None = None,
        fan_out: FanOut = Loop,
    ) -> None:
        self.inbox = Inbox(config.inbox_requests)
        self.outboxes = OutboxBudget(config.all_outbox_bytes)
        limits = limits or Limits(config)
        self.access = Access(Registry())
        self._journal = journal
        pause = journal.bus.gap_pause
        self.uploads = Uploads()
        self._chat = Chat(
            config,
            journal.terms,
            journal.secret,
            limits,
            self.access,
            pause,
            self.uploads,
            has_claims=journal.bus.is_shared,
        )
        registry = self.access.registry
        self._storage = Storage(
            journal, config.resume_limit, config.commit_interval, lambda: registry.last
        )
        self._config = config
        self._is_closing = False
        self.traffic = Traffic()
        self.turn_seconds, self.turn_messages = Histogram(), Histogram(SIZES)
        self.fan_out_seconds = Histogram()
        self.acknowledgements = Delays()  # of what the journal is asked to keep
        self._pace = Pace()
        self._fan_out = fan_out

    @property
    def connections(self) -> int:
        """How many connections are registered."""
        return self._chat.connections

    @property
    def chat(self) -> Chat:
        """What it changes, for those who count what is in there."""
        return self._chat

    @property
    def storage(self) -> Storage:
        """Knows how long commits take."""
        return self._storage

    def populations(self) -> dict[str, int]:
        """Return how many are in each open room."""
        return self._chat.populations()

    def is_used(self, room: str) -> bool:
        """Whether somebody is in a room, or comes into it."""
        return self._chat.is_used(room)

    @property
    def epoch(self) -> str:
        """What numbers belong to that are told now."""
        return self._chat.epochs.present

    @property
    def people(self) -> People:
        """Tells whether a session is good."""
        return self._chat.people

    @property
    def readers(self) -> Readers:
        """Tells whether somebody without a connection may read."""
        return self._chat.readers

    @property
    def invitations(self) -> Invitations:
        """Tells whom links let in."""
        return self._chat.invitations

    @property
    def unused_rooms(self) -> UnusedRooms:
        """Knows which made rooms nobody uses."""
        return self._chat.unused_rooms

    def gauges(self) -> dict[str, Gauge]:
        """Return what tells which shares of budgets are in use."""
        recent, replays = self._chat.budgets
        return {
            "inbox": lambda: self.inbox.used,
            "outboxes": lambda: self.outboxes.used,
            "recent": lambda: recent.used,
            "replays": lambda: replays.used,
        }

    def reconfigure(self) -> None:
        """Take in that settings have changed."""
        config = self._config
        self.outboxes.limit = config.all_outbox_bytes
        self.outboxes.least_frames = config.outbox_frames
        self.outboxes.least_bytes = config.outbox_bytes
        self._storage.recent_limit = config.resume_limit
        self._storage.commit_interval = config.commit_interval
        self._chat.reconfigure()

    def followed_rooms(self) -> Mapping[str, int]:
        """Return the rooms of which the hub has to know what others write there, and their ends.

        Raises:
            Replaced: acts were lost; what people may do is known again after a start alone.
        """
        if self._chat.has_lost_acts:
            raise Replaced("acts of moderators, or uses of links, were lost with the last term")
        return {**self._chat.lasts(), LEDGER: self.access.registry.last}

    async def load_acts(self) -> None:
        """Take in who may do what; before that, private rooms are not there.

        Raises:
            Unavailable: the journal cannot be read.
        """
        await ledger.load(self._journal, self.access.registry)

    async def make_first_operator(self) -> str | None:
        """Make an operator's link if there is none, before ``run``; return its secret.

        Raises:
            Unavailable: it cannot be kept just now.
        """
        registry = self.access.registry
        if registry.has_operator(self.access.clock()):
            return None
        return await ledger.make_operator(self._journal, registry)

    def close(self) -> None:
        """Let ``run`` end: the last connection is over."""
        self._is_closing = True
        self.inbox.wake()

    async def run(self) -> None:
        """Take turns until ``close`` is called, and what was submitted is kept.

        That may take ``close_timeout``; a commit that hangs longer is given up.
        """
        self._chat.hold_people(self._journal.people, trio.current_time())
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._storage.run, self.inbox.post)
            while not self._is_closing:
                await self._turn()
            self._chat.write_people()
            with trio.move_on_after(self._config.close_timeout):
                while self.inbox or not self._chat.is_settled:
                    await self._turn()
            nursery.cancel_scope.cancel(reason="the hub ends")

    async def _turn(self) -> None:
        batch = await self.inbox.take(until=self._chat.wake_at)
        began, unanswered = perf_counter(), self._chat.unanswered
        effects = self._chat.apply(batch, trio.current_time())
        self._storage.submit(effects.writes)
        self._storage.load(effects.loads)
        self._storage.seek(effects.seeks)
        self._storage.keep_people(*effects.people)
        if effects.claims:
            self._journal.bus.claim(effects.claims)
        if effects.held:
            self._journal.bus.hold(effects.held)
        if effects.moves or effects.typing:
            self._journal.bus.share(effects.moves, effects.typing)
        if writes := len(effects.writes):
            self.acknowledgements.begin(began, writes)
        await self._tell(effects)
        if answered := unanswered + writes - self._chat.unanswered:
            self.acknowledgements.end(perf_counter(), answered)
        for client, request in effects.look_ups:
            client.look_up(request)
        for client, catch_up in effects.pages:
            client.read_page(catch_up)
        for client, reason in effects.closes:
            if reason:
                client.end(reason)
            else:
                client.close()
        self.outboxes.relieve()
        self.turn_messages.observe(len(batch))
        self.turn_seconds.observe(perf_counter() - began)

    async def _tell(self, effects: Effects) -> None:
        """Send everything; what acknowledges something comes behind it."""
        await self._answer(effects.replies)
        for client, frames in effects.catch_up:
            for frame in frames:
                await self._send(client, frame)
        if effects.broadcasts:
            began = perf_counter()
            await self._broadcast(effects.broadcasts)
            self.fan_out_seconds.observe(perf_counter() - began)
        await self._answer(effects.acks)

    async def _broadcast(self, broadcasts: Sequence[tuple[Frame, Audience]]) -> None:
        """Send each frame to its audience."""
        for frame, audience in broadcasts:
            self.traffic.send(len(frame.wire), len(audience))
            for member in await audience.send(frame, self._pace, self._fan_out):
                self._drop(member)

    async def _answer(self, replies: Replies) -> None:
        """Send answers to those who asked."""
        for requester, told in replies.items():
            dialect = requester.dialect
            payloads = (dialect.answer(answer) for answer in told)
            for frame in pack((data for data in payloads if data is not None), dialect):
                await self._send(requester, frame)

    async def _send(self, requester: Requester, frame: Frame) -> None:
        """Send a frame to one, and let the other tasks have their turn now and then."""
        self.traffic.send(len(frame.wire))
        if not requester.deliver(frame):
            self._drop(requester)
        await self._pace.wrote(write_cost(frame))

    def _drop(self, requester: Requester) -> None:
        """Part with somebody who is dead or stuck."""
        requester.abort(TOO_SLOW)  # its own task unregisters it
