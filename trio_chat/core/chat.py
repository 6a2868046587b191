"""The chat as it stands: what a batch of messages changes in it, and what follows.

All of it is synchronous, so a turn is atomic and needs no lock. The hub calls ``apply`` and
carries out the effects; nothing else changes the chat.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from trio_chat.config import Config
from trio_chat.core.access import Access
from trio_chat.core.backlog import Backlog
from trio_chat.core.basis import Given
from trio_chat.core.canary import Canary
from trio_chat.core.claims import Unclaimed
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
from trio_chat.core.parts import make_parts
from trio_chat.core.pending_writes import Pending
from trio_chat.core.records import NO_CHANGES, SHARED_LAZY
from trio_chat.core.room_log import Budgets
from trio_chat.files.uploads import Uploads
from trio_chat.journal.arrivals import MARK
from trio_chat.journal.storage import (
    Change,
    Loaded,
    NotLoaded,
    NotSought,
    NotStored,
    Outcome,
    PeopleKept,
    PeopleNotKept,
    Sought,
    Stored,
    Tallied,
)
from trio_chat.journal.terms import Terms
from trio_chat.journal.types import (
    Moved,
    PeopleForgotten,
    Pruned,
    RoomsUnused,
)
from trio_chat.limits.limits import Limits
from trio_chat.protocol import requests
from trio_chat.protocol.acts import LEDGER
from trio_chat.protocol.request_error import RequestError

NOW = float("-inf")
OF_DEVICES = requests.Marks | requests.Sessions | requests.SignOut | requests.Pair


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
        self._uploads = uploads = Uploads() if uploads is None else uploads
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
        self._ledger = rights.ledger
        self._pairings = rights.pairings
        self._welcome = entrances.welcome
        self._joins = entrances.joins
        self._devices = entrances.devices
        self._expiry = entrances.expiry
        self._registration = entrances.registration
        self._moderation = parts.moderation
        self._following = parts.following
        self._term_change = parts.term_change
        self._handlers = parts.handlers
        self._callers = parts.callers
        self._settling = parts.settling
        self._written = 0  # the number of the last changes of people that the storage has taken
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
        is_written = self.people.records.is_written and self._changes.number <= self._written
        return is_written and not self._pending

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

    def lasts(self) -> dict[str, int]:
        """Return how far each open room has come."""
        return {name: room.log.last for name, room in self._rooms.items()}

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
                self._call(message)
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
                self._take_outcome(message)

    def _answer_supervisor(self, message: Nudge | Prove) -> None:
        """Tell that a turn is taken, or find out whether messages are kept and delivered."""
        if isinstance(message, Nudge):
            message.heard()
        else:
            self._canary.release(message.heard)

    def _take_outcome(self, outcome: Outcome) -> None:
        """Take in what the journal tells; what became of writes is settled later in the turn."""
        match outcome:
            case Stored() | NotStored():
                self._settling.add(outcome)
            case Loaded(states):
                rooms = [one for one in states if one.name != LEDGER]
                self._joins.take_loaded(rooms)
                if len(rooms) < len(states):
                    self._ledger.load_ended()
                self._following.follow_acts(states)
            case NotLoaded(names, retry_ms):
                names_left = [name for name in names if name != LEDGER]
                self._joins.take_not_loaded(NotLoaded(names_left, retry_ms))
                if len(names_left) < len(names):
                    self._ledger.load_ended()
            case Tallied():
                self._moderation.raids.tell(outcome)
            case Sought() | NotSought():
                self._moderation.clearings.take(outcome)
            case PeopleKept(number):
                self._written = number
                self._devices.kept(number)
            case PeopleNotKept(number, retry_ms):
                self._written = number
                self._devices.not_kept(number, retry_ms)
            case _:
                self._take_change(outcome)

    def _take_change(self, change: Change) -> None:
        """Take in what retention or others have changed in the journal, or are to change."""
        match change:
            case PeopleForgotten(ids, before):
                for id in ids:
                    if id.startswith(MARK):
                        self._arrivals.drop(id)
                    else:
                        self.people.records.drop(id, before)
            case RoomsUnused(names, since):
                self.unused_rooms.forget(names, since)
            case Moved():
                self._settling.settle_all()  # nothing of the term before may come later
                self._term_change.take(change)
            case Pruned(first_left):
                self._rooms.forget(first_left)
            case _:
                self._following.take(change)

    def _delay(self, seconds: float, call: Callable[[], None]) -> None:
        self._timers.at(self._turn.now + seconds, call)

    def _load(self, name: str) -> None:
        self._turn.effects.loads.append(name)

    def _call_again(
        self, message: ApiRequest, unclaimed: Unclaimed, error: RequestError | None
    ) -> None:
        """Grant a call anew for which a nick had to be claimed, or answer why not."""
        if error is None:
            self._call(message, unclaimed)
        else:
            self._handlers.refuse(message.caller, error, "http")

    def _call(self, message: ApiRequest, again: Unclaimed | None = None) -> None:
        caller, credentials, request, grant, label = message
        now = self._turn.now
        try:
            if isinstance(request, requests.Hello):
                welcome = self._callers.introduce(caller, request, now, grant, label, again)
                self._turn.reply(caller, welcome)
                return
            if isinstance(request, OF_DEVICES):
                self._callers.see_to_devices(caller, credentials, request, now, grant)
                return
            if isinstance(request, requests.Read):
                self._callers.read(caller, credentials, request, now, grant)
                return
            if isinstance(request, requests.Upload):
                self._callers.upload(caller, credentials, request, now, grant)
                return
            self._pending.check_room()
            if not isinstance(request, requests.WriteRequest):
                self._callers.govern(caller, credentials, request, now, grant, again)
                return
            write = self._callers.write(caller, credentials, request, now, grant)
        except Unclaimed as unclaimed:
            go_on = partial(self._call_again, message, unclaimed)
            self.people.claims.want(unclaimed, go_on)
        except RequestError as error:
            self._handlers.refuse(caller, error, "http")
        else:
            self._turn.effects.writes.append(write)
            hold = partial(self._held.hold, write) if write.needs_approval else None
            over = partial(self._uploads.answered, write.event)
            self._pending.add(Pending(caller, None, request.id, hold=hold, over=over))
