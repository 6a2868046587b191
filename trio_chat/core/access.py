"""Access: what somebody may do in a room, by their links and by what moderators have decided."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from trio_chat.auth.grant import ANYBODY, OPERATOR, Grant
from trio_chat.clock import wall_clock
from trio_chat.core.governed import Governed
from trio_chat.core.grants import Grants
from trio_chat.core.links import Link
from trio_chat.core.registry import SERVER, Registry
from trio_chat.limits.addresses import key_of
from trio_chat.protocol.names import is_private
from trio_chat.protocol.person import Person
from trio_chat.protocol.rights import Right
from trio_chat.protocol.room_rules import NO_RULES, RoomRules


class Standing(NamedTuple):
    """What somebody may do in a room; ``is_banned`` and ``is_muted`` tell why it is little."""

    right: Right
    is_banned: bool = False
    is_muted: bool = False


OF_ALL = Standing(Right.SPEAK)  # in rooms without links, rules and sanctions
OUTSIDE = Standing(Right.NONE)


class Access:
    """Answers from the registry, at once and without I/O.

    Args:
        registry: What is known of rooms.
        clock: The wall clock, in ms since 1970; links and sanctions end by it.
    """

    def __init__(self, registry: Registry, clock: Callable[[], int] = wall_clock) -> None:
        self.registry = registry
        self.clock = clock
        self.grants = Grants()

    def standing(
        self,
        room: str,
        person_id: str | None,
        address: str,
        link: Link | None = None,
        grant: Grant = ANYBODY,
        *,
        is_proven: bool = True,
    ) -> Standing:
        """Return what somebody may do in a room.

        A private room in which they have no right, and a private name that no room has, are the
        same.

        Args:
            room: The room's name in its normal form.
            person_id: Who; ``None`` for somebody without a name.
            address: Where they are.
            link: One whose secret they show now.
            grant: What has let them in. If it names rooms, no link gives more.
            is_proven: Whether they have shown to be that person, and have not only told a name.
        """
        governed, server = self.registry.governed(room), self.registry.governed(SERVER)
        is_hidden = is_private(room)
        has_rules = governed is not None and room != SERVER
        is_special = has_rules or is_hidden or link or grant is not ANYBODY
        if not is_special and self.registry.is_like_others(person_id):
            return OF_ALL
        now = self.clock()
        right = _base(room, grant)
        if grant.limits_to is None:
            right = self._by_links(right, room, person_id, link, now)
            if governed and is_proven and person_id in governed.admitted:
                right = max(right, Right.SPEAK)
        is_out = not right or not self.is_invited(grant, person_id)
        if is_out or (is_hidden and governed is None):  # all looked up alike until here
            return OUTSIDE
        if right >= Right.OPERATE:
            return Standing(right)
        both = (server,) if governed is server else (governed, server)
        judges = [one for one in both if one]
        return _judged(judges, right, person_id, address, now)

    def _by_links(
        self, right: Right, room: str, person_id: str | None, link: Link | None, now: int
    ) -> Right:
        """Return a right, or a higher one by links: those somebody came by, and one they show."""
        for one in self._links(room, person_id):
            if one.right > right and now < one.ends_at:
                right = one.right
        if link and link.made.about in (room, SERVER) and link.admits(person_id, now):
            right = max(right, link.right)
        return right

    def is_invited(self, grant: Grant, person_id: str | None) -> bool:
        """Whether somebody is still let in whom a link has let in; so is whom none had to."""
        if grant.invitation is None:
            return True
        now, link = self.clock(), self.registry.link_of_id(grant.invitation)
        return (link is not None and link.is_live(now)) or self.registry.has_come(person_id, now)

    def _links(self, room: str, person_id: str | None) -> Iterable[Link]:
        """Return the links to a room, and to the whole server, by which a person has come."""
        if person_id is None:
            return ()
        came_by = self.registry.came_by
        return [*came_by(person_id, room), *came_by(person_id, SERVER)]

    def title(self, room: str, person_id: str | None) -> str:
        """Return the title of a private room; for one of two it is how the other one is called."""
        governed = self.registry.governed(room)
        if governed is None:
            return ""
        other = governed.admitted.get(person_id or "")
        return self.registry.called[other].nick if other else governed.title

    def freed(
        self, people: Iterable[Person], room: str, kind: str, *, besides: int = 0
    ) -> list[Person]:
        """Return those people who are not muted, or banned, in a room by anything else.

        Args:
            people: Who.
            room: The room's name; what holds on the whole server holds there, too.
            kind: "mute" or "ban".
            besides: The number of an act of the room that does not count; 0 for all of them.
        """
        governed, server = self.registry.governed(room), self.registry.governed(SERVER)
        now, freed = self.clock(), list(people)
        if governed and besides:
            held = governed.sanctions(kind)
            freed = [one for one in freed if not held.holds(one.id, now, besides)]
        if server:
            held = server.sanctions(kind)
            freed = [one for one in freed if not held.holds(one.id, now)]
        return freed

    def rules(self, room: str) -> RoomRules:
        """Return the rules of a room."""
        governed = self.registry.governed(room)
        return governed.rules_at(self.clock()) if governed else NO_RULES


def _base(room: str, grant: Grant) -> Right:
    """Return what somebody may do in a room without any link."""
    if grant.role == OPERATOR:
        return Right.OPERATE
    if grant.rooms is not None and room != SERVER:
        return grant.rooms.get(room, Right.NONE)
    return Right.NONE if is_private(room) else Right.SPEAK


def _judged(
    judges: Iterable[Governed], right: Right, person_id: str | None, address: str, now: int
) -> Standing:
    """Return what is left of a right after mutes and bans."""
    if right >= Right.MODERATE:
        address = ""  # others there may be banned, but them only somebody bans who may do more
    for one in judges:
        if _is_banned(one, person_id, address, now):
            return Standing(Right.NONE, is_banned=True)
    for one in judges:
        if _is_muted(one, person_id, now):
            return Standing(Right.READ, is_muted=True)
    return Standing(right)


def _is_banned(place: Governed, person_id: str | None, address: str, now: int) -> bool:
    sanction = place.banned.of(person_id) if person_id else None  # the nameless by address alone
    if sanction and now < sanction.until:
        return True
    addresses = place.banned.addresses
    return bool(addresses) and now < addresses.get(key_of(address), 0)


def _is_muted(place: Governed, person_id: str | None, now: int) -> bool:
    sanction = place.muted.of(person_id or "")
    return sanction is not None and now < sanction.until
