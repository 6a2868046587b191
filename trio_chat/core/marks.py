"""Marks: how far people have read in rooms, which all devices of a person know."""

from trio_chat.core.connection_state import ConnectionState
from trio_chat.core.effects import Turn
from trio_chat.core.people import People
from trio_chat.core.rooms import Rooms
from trio_chat.protocol import answers


class Marks:
    """Takes in what was read and tells the other connections of that person.

    Args:
        turn: Where answers go.
        people: Have the marks.
        rooms: Tell the number of the last event, of those that are open.
        epoch: To which numbers belong.
    """

    def __init__(self, turn: Turn, people: People, rooms: Rooms, epoch: str) -> None:
        self._turn = turn
        self._people = people
        self._rooms = rooms
        self._epoch = epoch

    def read(self, state: ConnectionState, person_id: str, room: str, seq: int) -> None:
        """Take in that somebody has read a room up to a number; it only grows.

        A number that was not given yet counts as the last one.
        """
        open_room = self._rooms.get(room)
        if open_room:
            seq = min(seq, open_room.log.last)
        record = self._people.records.get(person_id)
        if not record.mark(room, seq, self._epoch):
            return
        self._people.records.keep(person_id, record, is_lazy=True)
        told = answers.Read(room=room, seq=seq)
        for client in self._people.connections_of(person_id):
            if client is not state.client:
                self._turn.reply(client, told)

    def forget(self, person_id: str, room: str) -> None:
        """Forget how far somebody has read in a room."""
        record = self._people.records.get(person_id)
        if record.marks.pop(room, None) is not None:
            self._people.records.keep(person_id, record, is_lazy=True)

    def of(self, person_id: str) -> list[answers.Mark]:
        """Return how far somebody has read in all rooms; the one marked last comes last."""
        marks = self._people.records.get(person_id).marks_in(self._epoch)
        return [answers.Mark(room, seq) for room, seq in marks.items()]
