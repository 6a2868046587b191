"""Presence: which person is in which room, by which connections, and until when."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

from trio_chat.config import Config
from trio_chat.core.arrivals import Arrivals
from trio_chat.core.connection_state import ConnectionState
from trio_chat.core.people import People
from trio_chat.core.room import Room
from trio_chat.core.rooms import Rooms
from trio_chat.core.timers import Timers
from trio_chat.journal.types import Come, InRoom, Moves
from trio_chat.protocol.events import Person


class Presence:
    """Lets people enter and leave rooms; who is cut off keeps place and nick for a grace time.

    Args:
        people: Holds the nicks.
        rooms: Are told who came, left or was renamed.
        timers: End grace times.
        config: ``presence_grace``.
        arrivals: Are told who has left.
    """

    def __init__(
        self, people: People, rooms: Rooms, timers: Timers, config: Config, arrivals: Arrivals
    ) -> None:
        self._people = people
        self._rooms = rooms
        self._timers = timers
        self._config = config
        self._arrivals = arrivals
        self._places: dict[str, set[Room]] = defaultdict(set)  # the rooms of each person
        self._moves: dict[tuple[str, str], Come | None] = {}  # what other nodes are to learn

    def rooms_of(self, person_id: str | None) -> int:
        """Return in how many rooms a person is."""
        return len(self._places[person_id]) if person_id in self._places else 0

    def enter(
        self, person: Person, state: ConnectionState, room: Room, *, is_quiet: bool = False
    ) -> None:
        """Let a person into a room by one more connection; others are not told of a quiet one."""
        room.roster.enter(person, state.client, is_quiet=is_quiet)
        self._places[person.id].add(room)
        self._tell_nodes(room, person.id, (person.nick, is_quiet))

    def _tell_nodes(self, room: Room, person_id: str, come: Come | None) -> None:
        """Have other nodes told who is here, if there are any."""
        if self._rooms.are_shared:
            self._moves[room.name, person_id] = come

    def take_moves(self) -> Moves:
        """Return who has come, gone, or been renamed since this was asked last."""
        moves, self._moves = self._moves, {}
        return moves

    def follow(self, names: Iterable[str], places: Iterable[InRoom]) -> None:
        """Take in who is in these rooms by other nodes.

        Args:
            names: Of the rooms; those that are not open here do not matter.
            places: Who is in which of them.
        """
        by_room: dict[str, dict[str, tuple[Person, bool]]] = {name: {} for name in names}
        for name, id, nick, is_quiet in places:
            by_room[name][id] = Person(id, nick), is_quiet
        self._rooms.elsewhere = by_room
        for name, people in by_room.items():
            if name in self._rooms:
                self._rooms[name].roster.follow(people)

    def leave(self, person_id: str, state: ConnectionState, room: Room, now: float) -> None:
        """Let a connection leave a room, and its person if that was the last one."""
        room.roster.lose(person_id, state.client, now)
        self._part(person_id, room, now)

    def lose(self, person_id: str, state: ConnectionState, rooms: list[Room], now: float) -> None:
        """Take in that a connection is gone. Its person stays in their rooms for the grace time.

        They leave those at once that a moderator has removed them from.
        """
        grace = 0.0 if self._people.is_leaving(person_id) else self._config.presence_grace
        until = now + grace
        for room in rooms:
            if room.name in state.removed_from:
                self.leave(person_id, state, room, now)
            else:
                room.roster.lose(person_id, state.client, until)
        self._people.lose(person_id, state.client, until, state.session)
        self._timers.at(until, lambda: self._end_grace(person_id, rooms, until))

    def clear(self, room: Room) -> None:
        """Let all people leave a room who are there or were until a short while ago."""
        for person_id in room.roster.own_people():
            self._places[person_id].discard(room)
            self._tell_nodes(room, person_id, None)
            self._arrivals.leave(room.name, person_id)

    def hold(self, records: Mapping[str, bytes], freed: Mapping[str, int], now: float) -> None:
        """Take in who was here before a restart; nicks are held for the grace time at least.

        Args:
            records: Of people, encoded, by their ids.
            freed: When operators have freed the nicks of people, in ms since 1970.
            now: Trio's time.
        """
        until = now + self._config.presence_grace
        held = self._people.hold(records, until, freed)
        if held:
            self._timers.at(until, lambda: self._release(held, until))

    def _release(self, people: Iterable[str], now: float) -> None:
        for id in people:
            self._people.release(id, now)

    def _end_grace(self, person_id: str, rooms: list[Room], now: float) -> None:
        for room in rooms:
            self._part(person_id, room, now)
        self._people.release(person_id, now)

    def _part(self, person_id: str, room: Room, now: float) -> None:
        """Have a person leave a room in which their grace time is over."""
        if room in self._places[person_id] and room.roster.part(person_id, now):
            self._places[person_id].discard(room)
            self._tell_nodes(room, person_id, None)
            self._arrivals.leave(room.name, person_id)
            self._rooms.touch(room.name)
        if not self._places[person_id]:
            del self._places[person_id]

    def rename(
        self, person: Person, before: Person | None, is_quiet: Callable[[str], bool]
    ) -> None:
        """Tell everybody who may know a person how they are called now.

        Args:
            person: Who.
            before: How they were called.
            is_quiet: Whether they may not speak in a room, so that nobody is told there yet.
        """
        if before is None or before.nick == person.nick or person.id not in self._places:
            return
        for room in self._places[person.id]:
            room.roster.rename(person, is_quiet=is_quiet(room.name))
            self._tell_nodes(room, person.id, (person.nick, is_quiet(room.name)))
