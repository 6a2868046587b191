"""The chat as it stands: rooms, people and connections, and what a request changes in it.

All of it is synchronous, so nothing comes in between. What it decides goes into a ``Turn``, for
the hub to carry out.
"""

from collections.abc import Callable, Sequence
from functools import singledispatchmethod

import trio

from trio_chat.config import Config
from trio_chat.core.callers import Callers, authored
from trio_chat.core.catchup import Returns
from trio_chat.core.effects import ConnectionState, Draft, Timer, Turn
from trio_chat.core.people import People
from trio_chat.core.room import Room
from trio_chat.core.rooms import Rooms
from trio_chat.core.sessions import Sessions
from trio_chat.core.welcome import Welcome
from trio_chat.delivery.outbox import Readiness
from trio_chat.delivery.recipient import Recipient, Requester
from trio_chat.journal.types import Committed, Duplicate, Journal, Result
from trio_chat.protocol import answers, events, requests
from trio_chat.protocol.close import NO_HELLO, UNREADABLE
from trio_chat.protocol.events import Person
from trio_chat.protocol.request_error import RequestError

TYPING_INTERVAL = 2.0  # seconds in which one connection is shown as typing once
UNAVAILABLE = "the server cannot store messages just now"


class Chat:
    """Rooms, people, and the seats of those who are connected."""

    def __init__(
        self,
        config: Config,
        journal: Journal,
        readiness: Readiness,
        alarm: Callable[[Timer], None],
    ) -> None:
        self.seats: dict[Requester, ConnectionState] = {}
        self.turn = Turn()
        self.people = People(Sessions(journal.secret), config.nick_limit)
        self.returns = Returns(self.seats, journal.epoch)
        self.rooms = Rooms(config, self.returns, readiness, self._delay)
        self._welcome = Welcome(self.people, config, journal.epoch)
        self.callers = Callers(self.people, self.rooms, self._welcome)
        self._config = config
        self._alarm = alarm

    def next_turn(self) -> None:
        """Begin a turn, and forget rooms that nobody is in since the last one."""
        self.rooms.close_empty()
        self.turn = Turn()

    def close(self) -> None:
        """Forget everybody: the server stops, and has said goodbye."""
        self.seats.clear()
        self.rooms.close_all()
        self.returns.clear()

    def _delay(self, seconds: float, do: Callable[[], None]) -> None:
        self._alarm(Timer(trio.current_time() + seconds, do))

    # Connections

    def sit_down(self, member: Recipient, wish: requests.Join | None) -> None:
        """Take a connection in; one that needs no name is in its room at once."""
        seat = self.seats[member] = ConnectionState(member)
        if wish is None:
            self._delay(self._config.hello_timeout, lambda: self._miss_hello(seat))
        elif wish.room not in self.rooms:
            member.end(UNREADABLE)
        elif member.dialect.knows_numbers:
            self.returns.arrive(seat, self.rooms[wish.room], wish.id, wish)
        else:
            seat.rooms[wish.room] = self.rooms[wish.room]
            self.rooms[wish.room].admit(member)

    def stand_up(self, member: Requester) -> None:
        """Let a connection go. Its person stays for the grace time, in case they come back."""
        seat = self.seats.pop(member, None)
        if seat is None:
            return
        member = seat.member
        for room in seat.rooms.values():
            room.dismiss(member)
            self.rooms.touched.add(room.name)
        person = self._person(seat)
        if person:
            until = trio.current_time() + self._config.presence_grace
            for room in seat.rooms.values():
                room.lose(person.id, member, until)
            self.people.lose(person.id, member, until)
            rooms = list(seat.rooms.values())
            self._alarm(Timer(until, lambda: self._end_grace(person.id, rooms)))

    def _end_grace(self, person_id: str, rooms: Sequence[Room]) -> None:
        now = trio.current_time()
        for room in rooms:
            if room.is_missed(person_id, now):
                room.part(person_id)
                self.rooms.touched.add(room.name)
        self.people.release(person_id, now)

    def _miss_hello(self, seat: ConnectionState) -> None:
        if seat.person_id is None and seat.member in self.seats:
            seat.member.end(NO_HELLO)

    def _person(self, seat: ConnectionState) -> Person | None:
        return self.people.now(seat.person_id) if seat.person_id else None

    # Requests

    def apply(
        self, member: Recipient, request: requests.AnyRequest | requests.InvalidRequest
    ) -> None:
        """Grant a request, or answer why not."""
        seat = self.seats.get(member)
        if seat is None:
            return
        try:
            _check_order(seat, request)
            self._grant(request, seat)
        except RequestError as refusal:
            refusal.answer.id = request.id
            self.turn.told[member].append(refusal.answer)

    @singledispatchmethod
    def _grant(
        self, request: requests.AnyRequest | requests.InvalidRequest, seat: ConnectionState
    ) -> None:
        """History and the like: the client looks that up itself."""
        assert not isinstance(request, requests.InvalidRequest)
        if not seat.member.look_up(request):
            raise _busy()

    @_grant.register
    def _(self, request: requests.InvalidRequest, seat: ConnectionState) -> None:  # noqa: ARG002 - as its like
        raise RequestError(request.code, request.text)

    @_grant.register
    def _(self, request: requests.Hello, seat: ConnectionState) -> None:
        if seat.person_id:
            raise RequestError("bad_request", "hello was said already")
        person_id = self.people.identify(request.session, request.key)
        before = self.people.now(person_id)
        person = self.people.enter(person_id, request.nick, seat.member)
        self._make_known(person, before)
        seat.person_id = person.id
        self.turn.told[seat.member].append(self._welcome.to(person, request.id))
        for wish in request.rooms:
            try:
                self._join(seat, None, wish)
            except RequestError as refusal:
                refusal.answer.room = wish.room
                self.turn.told[seat.member].append(refusal.answer)

    @_grant.register
    def _(self, request: requests.Join, seat: ConnectionState) -> None:
        self._join(seat, request.id, request)

    def _join(
        self, seat: ConnectionState, id: answers.Id, wish: requests.Join | requests.Resume
    ) -> None:
        name = self.rooms.proper_name(wish.room)
        if name not in seat.rooms and len(seat.rooms) >= self._config.rooms_per_connection:
            raise RequestError("too_many_rooms", "leave a room before you join another")
        if seat.unanswered >= self._config.rooms_per_connection:
            raise _busy()
        room = self.rooms.get(name)
        person = self._person(seat)
        if room is None or person is None:
            raise RequestError("unavailable", "the room cannot be read just now", retry_ms=1000)
        room.dismiss(seat.member)  # who joins again begins again
        room.enter(person, seat.member)
        self.returns.arrive(seat, room, id, wish)

    @_grant.register
    def _(self, request: requests.Leave, seat: ConnectionState) -> None:
        room = self._joined(seat, request.room)
        del seat.rooms[room.name]
        seat.visits.pop(room.name, None)
        room.dismiss(seat.member)
        self.rooms.touched.add(room.name)
        person = self._person(seat)
        if person:
            now = trio.current_time()
            room.lose(person.id, seat.member, now)
            if room.is_missed(person.id, now):
                room.part(person.id)
        self.turn.told[seat.member].append(answers.Ok(id=request.id))

    @_grant.register
    def _(self, request: requests.Nick, seat: ConnectionState) -> None:
        before = self._person(seat)
        assert before
        self._make_known(self.people.rename(before, request.nick), before)
        self.turn.told[seat.member].append(answers.Ok(id=request.id))

    def _make_known(self, person: Person, before: Person | None) -> None:
        """Tell everybody who may know a person how they are called now."""
        if before is None or before.nick == person.nick:
            return
        for room in self.rooms.values():
            if person.id in room.people:
                room.know(person)
                room.tell(events.Renamed(room=room.name, who=person))

    @_grant.register
    def _(self, request: requests.Typing, seat: ConnectionState) -> None:
        room = self._joined(seat, request.room)
        now = trio.current_time()
        person = self._person(seat)
        if person and now - seat.typed_at >= TYPING_INTERVAL:
            seat.typed_at = now
            room.tell(events.Typing(room=room.name, who=person))

    @_grant.register
    def _(self, request: requests.WriteRequest, seat: ConnectionState) -> None:
        room = self._joined(seat, request.room)
        event = authored(request, room.name, self._person(seat))
        self.turn.drafts.append(Draft(seat.member, request.id, event))

    def _joined(self, seat: ConnectionState, name: str) -> Room:
        """Return a room that the connection is in. One without a name is in one room only."""
        if not seat.member.dialect.needs_hello:
            return self._only_room(seat)
        room = seat.rooms.get(self.rooms.proper_name(name))
        if room is None:
            raise RequestError("not_joined", "join the room first")
        return room

    def _only_room(self, seat: ConnectionState) -> Room:
        if not seat.rooms:
            raise RequestError("unavailable", UNAVAILABLE)
        return next(iter(seat.rooms.values()))

    # What the journal says

    def take(self, draft: Draft, result: Result) -> None:
        """Take in what became of a draft: everybody hears of it, and its sender how it went."""
        match result:
            case Committed(event):
                self.rooms.take(result)
                answer: answers.Answer = answers.Ok(id=draft.id, seq=event.seq, ts=event.ts)
            case Duplicate(seq, ts):
                answer = answers.Ok(id=draft.id, seq=seq, ts=ts, dup=True)
            case _:
                answer = answers.Error(id=draft.id, code=result.code, text=result.text)
        self.turn.told[draft.asker].append(answer)

    def regret(self, draft: Draft, retry_ms: int) -> None:
        """Tell a sender that nothing can be kept just now."""
        self.turn.told[draft.asker].append(
            answers.Error(id=draft.id, code="unavailable", text=UNAVAILABLE, retry_ms=retry_ms)
        )


def _check_order(
    seat: ConnectionState, request: requests.AnyRequest | requests.InvalidRequest
) -> None:
    early = seat.member.dialect.needs_hello and not seat.person_id
    if early and not isinstance(request, requests.Hello | requests.InvalidRequest):
        raise RequestError("hello_first", "say hello first")


def _busy() -> RequestError:
    return RequestError("busy", "too many requests at once", retry_ms=1000)
