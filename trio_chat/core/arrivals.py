"""Arrivals: who came into which room or wrote there, when, and from where; for moderators."""

from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import NamedTuple

from trio_chat.core.shares import Shares
from trio_chat.journal import arrivals as kept
from trio_chat.journal.arrivals import ArrivalRecord
from trio_chat.limits.addresses import is_loopback, key_of
from trio_chat.protocol.events import Person

KEPT = 20_000  # arrivals of those who are not there now, in all rooms
HOUSE = 2  # others in a room that come from the address of somebody: it is a house's, or a school's
ADDRESS_KEPT = 7 * 24 * 60 * 60 * 1000  # milliseconds for which an address is written down
NOTED = 60 * 60 * 1000  # milliseconds after which it is written down again that somebody was there
AGED_AT_ONCE = 2  # written addresses that are looked at for their age, for each that is written
NAMELESS = Person("", "")  # all who have no name

Key = tuple[str, str, str]  # a room, the id of a person, and the place of somebody without a name


class Arrival(NamedTuple):
    """A person in a room, or an address from which somebody without a name wrote there.

    Times are in ms since 1970.
    """

    person: Person
    first_at: int
    last_at: int
    address: str  # of IPv4, or the /64 of one of IPv6; empty for this machine's own


def network_of(place: str) -> str:
    """Return an address without its last part, as it is shown to moderators."""
    return f"{place}/64" if ":" in place else f"{place.rpartition('.')[0]}.0/24"


def place_of(address: str) -> str:
    """Return what a ban covers: an IPv4 address or a /64; empty for this machine's own."""
    return "" if is_loopback(address) else key_of(address)


