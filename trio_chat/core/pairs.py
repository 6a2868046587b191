"""Pairs: private rooms for two, which somebody makes to write to one person alone."""

from collections.abc import Mapping

from trio_chat.config import Config
from trio_chat.core.access import Access
from trio_chat.core.connection_state import ConnectionState
from trio_chat.core.effects import Turn
from trio_chat.core.ledger import Ledger
from trio_chat.core.pending_writes import Pending
from trio_chat.core.people import People
from trio_chat.core.policy import BANNED, MUTED
from trio_chat.core.registry import SERVER
from trio_chat.core.request_limits import RequestLimits
from trio_chat.core.requested import Requested
from trio_chat.core.sessions import Sessions
from trio_chat.core.targets import SHOWN_OF_ID, Targets
from trio_chat.delivery.recipient import Recipient, Requester
from trio_chat.protocol import acts, answers, governing, governing_answers
from trio_chat.protocol.events import ActKept, Person
from trio_chat.protocol.names import BadName, check_nick
from trio_chat.protocol.request_error import RequestError
from trio_chat.protocol.rights import Right

UNANSWERED = 10  # rooms in which a person has been written to and has not answered,
ANSWER_TIME = 60 * 60 * 1000  # within so many milliseconds
LISTED = 100  # rooms that a welcome lists, the latest ones


class Pairs:
    """Makes rooms for two, of whom both may speak and nobody moderates; there are no links to them.

    Two people have one such room at most: its name follows from theirs, for whoever knows the
    secret of the server.

    Args:
        turn: Where answers go.
        access: Knows these rooms.
        ledger: Keeps what is made.
        limits: Tell who has made too much.
        config: How much may be made.
        people: Tell who is connected,
        connections: and by what each was let in.
        targets: Tell how people are called.
        sessions: Name the rooms.
    """

    def __init__(  # noqa: PLR0913 - the parts of the chat
        self,
        turn: Turn,
        access: Access,
        ledger: Ledger,
        limits: RequestLimits,
        config: Config,
        *,
        people: People,
        connections: Mapping[Requester, ConnectionState],
        targets: Targets,
        sessions: Sessions,
    ) -> None:
        self._turn = turn
        self._access = access
        self._ledger = ledger
        self._limits = limits
        self._config = config
        self._people = people
        self._connections = connections
        self._targets = targets
        self._sessions = sessions
        # When each room was made whose second person has not answered, by that person's id; there
        # are no more than private rooms.
        self._unanswered: dict[str, dict[str, int]] = {}

    def create(self, asked: Requested, request: governing.Create) -> None:
        """Make the room of two people, or tell of the one that they have.

        Raises:
            RequestError: it cannot be, or too many have written to the other one.
        """
        me, other = asked.person, self._other(asked, request)
        room = self._sessions.room_of(me.id, other.id)
        answer = governing_answers.Created(id=request.id, room=room, title=other.nick, links=[])
        if self._access.registry.governed(room):
            answer.title = self._access.title(room, me.id)
            self._turn.reply(asked.requester, answer)
            return
        self._check(asked, other)
        self._unanswered[other.id][room] = self._access.clock()
        self._limits.take_new_room(asked.asker.address, self._turn.now)
        self._ledger.record(
            acts.Admitted(about=room, people=[me, other]),
            me,
            Pending(asked.requester, asked.state, request.id, lambda _: answer),
        )

    def _other(self, asked: Requested, request: governing.Create) -> Person:
        """Return whom somebody wants to write to, called as they say if nobody knows better.

        Raises:
            RequestError: it is nobody else.
        """
        assert request.other is not None
        if not request.private or request.other == asked.person.id:
            raise RequestError("bad_request", "a room with somebody else is private")
        [other] = self._targets.named([request.other], SERVER)
        if not request.name or other.nick != other.id[:SHOWN_OF_ID]:
            return other
        try:
            return Person(other.id, check_nick(request.name, self._config.nick_limit))
        except BadName as error:
            raise RequestError("bad_nick", str(error)) from None

    def _check(self, asked: Requested, other: Person) -> None:
        """Make sure that one more room may be made.

        Raises:
            RequestError: it may not.
        """
        address, now = asked.asker.address, self._turn.now
        standing = self._access.standing(SERVER, asked.person.id, address, grant=asked.asker.grant)
        if standing.right < Right.SPEAK:
            denial = BANNED if standing.is_banned else MUTED
            raise RequestError(denial.code, denial.text)
        if self._people.connections_of(other.id) and not self._reached(other.id):
            raise RequestError("not_found", f"{other.nick} may not come into a private room")
        self._limits.check_new_room(address, now)
        if self._access.registry.private_rooms() >= self._config.private_rooms:
            text = "this server has no place for more private rooms"
            raise RequestError("too_many_rooms", text, limit="private_rooms")
        wall = self._access.clock()
        waiting = {
            name: made
            for name, made in self._unanswered.get(other.id, {}).items()
            if made > wall - ANSWER_TIME
        }
        if len(waiting) >= UNANSWERED:
            retry_ms = max(1, min(waiting.values()) + ANSWER_TIME - wall)
            raise RequestError("busy", "too many have written to this person just now", retry_ms)
        self._unanswered[other.id] = waiting

    def _reached(self, person_id: str) -> list[Recipient]:
        """Return the connections of a person that may be in a room for two.

        Not those that were let in by what names other rooms, nor of who is banned everywhere.
        """
        standing, states = self._access.standing, self._connections
        return [
            client
            for client in self._people.connections_of(person_id)
            if states[client].grant.limits_to is None
            and not standing(SERVER, person_id, client.address).is_banned
        ]

    def note_said(self, room: str, person: Person | None) -> None:
        """Take in that somebody has said something: they have answered, if they were to."""
        waiting = self._unanswered.get(person.id) if person else None
        if waiting:
            waiting.pop(room, None)

    def invite(self, kept: ActKept, act: acts.Admitted) -> None:
        """Tell the second person that there is a room, where they may be in it; it is kept now."""
        governed = self._access.registry.governed(act.about)
        if governed is None or governed.admitted_by != kept.seq:
            return  # both asked for it in the same moment
        me, other = act.people
        self._unanswered.setdefault(other.id, {})[act.about] = kept.ts  # made at any node
        told = answers.Invited(room=act.about, title=me.nick, who=me)
        for client in self._reached(other.id):
            self._turn.reply(client, told)

    def listed(self, person_id: str) -> list[answers.PrivateRoom]:
        """Return the latest rooms for two that a person has."""
        rooms = self._access.registry.admitted_to(person_id)[-LISTED:]
        return [answers.PrivateRoom(room, self._access.title(room, person_id)) for room in rooms]
