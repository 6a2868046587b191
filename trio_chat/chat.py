"""The chat as it stands: rooms, people and connections, and what a request changes in it.

All of it is synchronous, so nothing comes in between. What it decides goes into a ``Turn``, for
the hub to carry out.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import singledispatchmethod
from typing import TypeVar

import trio

from trio_chat import answers, events, requests
from trio_chat.config import Config
from trio_chat.endings import NO_HELLO, UNREADABLE
from trio_chat.events import Person
from trio_chat.journal import Committed, Duplicate, Journal, Result, RoomState
from trio_chat.member import Asker, Member
from trio_chat.names import BadName, check_room
from trio_chat.outbox import Readiness
from trio_chat.people import NickTaken, NobodysToken, People
from trio_chat.returns import Returns
from trio_chat.room import Room
from trio_chat.sessions import Sessions
from trio_chat.turn import Alarm, Draft, Refusal, Seat, Turn, wake

TYPING_INTERVAL = 2.0  # seconds in which one connection is shown as typing once
Named = TypeVar("Named", Person, Person | None)
UNAVAILABLE = "the server cannot store messages just now"


class Chat:
    """Rooms, people, and the seats of those who are connected."""

    def __init__(
        self,
        config: Config,
        journal: Journal,
        readiness: Readiness,
        alarm: Callable[[Alarm], None],
    ) -> None:
        self.rooms: dict[str, Room] = {}
        self.seats: dict[Asker, Seat] = {}
        self.people = People(Sessions(journal.secret), config.nick_limit)
        self.turn = Turn()
        self.returns = Returns(self.seats, journal.epoch)
        self.overtaken: set[str] = set()  # open rooms to which others have written
        self._news: list[Room] = []  # rooms in which something waits to be told
        self._config = config
        self._epoch = journal.epoch
        self._readiness = readiness
        self._alarm = alarm

    def next_turn(self) -> None:
        """Begin a turn, and forget rooms that nobody is in since the last one."""
        for name in self.turn.touched:
            if name in self.rooms and self.rooms[name].is_empty:
                del self.rooms[name]
                self.overtaken.discard(name)
        self.turn = Turn()

    def missing(self, names: Iterable[str]) -> Iterator[str]:
        """Yield what has to be loaded of rooms with these names, and rooms that were overtaken.

        Bad names are left out.
        """
        yield from self.overtaken
        for name in names:
            try:
                checked = check_room(name, self._config.room_limit)
            except BadName:
                continue
            if checked not in self.rooms:
                yield checked

    def add_room(self, state: RoomState) -> None:
        """Add a room that was loaded, or have it follow what others have written there."""
        self.overtaken.discard(state.name)
        room = self.rooms.get(state.name)
        if room is None:
            self.rooms[state.name] = Room(
                state,
                self._config.resume_limit,
                self._readiness,
                self._news.append,
                self._delay,
            )
            self.turn.touched.add(state.name)
        else:
            had = room.last
            if not room.follow(state):
                self.returns.send_back(room, had)

    def talking(self) -> Sequence[Room]:
        """Return the rooms in which something waits to be told, and count on it being told."""
        news = self._news.copy()
        self._news.clear()
        return news

    def populations(self) -> dict[str, int]:
        """Return how many are in each room that anybody is in."""
        return {name: room.population for name, room in self.rooms.items()}

    def close(self) -> None:
        """Forget everybody: the server stops, and has said goodbye."""
        self.seats.clear()
        self.rooms.clear()
        self.returns.clear()
        self._news.clear()
        self.overtaken.clear()

    def _delay(self, seconds: float, do: Callable[[], None]) -> None:
        self._alarm(Alarm(trio.current_time() + seconds, do))

    # Connections

    def sit_down(self, member: Member, wish: requests.Join | None) -> None:
        """Take a connection in; one that needs no name is in its room at once."""
        seat = self.seats[member] = Seat(member)
        if wish is None:
            self._delay(self._config.hello_timeout, lambda: self._miss_hello(seat))
        elif wish.room not in self.rooms:
            member.end(UNREADABLE)
        elif member.dialect.knows_numbers:
            self.returns.arrive(seat, self.rooms[wish.room], wish.id, wish)
        else:
            seat.rooms[wish.room] = self.rooms[wish.room]
            self.rooms[wish.room].admit(member)

    def stand_up(self, member: Asker) -> None:
        """Let a connection go. Its person stays for the grace time, in case they come back."""
        seat = self.seats.pop(member, None)
        if seat is None:
            return
        member = seat.member
        for room in seat.rooms.values():
            room.dismiss(member)
            self.turn.touched.add(room.name)
        person = self._person(seat)
        if person:
            until = trio.current_time() + self._config.presence_grace
            for room in seat.rooms.values():
                room.lose(person.id, member, until)
            self.people.lose(person.id, member, until)
            rooms = list(seat.rooms.values())
            self._alarm(Alarm(until, lambda: self._end_grace(person.id, rooms)))

    def _end_grace(self, person_id: str, rooms: Sequence[Room]) -> None:
        now = trio.current_time()
        for room in rooms:
            if room.is_missed(person_id, now):
                room.part(person_id)
                self.turn.touched.add(room.name)
        self.people.release(person_id, now)

    def _miss_hello(self, seat: Seat) -> None:
        if seat.person_id is None and seat.member in self.seats:
            seat.member.end(NO_HELLO)

    def _person(self, seat: Seat) -> Person | None:
        return self.people.now(seat.person_id) if seat.person_id else None

    # Requests

    def apply(self, member: Member, request: requests.AnyRequest | requests.Faulty) -> None:
        """Grant a request, or answer why not."""
        seat = self.seats.get(member)
        if seat is None:
            return
        try:
            _check_order(seat, request)
            self._grant(request, seat)
        except Refusal as refusal:
            refusal.answer.id = request.id
            self.turn.told[member].append(refusal.answer)

    @singledispatchmethod
    def _grant(self, request: requests.AnyRequest | requests.Faulty, seat: Seat) -> None:
        """History and the like: the client looks that up itself."""
        assert not isinstance(request, requests.Faulty)
        if not seat.member.look_up(request):
            raise Refusal("busy", "too many requests at once", retry_ms=1000)

    @_grant.register
    def _(self, request: requests.Faulty, seat: Seat) -> None:  # noqa: ARG002
        raise Refusal(request.code, request.text)

    @_grant.register
    def _(self, request: requests.Hello, seat: Seat) -> None:
        if seat.person_id:
            raise Refusal("bad_request", "hello was said already")
        before = self.people.known_by(request.session)
        person = self._named(lambda: self.people.enter(request.session, request.nick, seat.member))
        self._make_known(person, before)
        seat.person_id = person.id
        self.turn.told[seat.member].append(self._welcome(request.id, person))
        for wish in request.rooms:
            try:
                self._join(seat, None, wish)
            except Refusal as refusal:
                refusal.answer.room = wish.room
                self.turn.told[seat.member].append(refusal.answer)

    def _welcome(self, id: answers.Id, person: Person) -> answers.Welcome:  # noqa: A002
        config = self._config
        return answers.Welcome(
            id=id,
            session=self.people.token(person),
            you=person,
            epoch=self._epoch,
            ping_interval=config.ping_interval,
            limits={
                "text": config.text_limit,
                "nick": config.nick_limit,
                "room": config.room_limit,
                "frame": config.frame_limit,
                "rooms": config.rooms_per_connection,
            },
        )

    @_grant.register
    def _(self, request: requests.Join, seat: Seat) -> None:
        self._join(seat, request.id, request)

    def _join(self, seat: Seat, id: answers.Id, wish: requests.Join | requests.Resume) -> None:  # noqa: A002
        name = self._room_name(wish.room)
        if name not in seat.rooms and len(seat.rooms) >= self._config.rooms_per_connection:
            raise Refusal("too_many_rooms", "leave a room before you join another")
        room = self.rooms.get(name)
        person = self._person(seat)
        if room is None or person is None:
            raise Refusal("unavailable", "the room cannot be read just now", retry_ms=1000)
        room.dismiss(seat.member)  # who joins again begins again
        room.enter(person, seat.member)
        self.returns.arrive(seat, room, id, wish)

    @_grant.register
    def _(self, request: requests.Leave, seat: Seat) -> None:
        room = self._joined(seat, request.room)
        del seat.rooms[room.name]
        seat.visits.pop(room.name, None)
        room.dismiss(seat.member)
        self.turn.touched.add(room.name)
        person = self._person(seat)
        if person:
            now = trio.current_time()
            room.lose(person.id, seat.member, now)
            if room.is_missed(person.id, now):
                room.part(person.id)
        self.turn.told[seat.member].append(answers.Ok(id=request.id))

    @_grant.register
    def _(self, request: requests.Nick, seat: Seat) -> None:
        before = self._person(seat)
        assert before
        self._make_known(self._named(lambda: self.people.rename(before, request.nick)), before)
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
    def _(self, request: requests.Typing, seat: Seat) -> None:
        room = self._joined(seat, request.room)
        now = trio.current_time()
        person = self._person(seat)
        if person and now - seat.typed_at >= TYPING_INTERVAL:
            seat.typed_at = now
            room.tell(events.Typing(room=room.name, who=person))

    @_grant.register
    def _(self, request: requests.Kept, seat: Seat) -> None:
        room = self._joined(seat, request.room)
        event = request.event(room.name, self._person(seat))
        self.turn.drafts.append(Draft(seat.member, request.id, event))

    def _joined(self, seat: Seat, name: str) -> Room:
        """Return a room that the connection is in. One without a name is in one room only."""
        if not seat.member.dialect.needs_hello:
            return self._only_room(seat)
        room = seat.rooms.get(self._room_name(name))
        if room is None:
            raise Refusal("not_joined", "join the room first")
        return room

    def _only_room(self, seat: Seat) -> Room:
        if not seat.rooms:
            raise Refusal("unavailable", UNAVAILABLE)
        return next(iter(seat.rooms.values()))

    def _room_name(self, name: str) -> str:
        try:
            return check_room(name, self._config.room_limit)
        except BadName as error:
            raise Refusal("bad_room", str(error)) from None

    def _named(self, take: Callable[[], Named]) -> Named:
        try:
            return take()
        except BadName as error:
            raise Refusal("bad_nick", str(error)) from None
        except NickTaken:
            raise Refusal("nick_taken", "somebody else is called that") from None
        except NobodysToken:
            raise Refusal("unauthorized", "the session token is not one of this server") from None

    # Those without a connection

    def call(
        self, caller: Asker, speaker: requests.Speaker, request: requests.Hello | requests.Kept
    ) -> None:
        """Grant a request of somebody without a connection, or answer why not.

        They are in no room, and need not be in one to speak there.
        """
        try:
            if isinstance(request, requests.Hello):
                person = self._named(lambda: self.people.introduce(request.session, request.nick))
                self.turn.told[caller].append(self._welcome(request.id, person))
            else:
                who = self._named(lambda: self.people.speaker(speaker.token, speaker.nick))
                event = request.event(self._room_name(request.room), who)
                self.turn.drafts.append(Draft(caller, request.id, event))
        except Refusal as refusal:
            self.turn.told[caller].append(refusal.answer)

    # What the journal says

    def take(self, draft: Draft, result: Result) -> None:
        """Take in what became of a draft: everybody hears of it, and its sender how it went."""
        match result:
            case Committed(event):
                room = self.rooms.get(event.room)
                if room and not room.take(result):  # there is none if the server is stopping
                    self._overtake(room)
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

    def compare(self, states: Sequence[RoomState]) -> None:
        """Look where others have written, as the journal says that rooms stand like this."""
        for state in states:
            room = self.rooms.get(state.name)
            if room and state.last > room.last:
                self._overtake(room)
            elif room:
                room.forget_before(state.first)

    def _overtake(self, room: Room) -> None:
        """Have a room loaded anew, in a turn that begins at once."""
        if room.name not in self.overtaken:
            self.overtaken.add(room.name)
            self._delay(0, wake)

    def forget(self, first: dict[str, int]) -> None:
        """Follow the journal, which has forgotten the oldest events of some rooms."""
        for name, number in first.items():
            if name in self.rooms:
                self.rooms[name].forget_before(number)


def _check_order(seat: Seat, request: requests.AnyRequest | requests.Faulty) -> None:
    early = seat.member.dialect.needs_hello and not seat.person_id
    if early and not isinstance(request, requests.Hello | requests.Faulty):
        raise Refusal("hello_first", "say hello first")
