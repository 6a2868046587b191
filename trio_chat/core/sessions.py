"""Sessions: signed tokens that keep somebody the same person, without an account."""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import NamedTuple

from trio_chat.protocol.events import Person
from trio_chat.protocol.names import private_name

ID_BYTES = 10
MARK_BYTES = 8
SIGNATURE_BYTES = 16
ROOM_BYTES = 16
RANDOM_BYTES = 5  # at the end of a session's id, behind the time when it began
# What begins the parts behind the nick; a mark has only hexadecimal digits.
SINCE = "s"
SESSION = "i"
ISSUED = "t"


class Claim(NamedTuple):
    """What a token says. Times are in ms since 1970.

    ``known_since`` is 0 for long ago. Tokens of earlier releases have neither ``session`` nor
    ``issued``, and the first ones no nick.
    """

    person: Person
    known_since: int = 0
    mark: str | None = None
    session: str = ""
    issued: int = 0


class Sessions:
    """Makes tokens and checks who has signed them; whoever has the secret can make anybody's.

    A token tells a person: the id, and the nick of the time when it was made. It may carry since
    when the server has known them, and a mark: of what has let the person in.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._read: tuple[str, Claim | None] = ("", None)  # the token that was checked last

    def new_id(self) -> str:
        """Return the id of a new person. It is public, and says nothing."""
        return secrets.token_hex(ID_BYTES)

    def new_session(self, stamp: str) -> str:
        """Return the id of a new session, which tells when it began and nothing else."""
        return stamp + secrets.token_hex(RANDOM_BYTES)

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

    def token(
        self,
        person: Person,
        mark: str | None = None,
        known_since: int = 0,
        session: str = "",
        issued: int = 0,
    ) -> str:
        """Return the token with which a client shows that it speaks for this person.

        Args:
            person: Who.
            mark: Of what has let them in.
            known_since: In ms since 1970; 0, as for people of earlier releases, is long ago.
            session: The id of the session.
            issued: The time, in ms since 1970.
        """
        nick = urlsafe_b64encode(person.nick.encode()).decode().rstrip("=")
        parts = [person.id, nick]
        if known_since:
            parts.append(f"{SINCE}{known_since}")
        if mark:
            parts.append(mark)
        if session:
            parts += [f"{SESSION}{session}", f"{ISSUED}{issued}"]
        claim = ".".join(parts)
        return f"{claim}.{self._sign(claim)}"

    def claim(self, token: str) -> Claim | None:
        """Return what a token says; ``None`` if we have not signed it.

        A hello asks several times about one token, which is checked once: by identity, since to
        compare it with another one takes longer the more of it is right.
        """
        if token is not self._read[0]:
            self._read = (token, self._check(token))
        return self._read[1]

    def _check(self, token: str) -> Claim | None:
        claim, _, signature = token.rpartition(".")
        if not (token.isascii() and hmac.compare_digest(signature, self._sign(claim))):
            return None
        person_id, nick, *more = (*claim.split("."), "")  # the first tokens have no nick
        name = urlsafe_b64decode(nick + "=" * (-len(nick) % 4)).decode()
        parts = {part[0]: part[1:] for part in more if part[:1] in {SINCE, SESSION, ISSUED}}
        return Claim(
            Person(person_id, name),
            int(parts.get(SINCE, 0)),
            next((part for part in more if part and part[0] not in parts), None),
            parts.get(SESSION, ""),
            int(parts.get(ISSUED, 0)),
        )

    def mark_for(self, password: str) -> str:
        """Return the mark of those who know a password: always the same, and no hint at it."""
        digest = hashlib.blake2b(
            password.encode(), key=self._secret, digest_size=MARK_BYTES, person=b"mark of access"
        )
        return digest.hexdigest()

    def _sign(self, claim: str) -> str:
        digest = hashlib.blake2b(claim.encode(), key=self._secret, digest_size=SIGNATURE_BYTES)
        return digest.hexdigest()
