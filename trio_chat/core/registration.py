"""Registration: how connections come into the chat, and how they leave it."""

import weakref
from collections.abc import Sequence

from trio_chat.auth.grant import ANYBODY, Grant
from trio_chat.config import Config
from trio_chat.core.catchup_queue import CatchUpQueue
from trio_chat.core.connection_state import ConnectionState
from trio_chat.core.devices import Devices
from trio_chat.core.effects import Turn
from trio_chat.core.expiry import Expiry
from trio_chat.core.goodbyes import Goodbyes
from trio_chat.core.joins import Joins
from trio_chat.core.judge import Judge
from trio_chat.core.messages import Register
from trio_chat.core.people import People
from trio_chat.core.presence import Presence
from trio_chat.core.rooms import Delay, Rooms
from trio_chat.delivery.recipient import Recipient, Requester
from trio_chat.protocol import requests
from trio_chat.protocol.close import NO_HELLO, UNREADABLE, CloseReason
from trio_chat.protocol.request_error import RequestError

GOODBYE_DELAY = 1.0  # seconds for which a shutdown waits for commits that are under way


class Registration:
    """Registers connections and unregisters them, one by one or all at the end.

    Args:
        turn: Where effects go.
        connections: Those that are registered; nobody else changes which.
        config: ``hello_timeout``, and those of goodbyes.
        people: Tell whose a session is.
        presence: Tells who is where.
        rooms: The open rooms.
        queue: Those who catch up.
        joins: Let connections into rooms.
        judge: Tells since when somebody is known.
        devices: Know who reads as somebody, without a name.
        expiry: Ends those who are let in for a time.
        delay: Has something called so many seconds later.
    """

    def __init__(  # noqa: PLR0913 - the parts of the chat
        self,
        turn: Turn,
        connections: dict[Requester, ConnectionState],
        config: Config,
        *,
        people: People,
        presence: Presence,
        rooms: Rooms,
        queue: CatchUpQueue,
        joins: Joins,
        judge: Judge,
        devices: Devices,
        expiry: Expiry,
        delay: Delay,
    ) -> None:
        self._turn = turn
        self._connections = connections
        self._config = config
        self._people = people
        self._presence = presence
        self._rooms = rooms
        self._queue = queue
        self._joins = joins
        self._judge = judge
        self._devices = devices
        self._expiry = expiry
        self._delay = delay
        self._goodbyes = Goodbyes(turn, config, delay)
        self.shutdown: CloseReason | None = None  # why the server stops, once it does

    def register(self, message: Register) -> None:
        """Take a connection in; while the server stops, part with it."""
        client, join, grant, session, label = message
        if self.shutdown:
            self._turn.effects.closes.append((client, self.shutdown))
            return
        claim = self._people.claim(session)
        state = self._connections[client] = ConnectionState(
            client, grant=grant or ANYBODY, is_let_in=grant is not None, label=label
        )
        if claim:
            state.reads_as, state.session = claim.person.id, claim.session
            self._devices.follow(client, claim.person.id)
        self._expiry.watch(state)
        if join is None:
            known = weakref.ref(state)  # it may be gone long before
            self._delay(self._config.hello_timeout, lambda: self._miss_hello(known()))
        else:  # it says no hello, so it is met now
            state.known_since = self._judge.known_since(session, state.grant)
            self._enter(state, join)

    def let_in(self, client: Recipient, grant: Grant) -> None:
        """Take in what lets a connection in, which it has shown with its hello."""
        state = self._connections.get(client)
        if state:
            state.grant = grant
            state.is_let_in = True
            self._expiry.watch(state)

    def _enter(self, state: ConnectionState, join: requests.Join) -> None:
        """Let a connection that needs no name into its room; without one, it has to go."""
        try:
            self._joins.join(state, join)
        except RequestError:
            self._turn.effects.closes.append((state.client, UNREADABLE))

    def _miss_hello(self, state: ConnectionState | None) -> None:
        if state and state.person_id is None and state.client in self._connections:
            self._turn.effects.closes.append((state.client, NO_HELLO))

    def unregister(self, client: Recipient) -> None:
        """Let a connection go, and close its send side."""
        self._turn.effects.closes.append((client, None))
        self._goodbyes.forget(client)
        state = self._connections.get(client)
        if state:
            self.drop(state)

    def drop(self, state: ConnectionState) -> None:
        """Forget a connection; its person stays for the grace time."""
        client = state.client
        del self._connections[client]
        if state.reads_as:
            self._devices.unfollow(client, state.reads_as)
        for catch_up in state.rooms.values():
            catch_up.end()
            self._rooms.touch(catch_up.room_name)
        self._rooms.abandon(client)
        if state.person_id:
            rooms = [catch_up.room for catch_up in state.rooms.values() if catch_up.room]
            self._presence.lose(state.person_id, state, rooms, self._turn.now)

    def part_with(self, states: Sequence[ConnectionState], reason: CloseReason) -> None:
        """Forget connections at once, and end them bit by bit; each is told when to come back."""
        for state in states:
            self.drop(state)
        Goodbyes(self._turn, self._config, self._delay).begin(
            reason, [state.client for state in states]
        )

    def shut_down(self, reason: CloseReason) -> None:
        """Take nobody in any more; ``say_goodbye`` ends those who are there, within a time."""
        self.shutdown = reason
        self._delay(GOODBYE_DELAY, self.say_goodbye)

    def say_goodbye(self) -> None:
        """Begin to end all connections, and forget everybody."""
        assert self.shutdown  # which comes first
        self._goodbyes.begin(self.shutdown, [one.client for one in self._connections.values()])
        self._connections.clear()
        self._rooms.close_all()
        self._queue.clear()
