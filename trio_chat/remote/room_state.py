"""The state of a room: the last event, who is there, and a queue of what is to be read."""

from collections.abc import Callable

import msgspec
import trio

from trio_chat.protocol import answers, events
from trio_chat.protocol.events import Person
from trio_chat.protocol.requests import Resume
from trio_chat.remote import wire
from trio_chat.remote.errors import ChatError

READER_WAIT = 2.0  # seconds since its last read for which a reader counts as active
PEOPLE_LIMIT = 10_000  # people of a room that are known by name; the others are counted
NEVER = float("-inf")


class Joined(msgspec.Struct, frozen=True, kw_only=True):
    """We are in the room, for the first time or again; what we missed follows.

    ``last`` is the number of the room's last event. ``gap`` is the number of the first event that
    follows, if those before it are lost; with ``reset`` the numbers have begun anew, so that
    nothing follows and all numbers known before are void. It comes again, with a ``gap``, if
    some of the missed events were deleted while they were being sent.

    ``members`` may be cut in large rooms; ``population`` is the number of people in any case.
    """

    room: str
    last: int
    epoch: str
    members: tuple[Person, ...]
    population: int = 0
    guests: int = 0
    topic: str = ""
    gap: int | None = None
    reset: bool = False


RoomEvent = wire.RoomEvent | events.Population
Happening = RoomEvent | Joined


