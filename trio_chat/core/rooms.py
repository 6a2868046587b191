"""The open rooms: which there are, which are being loaded, and which have something to tell."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from trio_chat.config import Config
from trio_chat.core.catchup import CatchUp
from trio_chat.core.memory_budget import MemoryBudget
from trio_chat.core.openings import Asking, Openings
from trio_chat.core.room import Room
from trio_chat.core.room_loads import RoomLoads
from trio_chat.core.room_log import Budgets, RoomLog, Sizes
from trio_chat.core.roster import People
from trio_chat.delivery.recipient import Recipient, Requester
from trio_chat.journal.types import Committed, RoomState
from trio_chat.limits.bucket import Bucket
from trio_chat.protocol.names import BadName, check_room
from trio_chat.protocol.request_error import RequestError
from trio_chat.rates import Rate

TOLD_AT_ONCE = 256 * 1024  # bytes that others have written in all rooms; an outbox takes more
PRESENCE = 20_000  # members are told of presence in a second, in all rooms but crowds,
PRESENCE_AT_ONCE = 1_000  # and so many in one moment,
PRESENCE_LATEST = 2.0  # seconds; but nobody is told later, however many others move elsewhere
TOLD_INTERVAL = 1.0  # seconds in which no more of them are told; the rest each client reads

Delay = Callable[[float, Callable[[], None]], None]


def proper_name(name: str, limit: int) -> str:
    """Return the name of a room in its normal form.

    Raises:
        RequestError: no room can be called so.
    """
    try:
        return check_room(name, limit)
    except BadName as error:
        raise RequestError("bad_room", str(error)) from None


class Rooms(Mapping[str, Room]):
    """The rooms that somebody is in, by name.

    Args:
        config: How many events are kept at hand, and how many people are listed.
        delay: Has something called so many seconds later.
        load: Has a room loaded.
        requeue: Is called with a room whose members have to read what is behind a number.
        gap_pause: Seconds in which what is missing in a room may come by itself.
        clock: Trio's.
    """

    def __init__(
        self,
        config: Config,
        delay: Delay,
        load: Callable[[str], None],
        requeue: Callable[[Room, int], None],
        gap_pause: float,
        clock: Callable[[], float],
    ) -> None:
        self.term = 0  # the journal's present one
        self.elsewhere: Mapping[str, People] = {}  # who is in rooms by other nodes, as told last
        self._open: dict[str, Room] = {}
        # Open rooms that are being loaded anew, and how far others say meanwhile that they are.
        self._behind: dict[str, int] = {}
        self._touched: set[str] = set()  # rooms that may be empty by now
        self._dirty: list[Room] = []  # rooms in which something waits to be told
        self._config = config
        self.budgets = Budgets(
            MemoryBudget(config.all_recent_bytes), MemoryBudget(config.all_replay_bytes)
        )
        self._delay = delay
        self._loads = RoomLoads(load)
        self._openings = Openings(self._loads)
        self._told_left = TOLD_AT_ONCE
        self._requeue = requeue
        self._gap_pause = gap_pause
        self._clock = clock
        self._presence = Bucket(Rate(PRESENCE, PRESENCE_AT_ONCE))
        self._looking: dict[str, list[CatchUp]] = {}  # those that wait for rooms to be read anew
        self._gaps: set[str] = set()  # rooms in which something is missing that may come by itself

    def __getitem__(self, name: str) -> Room:
        """Return an open room."""
        return self._open[name]

    def __iter__(self) -> Iterator[str]:
        """Return an iterator over the names."""
        return iter(self._open)

    def __len__(self) -> int:
        """Return how many rooms are open."""
        return len(self._open)

    def reconfigure(self) -> None:
        """Take in that settings have changed; open rooms keep what holds for one room."""
        self.budgets.recent.limit = self._config.all_recent_bytes
        self.budgets.replays.limit = self._config.all_replay_bytes

    def populations(self) -> dict[str, int]:
        """Return how many are in each room that anybody is in."""
        return {name: room.population for name, room in self._open.items()}

    def lasts(self) -> dict[str, int]:
        """Return how far each room has come, as is known here; 0 while it is loaded first."""
        opening = dict.fromkeys(self._openings, 0)
        return opening | {name: room.log.last for name, room in self._open.items()}

    def is_used(self, name: str) -> bool:
        """Whether somebody is in a room, or comes into it."""
        room = self.get(name)
        return name in self._openings or (room is not None and not room.is_empty)

    # How they open and close

    def park(self, catch_up: CatchUp) -> None:
        """Have the room of a catch-up loaded; it goes on when that is done."""
        self._openings.park(catch_up)

    def ask_last(
        self,
        asker: Requester,
        name: str,
        tell: Callable[[int], None],
        refuse: Callable[[int], None],
    ) -> None:
        """Have somebody told the last number of a room, which is read for that if it is not open.

        Args:
            asker: Who asks; those who are gone are told, too.
            name: The room.
            tell: Is called with the number; at once, if the room is open.
            refuse: Is called if the room cannot be read, with in how many ms that may be different.
        """
        if name in self:
            tell(self[name].log.last)
        else:
            self._openings.ask(name, Asking(asker, tell, refuse))

    def abandon(self, client: Recipient) -> None:
        """Load no room for a client that is gone, unless others wait for it."""
        self._openings.abandon(client)

    def loaded(self, state: RoomState) -> Sequence[CatchUp]:
        """Open a room as it is in the journal, or bring an open one to that.

        Returns:
            The catch-ups that waited for it.
        """
        self._loads.done()
        opening = self._openings.end(state.name)
        if opening is None:
            self._follow(state)
            return ()
        for one in opening.asking:
            one.tell(max(state.last, opening.last))
        if not opening.parked:
            return ()
        room = self._open[state.name] = self._make(state)
        room.log.forget_before(min(opening.first, state.last + 1))
        self.touch(state.name)
        if opening.last > state.last:  # it was read before that was committed
            self._catch_up_with_journal(state.name)
        return opening.parked

    def not_loaded(self, name: str, retry_ms: int) -> Sequence[CatchUp]:
        """Take in that a room cannot be read just now; return the catch-ups that waited for it.

        An open room that others have written to is tried again.
        """
        self._loads.done()
        opening = self._openings.end(name)
        if opening is not None:
            for one in opening.asking:
                one.refuse(retry_ms)
            return opening.parked
        if name in self._behind:
            self._delay(retry_ms / 1000, lambda: self._load_again(name))
        return ()

    def _load_again(self, name: str) -> None:
        if name in self._behind:
            self._loads.want(None, name)

    def _make(self, state: RoomState) -> Room:
        config = self._config
        sizes = Sizes(config.resume_limit, config.recent_bytes, config.replay_bytes)
        log = RoomLog(state, sizes, self.budgets)
        log.enter(self.term)
        add = self._dirty.append
        room = Room(log, config.members_listed, add, self._delay, config.room_rate, self._pace)
        # It may have been open before: what was told of it then is not told again.
        room.roster.follow(self.elsewhere.get(state.name, {}))
        return room

    def _pace(self, members: int) -> float:
        """Return in how many seconds so many members of a room may be told of presence."""
        now = self._clock()
        pause = self._presence.spend(now, members)
        self._presence.limit_debt(now, PRESENCE_LATEST)
        return min(pause, PRESENCE_LATEST)

    def _follow(self, state: RoomState) -> None:
        heard = self._behind.pop(state.name, 0)
        room = self.get(state.name)
        if room is None:
            return  # it was closed meanwhile
        had = room.log.last
        news = room.log.follow(state, self._told_left)
        if news is None:
            self._requeue(room, had)
        for event, data in news or ():
            self._spend(len(data))
            room.tell(event, data)
        if room.log.is_behind or heard > room.log.last:  # it was read before that was committed
            self._catch_up_with_journal(state.name)

    def _spend(self, size: int) -> None:
        """Count what others have written and is told at once; there is as much again in a while."""
        if self._told_left == TOLD_AT_ONCE:
            self._delay(TOLD_INTERVAL, self._refill)
        self._told_left -= size

    def _refill(self) -> None:
        self._told_left = TOLD_AT_ONCE

    def touch(self, name: str) -> None:
        """Look soon whether a room is empty."""
        self._touched.add(name)

    def close_empty(self) -> None:
        """Forget rooms that nobody is in any more."""
        for name in self._touched:
            if name in self and self[name].is_empty:
                self._open.pop(name).log.close()
                self._behind.pop(name, None)
                self._looking.pop(name, None)
        self._touched.clear()

    def drop(self, names: Iterable[str]) -> None:
        """Forget rooms, whoever was in there."""
        for name in names:
            self._open.pop(name).log.close()
            self._behind.pop(name, None)
            self._looking.pop(name, None)

    def close_all(self) -> None:
        """Forget all rooms."""
        for room in self._open.values():
            room.log.close()
        self._open.clear()
        self._openings.clear()
        self._looking.clear()
        self._loads.clear()
        self._behind.clear()
        self._dirty.clear()

    # What happens in them

    def take(self, committed: Committed) -> None:
        """Take an event in that the journal has committed."""
        name = committed.event.room
        room = self.get(name)
        if room is None:
            if name in self._openings:
                self._openings[name].note_last(committed.event.seq)
            return
        told = room.log.take(committed)
        if told is None:
            self._await_missing(name)
        for event, data in told or ():
            room.tell(event, data)

    @property
    def are_shared(self) -> bool:
        """Whether other nodes have them, too."""
        return self._gap_pause > 0

    def look(self, catch_up: CatchUp) -> None:
        """Have an open room read anew for a client that knows more of it, and waits for that."""
        self._looking.setdefault(catch_up.room_name, []).append(catch_up)
        self._catch_up_with_journal(catch_up.room_name)

    def looked(self, name: str) -> Sequence[CatchUp]:
        """Return the catch-ups that have waited until a room was read anew."""
        return self._looking.pop(name, ())

    def _await_missing(self, name: str) -> None:
        """Read what is missing in a room, unless it comes by itself."""
        if not self._gap_pause:
            self._catch_up_with_journal(name)
        elif name not in self._gaps:
            self._gaps.add(name)
            self._delay(self._gap_pause, lambda: self._look_at_gap(name))

    def _look_at_gap(self, name: str) -> None:
        self._gaps.discard(name)
        room = self.get(name)
        if room and room.log.is_behind:
            self._catch_up_with_journal(name)

    def hear(self, lasts: Mapping[str, int]) -> None:
        """Look where another node has written, as it says how far rooms have come."""
        for name, last in lasts.items():
            room = self.get(name)
            if room and last > room.log.last:
                self._catch_up_with_journal(name, last)
            elif name in self._openings:
                self._openings[name].note_last(last)

    def compare(self, states: Iterable[RoomState]) -> None:
        """Look where others have written, as the journal says that rooms stand like this."""
        for state in states:
            room = self.get(state.name)
            if room:
                room.log.forget_before(min(state.first, room.log.last + 1))
                if state.last > room.log.last:
                    self._catch_up_with_journal(state.name, state.last)
            elif state.name in self._openings:
                self._openings[state.name].note_last(state.last)
                self._openings[state.name].note_first(state.first)

    def _catch_up_with_journal(self, name: str, heard: int = 0) -> None:
        """Have an open room loaded anew, and once more if a load under way had less than that."""
        if name in self._behind:
            self._behind[name] = max(self._behind[name], heard)
        else:
            self._behind[name] = 0
            self._loads.want(None, name)

    def forget(self, first: Mapping[str, int]) -> None:
        """Follow the journal, which has deleted the oldest events of some rooms."""
        for name, number in first.items():
            if name in self:
                self[name].log.forget_before(number)
            elif name in self._openings:
                self._openings[name].note_first(number)

    def take_dirty(self) -> Sequence[Room]:
        """Return the rooms in which something waits to be told, and count on it being told.

        Small ones come first: a few need not wait until a crowd elsewhere has been told.
        """
        dirty = sorted(self._dirty, key=lambda room: room.population)
        self._dirty.clear()
        return dirty
