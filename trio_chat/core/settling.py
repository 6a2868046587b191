"""Settling: what follows when the journal has told what became of writes."""

from collections import Counter
from collections.abc import Mapping

from trio_chat.core.access import Access
from trio_chat.core.connection_state import ConnectionState
from trio_chat.core.effects import Turn
from trio_chat.core.late_answers import LateAnswers
from trio_chat.core.moderation import Moderation
from trio_chat.core.pending_writes import PendingWrites
from trio_chat.core.request_limits import SETTINGS, RequestLimits
from trio_chat.core.rooms import Delay, Rooms
from trio_chat.delivery.pace import WRITES_PER_YIELD
from trio_chat.delivery.recipient import Requester
from trio_chat.files.uploads import Uploads
from trio_chat.journal.storage import NotStored, Stored
from trio_chat.journal.types import NO_NEW_ROOM, Committed
from trio_chat.protocol import answers
from trio_chat.protocol.events import ActKept, Delete, Message

HOLD = 0.002  # seconds; a commit takes about half of it
MUCH = 8  # events in one telling: more is said than can be told one by one
REST_EACH = 13e-6  # seconds of a telling for each who is told; twice as much as it takes
REST = 0.02  # seconds, at most
NEVER = float("inf")


class Settling:
    """Takes in what is kept, and answers those who asked for it.

    To tell a crowd takes longer than a commit. Writes that are submitted while a crowd is being
    told would be committed long before that ends, and then cost as many writes to sockets again.
    So an event that many have to be told waits for the commit that the same turn has submitted,
    for ``HOLD`` at most, and both go out in one frame.

    And while more is said than can be told one by one, a crowd is told no more often than leaves
    time to all others: those who come, who ask, and who speak in other rooms. What is said
    meanwhile goes out together next time.

    Args:
        turn: Where answers go.
        connections: Those that are registered.
        pending: Who waits for what.
        rooms: Are told what happened in them.
        access: Takes in acts.
        moderation: Does what follows from acts.
        limits: Count rooms that are begun.
        uploads: Hear of messages with files.
        delay: Has something called so many seconds later.
    """

    def __init__(  # noqa: PLR0913 - the parts of the chat
        self,
        turn: Turn,
        connections: Mapping[Requester, ConnectionState],
        pending: PendingWrites,
        rooms: Rooms,
        access: Access,
        moderation: Moderation,
        limits: RequestLimits,
        *,
        uploads: Uploads,
        delay: Delay,
    ) -> None:
        self._turn = turn
        self._connections = connections
        self._pending = pending
        self._rooms = rooms
        self._access = access
        self._moderation = moderation
        self._limits = limits
        self._uploads = uploads
        self.late = LateAnswers(turn, rooms, delay)
        self._outcomes: list[Stored | NotStored] = []  # that are not settled yet
        self.kept: Counter[type] = Counter()  # how many events, by kind
        self._held = 0.0  # how many of these wait; with one more none does
        self.due_at = NEVER  # when they wait no longer
        self._rests_until = 0.0  # when a crowd may be told again

    def add(self, outcome: Stored | NotStored) -> None:
        """Take in what became of writes; it is settled later."""
        self._outcomes.append(outcome)

    def settle_some(self) -> bool:
        """Settle everything, unless it waits; return whether anything was settled."""
        self.late.give()
        now = self._turn.now
        if not self._outcomes or (len(self._outcomes) <= self._held and now < self.due_at):
            return False
        audience, events = self._crowd()
        if audience >= WRITES_PER_YIELD:
            if not self._held and self._hold(now):
                return False
            if events >= MUCH:
                self._rests_until = now + min(audience * REST_EACH, REST)
        return self.settle_all()

    def settle_all(self) -> bool:
        """Settle everything at once; return whether anything was settled."""
        if not self._outcomes:
            return False
        for outcome in self._outcomes:
            self._settle(outcome)
        self._outcomes.clear()
        self._held, self.due_at = 0, NEVER
        return True

    def _hold(self, now: float) -> bool:
        """Let what is not settled wait if it has to; return whether it has."""
        if now < self._rests_until:
            self._held, self.due_at = NEVER, self._rests_until
        elif self._turn.effects.writes:
            self._held, self.due_at = len(self._outcomes), now + HOLD
        return bool(self._held)

    def _crowd(self) -> tuple[int, int]:
        """Return how many are to be told what is not settled yet, and how many events that are."""
        events = [
            result.event
            for outcome in self._outcomes
            if isinstance(outcome, Stored)
            for result in outcome.results
            if isinstance(result, Committed)
        ]
        rooms = map(self._rooms.get, {event.room for event in events})
        return sum(room.population for room in rooms if room), len(events)

    def _settle(self, outcome: Stored | NotStored) -> None:
        """Tell everybody what was kept, and whoever asked for it what became of it."""
        acks = self._turn.effects.acks
        if isinstance(outcome, NotStored):
            for requester, answer in self._pending.fail(outcome.writes, outcome.retry_ms):
                acks[requester].append(answer)
            return
        for asked_by, told, committed in self._pending.settle(outcome.results):
            if committed:
                self._take_committed(committed, asked_by)
            if asked_by and told and committed:
                self.late.put(committed.event.room, committed.event.seq, asked_by, told)
            elif asked_by and told:
                acks[asked_by].append(told)
                if isinstance(told, answers.Error):
                    self._count_refusal(asked_by, told)

    def _take_committed(self, committed: Committed, requester: Requester | None) -> None:
        """Take in an event that is kept: an act, or what happened in a room."""
        event = committed.event
        self.kept[type(event)] += 1
        if isinstance(event, ActKept):
            self._moderation.keep(event)
            return
        if isinstance(event, Delete):
            self._moderation.note_deletion(event, committed.rewritten)
        if isinstance(event, Message) and event.files:
            self._uploads.used(event)
        self._rooms.take(committed)
        is_new = committed.begins_room and self._access.registry.governed(event.room) is None
        if is_new and requester:
            self._limits.take_new_room(requester.address, self._turn.now)

    def _count_refusal(self, requester: Requester, answer: answers.Error) -> None:
        """Count that a limit was reached, such as that of rooms that are begun."""
        limit, state = SETTINGS.get(answer.code), self._connections.get(requester)
        if limit:
            way_in = state.way_in if state else "http"
            self._limits.count(limit, way_in, requester.address, self._turn.now)
        if answer.code == NO_NEW_ROOM.code:
            delay_ms = self._limits.refuse_new_room(requester.address, self._turn.now)
            if state is None:  # it cannot wait, so it is told for how long
                answer.retry_ms = delay_ms