class RoomState:
    """What a client knows of one room.

    Events wait in a queue for the reader. When it is full the room *falls behind*: further events
    are dropped until the reader has taken all that waits. Then the room is joined again, from the
    last event that was queued, and the server sends what was dropped. So a slow reader costs a
    bounded amount of memory, does not delay others, and misses nothing.

    Args:
        name: The room's, in its normal form.
        last: The number of the last event that is known, to resume behind it.
        epoch: The epoch of ``last``.
        limit: How many events may wait.
        on_join: Is called to have the room joined again.
        on_read: Is called when the reader waits, and when half of a full queue was read.
    """

    def __init__(
        self,
        name: str,
        last: int | None,
        epoch: str | None,
        limit: int,
        on_join: Callable[["RoomState"], None],
        on_read: Callable[[], None],
    ) -> None:
        self.name = name
        self.last = last
        self.epoch = epoch
        self.topic = ""
        self.guests = 0
        self.population = 0
        self.people: dict[str, Person] = {}
        self.is_joined = False  # on the present connection
        self.refusal: ChatError | None = None
        self.join_id: int | None = None  # of the request to join that counts; a hello has none
        self._is_behind = False
        self._on_join = on_join
        self._on_read = on_read
        self._limit = limit
        self._size = 0  # of the queue
        self._read_at = NEVER  # when the reader came last
        self._send, self._receive = trio.open_memory_channel[Happening](limit)
        self._is_read = False

    # What the connection does

    def start_connection(self) -> Resume:
        """Return what a ``hello`` says of the room; earlier requests to join count no more."""
        self.join_id = None
        return self.resume()

    def resume(self) -> Resume:
        """Return what to ask for: all since the last event; nothing if the room is behind."""
        if self._is_behind:
            return Resume(self.name)
        return Resume(self.name, self.last, self.epoch)

    def join(self, joined: answers.Joined) -> None:
        """Record that we are in the room.

        Raises:
            Malformed: its members are no list of persons.
        """
        people = wire.read_people(joined.members)
        self.is_joined = True
        self.people = {person.id: person for person in people[:PEOPLE_LIMIT]}
        self.population = max(joined.population, len(people))
        self.topic, self.guests = joined.topic, joined.guests
        if not self._is_behind and self._enqueue(_happening(joined, people, self.population)):
            self._move_to(joined)

    def _move_to(self, joined: answers.Joined) -> None:
        """Set the number and epoch behind which events follow."""
        self.epoch = joined.epoch
        if joined.reset or self.last is None:
            self.last = joined.last
        elif joined.gap is not None:
            self.last = max(self.last, joined.gap - 1)

    def handle(self, event: RoomEvent, *, is_own: bool = False) -> None:
        """Handle an event. Each numbered event is queued once, and in order.

        Args:
            event: The event.
            is_own: Whether it is about ourselves.
        """
        if not self.is_joined:
            return  # sent before the room is joined again
        if isinstance(event, events.StoredEvent):
            self._handle_stored(event)
        else:
            self._update_people(event, is_own=is_own)
            if not self._is_behind:
                self._enqueue(event)

    def _handle_stored(self, event: RoomEvent) -> None:
        assert isinstance(
            event, events.Message | events.Edit | events.Delete | events.React | events.Topic
        )
        if isinstance(event, events.Topic):
            self.topic = event.text
        assert self.last is not None
        if self._is_behind or event.seq <= self.last:
            return
        if event.seq == self.last + 1 and self._enqueue(event):
            self.last = event.seq
        else:
            self._is_behind = True
            self._join_again()

    def _update_people(self, event: RoomEvent, *, is_own: bool) -> None:
        match event:
            case events.Presence(state="joined"):
                self.population += event.who.id not in self.people and not is_own
                self._know(event.who)
            case events.Presence(state="left"):
                self.people.pop(event.who.id, None)
                self.population = max(self.population - 1, len(self.people))
            case events.Renamed(who=who) if who.id in self.people:
                self.people[who.id] = who
            case events.Population(count=count):
                self.population = max(count, len(self.people))

    def _know(self, person: Person) -> None:
        if person.id in self.people or len(self.people) < PEOPLE_LIMIT:
            self.people[person.id] = person
            self.population = max(self.population, len(self.people))

    def _enqueue(self, happening: Happening) -> bool:
        if self.is_full:
            self._is_behind = True
            return False
        self._send.send_nowait(happening)
        self._size += 1
        return True

    @property
    def is_awaited(self) -> bool:
        """Whether a reader waits for the next event."""
        return self._is_read and not self._size

    @property
    def is_full(self) -> bool:
        """Whether the queue is full."""
        return self._size >= self._limit

    @property
    def backpressure_until(self) -> float:
        """Until when the connection waits for the reader, if that is active but slow."""
        return self._read_at + READER_WAIT if self.is_full and not self._is_behind else NEVER

    def _join_again(self) -> None:
        """Join the room again if it is behind and the queue is empty."""
        if self._is_behind and not self._size:
            self._is_behind = self.is_joined = False
            self._on_join(self)

    def refuse(self, error: ChatError) -> None:
        """Record that the server does not let us in, and close."""
        self.refusal = error
        self.close()

    def close(self) -> None:
        """Take no more events; those that wait can still be read."""
        self.is_joined = self._is_behind = False
        self._send.close()

    # What the reader does

    async def next(self) -> Happening:
        """Wait for the next event.

        Raises:
            StopAsyncIteration: we have left the room, or the chat is over.
            Refused: the server does not let us in.
            trio.BusyResourceError: another task reads here.
        """
        if self._is_read:
            raise trio.BusyResourceError("another task reads this room")
        self._join_again()
        self._is_read = True
        try:
            return await self._next()
        except trio.EndOfChannel:
            raise self.refusal or StopAsyncIteration from None
        finally:
            self._is_read = False

    async def _next(self) -> Happening:
        self._read_at = trio.current_time()
        if not self._size:
            self._on_read()
        happening = await self._receive.receive()
        self._size -= 1
        if self._size == self._limit // 2:
            self._on_read()
        return happening


def _happening(joined: answers.Joined, people: list[Person], population: int) -> Joined:
    return Joined(
        room=joined.room,
        last=joined.last,
        epoch=joined.epoch,
        members=tuple(people),
        population=population,
        guests=joined.guests,
        topic=joined.topic,
        gap=joined.gap,
        reset=joined.reset,
    )