class Arrivals:
    """Remembers arrivals, each once for a room and a person.

    Those who are in a room now are all known. Of the others those are forgotten who were there
    longest ago, from the address with the most of them: a crowd displaces nobody else.

    They are written down, and so outlive the server, addresses for ``ADDRESS_KEPT``.

    Of whom nothing is known any more, and who was known before the server was started, counts as
    having come when they became known: nobody can tell a regular who comes back from somebody who
    has not been there.

    Args:
        clock: The wall clock, in ms since 1970.
        write_down: Has the record of an arrival kept, by its key; ``None``: there is none any more.
    """

    def __init__(
        self, clock: Callable[[], int], write_down: Callable[[str, bytes | None], None]
    ) -> None:
        self._clock = clock
        self._write_down = write_down
        self._noted: dict[Key, int] = {}  # when they were written down last, in ms since 1970
        self._ages: OrderedDict[Key, int] = OrderedDict()  # likewise, of those with an address
        self._started = clock()
        self._by_room: defaultdict[str, dict[Key, Arrival]] = defaultdict(dict)
        self._by_person: defaultdict[str, dict[Key, Arrival]] = defaultdict(dict)  # by their id
        self._here: dict[Key, str] = {}  # with the address
        # Who they are and in how many rooms, by room, or empty for any, and address.
        self._housed: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        self._gone: Shares[Key] = Shares()  # by address

    def load(self, records: Mapping[str, bytes]) -> None:
        """Take in what was written down before the server was started; what is damaged goes."""
        found = [(key, kept.decode(data)) for key, data in records.items() if kept.parts_of(key)]
        for key, record in sorted(found, key=lambda item: item[1].seen if item[1] else 0):
            if record is None:
                self._write_down(key, None)
            else:
                self._load(key, record)

    def _load(self, name: str, record: ArrivalRecord) -> None:
        key = kept.parts_of(name)
        assert key
        room, person_id, _ = key
        person = Person(person_id, record.nick)
        arrival = Arrival(person, record.first, record.seen, record.address)
        self._by_room[room][key] = self._by_person[person_id][key] = arrival
        self._noted[key] = record.seen
        if record.address:
            self._ages[key] = record.seen
        self._let_go(key)

    def follow(self, name: str, data: bytes) -> None:
        """Take in an arrival at another node, by its key; of who is here this one knows more."""
        key, record = kept.parts_of(name), kept.decode(data)
        if key is None or record is None or key in self._here:
            return
        known = self._by_room[key[0]].get(key)
        if known is None or known.last_at < record.seen:
            self._load(name, record)

    def drop(self, name: str) -> None:
        """Forget an arrival that was written down so long ago that it is no more, by its key."""
        key = kept.parts_of(name)
        if key and key in self._gone:
            self._gone.discard(key)
            self._forget(key)

    def enter(self, room: str, person: Person, address: str, known_since: int) -> None:
        """Take in that somebody is in a room from now on, until they ``leave``.

        Args:
            room: Its name.
            person: Who.
            address: From where.
            known_since: Since when the server knows them, in ms since 1970; 0 for long ago.
        """
        key = self._note(room, person, address, known_since)
        self._gone.discard(key)
        self._move_out(key)
        place = self._here[key] = self._by_room[room][key].address
        for where in (room, ""):
            self._housed[where, place][person.id] += 1

    def write(self, room: str, person: Person | None, address: str, known_since: int) -> None:
        """Take in that somebody writes in a room, who need not be there, or have a name."""
        key = self._note(room, person or NAMELESS, address, known_since)
        self._let_go(key)

    def leave(self, room: str, person_id: str) -> None:
        """Take in that somebody who was in a room is there no more."""
        key = (room, person_id, "")
        self._move_out(key)
        self._let_go(key)

    def _move_out(self, key: Key) -> None:
        place = self._here.pop(key, None)
        if place is None:
            return
        room, person_id, _ = key
        for where in (room, ""):
            housed = self._housed[where, place]
            housed[person_id] -= 1
            if not housed[person_id]:
                del housed[person_id]
            if not housed:
                del self._housed[where, place]

    def _note(self, room: str, person: Person, address: str, known_since: int) -> Key:
        place, now = place_of(address), self._clock()
        key = (room, person.id, "" if person.id else place)
        before = self._by_room[room].get(key)
        first_at = known_since if known_since < self._started else now
        arrival = Arrival(person, before.first_at if before else first_at, now, place)
        self._by_room[room][key] = self._by_person[person.id][key] = arrival
        is_same = before and before[0] == person and before.address == place
        if not is_same or now - self._noted[key] >= NOTED:
            self._keep(key, arrival)
            self._age(now)
        return key

    def _keep(self, key: Key, arrival: Arrival) -> None:
        """Have it written down that somebody came."""
        person, first_at, last_at, address = arrival
        self._noted[key] = last_at
        self._ages.pop(key, None)
        if address:
            self._ages[key] = last_at
        record = ArrivalRecord(person.nick, last_at, first_at, address)
        self._write_down(kept.key_of(*key), kept.encode(record))

    def _age(self, now: int) -> None:
        """Have the addresses left out that were written down longest ago, if that is too long."""
        for _ in range(AGED_AT_ONCE):
            key, noted = next(iter(self._ages.items()), (None, now))
            if key is None or now - noted < ADDRESS_KEPT:
                return
            self._keep(key, self._by_room[key[0]][key]._replace(last_at=noted, address=""))

    def _let_go(self, key: Key) -> None:
        """Let somebody who is not in a room be forgotten, once too many others have left later."""
        if key in self._here:
            return
        self._gone.add(key, self._by_room[key[0]][key].address)
        if len(self._gone) > KEPT:
            self._forget(self._gone.pop())

    def _forget(self, key: Key) -> None:
        room, person_id, _ = key
        self._noted.pop(key)
        self._ages.pop(key, None)
        self._write_down(kept.key_of(*key), None)
        for known, name in ((self._by_room, room), (self._by_person, person_id)):
            del known[name][key]
            if not known[name]:
                del known[name]

    def of_room(self, room: str) -> list[Arrival]:
        """Return who came into a room, or wrote there."""
        return list(self._by_room.get(room, {}).values())

    def person(self, person_id: str) -> Person | None:
        """Return a person as they were called when they came into some room first."""
        return next((found.person for found in self._of(person_id)), None)

    def met_at(self, person_id: str) -> int:
        """Return when a person came into any room first, in ms since 1970; 0 if into none."""
        return min((found.first_at for found in self._of(person_id)), default=0)

    def came_before(self, person_ids: Iterable[str], time: int) -> set[str]:
        """Return those who came into any room before a time, in ms since 1970."""
        known = self._by_person  # thousands may be meant, so there is no call for each
        return {
            id
            for id in person_ids
            if id in known
            for found in known[id].values()
            if found.first_at < time
        }

    def addresses_of(self, person_id: str) -> list[str]:
        """Return the addresses that a person came from, without those of this machine."""
        return sorted({found.address for found in self._of(person_id) if found.address})

    def houses(
        self, room: str, addresses: Iterable[str], is_other: Callable[[str], bool]
    ) -> set[str]:
        """Return those addresses from which others are in a room now, who would be shut out, too.

        Args:
            room: Its name; without one, any room.
            addresses: As they are banned.
            is_other: Tells by an id whether that is none of those who are, or were, banned.
        """
        return {one for one in addresses if self._is_house(room, one, is_other)}

    def _is_house(self, room: str, address: str, is_other: Callable[[str], bool]) -> bool:
        others = filter(is_other, self._housed.get((room, address), ()))
        return len([*islice(others, HOUSE)]) == HOUSE

    def since(self, time: int) -> list[Arrival]:
        """Return who came into any room since a time in ms since 1970, once for each room."""
        of_rooms = self._by_room.values()
        return [one for found in of_rooms for one in found.values() if one.first_at >= time]

    def of_person(self, person_id: str) -> Iterable[Arrival]:
        """Return all arrivals of a person; with an empty id, of those without a name."""
        return self._of(person_id)

    def rooms_of(self, person_ids: Iterable[str]) -> set[str]:
        """Return into which rooms people came, or wrote there."""
        known = self._by_person
        return {key[0] for id in person_ids if id in known for key in known[id]}

    def _of(self, person_id: str) -> Iterable[Arrival]:
        return self._by_person.get(person_id, {}).values()
