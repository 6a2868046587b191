"""Sessions: signed tokens that keep somebody the same person, without an account."""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode

from trio_chat.protocol.events import Person
from trio_chat.protocol.names import private_name

ID_BYTES = 10
MARK_BYTES = 8
SIGNATURE_BYTES = 16
ROOM_BYTES = 16
SINCE = "s"  # begins the part that tells since when; a mark has only hexadecimal digits


class Sessions:
    """Makes tokens and checks them; whoever has the secret can make anybody's.

    A token tells a person: the id, and the nick of the time when it was made. It may carry since
    when the server has known them, and a mark: of what has let the person in.
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

    def id_of_subject(self, subject: str) -> str:
        """Return the id of whoever is known by another's word: always the same, and of no token."""
        return self._id(subject, b"by subject")

    def room_of(self, one: str, other: str) -> str:
        """Return the name of the private room of two people, by their ids: always the same."""
        digest = hashlib.blake2b(
            ".".join(sorted((one, other))).encode(),
            key=self._secret,
            digest_size=ROOM_BYTES,
            person=b"room of two",
        )
        return private_name(digest.digest())

    def _id(self, text: str, purpose: bytes) -> str:
        digest = hashlib.blake2b(
            text.encode(), key=self._secret, digest_size=ID_BYTES, person=purpose
        )
        return digest.hexdigest()

    def token(self, person: Person, mark: str | None = None, known_since: int = 0) -> str:
        """Return the token with which a client shows that it speaks for this person.

        ``known_since`` is in ms since 1970; 0, as for people of earlier releases, is long ago.
        """
        nick = urlsafe_b64encode(person.nick.encode()).decode().rstrip("=")
        since = [f"{SINCE}{known_since}"] if known_since else []
        claim = ".".join((person.id, nick, *since, *([mark] if mark else [])))
        return f"{claim}.{self._sign(claim)}"

    def person(self, token: str) -> Person | None:
        """Return whose token it is; ``None`` if it is nobody's."""
        parts = self._parts(token)
        if parts is None:
            return None
        person_id, nick, *_ = (*parts, "")  # tokens of earlier releases have no nick
        return Person(person_id, urlsafe_b64decode(nick + "=" * (-len(nick) % 4)).decode())

    def known_since(self, token: str) -> int | None:
        """Return since when the person of a token is known, in ms since 1970; 0 for long ago.

        ``None``: it is nobody's.
        """
        parts = self._parts(token)
        if parts is None:
            return None
        return next((int(part[1:]) for part in parts[2:] if part.startswith(SINCE)), 0)

    def mark_for(self, password: str) -> str:
        """Return the mark of those who know a password: always the same, and no hint at it."""
        digest = hashlib.blake2b(
            password.encode(), key=self._secret, digest_size=MARK_BYTES, person=b"mark of access"
        )
        return digest.hexdigest()

    def mark_of(self, token: str) -> str | None:
        """Return the mark that a token carries; ``None`` if it has none, or is nobody's."""
        parts = self._parts(token) or []
        return next((part for part in parts[2:] if not part.startswith(SINCE)), None)

    def _parts(self, token: str) -> list[str] | None:
        """Return the parts that a token claims; ``None`` if we have not signed it."""
        claim, _, signature = token.rpartition(".")
        if not (token.isascii() and hmac.compare_digest(signature, self._sign(claim))):
            return None
        return claim.split(".")

    def _sign(self, claim: str) -> str:
        digest = hashlib.blake2b(claim.encode(), key=self._secret, digest_size=SIGNATURE_BYTES)
        return digest.hexdigest()
