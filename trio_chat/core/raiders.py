"""Raiders: finds whom the undoing of a raid is about, and from where they came."""

from collections.abc import Collection, Iterable
from operator import attrgetter
from typing import NamedTuple

from trio_chat.core.access import Access
from trio_chat.core.arrivals import Arrival, Arrivals
from trio_chat.core.registry import SERVER
from trio_chat.core.requested import Requested
from trio_chat.core.targets import Places, Targets
from trio_chat.protocol import governing
from trio_chat.protocol.events import Person
from trio_chat.protocol.request_error import RequestError

PEOPLE = 2_000  # of one raid, at most


class Raiders(NamedTuple):
    """Whom a raid is about, with their addresses, and how many came whom the server knew before."""

    people: list[Person]
    places: Places
    regulars: int = 0

    @property
    def ids(self) -> frozenset[str]:
        """Their ids; an empty one is of all without a name."""
        return frozenset(person.id for person in self.people)


class Search:
    """Finds raiders.

    Args:
        access: Tells the time.
        arrivals: Tell who came since when.
        targets: Tell on whom somebody may act.
    """

    def __init__(self, access: Access, arrivals: Arrivals, targets: Targets) -> None:
        self._access = access
        self._arrivals = arrivals
        self._targets = targets

    def find(self, asked: Requested, request: governing.Raid, room: str) -> Raiders:
        """Return whom a request is about, but for moderators, and their addresses there, by id.

        Of a crowd those are left out whom the server has met before, if that is not wanted. In all
        rooms those who moderate some are no moderators: anybody makes a room.

        Raises:
            RequestError: there are too many, or one of them is not known.
        """
        found = self._found(request, room)
        # before each of them is looked at closely
        if len(found) > PEOPLE and len({one.person.id for one in found}) > PEOPLE:
            raise RequestError("too_many_people", f"that would be more than {PEOPLE} people")
        found.sort(key=attrgetter("first_at"))  # regulars are seen first, if too many are meant
        is_crowd = not request.people
        regulars: set[str] = set()
        if is_crowd and not request.regulars:
            came = {one.person.id for one in found}
            regulars = self._targets.met_before(came, request.since)
        left_out = regulars.union(request.left_out)
        people = self._people(asked, request, room, found, left_out)
        theirs = {one.address for one in found if one.person.id in left_out}
        acted_on = {person.id for person in people}
        addresses: dict[str, list[str]] = {}
        for one in found:
            if one.address and one.person.id in acted_on:
                known = addresses.setdefault(one.person.id, [])
                if one.address not in known:  # they came into several rooms
                    known.append(one.address)
        places = self._targets.without_houses(addresses, room, theirs)
        return Raiders(people, places, len(regulars))

    def _found(self, request: governing.Raid, room: str) -> list[Arrival]:
        """Return the arrivals that a request is about."""
        wanted, since = set(request.people), request.since
        until = request.until or self._access.clock()
        if not wanted:
            came = self._arrivals.since(since) if room == SERVER else self._arrivals.of_room(room)
            return [one for one in came if since <= one.first_at <= until]
        among: Iterable[Arrival] = self._arrivals.of_room(room)
        if room == SERVER:
            among = (one for id in wanted for one in self._arrivals.of_person(id))
        # Somebody without a name may have written from elsewhere long ago.
        theirs = (one for one in among if one.person.id in wanted)
        return [one for one in theirs if one.person.id or one.last_at >= since]

    def _people(
        self,
        asked: Requested,
        request: governing.Raid,
        room: str,
        found: Iterable[Arrival],
        left_out: Collection[str],
    ) -> list[Person]:
        """Return whom to act on: those who are named, or came, but for moderators and others."""
        came = {one.person.id: one.person for one in found}
        is_crowd = not request.people
        people = came.values() if is_crowd else self._targets.authors(request.people, room)
        people = [one for one in people if one.id not in left_out]
        spared = {one.id for one in self._targets.spared(asked, room, people, is_crowd=is_crowd)}
        return [one for one in people if one.id not in spared]
