"""The conversation with a server: who we are, where, and what has been asked. No I/O in here."""

from secrets import token_urlsafe

import trio

from trio_chat.protocol import answers, events, requests
from trio_chat.protocol.events import Person
from trio_chat.remote import wire
from trio_chat.remote.errors import ChatError, Refused
from trio_chat.remote.pending import NOW, PendingRequest, PendingRequests
from trio_chat.remote.room_state import RoomState

SHARED_BACKPRESSURE_LIMIT = 0.1  # seconds to wait for slow readers while others wait for us
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
        self.rooms: dict[str, RoomState] = {}
        self.pending = PendingRequests(self.wake)
        # Of the connection of the moment:
        self.welcome: answers.Welcome | None = None
        self.refusal: answers.Error | None = None
        self.bye: answers.Bye | None = None
        self._queue_limit = queue_limit
        self._woken = trio.Event()

    def begin(self) -> None:
        """Forget what was said on the last connection."""
        self.welcome = self.refusal = self.bye = None

    def lose(self) -> None:
        """Take in that the connection is lost: we are nowhere."""
        for state in self.rooms.values():
            state.is_joined = False

    def hello(self) -> str:
        """Return the first message on a connection; what has no answer yet is to be sent again."""
        self.pending.begin()
        rooms = [state.begin() for state in self.rooms.values()]
        hello = requests.Hello(
            id=HELLO, nick=self.me.nick, session=self.session, key=self._key, rooms=rooms
        )
        return wire.frame([wire.write(hello)])

    def enter(self, name: str, last: int | None, epoch: str | None) -> RoomState:
        """Be in a room, from now on or from a number on."""
        state = self.rooms[name] = RoomState(
            name, last, epoch, self._queue_limit, self._join, self.wake
        )
        self._join(state)
        return state

    def _join(self, state: RoomState, due: float = NOW) -> None:
        resume = state.resume()
        join = requests.Join(room=resume.room, last=resume.last, epoch=resume.epoch)
        state.join_id = self.pending.add(PendingRequest(join, is_resent=False, due=due))

    def leave(self, name: str) -> PendingRequest:
        """Be in a room no longer; what waits for it is refused."""
        self.rooms.pop(name).close()
        self.pending.fail_room(name, Refused("not_joined", "you have left the room"))
        leave = PendingRequest(requests.Leave(room=name), is_resent=False)
        self.pending.add(leave)
        return leave

    def is_joined(self, room: str) -> bool:
        """Whether we are in a room on the connection of the moment."""
        return room in self.rooms and self.rooms[room].is_joined

    def take(self, received: wire.ServerObject) -> None:
        """Take in what the server tells.

        Raises:
            Malformed: it is not of this protocol.
        """
        match received:
            case events.Event(room=room):
                self._handle_event(received, room)
            case answers.Joined():
                self._handle_joined(received)
            case answers.Welcome():
                self._handle_welcome(received)
            case answers.Error():
                self._handle_error(received)
            case answers.Bye():
                self.bye = received
            case _:
                self.pending.take(received)

    def _handle_event(self, event: wire.RoomEvent, room: str) -> None:
        if isinstance(event, events.Renamed) and event.who.id == self.me.id:
            self.me = event.who
        if room in self.rooms:
            self.rooms[room].take(event)

    def _handle_joined(self, joined: answers.Joined) -> None:
        self.pending.take(joined)
        state = self.rooms.get(joined.room)
        if state and state.join_id == joined.id:
            state.join(joined)
            self.pending.wake()

    def _handle_welcome(self, welcome: answers.Welcome) -> None:
        self.welcome = welcome
        self.me, self.session, self.epoch = welcome.you, welcome.session, welcome.epoch
        self.limits = welcome.limits
        self.pending.frame_limit = welcome.limits.get("frame", self.pending.frame_limit)

    def _handle_error(self, error: answers.Error) -> None:
        if error.id == HELLO:
            self.refusal = error
            return
        self.pending.take(error)
        state = self._joining(error)
        if state and error.retry_ms is not None:
            self._join(state, trio.current_time() + error.retry_ms / 1000)
        elif state:
            refused = Refused(error.code, error.text)
            del self.rooms[state.name]
            state.refuse(refused)
            self.pending.fail_room(state.name, refused)

    def _joining(self, error: answers.Error) -> RoomState | None:
        """Return the state of a resume to join that was not granted."""
        if error.id is not None:
            return next((one for one in self.rooms.values() if one.join_id == error.id), None)
        state = self.rooms.get(error.room or "")
        return state if state and state.join_id is None and not state.is_joined else None

    async def apply_backpressure(self, received: wire.ServerObject) -> None:
        """Let a reader keep up who is at work but slow: while it waits, the server waits, too.

        It is brief if anybody else needs what comes next. Who does not keep up then falls behind
        (see ``RoomState``), which costs more, but harms nobody.
        """
        state = self.rooms.get(received.room) if isinstance(received, events.Event) else None
        if state and state.is_full:
            began = trio.current_time()
            while self._wait_until(state, began) > trio.current_time():
                with trio.move_on_at(self._wait_until(state, began)):
                    await self._woken.wait()
                self._woken = trio.Event()

    def _wait_until(self, state: RoomState, began: float) -> float:
        others = self.pending.are_pending or any(one.is_awaited for one in self.rooms.values())
        return (
            min(state.backpressure_until, began + SHARED_BACKPRESSURE_LIMIT)
            if others
            else state.backpressure_until
        )

    def wake(self) -> None:
        """Let ``apply_backpressure`` look again."""
        self._woken.set()

    def close(self, error: ChatError) -> None:
        """End all: the chat is over."""
        self.pending.close(error)
        for state in self.rooms.values():
            state.close()
