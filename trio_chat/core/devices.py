"""Devices: the sessions of a person, which of them are over, and whose connections have to end."""

from collections import deque
from collections.abc import Callable, Mapping
from typing import NamedTuple

from trio_chat.config import Config
from trio_chat.core.connection_state import ConnectionState
from trio_chat.core.effects import Turn
from trio_chat.core.people import People
from trio_chat.core.records import Changes
from trio_chat.delivery.recipient import Recipient, Requester
from trio_chat.journal.people import SESSIONS, began
from trio_chat.protocol import answers, requests
from trio_chat.protocol.close import SIGNED_OUT
from trio_chat.protocol.request_error import RequestError

WAITING = 1024  # sign-outs whose records are not kept yet; more are refused
BUSY_MS = 1000  # after which one that was refused may be tried again
ENDED_AT_ONCE = 8  # connections in a turn: a millisecond
DAY = 24 * 60 * 60 * 1000  # milliseconds
UNAVAILABLE = "the session is over, but a restart could bring it back; sign out again"


class _Waiting(NamedTuple):
    """A request to sign out, which is answered once the person's changed record is kept."""

    requester: Requester
    id: answers.Id
    person_id: str


class Devices:
    """Lists the sessions of people and ends them.

    Args:
        turn: Where answers and closes go.
        connections: Those that are registered.
        people: Have the sessions.
        config: ``session_days``, for which sessions are good; 0 for ever.
        clock: The wall clock, in ms since 1970.
        drop: Unregisters a connection; its person stays in the rooms for the grace time.
    """

    def __init__(
        self,
        turn: Turn,
        connections: Mapping[Requester, ConnectionState],
        people: People,
        config: Config,
        clock: Callable[[], int],
        drop: Callable[[ConnectionState], None],
    ) -> None:
        self._turn = turn
        self._connections = connections
        self._people = people
        self._config = config
        self._clock = clock
        self._drop = drop
        self._followers: dict[str, set[Recipient]] = {}  # connections that only read, by person
        self._to_end: deque[ConnectionState] = deque()
        self._waiting: list[_Waiting] = []  # whose records the storage has not got yet
        self._handed: deque[tuple[int, _Waiting]] = deque()  # with the number of the changes it got

    # What is listed

    def tell(
        self, requester: Requester, request: requests.Sessions, person_id: str, here: str
    ) -> None:
        """Answer with the sessions of a person.

        Args:
            requester: Who asks.
            request: What for.
            person_id: Whose sessions.
            here: The id of the session that asks; it is marked in the list.
        """
        record = self._people.records.get(person_id)
        now = self._clock()
        days = self._config.session_days
        oldest = now - days * DAY if days else 0
        online = {state.session for state in self.states(person_id)}
        seen = {id: now if id in online else one.seen for id, one in record.sessions.items()}
        listed = [
            answers.SessionInfo(
                session=id,
                since=began(id),
                seen=seen[id],
                label=record.sessions[id].label,
                here=id == here,
            )
            for id in sorted(seen, key=lambda id: (seen[id], id), reverse=True)
            if seen[id] >= oldest
        ]
        answer = answers.SessionList(id=request.id, sessions=listed[:SESSIONS])
        self._turn.reply(requester, answer)

    # How they end

    def sign_out(self, requester: Requester, request: requests.SignOut, person_id: str) -> None:
        """End a session of a person, or all; the answer comes when that is kept.

        Raises:
            RequestError: there is no such session, or too many wait.
        """
        if len(self._waiting) + len(self._handed) >= WAITING:
            raise RequestError("busy", "too many sign out just now", BUSY_MS)
        record = self._people.records.get(person_id)
        if request.session is None:
            record.end_all(self._clock())
            if request.forget:
                self._people.give_up(person_id)
        elif request.session in record.sessions:
            record.end(request.session)
        elif request.session not in record.ended:
            raise RequestError("not_found", "you have no such session")
        self._people.records.keep(person_id, record)
        self._waiting.append(_Waiting(requester, request.id, person_id))
        asker = self._connections.get(requester)
        self.end_over(person_id, besides=asker)

    def end_over(self, person_id: str, besides: ConnectionState | None = None) -> None:
        """End the connections of a person whose sessions are over.

        Args:
            person_id: Who.
            besides: A connection that waits for an answer, and ends behind it.
        """
        record = self._people.records.get(person_id)
        for state in self.states(person_id):
            if record.is_over(state.session) and not state.is_over:
                state.is_over = True
                if state is not besides:
                    self._to_end.append(state)

    def states(self, person_id: str) -> list[ConnectionState]:
        """Return the connections of a person, those that read as them without a name too."""
        clients = [
            *self._people.connections_of(person_id),
            *self._followers.get(person_id, ()),
        ]
        return [self._connections[one] for one in clients if one in self._connections]

    def follow(self, client: Recipient, person_id: str) -> None:
        """Take in a connection that needs no name and reads as a person."""
        self._followers.setdefault(person_id, set()).add(client)

    def unfollow(self, client: Recipient, person_id: str) -> None:
        """Take in that it is gone."""
        self._followers[person_id].discard(client)
        if not self._followers[person_id]:
            del self._followers[person_id]

    @property
    def has_more(self) -> bool:
        """Whether connections are still to be ended."""
        return bool(self._to_end)

    def end_some(self) -> None:
        """End some connections whose sessions are over; many of them must not hold up others."""
        for _ in range(min(len(self._to_end), ENDED_AT_ONCE)):
            self._end(self._to_end.popleft())

    def _end(self, state: ConnectionState) -> None:
        if state.client in self._connections:
            self._turn.effects.closes.append((state.client, SIGNED_OUT))
            self._drop(state)

    # What the storage tells

    def hand_over(self, changes: Changes) -> None:
        """Take in that changes are on their way to the storage."""
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            if one.person_id in changes.records:
                self._handed.append((changes.number, one))
            else:
                self._waiting.append(one)

    def kept(self, number: int) -> None:
        """Answer who has signed out: all changes up to a number are kept."""
        while self._handed and self._handed[0][0] <= number:
            _, waiting = self._handed.popleft()
            self._answer(waiting, answers.Ok(id=waiting.id))

    def not_kept(self, number: int, retry_ms: int) -> None:
        """Answer who has signed out that changes up to a number could not be kept."""
        while self._handed and self._handed[0][0] <= number:
            _, waiting = self._handed.popleft()
            error = answers.Error(
                id=waiting.id, code="unavailable", text=UNAVAILABLE, retry_ms=retry_ms
            )
            self._answer(waiting, error)

    def _answer(self, waiting: _Waiting, answer: answers.Answer) -> None:
        self._turn.effects.acks[waiting.requester].append(answer)
        state = self._connections.get(waiting.requester)
        if state and state.is_over:
            self._to_end.append(state)
