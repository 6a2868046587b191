"""Targets: the people on whom a moderator acts, and who is spared."""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from trio_chat.core.access import Access
from trio_chat.core.arrivals import NAMELESS, Arrivals
from trio_chat.core.people import People
from trio_chat.core.requested import Requested
from trio_chat.protocol.events import Person
from trio_chat.protocol.request_error import RequestError
from trio_chat.protocol.rights import Right

ID = re.compile("[0-9a-f]{20}")  # of a person, as sessions make it
SANCTIONS = 10_000  # of a room; beyond that nobody more is acted on
SHOWN_OF_ID = 8  # characters


class Places(NamedTuple):
    """Addresses that are banned, by people's ids, and how many others are not, for other people."""

    addresses: dict[str, list[str]]
    shared: int = 0


NOWHERE = Places({})


class Targets:
    """Finds people by their ids.

    Args:
        access: Knows what they may do.
        people: Tell how they are called.
        arrivals: Tell how they were called, and from where they came.
    """

    def __init__(self, access: Access, people: People, arrivals: Arrivals) -> None:
        self._access = access
        self._people = people
        self._arrivals = arrivals

    def authors(self, person_ids: Iterable[str], room: str) -> list[Person]:
        """Return people as ``named`` does; an empty id is of all without a name.

        Raises:
            RequestError: one of these is no id.
        """
        ids = dict.fromkeys(person_ids)
        return [self._named(one, room) if one else NAMELESS for one in ids]

    def named(self, person_ids: Iterable[str], room: str) -> list[Person]:
        """Return people as they are called now, or were when they were here or were acted on last.

        Whoever is not known any more, as after a restart, is called by the beginning of their id.

        Raises:
            RequestError: one of these is no id.
        """
        return [self._named(person_id, room) for person_id in dict.fromkeys(person_ids)]

    def _named(self, person_id: str, room: str) -> Person:
        known = self._people.now(person_id) or self._arrivals.person(person_id)
        governed = self._access.registry.governed(room)
        if known is None and governed:
            sanction = governed.banned.get(person_id) or governed.muted.get(person_id)
            known = sanction and sanction.person
        if not person_id or (known is None and not ID.fullmatch(person_id)):
            raise RequestError("not_found", f"nobody has the id {person_id!r}")
        return known or Person(person_id, person_id[:SHOWN_OF_ID])

    def met_at(self, person: Person) -> int:
        """Return when the server met somebody first, in ms since 1970; 0 for who has no name."""
        known = (self._people.met_at(person.id), self._arrivals.met_at(person.id))
        return min(filter(None, known), default=0) if person.id else 0

    def met_before(self, person_ids: Collection[str], time: int) -> set[str]:
        """Return those whom the server met before a time, in ms since 1970; all have names."""
        met = self._people.known_before(person_ids, time)
        return (met | self._arrivals.came_before(person_ids, time)) - {""}

    def check_room(self, room: str) -> None:
        """Make sure that more people of a room may be muted or banned.

        Raises:
            RequestError: too many are.
        """
        governed = self._access.registry.governed(room)
        if governed and len(governed.banned) + len(governed.muted) > SANCTIONS:
            raise RequestError("too_many_people", "let somebody speak or come in again first")

    def addresses(self, people: Iterable[Person], room: str) -> Places:
        """Return the addresses to be banned with people, by their ids: those from where they came.

        Not this machine's own, nor those from which others are in the room.
        """
        found = {person.id: self._arrivals.addresses_of(person.id) for person in people}
        return self.without_houses(found, room)

    def without_houses(
        self, addresses: Mapping[str, Iterable[str]], room: str, besides: Collection[str] = ()
    ) -> Places:
        """Return addresses, by people's ids, without those from which others are in a room.

        Whoever is banned already is no other: their place is kept for a while. Nor are the
        addresses in ``besides`` among them.
        """
        standing = self._access.standing

        def is_other(person_id: str) -> bool:
            return person_id not in addresses and not standing(room, person_id, "").is_banned

        all_of_them = {one for found in addresses.values() for one in found}
        houses = self._arrivals.houses(room, all_of_them, is_other)
        houses |= all_of_them.intersection(besides)
        left = {id: [one for one in found if one not in houses] for id, found in addresses.items()}
        return Places({id: found for id, found in left.items() if found}, len(houses))

    def spared(
        self, asked: Requested, room: str, people: Iterable[Person], *, is_crowd: bool = False
    ) -> list[Person]:
        """Return those among people who may do as much in a room as whoever wants to act on them.

        With ``is_crowd`` nobody was named one by one. Then all moderators there are spared, from
        operators too, who would not know that they are among them.
        """
        by = Right.MODERATE if is_crowd else self.right_of(asked, room)
        least = max(by, Right.MODERATE)
        standing, grants, now = self._access.standing, self._access.grants, self._access.clock()
        return [
            one
            for one in people
            if standing(room, one.id, "", grant=grants.of(one.id, now)).right >= least
        ]

    def right_of(self, asked: Requested, room: str) -> Right:
        """Return what somebody who asks for something may do in a room."""
        address, grant = asked.asker.address, asked.asker.grant
        return self._access.standing(room, asked.person.id, address, asked.link, grant).right

    def is_operator(self, asked: Requested, room: str) -> bool:
        """Whether an operator asks for something."""
        return self.right_of(asked, room) >= Right.OPERATE

    def check_lifting(
        self, asked: Requested, room: str, people: Iterable[Person], kind: str
    ) -> None:
        """Make sure that nobody lifts what somebody who may do more has set.

        Raises:
            RequestError: an operator has muted, or banned, one of these people.
        """
        governed, now = self._access.registry.governed(room), self._access.clock()
        if governed is None or self.is_operator(asked, room):
            return
        held = governed.sanctions(kind)
        for person in people:
            if held.are_operators(person.id, now):
                reason = f"an operator has set this {kind} of {person.nick}; only one lifts it"
                raise RequestError("not_operator", reason)

    def spare_moderators(self, asked: Requested, room: str, people: Iterable[Person]) -> None:
        """Make sure that nobody acts on somebody who may do as much in the room as they.

        Raises:
            RequestError: one of these people is a moderator, or an operator.
        """
        for person in self.spared(asked, room, people):
            raise RequestError("not_moderator", f"{person.nick} may do as much here as you")
