"""The state of a room: the last event, who is there, and a queue of what is to be read."""

from collections.abc import Callable

import trio

from trio_chat.protocol import answers, events
from trio_chat.protocol.requests import Resume
from trio_chat.protocol.rights import RIGHTS, Right
from trio_chat.protocol.room_rules import NO_RULES
from trio_chat.remote import wire
from trio_chat.remote.clearings import Clearings
from trio_chat.remote.errors import ChatError, Refused
from trio_chat.remote.happenings import Happening, Joined
from trio_chat.remote.members import Members

READER_WAIT = 2.0  # seconds since its last read for which a reader counts as active
NEVER = float("-inf")


REMOVALS = {  # why somebody has to leave, by what a moderator did
    "kick": ("kicked", "you were removed from this room, and may join it again"),
    "ban": ("banned", "you may not be in this room"),
}
REMOVED = ("removed", "you may not be in this room any more")
HIDDEN = "no_such_room"  # the code for a room that we do not get to see
StoredEvent = wire.StoredRoomEvent | wire.Unknown


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
        self.link: str | None = None  # a secret that is to be shown
        self.right = Right.NONE
        self.rules = NO_RULES
        self.title = ""
        self.topic = ""
        self.guests = 0
        self.members = Members()
        self.is_joined = False  # on the present connection
        self.refusal: ChatError | None = None
        self.removal: Refused | None = None  # with which it ends if we have to go
        self.join_id: int | None = None  # of the request to join that counts; a hello has none
        self._had_to_leave = False  # perhaps, since the last connection
        self._is_behind = False
        self._joined_at = 0  # the number of the last event when we joined
        self._settled = trio.Event()  # when we are in the room, or it is closed
        self._clearings = Clearings()
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
        """Return what to ask for: all since the last event; nothing if the room is behind.

        A link is shown until we are in the room; from then on its right is ours.
        """
        if self._is_behind:
            return Resume(self.name, link=self.link)
        return Resume(self.name, self.last, self.epoch, self.link)

    def show(self, link: str) -> None:
        """Show a link when the room is joined the next time."""
        self.link = link
        if self._settled.is_set():
            self._settled = trio.Event()

    def join(self, joined: answers.Joined) -> None:
        """Record that we are in the room.

        Raises:
            Malformed: its members are no list of persons.
        """
        people = wire.read_people(joined.members)
        self.is_joined = True
        self.link = self.removal = None
        self._had_to_leave = False
        self.right = RIGHTS.get(joined.right or "", Right.SPEAK)
        self.rules, self.title = joined.rules or NO_RULES, joined.title
        self._joined_at = joined.last
        self._settled.set()
        self.members.reset(people, joined.population)
        self.topic, self.guests = joined.topic, joined.guests
        if not self._is_behind and self._enqueue(self._happening(joined, people)):
            self._move_to(joined)

    def _happening(self, joined: answers.Joined, people: list[events.Person]) -> Joined:
        return Joined(
            room=joined.room,
            last=joined.last,
            epoch=joined.epoch,
            members=tuple(people),
            population=self.members.population,
            guests=joined.guests,
            topic=joined.topic,
            gap=joined.gap,
            reset=joined.reset,
            lost=joined.lost,
            right=self.right,
            rules=self.rules,
            title=self.title,
        )

    def _move_to(self, joined: answers.Joined) -> None:
        """Set the number and epoch behind which events follow."""
        self.epoch = joined.epoch
        if joined.reset or self.last is None:
            self.last = joined.last
        elif joined.gap is not None:
            self.last = max(self.last, joined.gap - 1)

    def enter(self, epoch: str) -> None:
        """Take in that the numbers, those so far too, are of another epoch from now on."""
        if self.is_joined:
            self.epoch = epoch

    def handle(self, event: wire.RoomEvent | wire.Unknown, my_id: str) -> None:
        """Handle an event. Each numbered event is queued once, and in order.

        Args:
            event: The event.
            my_id: Who we are.
        """
        if not self.is_joined:
            return  # sent before the room is joined again
        if isinstance(event, events.StoredEvent):
            self._handle_stored(event, my_id)
        else:
            self.members.update(event, my_id)
            if not self._is_behind:
                self._enqueue(event)

    def _handle_stored(self, event: StoredEvent, my_id: str) -> None:
        if event.seq > self._joined_at:  # what is older has been told in ``joined``
            self._follow(event, my_id)
        assert self.last is not None
        if self._is_behind or event.seq <= self.last:
            return
        if event.seq == self.last + 1 and self._enqueue_stored(event):
            self.last = event.seq
        else:
            self._is_behind = True
            self._join_again()

    def _follow(self, event: StoredEvent, my_id: str) -> None:
        """Update what is known of the room."""
        match event:
            case events.Topic():
                self.topic = event.text
            case events.Rules():
                self.rules = event.rules
            case events.Moderated(act="kick" | "ban") if _may_be_about(my_id, event):
                self.removal = Refused(*REMOVALS[event.act])

    def _enqueue_stored(self, event: StoredEvent) -> bool:
        """Queue an event, unless it is of a type that we do not know; return whether it counts."""
        if isinstance(event, wire.Unknown):
            return True
        if not self._enqueue(event):
            return False
        self._clearings.note(event)
        return True

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

    def removed(self, *, is_only: bool) -> Refused | None:
        """Return why we are in the room no more, after a close for having to leave one.

        ``None``: it may be another one, and the server tells when we join again.

        Args:
            is_only: Whether we were in no other.
        """
        self._had_to_leave = True
        return self.removal or (Refused(*REMOVED) if is_only else None)

    def refusal_by(self, code: str, text: str) -> Refused:
        """Return how a refusal is told: a room that is hidden now is one that we had to leave."""
        return Refused(*REMOVED) if self._had_to_leave and code == HIDDEN else Refused(code, text)

    def refuse(self, error: ChatError) -> None:
        """Record that the server does not let us in, and close."""
        self.refusal = error
        self.close()

    def close(self) -> None:
        """Take no more events; those that wait can still be read."""
        self.is_joined = self._is_behind = False
        self._settled.set()
        self._send.close()

    async def settled(self) -> None:
        """Wait until we are in the room by all that we have to show, or it is closed."""
        await self._settled.wait()

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
        return happening if isinstance(happening, Joined) else self._clearings.apply(happening)


def _may_be_about(person_id: str, moderated: events.Moderated) -> bool:
    """Whether a moderator has acted on a person: not all of many are listed."""
    listed = {person.id for person in moderated.people}
    return person_id in listed or moderated.count > len(listed)
