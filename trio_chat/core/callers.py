"""Callers: what those may ask for who have no connection, such as scripts over HTTP."""

from trio_chat.core import policy
from trio_chat.core.people import People
from trio_chat.core.policy import Principal
from trio_chat.core.rooms import proper_name
from trio_chat.core.welcome import Welcome
from trio_chat.journal.types import Write
from trio_chat.protocol import answers, requests


class Callers:
    """Grants what callers ask for. They are in no room, and need not be in one to speak there.

    Args:
        people: Tells who a caller is.
        welcome: Tells a caller so who says hello.
        room_limit: Characters of a room's name.
    """

    def __init__(self, people: People, welcome: Welcome, room_limit: int) -> None:
        self._people = people
        self._welcome = welcome
        self._room_limit = room_limit

    def introduce(self, request: requests.Hello, now: float) -> answers.Welcome:
        """Return the welcome of somebody who wants a session.

        Raises:
            RequestError: it cannot be granted.
        """
        policy.check(policy.NOBODY, request, policy.ANY_ROOM, now)
        return self._welcome.to(self._people.introduce(request.session, request.nick), request)

    def write(
        self, credentials: requests.Credentials, request: requests.WriteRequest, now: float
    ) -> Write:
        """Return what is to be kept for a caller.

        Raises:
            RequestError: it cannot be granted.
        """
        who = self._people.speaker(credentials.token, credentials.nick)
        principal = Principal(who)
        room = proper_name(request.room, self._room_limit)
        policy.check(principal, request, policy.ANY_ROOM, now)
        return Write(request.event(room, who), policy.target_author(principal, request))
