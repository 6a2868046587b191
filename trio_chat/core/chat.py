"""The chat as it stands: what a batch of messages changes in it, and what follows.

All of it is synchronous, so a turn is atomic and needs no lock. The hub calls ``apply`` and
carries out the effects; nothing else changes the chat.
"""

from collections.abc import Callable, Mapping, Sequence

from trio_chat.config import Config
from trio_chat.core.access import Access
from trio_chat.core.backlog import Backlog
from trio_chat.core.basis import Given
from trio_chat.core.calls import Calls
from trio_chat.core.canary import Canary
from trio_chat.core.effects import Effects
from trio_chat.core.epochs import Epochs
from trio_chat.core.messages import (
    AccessChanged,
    ApiRequest,
    Asked,
    LetIn,
    Message,
    Nudge,
    PageDone,
    Prove,
    Register,
    Shutdown,
    Unregister,
)
from trio_chat.core.outcomes import Outcomes
from trio_chat.core.parts import make_parts
from trio_chat.core.records import NO_CHANGES, SHARED_LAZY
from trio_chat.core.room_log import Budgets
from trio_chat.files.uploads import Uploads
from trio_chat.journal.arrivals import MARK
from trio_chat.journal.terms import Terms
from trio_chat.limits.limits import Limits

NOW = float("-inf")


