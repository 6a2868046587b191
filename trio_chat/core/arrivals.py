"""Arrivals: who came into which room last, when, and from where; for moderators who act on them."""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from trio_chat.core.shares import Shares
from trio_chat.limits.addresses import is_loopback, key_of
from trio_chat.protocol.events import Person

KEPT = 20_000  # arrivals, in all rooms; the oldest from where most came are forgotten


class Arrival(NamedTuple):
    """A person in a room; times are in ms since 1970."""

    person: Person
    first_at: int
    address: str  # of IPv4, or the /64 of one of IPv6; empty for this machine's own

    @property
    def network(self) -> str:
        """The address without its last part, as it is shown to moderators."""
        if ":" in self.address:
            return f"{self.address}/64"
        return f"{self.address.rpartition('.')[0]}.0/24"


def place_of(address: str) -> str:
    """Return what is banned with an address: of IPv4, or a /64; empty for this machine's own."""
    return "" if is_loopback(address) else key_of(address)


class Arrivals:
    """Remembers the last arrivals, each once for a room and a person."""

    def __init__(self) -> None:
        self._shares: Shares[tuple[str, str]] = Shares()  # by address
        self._by_room: defaultdict[str, dict[str, Arrival]] = defaultdict(dict)  # by person's id
        self._rooms: defaultdict[str, set[str]] = defaultdict(set)  # by person's id

    def note(self, room: str, person: Person, address: str, now: int) -> None:
        """Take in that somebody is in a room."""
        there = self._by_room[room]
        before = there.get(person.id)
        first_at = before.first_at if before else now
        place = place_of(address)
        there[person.id] = Arrival(person, first_at, place)
        self._rooms[person.id].add(room)
        self._shares.add((room, person.id), place)
        if len(self._shares) > KEPT:
            self._forget(*self._shares.pop())

    def _forget(self, room: str, person_id: str) -> None:
        del self._by_room[room][person_id]
        if not self._by_room[room]:
            del self._by_room[room]
        self._rooms[person_id].discard(room)
        if not self._rooms[person_id]:
            del self._rooms[person_id]

    def of_room(self, room: str) -> list[Arrival]:
        """Return who came into a room."""
        return list(self._by_room.get(room, {}).values())

    def person(self, person_id: str) -> Person | None:
        """Return a person as they were called when they came into some room last."""
        return next((found.person for found in self._of(person_id)), None)

    def addresses_of(self, person_id: str) -> list[str]:
        """Return from where a person came, but for this machine's own addresses."""
        return sorted({found.address for found in self._of(person_id) if found.address})

    def rooms_of(self, person_ids: Iterable[str]) -> set[str]:
        """Return into which rooms people came."""
        return {room for person_id in person_ids for room in self._rooms.get(person_id, ())}

    def _of(self, person_id: str) -> list[Arrival]:
        rooms = self._rooms.get(person_id, ())
        return [self._by_room[room][person_id] for room in rooms]
