"""Sessions: signed tokens that keep somebody the same person, without an account."""

import hashlib
import hmac
import secrets

ID_BYTES = 10
SIGNATURE_BYTES = 16


class Sessions:
    """Makes tokens and checks them; whoever has the secret can make anybody's."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def new_id(self) -> str:
        """Return the id of a new person. It is public, and says nothing."""
        return secrets.token_hex(ID_BYTES)

    def token(self, person: str) -> str:
        """Return the token with which a client shows that it speaks for this person."""
        return f"{person}.{self._sign(person)}"

    def person(self, token: str) -> str | None:
        """Return whose token it is; ``None`` if it is nobody's."""
        person, _, signature = token.partition(".")
        if not (token.isascii() and hmac.compare_digest(signature, self._sign(person))):
            return None
        return person

    def _sign(self, person: str) -> str:
        digest = hashlib.blake2b(person.encode(), key=self._secret, digest_size=SIGNATURE_BYTES)
        return digest.hexdigest()
