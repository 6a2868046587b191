"""Arrivals: who came into which room last, when, and from where; for moderators who act on them."""

from collections import OrderedDict
from collections.abc import Iterator
from typing import NamedTuple

from trio_chat.limits.addresses import is_loopback, key_of
from trio_chat.protocol.events import Person

KEPT = 20_000  # arrivals, in all rooms; the oldest are forgotten


class Arrival(NamedTuple):
    """A person in a room; times are in ms since 1970."""

    person: Person
    first_at: int
    address: str  # of IPv4, or the /64 of one of IPv6; empty for this machine's own


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

    def since(self, room: str, ts: int) -> Iterator[Arrival]:
        """Yield who came into a room since a time."""
        for (name, _), arrival in self._kept.items():
            if name == room and arrival.first_at >= ts:
                yield arrival

    def of(self, person_id: str) -> dict[str, Arrival]:
        """Return the arrivals of a person, by room."""
        return {room: arrival for (room, id), arrival in self._kept.items() if id == person_id}
