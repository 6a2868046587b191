"""Links: secrets that give whoever has them a right in a room, or on the whole server."""

import hashlib
import secrets
from dataclasses import dataclass, field
from typing import NamedTuple

from trio_chat.protocol import acts
from trio_chat.protocol.person import Person
from trio_chat.protocol.rights import RIGHTS, Right

ID_BYTES = 6
SECRET_BYTES = 24  # nobody guesses one
PEOPLE_BY_LINK = 10_000  # at most, of one that is not for fewer


def digest_of(secret: str) -> str:
    """Return what is kept of a secret. It needs no salt: a secret is random, and long."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


class NewLink(NamedTuple):
    """A link that is being made, and its secret, which nobody can tell later."""

    act: acts.LinkMade
    secret: str


def new_link(about: str, right: Right, label: str = "", until: int = 0, uses: int = 0) -> NewLink:
    """Return a new link, as ``acts.LinkMade`` describes it."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    act = acts.LinkMade(
        about=about,
        link=secrets.token_hex(ID_BYTES),
        right=right.word,
        digest=digest_of(secret),
        label=label,
        until=until,
        uses=uses,
    )
    return NewLink(act, secret)


@dataclass(eq=False, slots=True)
class Link:
    """A link that was made, and who came by it."""

    made: acts.LinkMade
    maker: Person | None
    made_at: int  # in milliseconds since 1970
    is_revoked: bool = False
    users: dict[str, Person] = field(default_factory=dict)  # by id

    @property
    def right(self) -> Right:
        """What it gives."""
        return RIGHTS.get(self.made.right, Right.NONE)

    def is_live(self, now: int) -> bool:
        """Whether those who came by it have its right, at a time in ms since 1970."""
        return not self.is_revoked and not 0 < self.made.until <= now

    def admits(self, person_id: str | None, now: int) -> bool:
        """Whether somebody who shows its secret gets its right.

        Whoever has no name cannot be counted, so a link for so many people is not for them.
        """
        if not self.is_live(now):
            return False
        if person_id is None:
            return not self.made.uses
        limit = self.made.uses or PEOPLE_BY_LINK
        return person_id in self.users or len(self.users) < limit
