"""The callers: what those may ask for who have no connection, such as scripts over HTTP."""

from trio_chat.core.effects import Draft, Turn
from trio_chat.core.people import People
from trio_chat.core.rooms import Rooms
from trio_chat.core.welcome import Welcome
from trio_chat.delivery.recipient import Requester
from trio_chat.journal.types import NOT_YOURS
from trio_chat.protocol import events, requests
from trio_chat.protocol.events import Person
from trio_chat.protocol.request_error import RequestError


class Callers:
    """Grants what callers ask for. They are in no room, and need not be in one to speak there.

    Args:
        people: Tells who a caller is.
        rooms: Know how a room is called.
        welcome: Tells a caller so who says hello.
    """

    def __init__(self, people: People, rooms: Rooms, welcome: Welcome) -> None:
        self._people = people
        self._rooms = rooms
        self._welcome = welcome

    def grant(
        self,
        caller: Requester,
        speaker: requests.Credentials,
        request: requests.Hello | requests.WriteRequest,
        turn: Turn,
    ) -> None:
        """Grant a request in this turn, or answer why not."""
        try:
            if isinstance(request, requests.Hello):
                person = self._people.introduce(request.session, request.nick)
                turn.told[caller].append(self._welcome.to(person, request.id))
            else:
                who = self._people.speaker(speaker.token, speaker.nick)
                event = authored(request, self._rooms.proper_name(request.room), who)
                turn.drafts.append(Draft(caller, request.id, event))
        except RequestError as refusal:
            turn.told[caller].append(refusal.answer)


def authored(
    request: requests.WriteRequest, room: str, who: Person | None
) -> events.AnyStoredEvent:
    """Return the event that a request becomes.

    Raises:
        RequestError: somebody without a name would change what a message says.
    """
    if who is None and isinstance(request, requests.Edit | requests.Delete):
        raise RequestError(*NOT_YOURS)
    return request.event(room, who)
