"""Readers: whether somebody without a connection may read in a room, or follow it."""

from collections.abc import Callable

from trio_chat.auth.grant import ANYBODY, Grant
from trio_chat.config import Config
from trio_chat.core.judge import Asker, Judge
from trio_chat.core.people import People
from trio_chat.core.redemption import Redemption
from trio_chat.core.registry import SERVER
from trio_chat.core.rooms import proper_name
from trio_chat.protocol import requests


class Readers:
    """Asks the policy, at once and beside the hub's turns: nothing is changed.

    Args:
        judge: Tells who may do what they ask for.
        redemption: Looks at links.
        people: Tell whose a session is.
        config: ``room_limit``.
        now: Returns Trio's time.
    """

    def __init__(
        self,
        judge: Judge,
        redemption: Redemption,
        people: People,
        config: Config,
        now: Callable[[], float],
    ) -> None:
        self._judge = judge
        self._redemption = redemption
        self._people = people
        self._config = config
        self._now = now

    def check(
        self,
        request: requests.Join | requests.LookUp,
        address: str,
        *,
        session: str | None = None,
        link: str | None = None,
        grant: Grant = ANYBODY,
    ) -> None:
        """Make sure that somebody may read.

        Args:
            request: What.
            address: Where they are.
            session: The token that they show.
            link: The secret of a link that they show.
            grant: What has let them in.

        Raises:
            RequestError: they may not.
        """
        room = SERVER
        if not isinstance(request, requests.Rooms):
            room = proper_name(request.room, self._config.room_limit)
        now = self._now()
        claim = self._people.claim(session)
        person_id = claim.person.id if claim else None
        found = self._redemption.look(link, room, person_id, address, now)
        asker = Asker(None, address, grant=grant, reads_as=person_id)
        self._judge.check(asker, request, room, now, link=found)
