"""The returns: who has joined a room, or comes back to it, and waits to be let in."""

from collections import deque
from collections.abc import Mapping, Sequence
from itertools import count
from typing import NamedTuple

from trio_chat.core.effects import ConnectionState
from trio_chat.core.room import Room
from trio_chat.delivery.frames import Frame, frame_of
from trio_chat.delivery.recipient import Recipient, Requester
from trio_chat.protocol import answers, requests


class _Arrival(NamedTuple):
    """Somebody who has joined a room, to be told where they are."""

    seat: ConnectionState
    room: Room
    visit: int
    id: answers.Id
    last: int | None
    epoch: str | None


class _Return(NamedTuple):
    """Somebody who is in a room, and has all that happened there up to a number."""

    seat: ConnectionState
    room: Room
    visit: int
    after: int


class Returns:
    """A queue of connections. Each is in its room already, but gets nothing from there yet.

    Being let in means to get what was missed, and from then on what happens: nothing can come in
    between, as it is one step. What is not at hand, the client gets from the journal first; then
    it queues again.

    Args:
        seats: Those who are connected.
        epoch: What the numbers in the journal belong to.
    """

    def __init__(self, seats: Mapping[Requester, ConnectionState], epoch: str) -> None:
        self._seats = seats
        self._epoch = epoch
        self._waiting: deque[_Arrival | _Return] = deque()
        self._visits = count(1)

    def __len__(self) -> int:
        """Return how many wait."""
        return len(self._waiting)

    def clear(self) -> None:
        """Forget all who wait."""
        self._waiting.clear()

    def arrive(
        self,
        seat: ConnectionState,
        room: Room,
        id: answers.Id,
        wish: requests.Join | requests.Resume,
    ) -> None:
        """Take in that somebody has joined a room, for the first time or again."""
        visit = next(self._visits)
        seat.unanswered += 1
        seat.rooms[room.name] = room
        seat.visits[room.name] = visit
        self._waiting.append(_Arrival(seat, room, visit, id, wish.last, wish.epoch))

    def go_on(self, member: Recipient, missed: requests.Missed, after: int) -> None:
        """Take in that a client has got from the journal what happened up to a number."""
        seat = self._seats.get(member)
        room = seat and seat.rooms.get(missed.room)
        if seat and room:
            self._waiting.append(_Return(seat, room, missed.visit, max(after, room.first - 1)))

    def send_back(self, room: Room, after: int) -> None:
        """Let everybody read on in the journal, from a number, before they get what is new."""
        for member in room.readers():
            room.dismiss(member)
            seat = self._seats[member]
            self._waiting.append(_Return(seat, room, seat.visits[room.name], after))

    def let_in(self) -> tuple[Recipient, Sequence[Frame]]:
        """Let in the first one who waits; return who that is, and what they get."""
        back = self._waiting.popleft()
        member = back.seat.member
        if member not in self._seats:
            return member, ()
        if isinstance(back, _Arrival):
            return member, self._answer(back)
        return member, self._catch_up(back)

    def _answer(self, arrival: _Arrival) -> Sequence[Frame]:
        """Tell somebody who has joined where they are, and what they missed."""
        seat, room, visit, id, last, epoch = arrival
        seat.unanswered -= 1
        if seat.rooms.get(room.name) is not room:
            gone = "you have left the room again"
            error = answers.Error(id=id, code="not_joined", text=gone, room=room.name)
            return (_frame(error, seat.member),)
        reset = last is not None and (epoch not in (None, self._epoch) or last > room.last)
        after = room.last if last is None or reset else last
        joined = answers.Joined(
            id=id,
            room=room.name,
            last=room.last,
            epoch=self._epoch,
            members=room.member_list(),
            guests=room.guests,
            topic=room.topic,
            gap=room.first if after + 1 < room.first else None,
            reset=reset,
        )
        rest = _Return(seat, room, visit, max(after, room.first - 1))
        return (_frame(joined, seat.member), *self._catch_up(rest))

    def _catch_up(self, back: _Return) -> Sequence[Frame]:
        """Return what somebody missed, and let them in; or have it looked up."""
        seat, room = back.seat, back.room
        member = seat.member
        if seat.rooms.get(room.name) is not room or room.has(member):
            return ()  # gone again meanwhile
        if back.visit != seat.visits[room.name]:
            return ()  # joined again meanwhile, which counts
        frames = room.missed(back.after, member.dialect)
        size = sum(len(frame.wire) for frame in frames or ())
        if frames is None or (size and not member.can_take(size)):
            member.look_up(requests.Missed(room.name, back.after, room.last, back.visit))
            return ()
        room.admit(member)
        return frames


def _frame(answer: answers.Answer, member: Recipient) -> Frame:
    told = member.dialect.answer(answer)
    assert told is not None  # all that can join have a word for these
    return frame_of(told, member.dialect)
