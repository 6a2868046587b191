"""Redemption: what a link gives whoever shows its secret."""

from trio_chat.auth.grant import Grant
from trio_chat.core.access import Access
from trio_chat.core.ledger import Ledger
from trio_chat.core.links import Link
from trio_chat.core.registry import SERVER
from trio_chat.core.request_limits import RequestLimits
from trio_chat.protocol import acts
from trio_chat.protocol.events import Person
from trio_chat.protocol.request_error import RequestError
from trio_chat.setting_values import INVITE


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
        self, secret: str | None, room: str | None, person_id: str | None, address: str, now: float
    ) -> Link | None:
        """Return the link to a room, or to the whole server, that a secret is of; else ``None``.

        A link that is revoked, over, used up, of another room, or was never made gets the same
        answer. Only a secret of no live link counts as a guess, and not one of another room.

        Args:
            secret: As somebody shows it.
            room: The room's name; ``None`` for any room.
            person_id: Who shows it; ``None`` for somebody without a name.
            address: Where they are.
            now: Trio's time.

        Raises:
            RequestError: too many wrong ones came from there.
        """
        if secret is None:
            return None
        self._limits.check_guess(address, now)
        link, wall = self._access.registry.link(secret), self._access.clock()
        if link is None or not link.is_live(wall):
            self._limits.take_guess(address, now)
            return None
        is_good = link.admits(person_id, wall)  # as much work for whatever room it is shown
        is_there = room is None or link.made.about in (room, SERVER)
        return link if is_good and is_there else None

    def check_invited(self, grant: Grant, person_id: str) -> None:
        """Make sure that the link that has let somebody in has a place for them.

        Raises:
            RequestError: others were faster, or it was revoked meanwhile.
        """
        now, link = self._access.clock(), self._invitation(grant)
        if grant.invitation is None or self._access.registry.has_come(person_id, now):
            return
        if link is None or not link.admits(person_id, now):
            error = RequestError("unauthorized", "the link is not good any more")
            error.answer.access = [INVITE]
            raise error

    def accept(self, grant: Grant, person: Person) -> None:
        """Take in that somebody has come by the link that has let them in."""
        link = self._invitation(grant)
        if link and link.admits(person.id, self._access.clock()):
            self.come_by(link, person)

    def _invitation(self, grant: Grant) -> Link | None:
        return self._access.registry.link_of_id(grant.invitation) if grant.invitation else None

    def come_by(self, link: Link, person: Person) -> None:
        """Give somebody the right of a link, from now on and after a restart, too."""
        if person.id not in link.users:
            self._access.registry.use(link, person)
            self._ledger.record(acts.LinkUsed(about=link.made.about, link=link.made.link), person)
