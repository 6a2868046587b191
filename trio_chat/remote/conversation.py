"""The conversation with a server: who we are, where, and what has been asked. No I/O in here."""

from secrets import token_urlsafe

import trio

from trio_chat.protocol import answers, events, requests
from trio_chat.protocol.events import Person
from trio_chat.remote import wire
from trio_chat.remote.errors import ChatError, Refused
from trio_chat.remote.pending import NOW, PendingRequest, PendingRequests
from trio_chat.remote.room_state import RoomState

BRIEFLY = 0.1  # seconds to wait for slow readers while others wait for us
HELLO = 0  # the id of a hello; other requests count from 1


class Conversation:
    """Lasts over as many connections as it takes. Each begins with ``begin`` and ``hello``.

    Args:
        nick: What we want to be called.
        session: The token that makes us who we were.
        key: A secret that does so, too, although a welcome was lost.
        queue_limit: How many events of a room may wait to be read.
    """

    def __init__(self, nick: str, session: str | None, key: str | None, queue_limit: int) -> None:
        self.me = Person("", nick)
        self._key = key or token_urlsafe()
        self.session = session
        self.epoch: str | None = None
        self.limits: dict[str, int] = {}
        self.places: dict[str, RoomState] = {}
        self.asks = PendingRequests(self.stir)
        # Of the connection of the moment:
        self.welcome: answers.Welcome | None = None
        self.refusal: answers.Error | None = None
        self.bye: answers.Bye | None = None
        self._queue_limit = queue_limit
        self._stir = trio.Event()

    def begin(self) -> None:
        """Forget what was said on the last connection."""
        self.welcome = self.refusal = self.bye = None

    def lose(self) -> None:
        """Take in that the connection is lost: we are nowhere."""
        for place in self.places.values():
            place.is_here = False

    def hello(self) -> str:
        """Return the first message on a connection; what has no answer yet is to be sent again."""
        self.asks.begin()
        rooms = [place.begin() for place in self.places.values()]
        hello = requests.Hello(
            id=HELLO, nick=self.me.nick, session=self.session, key=self._key, rooms=rooms
        )
        return wire.frame([wire.write(hello)])

    def enter(self, name: str, last: int | None, epoch: str | None) -> RoomState:
        """Be in a room, from now on or from a number on."""
        place = self.places[name] = RoomState(
            name, last, epoch, self._queue_limit, self._join, self.stir
        )
        self._join(place)
        return place

    def _join(self, place: RoomState, due: float = NOW) -> None:
        wish = place.wish()
        join = requests.Join(room=wish.room, last=wish.last, epoch=wish.epoch)
        place.visit = self.asks.put(PendingRequest(join, lasts=False, due=due))

    def leave(self, name: str) -> PendingRequest:
        """Be in a room no longer; what waits for it is refused."""
        self.places.pop(name).close()
        self.asks.refuse_room(name, Refused("not_joined", "you have left the room"))
        leave = PendingRequest(requests.Leave(room=name), lasts=False)
        self.asks.put(leave)
        return leave

    def is_here(self, room: str) -> bool:
        """Whether we are in a room on the connection of the moment."""
        return room in self.places and self.places[room].is_here

    def take(self, told: wire.Told) -> None:
        """Take in what the server tells.

        Raises:
            Garbled: it is not of this protocol.
        """
        match told:
            case events.Event(room=room):
                self._happen(told, room)
            case answers.Joined():
                self._join_in(told)
            case answers.Welcome():
                self._be_welcome(told)
            case answers.Error():
                self._be_refused(told)
            case answers.Bye():
                self.bye = told
            case _:
                self.asks.take(told)

    def _happen(self, event: wire.RoomEvent, room: str) -> None:
        if isinstance(event, events.Renamed) and event.who.id == self.me.id:
            self.me = event.who
        if room in self.places:
            self.places[room].take(event)

    def _join_in(self, joined: answers.Joined) -> None:
        self.asks.take(joined)
        place = self.places.get(joined.room)
        if place and place.visit == joined.id:
            place.join(joined)
            self.asks.look()

    def _be_welcome(self, welcome: answers.Welcome) -> None:
        self.welcome = welcome
        self.me, self.session, self.epoch = welcome.you, welcome.session, welcome.epoch
        self.limits = welcome.limits
        self.asks.frame_limit = welcome.limits.get("frame", self.asks.frame_limit)

    def _be_refused(self, error: answers.Error) -> None:
        if error.id == HELLO:
            self.refusal = error
            return
        self.asks.take(error)
        place = self._who_wished(error)
        if place and error.retry_ms is not None:
            self._join(place, trio.current_time() + error.retry_ms / 1000)
        elif place:
            refused = Refused(error.code, error.text)
            del self.places[place.name]
            place.refuse(refused)
            self.asks.refuse_room(place.name, refused)

    def _who_wished(self, error: answers.Error) -> RoomState | None:
        """Return the place of a wish to join that was not granted."""
        if error.id is not None:
            return next((one for one in self.places.values() if one.visit == error.id), None)
        place = self.places.get(error.room or "")
        return place if place and place.visit is None and not place.is_here else None

    async def give_way(self, told: wire.Told) -> None:
        """Let a reader keep up who is at work but slow: while it waits, the server waits, too.

        It is brief if anybody else needs what comes next. Who does not keep up then falls behind
        (see ``RoomState``), which costs more, but harms nobody.
        """
        place = self.places.get(told.room) if isinstance(told, events.Event) else None
        if place and place.is_full:
            began = trio.current_time()
            while self._wait_until(place, began) > trio.current_time():
                with trio.move_on_at(self._wait_until(place, began)):
                    await self._stir.wait()
                self._stir = trio.Event()

    def _wait_until(self, place: RoomState, began: float) -> float:
        others = self.asks.are_pending or any(one.is_awaited for one in self.places.values())
        return min(place.crowded_until, began + BRIEFLY) if others else place.crowded_until

    def stir(self) -> None:
        """Let ``give_way`` look again."""
        self._stir.set()

    def close(self, error: ChatError) -> None:
        """End all: the chat is over."""
        self.asks.close(error)
        for place in self.places.values():
            place.close()
