"""Late answers: to writes that are kept, but whose events wait for those before them.

Another node has committed these, and what it tells of them has not come yet. Whoever were answered
at once, and learned in the next moment that the database has lost both, would know of no event that
is lost: what they have an answer for they have been told, too.
"""

from typing import NamedTuple

from trio_chat.core.effects import Turn
from trio_chat.core.rooms import Rooms
from trio_chat.delivery.recipient import Requester
from trio_chat.protocol import answers

MOST = 1024  # answers that wait; the next one does not
RETRY_MS = 100  # after which is asked again for what may be lost
MAY_BE_LOST = "the database has failed over just now: send it again, with the same cid"


class _Late(NamedTuple):
    room: str
    seq: int
    requester: Requester
    answer: answers.Answer


class LateAnswers:
    """Gives each answer when its event has been told.

    Args:
        turn: Where answers go.
        rooms: Know how far they have told.
    """

    def __init__(self, turn: Turn, rooms: Rooms) -> None:
        self._turn = turn
        self._rooms = rooms
        self._waiting: list[_Late] = []

    def put(self, room: str, seq: int, requester: Requester, answer: answers.Answer) -> None:
        """Answer once an event of a room has been told, or when the room is open no more."""
        present = self._rooms.get(room)
        if present is None or present.log.last >= seq or len(self._waiting) >= MOST:
            self._turn.effects.acks[requester].append(answer)
        else:
            self._waiting.append(_Late(room, seq, requester, answer))

    def give(self) -> None:
        """Give those whose time has come."""
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        for late in waiting:
            self.put(*late)

    def fail(self) -> None:
        """Answer all that it is to be sent again, as another term has begun."""
        for late in self._waiting:
            error = answers.Error(
                id=late.answer.id, code="unavailable", text=MAY_BE_LOST, retry_ms=RETRY_MS
            )
            self._turn.effects.acks[late.requester].append(error)
        self._waiting.clear()
