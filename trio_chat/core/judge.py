"""The judge: asks the policy, with what is known of who asks and of the room."""

from collections.abc import Callable
from typing import NamedTuple

from trio_chat.auth.grant import ANYBODY, Grant
from trio_chat.config import Config
from trio_chat.core import policy
from trio_chat.core.access import Access, Standing
from trio_chat.core.connection_state import ConnectionState
from trio_chat.core.links import Link
from trio_chat.core.people import People
from trio_chat.core.policy import Principal, Rules
from trio_chat.core.rooms import Rooms
from trio_chat.limits.addresses import key_of
from trio_chat.protocol import requests
from trio_chat.protocol.events import Person
from trio_chat.protocol.rights import Right
from trio_chat.protocol.room_rules import RoomRules


class Asker(NamedTuple):
    """Who asks, and by which way; as in ``Principal``."""

    person: Person | None
    address: str
    known_since: int = 0
    needs_hello: bool = False
    needs_join: bool = False
    grant: Grant = ANYBODY
    reads_as: str | None = (
        None  # the id of the person by whose rights somebody without a name reads
    )

    is_proven: bool = True  # whether they have shown to be the person, and not only told a name

    @property
    def key(self) -> str:
        """What tells one who speaks from another: the person if it is proven, else the address."""
        return self.person.id if self.person and self.is_proven else key_of(self.address)


def asker_of(state: ConnectionState, people: People) -> Asker:
    """Return who asks by a connection."""
    return Asker(
        people.now(state.person_id) if state.person_id else None,
        state.client.address,
        state.known_since,
        needs_hello=state.client.dialect.needs_hello,
        needs_join=True,
        grant=state.grant,
        reads_as=state.reads_as,
    )


class Judge:
    """Lets somebody do what they ask for, or raises why not.

    Args:
        access: What they may do by their links, and by what moderators have decided.
        people: Tell since when somebody is known.
        rooms: Those that are open.
        config: ``hold_links_for``.
    """

    def __init__(self, access: Access, people: People, rooms: Rooms, config: Config) -> None:
        self._access = access
        self._people = people
        self._rooms = rooms
        self._config = config

    def check(
        self,
        asker: Asker,
        request: requests.Request,
        room: str,
        now: float,
        *,
        is_joined: bool = False,
        link: Link | None = None,
    ) -> Principal:
        """Return what somebody is in the room that they ask about.

        Args:
            asker: Who.
            request: What for.
            room: The room's name in its normal form; empty if it is about none.
            now: Trio's time.
            is_joined: Whether they are in the room.
            link: One that they show, or have shown on this connection.

        Raises:
            RequestError: they may not do that.
        """
        principal = self._principal(asker, room, link)
        rules = policy.ANY_ROOM  # whoever has no right there costs as much as where no room is
        if principal.right:
            rules = self._rules(asker, request, room, is_joined=is_joined)
        policy.check(principal, request, rules, now, self._access.clock())
        return principal

    def _principal(self, asker: Asker, room: str, link: Link | None) -> Principal:
        """Return what somebody is in a room, with a link that they show."""
        person_id = asker.person.id if asker.person else asker.reads_as
        if asker.person and asker.grant.subject is not None:
            self._access.grants.note(asker.person.id, asker.grant)
        standing = self._access.standing(
            room, person_id, asker.address, link, asker.grant, is_proven=asker.is_proven
        )
        return Principal(
            asker.person,
            asker.needs_hello,
            asker.needs_join,
            *standing,
            asker.known_since,
            asker.grant.limits_to is not None,
        )

    def _rules(
        self, asker: Asker, request: requests.Request, room: str, *, is_joined: bool
    ) -> Rules:
        governed = self._access.registry.governed(room)
        if governed is None:
            return policy.JOINED if is_joined else policy.ANY_ROOM
        now = self._access.clock()
        self._access.registry.note_visit(room, now)
        of_room = governed.rules_at(now)
        open_room = self._rooms.get(room)
        is_full = (
            isinstance(request, requests.Join)
            and open_room is not None
            and 0 < of_room.members <= open_room.population
        )
        cid = request.cid if isinstance(request, requests.WriteRequest) else None
        said = governed.said_before(asker.key, cid)
        new_for = self._config.hold_links_for
        return Rules(is_joined, of_room, said.at, is_full, new_for, said.may_mend)

    def needs_approval(self, principal: Principal, request: requests.Request, room: str) -> bool:
        """Whether what somebody may say in a room waits for a moderator there."""
        of_room, now = self._access.rules(room), self._access.clock()
        return policy.needs_approval(principal, request, of_room, self._config.hold_links_for, now)

    def is_quiet(self, asker: Asker, room: str, link: Link | None = None) -> bool:
        """Whether nobody is told that somebody joins.

        As of whoever is muted, and of a newcomer in a room in raid mode.
        """
        governed, now = self._access.registry.governed(room), self._access.clock()
        standing = self._standing(asker, room, link)
        if standing.is_muted or governed is None or not governed.is_raided(now):
            return standing.is_muted
        return self._waits(asker, governed.rules, standing)

    def silence_of(self, asker: Asker) -> Callable[[str], bool]:
        """Return what tells whether somebody may not speak in a room, as muted or a newcomer."""

        def is_silent(room: str) -> bool:
            standing = self._standing(asker, room)
            return standing.is_muted or self._waits(asker, self._access.rules(room), standing)

        return is_silent

    def _standing(self, asker: Asker, room: str, link: Link | None = None) -> Standing:
        assert asker.person  # others have no presence
        return self._access.standing(room, asker.person.id, asker.address, link, asker.grant)

    def _waits(self, asker: Asker, rules: RoomRules, standing: Standing) -> bool:
        """Whether somebody has to wait before they speak, as a newcomer who is no moderator."""
        known = self._access.clock() - asker.known_since
        return known < 1000 * rules.newcomers and standing.right < Right.MODERATE

    def clock(self) -> int:
        """Return the time of the wall clock, in ms since 1970."""
        return self._access.clock()

    def is_made(self, room: str) -> bool:
        """Whether a room was made, or has rules: then its first word begins no other one."""
        return self._access.registry.governed(room) is not None

    def known_since(self, session: str | None, grant: Grant) -> int:
        """Return since when somebody is known, in ms since 1970; 0 for long ago.

        Whoever is known by another's word, such as a token's, is no newcomer.
        """
        if grant.subject is not None:
            return 0
        known_since = self._people.known_since(session)
        return self._access.clock() if known_since is None else known_since

    def has_asked(
        self, asker: Asker, request: requests.WriteRequest, room: str, now: float
    ) -> None:
        """Take in that somebody may do what they asked for: in slow mode it may count."""
        if type(request) not in policy.SPEAKING:
            return
        governed = self._access.registry.governed(room)
        if governed and governed.rules_at(self._access.clock()).slow:
            governed.note_said(asker.key, now, type(request), request.cid)
