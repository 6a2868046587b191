"""The open rooms: which there are, which are to be loaded, and which have something to tell."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from trio_chat.config import Config
from trio_chat.core.catchup import Returns
from trio_chat.core.effects import wake
from trio_chat.core.room import Room
from trio_chat.delivery.outbox import Readiness
from trio_chat.journal.types import Committed, RoomState
from trio_chat.protocol.names import BadName, check_room
from trio_chat.protocol.request_error import RequestError

Delay = Callable[[float, Callable[[], None]], None]


class Rooms(Mapping[str, Room]):
    """The rooms that somebody is in, by name. What others must remember is in the journal.

    Args:
        config: How long a name may be, and how many events are kept at hand.
        returns: Gets those who are too far behind to be told at once what others have written.
        readiness: Tells whether any client began or ceased to be ready.
        delay: Has something done so many seconds later.
    """

    def __init__(
        self, config: Config, returns: Returns, readiness: Readiness, delay: Delay
    ) -> None:
        self.touched: set[str] = set()  # rooms that may be empty by now
        self.overtaken: set[str] = set()  # open rooms to which others have written
        self._open: dict[str, Room] = {}
        self._news: list[Room] = []  # rooms in which something waits to be told
        self._config = config
        self._returns = returns
        self._readiness = readiness
        self._delay = delay

    def __getitem__(self, name: str) -> Room:
        """Return an open room."""
        return self._open[name]

    def __iter__(self) -> Iterator[str]:
        """Return an iterator over the names."""
        return iter(self._open)

    def __len__(self) -> int:
        """Return how many rooms are open."""
        return len(self._open)

    def populations(self) -> dict[str, int]:
        """Return how many are in each room that anybody is in."""
        return {name: room.population for name, room in self.items()}

    def proper_name(self, name: str) -> str:
        """Return the name of a room in its normal form.

        Raises:
            RequestError: no room can be called so.
        """
        try:
            return check_room(name, self._config.room_limit)
        except BadName as error:
            raise RequestError("bad_room", str(error)) from None

    # How they open and close

    def missing(self, names: Iterable[str]) -> Iterator[str]:
        """Yield what has to be loaded of rooms with these names, and rooms that were overtaken.

        Bad names are left out.
        """
        yield from self.overtaken
        for name in names:
            try:
                proper = self.proper_name(name)
            except RequestError:
                continue
            if proper not in self:
                yield proper

    def load(self, state: RoomState) -> None:
        """Open a room as it is in the journal, or have it follow what others have written there."""
        self.overtaken.discard(state.name)
        room = self.get(state.name)
        if room is None:
            limit = self._config.resume_limit
            room = Room(state, limit, self._readiness, self._news.append, self._delay)
            self._open[room.name] = room
            self.touched.add(room.name)
        else:
            had = room.last
            if not room.follow(state):
                self._returns.send_back(room, had)

    def close_empty(self) -> None:
        """Forget rooms that nobody is in any more."""
        for name in self.touched:
            if name in self and self[name].is_empty:
                del self._open[name]
                self.overtaken.discard(name)
        self.touched.clear()

    def close_all(self) -> None:
        """Forget all rooms."""
        self._open.clear()
        self._news.clear()
        self.overtaken.clear()

    # What happens in them

    def take(self, committed: Committed) -> None:
        """Take an event in that the journal has numbered."""
        room = self.get(committed.event.room)
        if room and not room.take(committed):  # there is none if the server is stopping
            self._overtake(room)

    def compare(self, states: Sequence[RoomState]) -> None:
        """Look where others have written, as the journal says that rooms stand like this."""
        for state in states:
            room = self.get(state.name)
            if room and state.last > room.last:
                self._overtake(room)
            elif room:
                room.forget_before(state.first)

    def _overtake(self, room: Room) -> None:
        """Have a room loaded anew, in a turn that begins at once."""
        if room.name not in self.overtaken:
            self.overtaken.add(room.name)
            self._delay(0, wake)

    def forget(self, first: dict[str, int]) -> None:
        """Follow the journal, which has forgotten the oldest events of some rooms."""
        for name, number in first.items():
            if name in self:
                self[name].forget_before(number)

    def take_dirty(self) -> Sequence[Room]:
        """Return the rooms in which something waits to be told, and count on it being told.

        Small ones come first: a few need not wait until a crowd elsewhere has been told.
        """
        news = sorted(self._news, key=lambda room: room.population)
        self._news.clear()
        return news
