"""Greeting: as whom a connection speaks, by its hello or by a code of another device."""

from trio_chat.core.access import Access
from trio_chat.core.connection_state import ConnectionState
from trio_chat.core.devices import Devices
from trio_chat.core.effects import Turn
from trio_chat.core.introductions import Introductions
from trio_chat.core.joins import Joins
from trio_chat.core.judge import Judge, asker_of
from trio_chat.core.marks import Marks
from trio_chat.core.pairings import Pairing
from trio_chat.core.people import People
from trio_chat.core.presence import Presence
from trio_chat.core.redemption import Redemption
from trio_chat.core.registry import SERVER
from trio_chat.core.request_limits import RequestLimits
from trio_chat.core.welcome import Welcome
from trio_chat.protocol import requests
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
        introductions: Look at hellos, and make codes for other devices.
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
        introductions: Introductions,
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
        self._introductions = introductions
        self._marks = marks

    def hello(self, state: ConnectionState, request: requests.Hello) -> None:
        """Take in who a connection speaks for from now on, and join the rooms that they name.

        With a session that was ended the connection has to go: somebody who was signed out becomes
        somebody new by their own will alone.

        Raises:
            RequestError: it may not, or not under this nick.
            Unclaimed: the nick is not theirs yet; then it is to be tried again.
        """
        self._check(state, request)
        grant = state.grant
        if grant.subject is None and self._people.is_ended(request.session):
            state.is_over = True
            self._turn.effects.closes.append((state.client, SIGNED_OUT))
            return
        person, before, pairing, is_new = self._enter(state, request)
        self._greet(state, person, request, pairing, is_new=is_new)
        is_quiet = self._judge.silence_of(asker_of(state, self._people))
        self._presence.rename(person, before, is_quiet)
        for wanted in request.rooms:
            self._join(state, wanted)

    def _enter(
        self, state: ConnectionState, request: requests.Hello
    ) -> tuple[Person, Person | None, Pairing | None, bool]:
        """Take in as whom a connection speaks.

        Returns:
            The person, now and before; what the code in the hello is for; and whether nobody knew
            them before.

        Raises:
            RequestError: the code is not good, the nick cannot be, or too many have come.
            Unclaimed: the nick is not theirs yet; nothing is changed.
        """
        grant = state.grant
        pairing, is_named = self._introductions.look(state.client, request, grant)
        person_id = pairing.person_id if pairing else None
        person_id = person_id or self._identify(state, request)
        self._check_invited(state, person_id)
        before = self._people.now(person_id)
        is_new = before is None and not (is_named or pairing)
        if is_new:
            self._introductions.check_new(state.client, state.way_in)
        nick = (before.nick if pairing and before else None) or grant.nick or request.nick or ""
        person = self._people.enter(person_id, nick, state.client)
        state.new_id = ""
        self._access.registry.call(person)
        state.person_id = person.id
        return person, before, pairing, is_new

    def _identify(self, state: ConnectionState, request: requests.Hello) -> str:
        """Return the id of who says hello: a new one stays as it is while the nick is claimed."""

        def new_id() -> str:
            state.new_id = state.new_id or self._people.new_id()
            return state.new_id

        return self._people.identify(request.session, request.key, state.grant.subject, new_id)

    def _join(self, state: ConnectionState, wanted: requests.Resume) -> None:
        """Join a room that a hello names; if that cannot be, only this room is refused."""
        try:
            self._joins.join(state, wanted.as_join())
        except RequestError as error:
            error.answer.room = wanted.room
            if error.limit:
                self._limits.count(error.limit, state.way_in, state.client.address, self._turn.now)
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

    def _greet(
        self,
        state: ConnectionState,
        person: Person,
        request: requests.Hello,
        pairing: Pairing | None,
        *,
        is_new: bool,
    ) -> None:
        """Take in who has said hello; tell them what they may do, and how far they have read."""
        state.known_since, session, has_ended = self._introductions.introduce(
            state.client, person, request, state.grant, pairing, is_new=is_new, label=state.label
        )
        state.session = session or state.session
        if has_ended:
            self._devices.end_over(person.id)
        self._come_by_link(state, person, request)
        right = self._access.standing(
            SERVER, person.id, state.client.address, grant=state.grant
        ).right
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

    def _come_by_link(
        self, state: ConnectionState, person: Person, request: requests.Hello
    ) -> None:
        """Give somebody the right of the link that their hello shows, if it is good."""
        address, now = state.client.address, self._turn.now
        try:
            link = self._redemption.look(request.link, None, person.id, address, now)
        except RequestError as error:
            self._turn.reply(state.client, error.answer)
        else:
            if link:
                self._redemption.come_by(link, person)

    def pair(self, state: ConnectionState, request: requests.Pair) -> None:
        """Make a code by which another device comes as the same person.

        Raises:
            RequestError: there is none for whom something else names.
        """
        self._check(state, request)
        assert state.person_id
        self._introductions.pair(
            state.client, request, state.grant, state.person_id, state.known_since
        )

    def _check(self, state: ConnectionState, request: requests.Hello | requests.Pair) -> None:
        """Ask the policy.

        Raises:
            RequestError: the connection may not.
        """
        self._judge.check(asker_of(state, self._people), request, SERVER, self._turn.now)
