"""Sessions: signed tokens that keep somebody the same person, without an account."""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode

from trio_chat.protocol.events import Person

ID_BYTES = 10
SIGNATURE_BYTES = 16


class Sessions:
    """Makes tokens and checks them; whoever has the secret can make anybody's.

    A token tells a person: the id, the nick of the time when it was made, and since when the server
    has known them.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def new_id(self) -> str:
        """Return the id of a new person. It is public, and says nothing."""
        return secrets.token_hex(ID_BYTES)

    def id_of(self, name: str) -> str:
        """Return the id of whoever only gives a name: always the same, and of no token."""
        return self._id(name, b"by name only")

    def id_behind(self, key: str) -> str:
        """Return the id of whoever has a key: always the same, and it does not tell the key."""
        return self._id(key, b"by key")

    def _id(self, text: str, purpose: bytes) -> str:
        digest = hashlib.blake2b(
            text.encode(), key=self._secret, digest_size=ID_BYTES, person=purpose
        )
        return digest.hexdigest()

    def token(self, person: Person, known_since: int = 0) -> str:
        """Return the token with which a client shows that it speaks for this person.

        ``known_since`` is in ms since 1970; 0, as for people of earlier releases, is long ago.
        """
        nick = urlsafe_b64encode(person.nick.encode()).decode().rstrip("=")
        claim = f"{person.id}.{nick}" + (f".{known_since}" if known_since else "")
        return f"{claim}.{self._sign(claim)}"

    def person(self, token: str) -> Person | None:
        """Return whose token it is; ``None`` if it is nobody's."""
        claim = self._claim(token)
        if claim is None:
            return None
        person_id, nick = claim[0], "".join(claim[1:2])
        return Person(person_id, urlsafe_b64decode(nick + "=" * (-len(nick) % 4)).decode())

    def known_since(self, token: str) -> int | None:
        """Return since when the person of a token is known, in ms since 1970; 0 for long ago."""
        claim = self._claim(token)
        return None if claim is None else int("".join(claim[2:]) or 0)

    def _claim(self, token: str) -> list[str] | None:
        """Return the parts that a token claims; ``None`` if we have not signed it."""
        claim, _, signature = token.rpartition(".")
        if not (token.isascii() and hmac.compare_digest(signature, self._sign(claim))):
            return None
        return claim.split(".")

    def _sign(self, claim: str) -> str:
        digest = hashlib.blake2b(claim.encode(), key=self._secret, digest_size=SIGNATURE_BYTES)
        return digest.hexdigest()
