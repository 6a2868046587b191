"""Pairings: codes by which a person comes with another device.

They are in memory alone; nodes that share a database keep them there, too.
"""

import secrets
from collections.abc import Callable
from typing import NamedTuple

from trio_chat.auth.grant import Grant
from trio_chat.core.claims import Claims
from trio_chat.core.links import digest_of, new_secret
from trio_chat.core.request_limits import RequestLimits
from trio_chat.core.shares import Shares
from trio_chat.journal.codes import CodeRecord, decode, digest_in, encode
from trio_chat.journal.codes import key_of as record_of
from trio_chat.limits.addresses import key_of
from trio_chat.protocol import requests
from trio_chat.protocol.request_error import RequestError

GOOD_FOR = 600  # seconds
PAIRINGS = 10_000  # at a time, one for each person; of more the oldest from where most came is over
CODE_BYTES = 16
ELSEWHERE = "elsewhere"  # the address of those who have a code of another node
BAD_PAIR = "bad_pair", "this code is used or over"


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
        claims: Have each code used at one node alone.
        write_down: Has the record of a code kept, by its key; without it there are no other nodes.
    """

    def __init__(
        self,
        limits: RequestLimits,
        claims: Claims | None = None,
        write_down: Callable[[str, bytes | None], None] | None = None,
    ) -> None:
        self._limits = limits
        self._claims = claims
        self._write_down = write_down
        self._node = secrets.token_hex(CODE_BYTES)  # which claims that it uses a code
        self._written: dict[str, int] = {}  # by key: until when a record here is of use
        self._pairings: dict[str, Pairing] = {}  # by the digest of the code
        self._shares: Shares[str] = Shares()  # the people, by address
        self._digests: dict[str, str] = {}  # by person

    def make(self, person_id: str, known_since: int, address: str, clock: int) -> tuple[str, int]:
        """Return a new code for a person, and until when it is good, in ms since 1970."""
        self.end(person_id)
        code = new_secret(CODE_BYTES)
        digest, until = digest_of(code), clock + 1000 * GOOD_FOR
        self._add(digest, Pairing(person_id, known_since, until), key_of(address))
        self._keep(digest, CodeRecord(person_id, clock, known_since, until), until)
        self._sweep(clock)
        return code, until

    def _add(self, digest: str, pairing: Pairing, address: str) -> None:
        if len(self._shares) >= PAIRINGS:
            self._forget(self._shares.pop())
        self._shares.add(pairing.person_id, address)
        self._pairings[digest] = pairing
        self._digests[pairing.person_id] = digest

    def _keep(self, digest: str, record: CodeRecord, until: int) -> None:
        """Have other nodes know of a code, or that it is over, until a time in ms since 1970."""
        if self._write_down:
            key = record_of(digest)
            self._written[key] = until
            self._write_down(key, encode(record))

    def _sweep(self, clock: int) -> None:
        """Have no record kept of codes that would be over by now anyway."""
        for key in [key for key, until in self._written.items() if until < clock]:
            assert self._write_down
            del self._written[key]
            self._write_down(key, None)

    def follow(self, key: str, data: bytes) -> bool:
        """Take in a code that another node has made or ended; return whether it is one."""
        digest = digest_in(key)
        if digest is None:
            return False
        record, pairing = decode(data) or CodeRecord(), self._pairings.get(digest)
        if pairing and not record.person:
            self._forget(pairing.person_id)
        elif record.person and not pairing and key not in self._written:  # else it is over here
            self._forget(record.person)
            self._add(digest, Pairing(record.person, record.since, record.until), ELSEWHERE)
        return True

    def of_hello(
        self, request: requests.Hello, grant: Grant, address: str, now: float, clock: int
    ) -> Pairing | None:
        """Return what the code in a hello is for; with a session it does not count.

        Raises:
            RequestError: it is not good, or there is none for whom something else names.
            Unclaimed: another node may be using it.
        """
        if request.pair is None or request.session is not None:
            return None
        check_unnamed(grant)
        pairing = self.look(request.pair, address, now, clock)
        if self._claims:
            self._claims.check(self._node, record_of(digest_of(request.pair)), BAD_PAIR)
        return pairing

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
            raise RequestError(*BAD_PAIR)
        return pairing

    def end(self, person_id: str) -> None:
        """Take in that the code of a person is used, or over."""
        digest = self._digests.get(person_id)
        if digest:
            until = self._pairings[digest].until
            self._forget(person_id)
            self._keep(digest, CodeRecord(seen=until), until)

    def _forget(self, person_id: str) -> None:
        digest = self._digests.pop(person_id, None)
        if digest:
            del self._pairings[digest]
            self._shares.discard(person_id)
