"""Introductions: what a hello makes of somebody, whether it comes by a connection or without."""

from typing import NamedTuple

from trio_chat.auth.grant import Grant
from trio_chat.core.effects import Turn
from trio_chat.core.judge import Judge
from trio_chat.core.pairings import Pairing, Pairings, check_unnamed
from trio_chat.core.people import People
from trio_chat.core.redemption import Redemption
from trio_chat.core.request_limits import RequestLimits
from trio_chat.delivery.recipient import Requester
from trio_chat.protocol import answers, requests
from trio_chat.protocol.events import Person


class Known(NamedTuple):
    """What a hello shows of who says it; ``is_named``: a session or a grant tells who it is."""

    pairing: Pairing | None
    is_named: bool


class Introduced(NamedTuple):
    """What somebody has by their hello.

    Attributes:
        known_since: In ms since 1970; 0 for long ago.
        session: The id of their session; empty for whom a grant names, as they need none.
        has_ended: Whether another session of theirs ended for it.
    """

    known_since: int
    session: str
    has_ended: bool


class Introductions:
    """Looks at hellos, and gives sessions; makes the codes that another device says hello with.

    Args:
        turn: Where answers go; has the time.
        people: Have the sessions.
        pairings: Make codes for other devices.
        limits: Tell how many new names come from an address.
        judge: Tells since when somebody is known.
        redemption: Looks at links.
    """

    def __init__(
        self,
        turn: Turn,
        people: People,
        pairings: Pairings,
        limits: RequestLimits,
        judge: Judge,
        redemption: Redemption,
    ) -> None:
        self._turn = turn
        self._people = people
        self._pairings = pairings
        self._limits = limits
        self._judge = judge
        self._redemption = redemption

    def look(self, requester: Requester, request: requests.Hello, grant: Grant) -> Known:
        """Return what a hello shows of who says it.

        Raises:
            RequestError: its code for another device is not good.
        """
        pairing = self._pairings.of_hello(
            request, grant, requester.address, self._turn.now, self._judge.clock()
        )
        is_named = grant.subject is not None or self._people.has_session(request.session)
        return Known(pairing, is_named)

    def check_new(self, requester: Requester, way_in: str) -> None:
        """Make sure that one more new name may come from an address.

        Raises:
            RequestError: there were too many.
        """
        self._limits.check_new_name(requester.address, way_in, self._turn.now)

    def introduce(
        self,
        requester: Requester,
        person: Person,
        request: requests.Hello,
        grant: Grant,
        pairing: Pairing | None,
        *,
        is_new: bool,
        label: str,
    ) -> Introduced:
        """Take in who somebody is, and return what they have by that.

        Args:
            requester: Who says hello.
            person: As whom.
            request: The hello.
            grant: What has let them in.
            pairing: What the code in the hello is for; it is used up.
            is_new: Whether nothing shows that they were here before.
            label: Of their device.
        """
        if is_new:
            self._limits.take_new_name(requester.address, self._turn.now)
        if pairing:
            self._pairings.end(person.id)
            known_since = pairing.known_since
        else:
            known_since = self._judge.known_since(request.session, grant)
        self._redemption.accept(grant, person)
        if grant.subject is not None:
            return Introduced(known_since, "", has_ended=False)
        session, ended = self._people.begin_session(person.id, request.session, label)
        return Introduced(known_since, session, has_ended=bool(ended))

    def pair(
        self,
        requester: Requester,
        request: requests.Pair,
        grant: Grant,
        person_id: str,
        known_since: int,
    ) -> None:
        """Answer with a code by which another device comes as the same person.

        Raises:
            RequestError: there is none for whom something else names.
        """
        check_unnamed(grant)
        clock = self._judge.clock()
        code, until = self._pairings.make(person_id, known_since, requester.address, clock)
        self._turn.reply(requester, answers.Pair(id=request.id, code=code, until=until))
