"""The handlers: what each request of a connection changes, one method for each kind."""

from collections.abc import Mapping
from functools import partial
from typing import Any, get_args

from trio_chat.config import Config
from trio_chat.core import policy
from trio_chat.core.access import Access
from trio_chat.core.arrivals import Arrivals
from trio_chat.core.catchup import CatchUp
from trio_chat.core.catchup_queue import CatchUpQueue
from trio_chat.core.claims import Unclaimed
from trio_chat.core.connection_state import ConnectionState
from trio_chat.core.devices import Devices
from trio_chat.core.effects import Turn
from trio_chat.core.greeting import Greeting
from trio_chat.core.held import HeldMessages
from trio_chat.core.joins import Joins
from trio_chat.core.judge import Asker, Judge, asker_of
from trio_chat.core.marks import Marks, Reading
from trio_chat.core.messages import AnyAsked
from trio_chat.core.moderation import Moderation
from trio_chat.core.pairs import Pairs
from trio_chat.core.pending_writes import Pending, PendingWrites
from trio_chat.core.people import People
from trio_chat.core.policy import Principal
from trio_chat.core.presence import Presence
from trio_chat.core.registry import SERVER
from trio_chat.core.request_limits import TOO_FAST, RequestLimits, in_ms
from trio_chat.core.requested import Requested
from trio_chat.core.rooms import Rooms, proper_name
from trio_chat.delivery.recipient import Recipient, Requester
from trio_chat.files.uploads import Uploads
from trio_chat.journal.types import Write
from trio_chat.protocol import answers, events, governing, requests
from trio_chat.protocol.events import Person
from trio_chat.protocol.request_error import RequestError

ABOUT_A_JOINED_ROOM = (requests.Leave, requests.Typing, requests.WriteRequest)
GOVERNING = {*get_args(governing.AnyGoverning)}


