"""Greeting: as whom a connection speaks, by its hello or by a code of another device."""

from trio_chat.core.access import Access
from trio_chat.core.connection_state import ConnectionState
from trio_chat.core.devices import Devices
from trio_chat.core.effects import Turn
from trio_chat.core.joins import Joins
from trio_chat.core.judge import Judge, asker_of
from trio_chat.core.marks import Marks
from trio_chat.core.pairings import Pairings, check_unnamed
from trio_chat.core.people import People
from trio_chat.core.presence import Presence
from trio_chat.core.redemption import Redemption
from trio_chat.core.registry import SERVER
from trio_chat.core.request_limits import RequestLimits
from trio_chat.core.welcome import Welcome
from trio_chat.protocol import answers, requests
from trio_chat.protocol.close import NOT_LET_IN, SIGNED_OUT
from trio_chat.protocol.events import Person
from trio_chat.protocol.request_error import RequestError


class Greeting:
    """Takes in who says hello, and makes codes for their other devices.

    Args:
        turn: Where answers and other effects go.
        people: Tell who a connection speaks for.
        presence: Tells who is where.
        welcome: Makes welcomes.
        limits: Tell who has asked for too much.
        access: Knows what people may do.
        judge: Tells who may do what they ask for.
        redemption: Looks at links.
        joins: Let connections into rooms.
        devices: End sessions.
        pairings: Make codes for other devices.
        marks: Tell how far somebody has read.
    """

    def __init__(  # noqa: PLR0913 - the parts of the chat
        self,
        turn: Turn,
        people: People,
        *,
        presence: Presence,
        welcome: Welcome,
        limits: RequestLimits,
        access: Access,
        judge: Judge,
        redemption: Redemption,
        joins: Joins,
        devices: Devices,
        pairings: Pairings,
        marks: Marks,
    ) -> None:
        self._turn = turn
        self._people = people
        self._presence = presence
        self._welcome = welcome
        self._limits = limits
        self._access = access
        self._judge = judge
        self._redemption = redemption
        self._joins = joins
        self._devices = devices
        self._pairings = pairings
        self._marks = marks

    def hello(self, state: ConnectionState, request: requests.Hello) -> None:
        """Take in who a connection speaks for from now on, and join the rooms that they name.

        With a session that was ended the connection has to go: somebody who was signed out becomes
        somebody new by their own will alone.

        Raises:
            RequestError: it may not, or not under this nick.
        """
        self._check(state, request)
        grant = state.grant
        if grant.subject is None and self._people.is_ended(request.session):
            state.is_over = True
            self._turn.effects.closes.append((state.client, SIGNED_OUT))
            return
        clock, address = self._access.clock(), state.client.address
        pairing = self._pairings.of_hello(request, grant, address, self._turn.now, clock)
        person_id = pairing.person_id if pairing else None
        person_id = person_id or self._people.identify(request.session, request.key, grant.subject)
        self._check_invited(state, person_id)
        before = self._people.now(person_id)
        now = self._turn.now
        is_known = grant.subject is not None or self._people.has_session(request.session)
        is_new = before is None and not (is_known or pairing)
        if is_new:
            self._limits.check_new_name(address, state.way_in, now)
        nick = (before.nick if pairing and before else None) or grant.nick or request.nick or ""
        person = self._people.enter(person_id, nick, state.client)
        if is_new:
            self._limits.take_new_name(address, now)
        if pairing:
            self._pairings.end(person.id)
        self._presence.rename(person, before)
        self._access.registry.call(person)
        state.person_id = person.id
        state.known_since = (
            pairing.known_since
            if pairing
            else self._judge.known_since(request.session, state.grant)
        )
        self._greet(state, person, request)
        for wanted in request.rooms:
            try:
                self._joins.join(state, wanted.as_join())
            except RequestError as error:
                error.answer.room = wanted.room
                if error.limit:
                    self._limits.count(error.limit, state.way_in, address, now)
                self._turn.reply(state.client, error.answer)

    def _check_invited(self, state: ConnectionState, person_id: str) -> None:
        """Make sure that the link that has let a connection in has a place for its person.

        Raises:
            RequestError: it has none any more; the connection ends.
        """
        try:
            self._redemption.check_invited(state.grant, person_id)
        except RequestError:
            self._turn.effects.closes.append((state.client, NOT_LET_IN))
            raise

    def _greet(self, state: ConnectionState, person: Person, request: requests.Hello) -> None:
        """Take in who has said hello; tell them what they may do, and how far they have read."""
        self._redemption.accept(state.grant, person)
        if state.grant.subject is None:
            state.session, ended = self._people.begin_session(
                person.id, request.session, state.label
            )
            if ended:
                self._devices.end_over(person.id)
        address, now = state.client.address, self._turn.now
        try:
            link = self._redemption.look(request.link, None, person.id, address, now)
        except RequestError as error:
            self._turn.reply(state.client, error.answer)
        else:
            if link:
                self._redemption.come_by(link, person)
        right = self._access.standing(SERVER, person.id, address, grant=state.grant).right
        welcome = self._welcome.to(
            person,
            request,
            state.grant,
            state.known_since,
            right,
            session=state.session,
            marks=self._marks.of(person.id),
        )
        self._turn.reply(state.client, welcome)

    def pair(self, state: ConnectionState, request: requests.Pair) -> None:
        """Make a code by which another device comes as the same person.

        Raises:
            RequestError: there is none for whom something else names.
        """
        self._check(state, request)
        assert state.person_id
        check_unnamed(state.grant)
        clock = self._access.clock()
        address = state.client.address
        code, until = self._pairings.make(state.person_id, state.known_since, address, clock)
        self._turn.reply(state.client, answers.Pair(id=request.id, code=code, until=until))

    def _check(self, state: ConnectionState, request: requests.Hello | requests.Pair) -> None:
        """Ask the policy.

        Raises:
            RequestError: the connection may not.
        """
        self._judge.check(asker_of(state, self._people), request, SERVER, self._turn.now)
