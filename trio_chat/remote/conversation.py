"""The state of a chat: who we are, our rooms and pending requests. No I/O."""

from collections.abc import Sequence
from secrets import token_urlsafe

import trio

from trio_chat.protocol import answers, events, requests
from trio_chat.protocol.events import Person
from trio_chat.remote import wire
from trio_chat.remote.errors import ChatError, Refused
from trio_chat.remote.pending import BRACKETS, PendingRequests
from trio_chat.remote.pending_request import NOW, PendingRequest
from trio_chat.remote.private_rooms import PrivateRooms
from trio_chat.remote.room_state import RoomState
from trio_chat.remote.transfers import Transfers

SHARED_WAIT = 0.1  # seconds that the connection waits for a slow reader while others need it
HELLO = 0  # the id of a hello; other requests count from 1


class Conversation:
    """Lasts over any number of connections. Each begins with ``start_connection`` and ``hello``.

    Args:
        nick: The nick to ask for.
        session: The session token of an earlier chat, to be the same person.
        key: A secret that does the same, also if the first welcome was lost.
        queue_limit: How many events of a room may wait to be read.
        access: What lets us in, if the server asks for something.
        link: The secret of a link, an operator's perhaps, to be shown until there is a welcome.
        pair: A code of another device of the person, likewise.
    """

    def __init__(
        self,
        nick: str,
        session: str | None,
        key: str | None,
        queue_limit: int,
        access: requests.Access | None = None,
        link: str | None = None,
        pair: str | None = None,
    ) -> None:
        self.me = Person("", nick)
        self._key = key or token_urlsafe()
        self._access = access
        self._link = link
        self._pair = pair
        self.marks: dict[str, int] = {}  # numbers of the last messages that were read, by room
        self._backs: dict[str, int] = {}  # how often these were set back
        self.session = session
        self.epoch: str | None = None
        self.limits: dict[str, int] = {}
        self.unknown_session = self.is_operator = False
        self.rooms: dict[str, RoomState] = {}
        self.private = PrivateRooms()
        self.pending = PendingRequests(self.wake)
        self.transfers: Transfers | None = None  # of files, if there is a server to go to
        # Of the present connection:
        self.welcome: answers.Welcome | None = None
        self.refusal: answers.Error | None = None
        self.bye: answers.Bye | None = None
        self._is_hello_sent = False
        self._queue_limit = queue_limit
        self._woken = trio.Event()

    def start_connection(self) -> None:
        """Forget what the server said on the last connection."""
        self.welcome = self.refusal = self.bye = None

    def lose_connection(self) -> None:
        """Record that the connection is lost: we are in no room until the next one."""
        self._is_hello_sent = False
        for state in self.rooms.values():
            state.is_joined = False

    def be_removed(self) -> None:
        """End the room that we may not be in any more, as far as it is known which one it is.

        If not, the next hello asks for all rooms, and that one is refused.
        """
        joined = [state for state in self.rooms.values() if state.is_joined]
        for state in joined:
            removed = state.removed(is_only=len(joined) == 1)
            if removed:
                self._refuse(state, removed)

    def hello(self) -> str:
        """Return the first frame of a connection; requests without an answer become unsent.

        It names as many rooms as one frame may hold. The others are joined after the welcome.
        """
        self.pending.start_connection()
        self._is_hello_sent = True
        states = list(self.rooms.values())
        count = min(len(states), self.pending.object_limit - 1)
        data = self._hello(states[:count])
        while count and len(data) + BRACKETS > self.pending.frame_limit:
            count //= 2
            data = self._hello(states[:count])
        for state in states[count:]:
            self._join(state)
        return wire.frame([data])

    def _hello(self, states: Sequence[RoomState]) -> bytes:
        rooms = [state.start_connection() for state in states]
        return wire.write(
            requests.Hello(
                id=HELLO,
                nick=self.me.nick,
                session=self.session,
                key=self._key,
                rooms=rooms,
                link=self._link,
                access=self._access,
                pair=self._pair,
            )
        )

    def enter(
        self, name: str, last: int | None, epoch: str | None, link: str | None = None
    ) -> RoomState:
        """Join a room, with the secret of a link if need be.

        With ``last`` and ``epoch``, resume behind that number.

        Raises:
            ChatError: the chat is over.
        """
        self.pending.check_open()
        state = self.rooms[name] = RoomState(
            name, last, epoch, self._queue_limit, self._join, self.wake
        )
        state.link = link
        self.pending.drop_leaves(name)
        self._join(state)
        return state

    def show_link(self, state: RoomState, link: str) -> None:
        """Show a link to a room in which we are, or are about to be, by joining it again."""
        state.show(link)
        self._join(state)

    def _join(self, state: RoomState, due: float = NOW) -> None:
        """Ask to join a room, once: an earlier request is dropped, and a hello asks by itself."""
        self.pending.drop_join(state.join_id)
        state.join_id = None
        if self._is_hello_sent:
            resume = state.resume()
            join = PendingRequest(resume.as_join(), is_resent=False, due=due)
            state.join_id = self.pending.add(join)

    async def leave(self, state: RoomState) -> None:
        """Leave a room; requests that wait for it fail.

        Wait for a slot before that, and for the answer after it. Cancellation during the second
        wait changes nothing: the room is left.
        """
        leave = PendingRequest(requests.Leave(room=state.name), is_resent=False)
        await self.pending.acquire_slot(leave)
        if self.rooms.get(state.name) is state:
            del self.rooms[state.name]
            state.close()
            self.pending.drop_join(state.join_id)
            self.pending.fail_room(state.name, Refused("not_joined", "you have left the room"))
            if self._is_hello_sent:
                self.pending.add(leave)
                await leave.wait(answers.Ok)
                return
        self.pending.drop(leave)

    def is_joined(self, room: str) -> bool:
        """Whether we are in a room on the present connection."""
        return room in self.rooms and self.rooms[room].is_joined

    def handle(self, received: wire.ServerObject) -> None:
        """Update the state by an object from the server.

        Raises:
            Malformed: it does not follow the protocol.
        """
        match received:
            case events.Epoch(room=room, epoch=epoch):
                if room in self.rooms:
                    self.rooms[room].enter(epoch)
            case events.Event(room=room):
                self._handle_event(received, room)
            case answers.Joined():
                self._handle_joined(received)
            case answers.Welcome():
                self._handle_welcome(received)
            case answers.Error():
                self._handle_error(received)
            case answers.Read(room=room, seq=seq, back=back):
                self.read(room, seq, back)
            case answers.Bye():
                self.bye = received
            case answers.Invited(room=room, title=title):
                self.private.learn([answers.PrivateRoom(room, title)])
            case _:
                self.pending.handle(received)

    def read(self, room: str, seq: int, back: int | None = None) -> None:
        """Take in how far we have read.

        Args:
            room: Where.
            seq: Up to which number.
            back: How often that was set back, which outranks further; ``None``: as often as before.
        """
        known = self._backs.get(room, 0)
        told = (known if back is None else back, seq)
        self._backs[room], self.marks[room] = max(told, (known, self.marks.get(room, 0)))

    def set_back(self, room: str, seq: int) -> None:
        """Take in that we have set back how far we have read."""
        self.read(room, seq, self._backs.get(room, 0) + 1)

    def _handle_event(self, event: wire.RoomEvent | wire.Unknown, room: str) -> None:
        if isinstance(event, events.Renamed) and event.who.id == self.me.id:
            self.me = event.who
        if room in self.rooms:
            self.rooms[room].handle(event, self.me.id)

    def _handle_joined(self, joined: answers.Joined) -> None:
        """Update a room that we have joined; it comes again if missed events were deleted since."""
        self.pending.handle(joined)
        state = self.rooms.get(joined.room)
        if state and state.join_id == joined.id:
            state.join(joined)
            self.pending.wake()

    def _handle_welcome(self, welcome: answers.Welcome) -> None:
        self.welcome = welcome
        self.me, self.session, self.epoch = welcome.you, welcome.session, welcome.epoch
        self.limits = limits = welcome.limits
        self.unknown_session, self.is_operator = welcome.unknown_session, welcome.operator
        self._link = self._pair = None
        self.marks = {mark.room: mark.seq for mark in welcome.marks}
        self._backs = {mark.room: mark.back for mark in welcome.marks}
        self.private.learn(welcome.private)
        self.pending.frame_limit = limits.get("frame", self.pending.frame_limit)
        self.pending.object_limit = limits.get("requests", self.pending.object_limit)

    def _handle_error(self, error: answers.Error) -> None:
        if error.id == HELLO:
            self.refusal = error
            return
        self.pending.handle(error)
        state = self._refused_room(error)
        if state and error.retry_ms is not None:
            self._join(state, trio.current_time() + error.retry_ms / 1000)
        elif state:
            self._refuse(state, state.refusal_by(error.code, error.text))

    def _refuse(self, state: RoomState, refused: Refused) -> None:
        """End a room that we may not be in."""
        del self.rooms[state.name]
        state.refuse(refused)
        self.pending.fail_room(state.name, refused)

    def _refused_room(self, error: answers.Error) -> RoomState | None:
        """Return the room whose join, by its own request or in a hello, an error answers."""
        if error.id is not None:
            return next((one for one in self.rooms.values() if one.join_id == error.id), None)
        state = self.rooms.get(error.room or "")
        return state if state and state.join_id is None and not state.is_joined else None

    async def apply_backpressure(self, received: wire.ServerObject) -> None:
        """Wait for the reader of a room whose queue is full, so that the server waits, too.

        It is for readers who are active but slow, and brief if anybody else needs what comes next.
        After that the room falls behind (see ``RoomState``), which costs more but harms nobody.
        """
        state = self.rooms.get(received.room) if isinstance(received, events.Event) else None
        if state and state.is_full:
            began = trio.current_time()
            while self._wait_until(state, began) > trio.current_time():
                with trio.move_on_at(self._wait_until(state, began)):
                    await self._woken.wait()
                self._woken = trio.Event()

    def _wait_until(self, state: RoomState, began: float) -> float:
        is_shared = self.pending.are_pending or any(one.is_awaited for one in self.rooms.values())
        limit = began + SHARED_WAIT if is_shared else float("inf")
        return min(state.backpressure_until, limit)

    def wake(self) -> None:
        """Have ``apply_backpressure`` check again whether it is to wait."""
        self._woken.set()

    def close(self, error: ChatError) -> None:
        """End the chat: fail all requests and close all rooms."""
        self.pending.close(error)
        self.private.close()
        for state in self.rooms.values():
            state.close()
