"""Redemption: what a link gives whoever shows its secret."""

from trio_chat.core.access import Access
from trio_chat.core.ledger import Ledger
from trio_chat.core.links import Link
from trio_chat.core.registry import SERVER
from trio_chat.core.request_limits import RequestLimits
from trio_chat.protocol import acts
from trio_chat.protocol.events import Person


class Redemption:
    """Looks at links.

    Args:
        access: Knows them.
        ledger: Keeps who came by which.
        limits: Slow down whoever guesses.
    """

    def __init__(self, access: Access, ledger: Ledger, limits: RequestLimits) -> None:
        self._access = access
        self._ledger = ledger
        self._limits = limits

    def look(
        self, secret: str | None, room: str, person_id: str | None, address: str, now: float
    ) -> Link | None:
        """Return the link to a room, or to the whole server, that a secret is of; else ``None``.

        One that is revoked, over, used up, of another room, or was never made, is all the same.

        Args:
            secret: As somebody shows it.
            room: The room's name, or ``SERVER``.
            person_id: Who shows it; ``None`` for somebody without a name.
            address: Where they are.
            now: Trio's time.

        Raises:
            RequestError: too many wrong ones came from there.
        """
        if secret is None:
            return None
        self._limits.check_guess(address, now)
        link = self._access.registry.link(secret)
        if (
            link
            and link.made.about in (room, SERVER)
            and link.admits(person_id, self._access.clock())
        ):
            return link
        self._limits.take_guess(address, now)
        return None

    def come_by(self, link: Link, person: Person) -> None:
        """Give somebody the right of a link, from now on and after a restart, too."""
        if person.id not in link.users:
            self._access.registry.use(link, person)
            self._ledger.record(acts.LinkUsed(about=link.made.about, link=link.made.link), person)