class Chat:
    """Rooms, people and connections, and the requests that wait.

    Args:
        config: Limits and times.
        terms: To which the numbers in the journal belong.
        secret: Signs sessions.
        limits: The buckets that requests are paid from.
        access: What people may do; the chat changes it.
        gap_pause: Seconds in which what is missing in a room may come by itself.
        uploads: The files that messages may have.
        has_claims: Whether nicks have to be claimed, as other nodes may have them.
    """

    def __init__(  # noqa: PLR0913 - what it begins with
        self,
        config: Config,
        terms: Terms,
        secret: bytes,
        limits: Limits,
        access: Access,
        gap_pause: float = 0.0,
        uploads: Uploads | None = None,
        *,
        has_claims: bool = False,
    ) -> None:
        uploads = Uploads() if uploads is None else uploads
        self._changes = NO_CHANGES  # of people, that were taken last
        self.epochs = Epochs(terms)
        given = Given(
            config,
            self.epochs,
            secret,
            limits,
            access,
            uploads,
            delay=self._delay,
            load=self._load,
            gap_pause=gap_pause,
            has_claims=has_claims,
        )
        parts = make_parts(given)
        world, rights, entrances = parts.world, parts.rights, parts.entrances
        self._turn = world.turn
        self._timers = world.timers
        self._connections = world.connections
        self._pending = world.pending
        self._queue = world.queue
        self._rooms = world.rooms
        self.people = world.people
        self._presence = world.presence
        self._held = world.held
        self._arrivals = world.arrivals
        if gap_pause:
            self.people.records.lazy = SHARED_LAZY
        self._access = access
        self._pairings = rights.pairings
        self._welcome = entrances.welcome
        self._devices = entrances.devices
        self._expiry = entrances.expiry
        self._registration = entrances.registration
        self._moderation = parts.moderation
        self._term_change = parts.term_change
        self._handlers = parts.handlers
        self._settling = parts.settling
        self._outcomes = Outcomes(parts)
        self._calls = Calls(
            parts.callers,
            parts.handlers,
            self.people.claims,
            world.held,
            world.pending,
            world.turn,
            uploads,
        )
        self.readers = parts.readers
        self.invitations = parts.invitations
        self.unused_rooms = parts.unused_rooms
        self._canary = Canary(world.turn, world.pending, self._delay)
        ready = parts.readiness
        self._backlog = Backlog(ready.price, ready.must_wait, ready.delay)

    @property
    def connections(self) -> int:
        """How many connections are registered."""
        return len(self._connections)

    @property
    def unanswered(self) -> int:
        """How many writes the journal has that it has not told of yet."""
        return len(self._pending)

    def census(self) -> Mapping[str, int]:
        """Return how many there are of what is counted in its parts."""
        return {"rooms": len(self._rooms), "people": self.people.here}

    @property
    def kept(self) -> Mapping[type, int]:
        """How many events were kept, by kind."""
        return self._settling.kept

    @property
    def resumed(self) -> Mapping[str, int]:
        """What became of those who came back, by outcome."""
        return self._queue.outcomes

    @property
    def lost(self) -> int:
        """How many events were lost that were told here, as other terms have begun."""
        return self._term_change.lost

    @property
    def has_lost_acts(self) -> bool:
        """Whether acts were lost that were taken in here."""
        return self._term_change.has_lost_acts

    @property
    def is_settled(self) -> bool:
        """Whether the journal has told what became of everything."""
        are_kept = self._changes.number <= self._outcomes.written
        return self.people.records.is_written and are_kept and not self._pending

    @property
    def wake_at(self) -> float:
        """The time of the next turn, if no message comes before; ``NOW`` if work is left."""
        has_more = (
            self._backlog.has_more or self._moderation.removals.has_more or self._devices.has_more
        )
        if self._queue or has_more:
            return NOW
        records = self.people.records
        return min(
            self._timers.next_due, self._backlog.next_due, records.due_at, self._settling.due_at
        )

    def reconfigure(self) -> None:
        """Take in that settings have changed."""
        self._welcome.reconfigure()
        self._rooms.reconfigure()

    def populations(self) -> dict[str, int]:
        """Return how many are in each open room."""
        return self._rooms.populations()

    def is_used(self, room: str) -> bool:
        """Whether somebody is in a room, or comes into it."""
        return self._rooms.is_used(room)

    def lasts(self) -> dict[str, int]:
        """Return how far each room has come that is open or being opened."""
        return self._rooms.lasts()

    def hold_people(self, records: Mapping[str, bytes], now: float) -> None:
        """Take in what is kept of people, by their ids, who were here before a restart.

        What acts of then have begun goes on.
        """
        self._turn.begin(now)
        self._moderation.resume()
        registry = self._access.registry
        people = {id: data for id, data in records.items() if not id.startswith(MARK)}
        beside = {id: data for id, data in records.items() if id not in people}
        self._arrivals.load(beside)
        for key, data in beside.items():
            self._pairings.follow(key, data)
        self._presence.hold(people, registry.freed(), now)
        for person in [self.people.now(person_id) for person_id in registry.called]:
            if person:
                registry.call(person)

    def write_people(self) -> None:
        """Have all written down that is known of people; ``is_settled`` tells when it is."""
        self.people.records.see_all(self._access.clock())

    @property
    def budgets(self) -> Budgets:
        """What all rooms together keep at hand."""
        return self._rooms.budgets

    def apply(self, batch: Sequence[Message], now: float) -> Effects:
        """Take one turn: apply messages in order, and a fair share of the requests that wait.

        What the journal has committed comes last: those who become live in this turn get it once,
        with the broadcasts. For a crowd it may wait for the next turn.

        Args:
            batch: The messages.
            now: Trio's time.

        Returns:
            What is to be done about it.
        """
        effects = self._turn.begin(now)
        self._rooms.close_empty()
        self._timers.fire_due(now)
        for message in batch:
            self._take(message)
        for client, request in self._backlog.take(now):
            self._handlers.handle(client, request)
        self._queue.admit_some(effects)
        self._moderation.removals.end_some()
        if self._settling.settle_some():
            self._backlog.look_again()
        self._devices.end_some()
        for room in self._rooms.take_dirty():
            effects.broadcasts += room.frames()
        if self._registration.shutdown and not self._pending:
            self._registration.say_goodbye()
        effects.moves = self._presence.take_moves()
        effects.held = self._held.take_changes()
        effects.claims = self.people.claims.take_wishes()
        effects.people = self._changes = self.people.records.take_changes(now)
        self._devices.hand_over(effects.people)
        return effects

    def _take(self, message: Message) -> None:
        match message:
            case Asked():
                self._backlog.add(message, self._turn.now)
            case ApiRequest():
                self._calls.take(message)
            case PageDone(catch_up, after, first):
                self._queue.page_done(catch_up, after, first)
            case Register():
                self._registration.register(message)
            case LetIn(client, grant):
                self._registration.let_in(client, grant)
            case Unregister(client):
                self._registration.unregister(client)
            case AccessChanged(admits):
                self._expiry.judge(admits)
            case Shutdown(reason):
                self._registration.shut_down(reason)
            case Nudge() | Prove():
                self._answer_supervisor(message)
            case _:
                self._outcomes.take(message)

    def _answer_supervisor(self, message: Nudge | Prove) -> None:
        """Tell that a turn is taken, or find out whether messages are kept and delivered."""
        if isinstance(message, Nudge):
            message.heard()
        else:
            self._canary.release(message.heard)

    def _delay(self, seconds: float, call: Callable[[], None]) -> None:
        self._timers.at(self._turn.now + seconds, call)

    def _load(self, name: str) -> None:
        self._turn.effects.loads.append(name)
