"""Invitations: which link lets somebody in on a server that is entered by links."""

from collections.abc import Callable

from trio_chat.auth.shown import Shown
from trio_chat.core.access import Access
from trio_chat.core.people import People
from trio_chat.core.redemption import Redemption


class Invitations:
    """Tells the gate, at once and beside the hub's turns: nothing is changed.

    Args:
        access: Knows the links.
        redemption: Looks at those that are shown.
        people: Tell whose a session is.
        now: Returns Trio's time.
    """

    def __init__(
        self, access: Access, redemption: Redemption, people: People, now: Callable[[], float]
    ) -> None:
        self._access = access
        self._redemption = redemption
        self._people = people
        self._now = now

    def find(self, shown: Shown, address: str) -> str | None:
        """Return the public id of a link by which somebody may come; ``None`` if there is none.

        It is empty if they have come by one before.

        Raises:
            RequestError: too many wrong ones came from there.
        """
        person_id = self._people.identify(shown.session, shown.key)
        if self._access.registry.has_come(person_id, self._access.clock()):
            return ""
        for secret in shown.links:
            link = self._redemption.look(secret, None, person_id, address, self._now())
            if link:
                return link.made.link
        return None
