"""Callers: what those may ask for who have no connection, such as scripts over HTTP."""

from trio_chat.auth.grant import Grant
from trio_chat.core import policy
from trio_chat.core.people import People
from trio_chat.core.policy import Principal
from trio_chat.core.request_limits import RequestLimits
from trio_chat.core.rooms import Rooms, proper_name
from trio_chat.core.welcome import Welcome
from trio_chat.delivery.recipient import Requester
from trio_chat.journal.types import Write
from trio_chat.protocol import answers, requests


class Callers:
    """Grants what callers ask for. They are in no room, and need not be in one to speak there.

    Args:
        people: Tells who a caller is.
        welcome: Tells a caller so who says hello.
        rooms: Those that are open.
        limits: Tell who has asked for too much.
        room_limit: Characters of a room's name.
    """

    def __init__(
        self,
        people: People,
        welcome: Welcome,
        rooms: Rooms,
        limits: RequestLimits,
        room_limit: int,
    ) -> None:
        self._people = people
        self._welcome = welcome
        self._rooms = rooms
        self._limits = limits
        self._room_limit = room_limit

    def introduce(
        self, caller: Requester, request: requests.Hello, now: float, grant: Grant
    ) -> answers.Welcome:
        """Return the welcome of somebody who wants a session.

        Raises:
            RequestError: it cannot be granted.
        """
        policy.check(policy.NOBODY, request, policy.ANY_ROOM, now)
        self._limits.check(None, request, None, caller.address, now)
        is_new = grant.subject is None and not self._people.has_session(request.session)
        if is_new:
            self._limits.check_new_name(caller.address, "http", now)
        nick = grant.nick or request.nick
        person = self._people.introduce(request.session, nick, grant.subject)
        if is_new:
            self._limits.take_new_name(caller.address, now)
        return self._welcome.to(person, request, grant)

    def write(
        self,
        caller: Requester,
        credentials: requests.Credentials,
        request: requests.WriteRequest,
        now: float,
        grant: Grant,
    ) -> Write:
        """Return what is to be kept for a caller.

        Raises:
            RequestError: it cannot be granted.
        """
        who = self._people.speaker(credentials.token, credentials.nick, grant)
        principal = Principal(who)
        room = proper_name(request.room, self._room_limit)
        policy.check(principal, request, policy.ANY_ROOM, now)
        person_id = who.id if who else None
        self._limits.check(person_id, request, self._rooms.get(room), caller.address, now)
        may_begin = self._limits.may_begin_room(caller.address, now)
        return Write(request.event(room, who), policy.target_author(principal, request), may_begin)
