"""Invitations: which link lets somebody in on a server that is entered by links."""

from collections.abc import Callable

from trio_chat.auth.shown import Shown
from trio_chat.core.access import Access
from trio_chat.core.pairings import Pairings
from trio_chat.core.people import People
from trio_chat.core.redemption import Redemption
from trio_chat.protocol.request_error import RequestError


class Invitations:
    """Tells the gate, at once and beside the hub's turns: nothing is changed.

    Args:
        access: Knows the links.
        redemption: Looks at those that are shown.
        people: Tell whose a session is.
        pairings: Tell whose a code of another device is.
        now: Returns Trio's time.
    """

    def __init__(
        self,
        access: Access,
        redemption: Redemption,
        people: People,
        pairings: Pairings,
        now: Callable[[], float],
    ) -> None:
        self._access = access
        self._redemption = redemption
        self._people = people
        self._pairings = pairings
        self._now = now

    def find(self, shown: Shown, address: str) -> str | None:
        """Return the public id of a link by which somebody may come; ``None`` if there is none.

        It is empty if they have come by one before.

        Raises:
            RequestError: too many wrong ones came from there.
        """
        person_id = self._identify(shown, address)
        if self._access.registry.has_come(person_id, self._access.clock()):
            return ""
        for secret in shown.links:
            link = self._redemption.look(secret, None, person_id, address, self._now())
            if link:
                return link.made.link
        return None

    def _identify(self, shown: Shown, address: str) -> str:
        """Return whose hello it is; a code counts without a session alone, as for the hub.

        One that is not good lets nobody in. It is the hub that says so to whom something else does.

        Raises:
            RequestError: too many of those came from there.
        """
        if shown.pair is not None and shown.session is None:
            clock = self._access.clock()
            try:
                return self._pairings.look(shown.pair, address, self._now(), clock).person_id
            except RequestError as error:
                if error.answer.retry_ms:
                    raise
        return self._people.identify(shown.session, shown.key)
