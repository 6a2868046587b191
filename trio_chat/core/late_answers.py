"""Late answers: to writes that are kept, but whose events wait for those before them.

Another node has committed these, and what it tells of them has not come yet. Whoever were answered
at once, and learned in the next moment that the database has lost both, would know of no event that
is lost: what they have an answer for they have been told, too.
"""

from typing import NamedTuple

from trio_chat.core.effects import Turn
from trio_chat.core.rooms import Delay, Rooms
from trio_chat.delivery.recipient import Requester
from trio_chat.protocol import answers

MOST = 1024  # answers that wait; the next one does not
PATIENCE = 1.0  # seconds; what is missing is mostly there in a twentieth of that
RETRY_MS = 100  # after which is asked again for what may be lost
MAY_BE_LOST = "the database has failed over just now: send it again, with the same cid"


class _Late(NamedTuple):
    room: str
    seq: int
    requester: Requester
    answer: answers.Answer
    until: float  # Trio's time


class LateAnswers:
    """Gives each answer when its event has been told, or ``PATIENCE`` is over.

    Args:
        turn: Where answers go; has the time.
        rooms: Know how far they have told.
        delay: Has something called so many seconds later.
    """

    def __init__(self, turn: Turn, rooms: Rooms, delay: Delay) -> None:
        self._turn = turn
        self._rooms = rooms
        self._delay = delay
        self._waiting: list[_Late] = []

    def put(self, room: str, seq: int, requester: Requester, answer: answers.Answer) -> None:
        """Answer once an event of a room has been told, or when the room is open no more."""
        if len(self._waiting) >= MOST or self._is_told(room, seq):
            self._turn.effects.acks[requester].append(answer)
        else:
            until = self._turn.now + PATIENCE
            self._waiting.append(_Late(room, seq, requester, answer, until))
            self._delay(PATIENCE, self.give)

    def _is_told(self, name: str, seq: int) -> bool:
        room = self._rooms.get(name)
        return room is None or room.log.last >= seq

    def give(self) -> None:
        """Give those whose time has come."""
        waiting, self._waiting = self._waiting, []
        for late in waiting:
            if late.until <= self._turn.now or self._is_told(late.room, late.seq):
                self._turn.effects.acks[late.requester].append(late.answer)
            else:
                self._waiting.append(late)

    def fail(self) -> None:
        """Answer all that it is to be sent again, as another term has begun."""
        for late in self._waiting:
            error = answers.Error(
                id=late.answer.id, code="unavailable", text=MAY_BE_LOST, retry_ms=RETRY_MS
            )
            self._turn.effects.acks[late.requester].append(error)
        self._waiting.clear()
