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
FOR_EVER = 2**62  # milliseconds
PEOPLE_BY_LINK = 10_000  # at most, of one that is not for fewer


def digest_of(secret: str) -> str:
    """Return what is kept of a secret. It needs no salt: a secret is random, and long."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def new_secret(size: int) -> str:
    """Return a random text of so many bytes, which begins and ends with a letter or a digit.

    With a dash at its beginning a command takes it for an option; at the end of a link programs
    leave one out.
    """
    while True:
        secret = secrets.token_urlsafe(size)
        if secret[0].isalnum() and secret[-1].isalnum():
            return secret


class NewLink(NamedTuple):
    """A link that is being made, and its secret, which nobody can tell later."""

    act: acts.LinkMade
    secret: str


def new_link(about: str, right: Right, label: str = "", until: int = 0, uses: int = 0) -> NewLink:
    """Return a new link, as ``acts.LinkMade`` describes it."""
    secret = new_secret(SECRET_BYTES)
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
    """A link that was made, and who came by it.

    What is asked very often is an attribute: a person may have come by very many links.
    """

    made: acts.LinkMade
    maker: Person | None
    made_at: int  # in milliseconds since 1970
    users: dict[str, Person] = field(default_factory=dict)  # by id
    right: Right = field(init=False)  # what it gives
    ends_at: int = field(init=False)  # in milliseconds since 1970; 0 if it was revoked

    def __post_init__(self) -> None:
        """Read what was made."""
        self.right = RIGHTS.get(self.made.right, Right.NONE)
        self.ends_at = self.made.until or FOR_EVER

    def revoke(self) -> None:
        """End it at once."""
        self.ends_at = 0

    def is_live(self, now: int) -> bool:
        """Whether those who came by it have its right, at a time in ms since 1970."""
        return now < self.ends_at

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