class Handlers:
    """Grants the requests of connections.

    Args:
        turn: Where answers and other effects go.
        connections: Those that are registered.
        config: The limits.
        people: Tell who a connection speaks for.
        presence: Tells who is where.
        rooms: The open rooms.
        queue: Gets those who leave.
        pending: Gets what is to be kept.
        limits: Tell who has asked for too much.
        access: Knows what people may do.
        judge: Tells who may do what they ask for.
        greeting: Takes in who says hello.
        joins: Let connections into rooms.
        moderation: Does what moderators ask for.
        devices: Tell of sessions, and end them.
        marks: Tell how far somebody has read.
        pairs: Rooms for two.
        held: Gets what needs approval.
        arrivals: Remember who has written without a name; others are in the room.
        uploads: The files that messages may have.
    """

    def __init__(  # noqa: PLR0913 - the parts of the chat
        self,
        turn: Turn,
        connections: Mapping[Requester, ConnectionState],
        config: Config,
        *,
        people: People,
        presence: Presence,
        rooms: Rooms,
        queue: CatchUpQueue,
        pending: PendingWrites,
        limits: RequestLimits,
        access: Access,
        judge: Judge,
        greeting: Greeting,
        joins: Joins,
        moderation: Moderation,
        devices: Devices,
        marks: Marks,
        pairs: Pairs,
        held: HeldMessages,
        arrivals: Arrivals,
        uploads: Uploads,
    ) -> None:
        self._turn = turn
        self._connections = connections
        self._config = config
        self._people = people
        self._presence = presence
        self._rooms = rooms
        self._queue = queue
        self._pending = pending
        self._limits = limits
        self._access = access
        self._judge = judge
        self._greeting = greeting
        self._joins = joins
        self._moderation = moderation
        self._devices = devices
        self._marks = marks
        self._pairs = pairs
        self._held = held
        self._arrivals = arrivals
        self._uploads = uploads
        self._handlers = self._by_kind()

    def _by_kind(self) -> dict[type, Any]:
        """Return what grants a request, by its kind."""
        return {
            requests.InvalidRequest: self._refuse,
            requests.Dropped: self._count_dropped,
            requests.Hello: self._greeting.hello,
            requests.Join: self._joins.join,
            requests.Leave: self._leave,
            requests.Nick: self._nick,
            requests.Typing: self._typing,
            requests.Read: self._read,
            requests.Sessions: self._tell_sessions,
            requests.SignOut: self._sign_out,
            requests.Pair: self._greeting.pair,
            requests.Send: self._write,
            requests.Edit: self._write,
            requests.Delete: self._write,
            requests.React: self._write,
            requests.Topic: self._write,
            **dict.fromkeys(get_args(requests.LookUp), self._look_up),
            **dict.fromkeys(get_args(governing.AnyGoverning), self._govern),
        }

    def handle(self, client: Recipient, request: AnyAsked) -> None:
        """Grant a request, or answer why not."""
        state = self._connections.get(client)
        if state is None or state.is_over:
            return
        try:
            self._handlers[type(request)](state, request)
        except Unclaimed as unclaimed:
            state.is_claiming = True
            self._people.claims.want(unclaimed, partial(self._go_on, client, request))
        except RequestError as error:
            error.answer.id = request.id
            self.refuse(client, error, state.way_in)

    def _go_on(self, client: Recipient, request: AnyAsked, error: RequestError | None) -> None:
        """Grant a request anew for which a nick had to be claimed, or answer why not."""
        state = self._connections.get(client)
        if state is None or state.is_over:
            return
        state.is_claiming = False
        if error is None:
            self.handle(client, request)
        else:
            error.answer.id = request.id
            self.refuse(client, error, state.way_in)

    def refuse(self, requester: Requester, error: RequestError, way_in: str) -> None:
        """Answer why a request is not granted, and count the limit that is the reason."""
        if error.limit:
            self._limits.count(error.limit, way_in, requester.address, self._turn.now)
        self._turn.reply(requester, error.answer)

    def person(self, state: ConnectionState) -> Person | None:
        """Return who a connection speaks for."""
        return self._people.now(state.person_id) if state.person_id else None

    def _check(self, state: ConnectionState, request: requests.Request) -> Principal:
        """Ask the policy about a request that is about no room.

        Raises:
            RequestError: the connection may not.
        """
        return self._judge.check(asker_of(state, self._people), request, SERVER, self._turn.now)

    def _check_inside(
        self,
        state: ConnectionState,
        request: requests.Leave | requests.Typing | requests.WriteRequest,
    ) -> tuple[CatchUp, Principal, Asker]:
        """Ask the policy; return the connection's catch-up of the room that a request is about.

        Raises:
            RequestError: the connection may not.
        """
        asker = asker_of(state, self._people)
        is_known = asker.person or not asker.needs_hello
        catch_up = self._joins.joined(state, request.room) if is_known else None
        room = catch_up.room_name if catch_up else SERVER
        principal = self._judge.check(
            asker,
            request,
            room,
            self._turn.now,
            is_joined=catch_up is not None,
            link=state.links.get(room),
        )
        assert catch_up  # or the policy has said no
        return catch_up, principal, asker

    def _proper(self, name: str) -> str:
        """Return a room's name in its normal form.

        Raises:
            RequestError: no room can be called so.
        """
        return proper_name(name, self._config.room_limit)

    # The requests

    def _refuse(self, _: ConnectionState, request: requests.InvalidRequest) -> None:
        raise RequestError(request.code, request.text, request.retry_ms, limit=request.limit)

    def _count_dropped(self, state: ConnectionState, request: requests.Dropped) -> None:
        self._count(state, request.limit)

    def _count(self, state: ConnectionState, limit: str) -> None:
        self._limits.count(limit, state.way_in, state.client.address, self._turn.now)

    def _leave(self, state: ConnectionState, request: requests.Leave) -> None:
        catch_up, *_ = self._check_inside(state, request)
        assert catch_up.room  # a leave waits until the room is loaded
        del state.rooms[catch_up.room_name]
        self._queue.end(catch_up)
        self._rooms.touch(catch_up.room_name)
        if state.person_id:
            self._presence.leave(state.person_id, state, catch_up.room, self._turn.now)
            if request.forget:
                self._marks.forget(state.person_id, catch_up.room_name)
        self._turn.reply(state.client, answers.Ok(id=request.id))

    def _nick(self, state: ConnectionState, request: requests.Nick) -> None:
        self._check(state, request)
        before = self.person(state)
        assert before
        if state.grant.nick:
            raise RequestError("bad_nick", "your nick is given by what has let you in")
        person = self._people.rename(before, request.nick)
        self._presence.rename(person, before, self._judge.silence_of(asker_of(state, self._people)))
        self._access.registry.call(person)
        self._turn.reply(state.client, answers.Ok(id=request.id))

    def _typing(self, state: ConnectionState, request: requests.Typing) -> None:
        catch_up, *_ = self._check_inside(state, request)
        assert catch_up.room
        person = self.person(state)
        assert person  # without a name nobody can ask for this
        bucket = self._limits.quota(state, self._turn.now).bucket("typing_rate")
        if bucket.delay(self._turn.now):
            self._count(state, "typing_rate")
        else:
            bucket.take(self._turn.now)
            catch_up.room.tell(events.Typing(room=catch_up.room_name, who=person))
            self._turn.effects.typing.append((catch_up.room_name, person))

    def _read(self, state: ConnectionState, request: requests.Read) -> None:
        """Take in how far somebody has read, unless they tell it too often."""
        name = self._proper(request.room)
        asker, now = asker_of(state, self._people), self._turn.now
        self._judge.check(asker, request, name, now, link=state.links.get(name))
        assert asker.person  # or the policy has said no
        bucket = self._limits.quota(state, now).bucket("read_rate")
        delay = bucket.delay(now)
        if delay and request.id is None:
            self._count(state, "read_rate")
            return
        if delay:
            raise RequestError("busy", TOO_FAST, in_ms(delay), limit="read_rate")
        bucket.take(now)
        done = None if request.id is None else lambda *_: answers.Ok(id=request.id)
        self._marks.read(Reading(state.client, asker.person.id, name, request, done))

    # Other devices

    def _tell_sessions(self, state: ConnectionState, request: requests.Sessions) -> None:
        self._check(state, request)
        assert state.person_id
        self._devices.tell(state.client, request, state.person_id, state.session)

    def _sign_out(self, state: ConnectionState, request: requests.SignOut) -> None:
        self._check(state, request)
        assert state.person_id
        self._devices.sign_out(state.client, request, state.person_id)

    def _write(self, state: ConnectionState, request: requests.WriteRequest) -> None:
        """Have a message, an edit, a deletion, a reaction or a topic kept."""
        catch_up, principal, asker = self._check_inside(state, request)
        allowed = policy.as_allowed(principal, request)
        event = allowed.event(catch_up.room_name, principal.person)
        condition = policy.target_author(principal, request)
        room, now = catch_up.room_name, self._turn.now
        may_begin = self._judge.is_made(room) or self._limits.may_begin_room(asker.address, now)
        is_held = self._judge.needs_approval(principal, request, room)
        refused = self._uploads.take_into(event)
        write = Write(event, condition, may_begin, needs_approval=is_held, refused=refused)
        self._turn.effects.writes.append(write)
        if asker.person is None:
            self._arrivals.write(room, None, asker.address, asker.known_since)
        hold = partial(self._held.hold, write) if is_held else None
        self._judge.has_asked(asker, request, room, now)
        if isinstance(request, requests.Send):
            self._pairs.note_said(room, asker.person)
        over = partial(self._uploads.answered, event)
        self._pending.add(Pending(state.client, state, request.id, hold=hold, over=over))

    def _govern(self, state: ConnectionState, request: governing.AnyGoverning) -> None:
        """Make a room or a link, set rules, act on people, or tell of it."""
        asked = Requested(state.client, state, asker_of(state, self._people))
        self._moderation.carry_out(asked, request)

    def _look_up(self, state: ConnectionState, request: requests.LookUp) -> None:
        """Have the client look it up: that reads the journal, and changes nothing."""
        room = SERVER if isinstance(request, requests.Rooms) else self._proper(request.room)
        link = state.links.get(room)
        self._judge.check(asker_of(state, self._people), request, room, self._turn.now, link=link)
        self._turn.effects.look_ups.append((state.client, state.grant.narrowed(request)))
