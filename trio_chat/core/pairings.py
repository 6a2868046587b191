"""Pairings: codes by which a person comes with another device, in memory alone."""

from typing import NamedTuple

from trio_chat.auth.grant import Grant
from trio_chat.core.links import digest_of, new_secret
from trio_chat.core.request_limits import RequestLimits
from trio_chat.core.shares import Shares
from trio_chat.limits.addresses import key_of
from trio_chat.protocol import requests
from trio_chat.protocol.request_error import RequestError

GOOD_FOR = 600  # seconds
PAIRINGS = 10_000  # at a time, one for each person; of more the oldest from where most came is over
CODE_BYTES = 16


NAMED_BY_ACCESS = "what lets you in says who you are; show it on the other device, too"


def check_unnamed(grant: Grant) -> None:
    """Make sure that a person is known by a session: only then a code brings them elsewhere.

    Raises:
        RequestError: what has let them in says who they are.
    """
    if grant.subject is not None:
        raise RequestError("unsupported", NAMED_BY_ACCESS)


class Pairing(NamedTuple):
    """Who comes by a code, and until when; ``known_since`` is of the person. Times are in ms."""

    person_id: str
    known_since: int
    until: int


class Pairings:
    """Makes codes, each good for once. A new one of a person ends the one before.

    Args:
        limits: Slow down whoever guesses.
    """

    def __init__(self, limits: RequestLimits) -> None:
        self._limits = limits
        self._pairings: dict[str, Pairing] = {}  # by the digest of the code
        self._shares: Shares[str] = Shares()  # the people, by address
        self._digests: dict[str, str] = {}  # by person

    def make(self, person_id: str, known_since: int, address: str, clock: int) -> tuple[str, int]:
        """Return a new code for a person, and until when it is good, in ms since 1970."""
        self.end(person_id)
        if len(self._shares) >= PAIRINGS:
            self.end(self._shares.pop())
        self._shares.add(person_id, key_of(address))
        code = new_secret(CODE_BYTES)
        digest, until = digest_of(code), clock + 1000 * GOOD_FOR
        self._pairings[digest] = Pairing(person_id, known_since, until)
        self._digests[person_id] = digest
        return code, until

    def of_hello(
        self, request: requests.Hello, grant: Grant, address: str, now: float, clock: int
    ) -> Pairing | None:
        """Return what the code in a hello is for; with a session it does not count.

        Raises:
            RequestError: it is not good, or there is none for whom something else names.
        """
        if request.pair is None or request.session is not None:
            return None
        check_unnamed(grant)
        return self.look(request.pair, address, now, clock)

    def look(self, code: str, address: str, now: float, clock: int) -> Pairing:
        """Return what a code is for.

        Args:
            code: As somebody shows it.
            address: Where they are.
            now: Trio's time.
            clock: The wall clock, in ms since 1970.

        Raises:
            RequestError: it is not good, or too many that are not came from there.
        """
        self._limits.check_guess(address, now)
        pairing = self._pairings.get(digest_of(code))
        if pairing is None or pairing.until <= clock:
            self._limits.take_guess(address, now)
            raise RequestError("bad_pair", "this code is used or over")
        return pairing

    def end(self, person_id: str) -> None:
        """Take in that the code of a person is used, or over."""
        digest = self._digests.pop(person_id, None)
        if digest:
            del self._pairings[digest]
            self._shares.discard(person_id)
