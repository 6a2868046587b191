"""Joins: how a connection gets into a room, from the check to the catch-up queue."""

from collections.abc import Iterable, Mapping

from trio_chat.config import Config
from trio_chat.core.access import Access
from trio_chat.core.arrivals import Arrivals
from trio_chat.core.catchup import CatchUp, Phase
from trio_chat.core.catchup_queue import CatchUpQueue
from trio_chat.core.connection_state import ConnectionState
from trio_chat.core.effects import Turn
from trio_chat.core.epochs import Epochs
from trio_chat.core.judge import Asker, Judge, asker_of
from trio_chat.core.people import People
from trio_chat.core.presence import Presence
from trio_chat.core.redemption import Redemption
from trio_chat.core.room import Room
from trio_chat.core.rooms import Rooms, proper_name
from trio_chat.delivery.recipient import Requester
from trio_chat.journal.storage import NotLoaded
from trio_chat.journal.types import RoomState
from trio_chat.protocol import requests
from trio_chat.protocol.close import UNREADABLE
from trio_chat.protocol.names import BadName, check_new_room
from trio_chat.protocol.request_error import RequestError

LIMIT = "rooms_per_connection"
LOOKS = 2  # at a room of which a client knows more; the first may have begun before it came


class Joins:
    """Lets connections into rooms. Checks come first, then the room is loaded.

    Args:
        turn: Where answers and other effects go.
        connections: Those that are registered.
        config: In how many rooms one may be.
        access: Knows what is to be told of rooms.
        judge: Tells who may come in.
        redemption: Looks at links.
        people: Tell who a connection speaks for.
        presence: Tells who is where.
        rooms: The open rooms.
        queue: Gets those who join.
        arrivals: Remember them.
        epochs: To which the numbers in the journal belong.
    """

    def __init__(  # noqa: PLR0913 - the parts of the chat
        self,
        turn: Turn,
        connections: Mapping[Requester, ConnectionState],
        config: Config,
        *,
        access: Access,
        judge: Judge,
        redemption: Redemption,
        people: People,
        presence: Presence,
        rooms: Rooms,
        queue: CatchUpQueue,
        arrivals: Arrivals,
        epochs: Epochs,
    ) -> None:
        self._epochs = epochs
        self._turn = turn
        self._connections = connections
        self._config = config
        self._access = access
        self._judge = judge
        self._redemption = redemption
        self._people = people
        self._presence = presence
        self._rooms = rooms
        self._queue = queue
        self._arrivals = arrivals

    def joined(self, state: ConnectionState, name: str) -> CatchUp | None:
        """Return the catch-up of a room; a connection without a name is in one room at most.

        Raises:
            RequestError: no room can be called so.
        """
        if not state.client.dialect.needs_hello:
            return state.only_room
        catch_up = state.rooms.get(name)  # mostly it is in its normal form already
        return catch_up or state.rooms.get(proper_name(name, self._config.room_limit))

    def join(self, state: ConnectionState, request: requests.Join) -> None:
        """Let a connection into a room.

        Raises:
            RequestError: it may not be in this room, or in one more.
        """
        name = proper_name(request.room, self._config.room_limit)
        asker = asker_of(state, self._people)
        self._admit(state, asker, request, name)
        limit = self._config.rooms_per_connection
        if name not in state.rooms and len(state.rooms) >= limit:
            text = "leave a room before you join another"
            raise RequestError("too_many_rooms", text, limit=LIMIT)
        if state.joining >= limit:
            raise RequestError("busy", "too many joins at once", retry_ms=1000, limit=LIMIT)
        if name in self._rooms:
            _check_name(self._rooms[name])
        if name in state.rooms:
            self._queue.end(state.rooms[name], is_replaced=True)
        catch_up = state.rooms[name] = CatchUp(state.client, name, request)
        state.joining += 1
        if name in self._rooms:
            self._begin(state, asker, catch_up, self._rooms[name])
        else:
            state.loading += 1
            self._rooms.park(catch_up)

    def _admit(
        self, state: ConnectionState, asker: Asker, request: requests.Join, name: str
    ) -> None:
        """Make sure that a connection may be in a room, by a link that it shows if need be."""
        now, person = self._turn.now, asker.person
        link = self._redemption.look(request.link, name, state.holder_id, asker.address, now)
        self._judge.check(asker, request, name, now, link=link or state.links.get(name))
        if link and person:
            self._redemption.come_by(link, person)
        elif link:
            state.links[name] = link

    def _begin(self, state: ConnectionState, asker: Asker, catch_up: CatchUp, room: Room) -> None:
        """Let a connection catch up in a room that is open."""
        catch_up.enter(room)
        if asker.person:
            link = state.links.get(room.name)
            is_quiet = self._judge.is_quiet(asker, room.name, link)
            self._presence.enter(asker.person, state, room, is_quiet=is_quiet)
            self._arrivals.enter(room.name, asker.person, asker.address, asker.known_since)
        if state.client.dialect.knows_numbers:
            self._enqueue(catch_up, room)
        else:
            state.joining -= 1
            catch_up.phase = Phase.LIVE
            room.admit(state.client)

    def _enqueue(self, catch_up: CatchUp, room: Room) -> None:
        """Let a client catch up, once the room has come as far as the client has.

        Another node may have told it more than is known here yet, or be in a later term already. A
        load that was under way when the client came may not have it either, so there are two.
        """
        last, epoch = catch_up.last, catch_up.epoch
        knows_more = last is not None and (
            last > room.log.last or (epoch is not None and epoch not in self._epochs.terms)
        )
        if self._rooms.are_shared and knows_more and catch_up.looks < LOOKS:
            catch_up.looks += 1
            catch_up.phase = Phase.READING  # so it is answered if it ends before
            self._rooms.look(catch_up)
        else:
            self._queue.enqueue(catch_up)

    # What the journal has loaded

    def take_loaded(self, states: Iterable[RoomState]) -> None:
        """Go on with the joins that waited for rooms to be loaded."""
        for room_state in states:
            for catch_up in self._rooms.loaded(room_state):
                state = self._connections.get(catch_up.client)
                if state is None:
                    continue
                state.loading -= 1
                room = self._rooms[catch_up.room_name]
                if catch_up.is_over:
                    catch_up.room = room
                    self._queue.enqueue(catch_up)
                else:
                    self._begin_loaded(state, catch_up, room)
            for catch_up in self._rooms.looked(room_state.name):
                if catch_up.room and not catch_up.is_over:
                    self._enqueue(catch_up, catch_up.room)

    def _begin_loaded(self, state: ConnectionState, catch_up: CatchUp, room: Room) -> None:
        try:
            _check_name(room)
        except RequestError as error:
            self._turn_away(state, catch_up, error)
        else:
            self._begin(state, asker_of(state, self._people), catch_up, room)

    def _turn_away(self, state: ConnectionState, catch_up: CatchUp, error: RequestError) -> None:
        """Let nobody into a room for which they waited: without a name they have to go."""
        state.joining -= 1
        if state.client.dialect.needs_hello:
            self._refuse(state, catch_up, error)
        else:
            self._end(state, catch_up)
            self._turn.effects.closes.append((state.client, UNREADABLE))

    def _refuse(self, state: ConnectionState, catch_up: CatchUp, error: RequestError) -> None:
        """Tell somebody who waited for a room that they do not get in."""
        self._end(state, catch_up)
        error.answer.id = catch_up.id
        error.answer.room = catch_up.room_name if catch_up.id is None else None
        self._turn.reply(state.client, error.answer)

    def _end(self, state: ConnectionState, catch_up: CatchUp) -> None:
        if not catch_up.is_over:
            catch_up.end()
            del state.rooms[catch_up.room_name]

    def take_not_loaded(self, failure: NotLoaded) -> None:
        """Refuse the joins that waited for rooms: these cannot be read just now."""
        for name in failure.names:
            for catch_up in self._rooms.not_loaded(name, failure.retry_ms):
                state = self._connections.get(catch_up.client)
                if state is None:
                    continue
                state.loading -= 1
                text = "the room cannot be read just now"
                error = RequestError("unavailable", text, failure.retry_ms)
                self._turn_away(state, catch_up, error)


def _check_name(room: Room) -> None:
    """Refuse whoever would begin a room that no new one can be called like.

    Who comes without a name is refused before that, while HTTP can still tell them so.

    Raises:
        RequestError: nothing was ever kept in it.
    """
    if not room.log.last:
        try:
            check_new_room(room.name)
        except BadName as error:
            raise RequestError("bad_room", str(error)) from None
