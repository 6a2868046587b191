"""Marks: how far people have read in rooms, which all devices of a person know."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from trio_chat.core.effects import Turn
from trio_chat.core.people import People
from trio_chat.core.registry import Registry
from trio_chat.core.rooms import Rooms
from trio_chat.delivery.recipient import Requester
from trio_chat.journal.people import PersonRecord
from trio_chat.protocol import answers, requests
from trio_chat.protocol.names import is_private
from trio_chat.protocol.request_error import RequestError

WAITING = 1024  # marks in rooms that have to be read for them; others are refused
BUSY_MS = 1000


class Reading(NamedTuple):
    """Somebody who has read in a room, and what they are answered.

    ``answer`` makes that of how often they have set the mark back, and of the mark as it is now;
    ``None``: they want no answer.
    """

    requester: Requester
    person_id: str
    room: str
    request: requests.Read
    answer: Callable[[int, int], answers.Answer] | None


class Marks:
    """Takes in what was read and tells the other connections of that person.

    Args:
        turn: Where answers go.
        people: Have the marks.
        rooms: Tell the number of the last event.
        epoch: To which numbers belong.
        registry: Knows which private rooms there are.
    """

    def __init__(
        self, turn: Turn, people: People, rooms: Rooms, epoch: str, registry: Registry
    ) -> None:
        self._turn = turn
        self._registry = registry
        self._people = people
        self._rooms = rooms
        self._epoch = epoch
        self._waiting = 0

    def read(self, reading: Reading) -> None:
        """Take in that somebody has read a room up to a number; it only grows unless they say so.

        A number beyond the room's last one counts as that. If the room is not open, its last
        number is read from the journal first.

        Raises:
            RequestError: too many marks wait for that; where no answer is wanted it is dropped.
        """
        if self._waiting >= WAITING and reading.room not in self._rooms:
            if reading.answer is None:
                return
            raise RequestError("busy", "too many marks wait just now", BUSY_MS)
        self._waiting += 1
        tell, refuse = partial(self._take, reading), partial(self._refuse, reading)
        self._rooms.ask_last(reading.requester, reading.room, tell, refuse)

    def _take(self, reading: Reading, last: int) -> None:
        """Take in how far somebody has read in a room that has this last number."""
        self._waiting -= 1
        requester, person_id, room, request, answer = reading
        seq = min(request.seq, last)
        record = self._people.records.get(person_id)
        if record.mark(room, seq, self._epoch, is_back=request.back):
            self._people.records.keep(person_id, record, is_lazy=True)
            told = answers.Read(room=room, seq=seq, back=record.backs.get(room, 0))
            for client in self._people.connections_of(person_id):
                if client is not requester:
                    self._turn.reply(client, told)
        if answer:
            self._turn.reply(requester, answer(*record.place(room)))

    def follow(self, person_id: str, before: PersonRecord) -> None:
        """Tell a person's connections how far they have read at another node.

        Args:
            person_id: Whose.
            before: What was known here, of the same epoch.
        """
        clients = self._people.connections_of(person_id)
        record = self._people.records.get(person_id)
        for room in record.marks_in(self._epoch) if clients else {}:
            back, seq = record.place(room)
            if (back, seq) > before.place(room):
                for client in clients:
                    self._turn.reply(client, answers.Read(room=room, seq=seq, back=back))

    def _refuse(self, reading: Reading, retry_ms: int) -> None:
        """Answer, if an answer is wanted, that a room cannot be read just now."""
        self._waiting -= 1
        if reading.answer:
            text = "the room cannot be read just now"
            error = answers.Error(
                id=reading.request.id, code="unavailable", text=text, retry_ms=retry_ms
            )
            self._turn.reply(reading.requester, error)

    def forget(self, person_id: str, room: str) -> None:
        """Forget how far somebody has read in a room."""
        record = self._people.records.get(person_id)
        if record.forget(room):
            self._people.records.keep(person_id, record, is_lazy=True)

    def of(self, person_id: str) -> list[answers.Mark]:
        """Return how far somebody has read in all rooms; the one marked last comes last.

        Those in private rooms that are forgotten by now go.
        """
        record = self._people.records.get(person_id)
        marks = record.marks_in(self._epoch)
        governed = self._registry.governed
        for room in [one for one in marks if is_private(one) and governed(one) is None]:
            self.forget(person_id, room)
        return [answers.Mark(room, seq, record.backs.get(room, 0)) for room, seq in marks.items()]
