"""A state: how far we have come in one room, who is there, and what waits to be read."""

from collections.abc import Callable

import msgspec
import trio

from trio_chat.protocol import answers, events
from trio_chat.protocol.events import Person
from trio_chat.protocol.requests import Resume
from trio_chat.remote import wire
from trio_chat.remote.errors import ChatError

BACKPRESSURE_LIMIT = 2.0  # seconds for which the connection waits for a reader who took something
NEVER = float("-inf")


class Joined(msgspec.Struct, frozen=True, kw_only=True):
    """We are in the room, for the first time or again; what we missed follows.

    ``last`` is the number of the room's last event. ``gap`` is the number of the first event that
    follows, if those before it are lost; with ``reset`` the numbers have begun anew, so that
    nothing follows and what was received before means nothing.
    """

    room: str
    last: int
    epoch: str
    members: tuple[Person, ...]
    guests: int = 0
    topic: str = ""
    gap: int | None = None
    reset: bool = False


Happening = wire.RoomEvent | Joined


class RoomState:
    """What a client knows of one room.

    Events wait in a queue for whoever reads. When it is full we *fall behind*: what comes is
    dropped until the reader has taken all that waits. Then we join the room anew, from the last
    event that was queued, and the server tells what was dropped. So a slow reader costs no memory
    without bound, holds up nobody else, and loses nothing.

    Args:
        name: The room's, in its normal form.
        last: Where to go on: the number of the last event that is known, and its epoch.
        epoch: See ``last``.
        limit: How many events may wait.
        on_join: Is called to have the room joined anew.
        on_read: Is called when the reader has caught up, half or all.
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
        self.people: dict[str, Person] = {}
        self.is_joined = False  # on the connection of the moment
        self.refusal: ChatError | None = None
        self.join_id: int | None = (
            None  # the id of the resume to join that counts; a hello has none
        )
        self._is_behind = False
        self._on_join = on_join
        self._on_read = on_read
        self._limit = limit
        self._size = 0  # of the queue
        self._read_at = NEVER  # when the reader came last
        self._queue, self._waiting = trio.open_memory_channel[Happening](limit)
        self._is_read = False

    # What the connection does

    def begin(self) -> Resume:
        """Return what to say of the room in a ``hello``; nothing that was wished before counts."""
        self.join_id = None
        return self.resume()

    def resume(self) -> Resume:
        """Return what to ask for: all since the last event, or nothing yet if we are behind."""
        if self._is_behind:
            return Resume(self.name)
        return Resume(self.name, self.last, self.epoch)

    def join(self, joined: answers.Joined) -> None:
        """Take in that we are in the room.

        Raises:
            Malformed: its members are none.
        """
        people = wire.read_people(joined.members)
        self.is_joined = True
        self.people = {person.id: person for person in people}
        self.topic, self.guests = joined.topic, joined.guests
        if not self._is_behind and self._put(_told(joined, people)):
            self._go_on(joined)

    def _go_on(self, joined: answers.Joined) -> None:
        self.epoch = joined.epoch
        if joined.reset or self.last is None:
            self.last = joined.last
        elif joined.gap is not None:
            self.last = joined.gap - 1

    def take(self, event: wire.RoomEvent) -> None:
        """Take in what happens. Each numbered event is queued once, and in order."""
        if not self.is_joined:
            return  # a rest of what was received before we joined anew
        if isinstance(event, events.StoredEvent):
            self._handle_stored(event)
        else:
            self._update_people(event)
            if not self._is_behind:
                self._put(event)

    def _handle_stored(self, event: wire.RoomEvent) -> None:
        assert isinstance(
            event, events.Message | events.Edit | events.Delete | events.React | events.Topic
        )
        if isinstance(event, events.Topic):
            self.topic = event.text
        assert self.last is not None
        if self._is_behind or event.seq <= self.last:
            return
        if event.seq == self.last + 1 and self._put(event):
            self.last = event.seq
        else:
            self._is_behind = True
            self._catch_up()

    def _update_people(self, event: wire.RoomEvent) -> None:
        match event:
            case events.Presence(state="joined") | events.Renamed():
                self.people[event.who.id] = event.who
            case events.Presence(state="left"):
                self.people.pop(event.who.id, None)

    def _put(self, happening: Happening) -> bool:
        if self.is_full:
            self._is_behind = True
            return False
        self._queue.send_nowait(happening)
        self._size += 1
        return True

    @property
    def is_awaited(self) -> bool:
        """Whether a reader waits for what happens next."""
        return self._is_read and not self._size

    @property
    def is_full(self) -> bool:
        """Whether nothing more can wait to be read."""
        return self._size >= self._limit

    @property
    def backpressure_until(self) -> float:
        """Until when it is worth to wait for the reader, who is at work but slow."""
        return self._read_at + BACKPRESSURE_LIMIT if self.is_full and not self._is_behind else NEVER

    def _catch_up(self) -> None:
        """Join anew if we are behind and all that waited has been read."""
        if self._is_behind and not self._size:
            self._is_behind = self.is_joined = False
            self._on_join(self)

    def refuse(self, error: ChatError) -> None:
        """Take in that we will not be in the room."""
        self.refusal = error
        self.close()

    def close(self) -> None:
        """Nothing more happens; what waits can still be read."""
        self.is_joined = False
        self._queue.close()

    # What the reader does

    async def next(self) -> Happening:
        """Wait for what happens next.

        Raises:
            StopAsyncIteration: we have left the room, or the chat is over.
            Refused: the server does not let us in.
            trio.BusyResourceError: another task reads here.
        """
        if self._is_read:
            raise trio.BusyResourceError("another task reads this room")
        self._catch_up()
        self._is_read = True
        try:
            return await self._receive()
        except trio.EndOfChannel:
            raise self.refusal or StopAsyncIteration from None
        finally:
            self._is_read = False

    async def _receive(self) -> Happening:
        self._read_at = trio.current_time()
        if not self._size:
            self._on_read()  # somebody waits
        happening = await self._waiting.receive()
        self._size -= 1
        if self._size == self._limit // 2:
            self._on_read()
        return happening


def _told(joined: answers.Joined, people: list[Person]) -> Joined:
    return Joined(
        room=joined.room,
        last=joined.last,
        epoch=joined.epoch,
        members=tuple(people),
        guests=joined.guests,
        topic=joined.topic,
        gap=joined.gap,
        reset=joined.reset,
    )
