"""Arrivals: who came into which room last, when, and from where; for moderators who act on them."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from trio_chat.limits.addresses import is_loopback, key_of
from trio_chat.protocol.events import Person

KEPT = 20_000  # arrivals, in all rooms; the oldest are forgotten


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


class Arrivals:
    """Remembers the last arrivals, each once for a room and a person."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str], Arrival] = OrderedDict()

    def note(self, room: str, person: Person, address: str, now: int) -> None:
        """Take in that somebody is in a room."""
        key = room, person.id
        before = self._kept.pop(key, None)
        place = "" if is_loopback(address) else key_of(address)
        self._kept[key] = Arrival(person, before.first_at if before else now, place)
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)

    def of_room(self, room: str) -> Iterator[Arrival]:
        """Yield who came into a room."""
        return (arrival for (name, _), arrival in self._kept.items() if name == room)

    def person(self, person_id: str) -> Person | None:
        """Return a person as they were called when they came last."""
        return next((found.person for _, found in self._of(person_id)), None)

    def addresses_of(self, person_id: str) -> list[str]:
        """Return from where a person came, but for this machine's own addresses."""
        return sorted({found.address for _, found in self._of(person_id) if found.address})

    def rooms_of(self, person_ids: Iterable[str]) -> set[str]:
        """Return into which rooms people came."""
        return {room for person_id in set(person_ids) for room, _ in self._of(person_id)}

    def _of(self, person_id: str) -> Iterator[tuple[str, Arrival]]:
        return ((room, found) for (room, id), found in self._kept.items() if id == person_id)
