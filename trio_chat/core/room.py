"""A room: who is in it, how far it has come, and its latest events, ready to be sent."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence

import msgspec

from trio_chat.delivery.audience import Audience
from trio_chat.delivery.frames import Frame, pack
from trio_chat.delivery.outbox import Readiness
from trio_chat.delivery.recipient import Recipient
from trio_chat.journal.types import Committed, RoomState
from trio_chat.protocol import answers, events
from trio_chat.protocol.dialects.base import Dialect
from trio_chat.protocol.events import Person, decode

TOLD_AT_ONCE = 256 * 1024  # bytes that others have written; an outbox takes more
REPLAYS = 16  # sets of frames that are kept for those who missed the same
RECENT_BYTES = 1024 * 1024  # of the events of a room that are kept at hand
CROWD = 100  # people and more: who comes and goes among them can be told a little later, and
CROWD_PAUSE = 0.2  # seconds later it is, of all who came and went until then in one frame


class Room:
    """One room while somebody is in it; what it must remember is in the journal.

    Its events wait in ``told`` until ``frames`` makes them ready for all members.

    Args:
        state: What the journal knows of it.
        recent_limit: How many events are kept at hand for those who come back.
        readiness: Tells whether any client began or ceased to be ready.
        on_news: Is called when something waits to be told.
        delay: Has something done so many seconds later.
    """

    def __init__(
        self,
        state: RoomState,
        recent_limit: int,
        readiness: Readiness,
        on_news: Callable[["Room"], None],
        delay: Callable[[float, Callable[[], None]], None],
    ) -> None:
        self.name = state.name
        self.audiences: dict[Dialect, Audience] = {}  # who gets what happens
        self.people: dict[str, set[Recipient]] = {}  # connections of each person
        self._missed_at: dict[str, float] = {}  # when those without a connection count as gone
        self._persons: dict[str, Person] = {}
        self._members_raw: msgspec.Raw | None = None
        self._recent_limit = recent_limit
        self._readiness = readiness
        self._on_news = on_news
        self._delay = delay
        self._moves: list[events.Presence] = []  # in a crowd, who came and went lately
        self._replays: dict[tuple[Dialect, int], Sequence[Frame]] = {}
        self._told: list[tuple[events.Event, bytes | None]] = []
        self._stand(state)

    def _stand(self, state: RoomState) -> None:
        """Stand as the journal says."""
        self.first = state.first
        self.last = state.last
        self.topic = state.topic
        self._recent: deque[tuple[int, bytes]] = deque(state.recent)
        self._recent_size = sum(len(data) for _, data in state.recent)
        self._replays.clear()
        self._shrink()

    @property
    def is_empty(self) -> bool:
        """Whether it can be forgotten."""
        return not any(self.audiences.values()) and not self.people

    @property
    def population(self) -> int:
        """How many are here: named people, and connections without a name."""
        return len(self.people) + self.guests

    @property
    def guests(self) -> int:
        """How many connections are here that speak without a name."""
        return sum(
            len(audience)
            for dialect, audience in self.audiences.items()
            if not dialect.needs_hello and not dialect.only_listens
        )

    # Who is here

    def admit(self, member: Recipient) -> None:
        """From now on the member gets what happens here."""
        if member.dialect not in self.audiences:
            self.audiences[member.dialect] = Audience(self._readiness)
        self.audiences[member.dialect].add(member)

    def has(self, member: Recipient) -> bool:
        """Whether the member gets what happens here."""
        return member.dialect in self.audiences and member in self.audiences[member.dialect]

    def dismiss(self, member: Recipient) -> None:
        """Let a member go, who gets nothing more."""
        if member.dialect in self.audiences:
            self.audiences[member.dialect].discard(member)

    def readers(self) -> list[Recipient]:
        """Return the members that count numbers, and can read on in the journal."""
        return [
            member
            for dialect, audience in self.audiences.items()
            for member in audience
            if dialect.knows_numbers
        ]

    def enter(self, person: Person, member: Recipient) -> None:
        """Take a person in, by one more connection."""
        if person.id not in self.people:
            self.people[person.id] = set()
            self.know(person)
            self._tell_move(events.Presence(room=self.name, who=person, state="joined"))
        self.people[person.id].add(member)
        self._missed_at.pop(person.id, None)

    def lose(self, person_id: str, member: Recipient, until: float) -> None:
        """Let a connection go; a person without any is missed from a time on."""
        self.people[person_id].discard(member)
        if not self.people[person_id]:
            self._missed_at[person_id] = until

    def is_missed(self, person_id: str, now: float) -> bool:
        """Whether a person has not been here for too long."""
        return self._missed_at.get(person_id, float("inf")) <= now

    def part(self, person_id: str) -> None:
        """Let a person go, who is here no longer."""
        del self.people[person_id]
        del self._missed_at[person_id]
        person = self._persons.pop(person_id)
        self._members_raw = None
        self._tell_move(events.Presence(room=self.name, who=person, state="left"))

    def _tell_move(self, presence: events.Presence) -> None:
        """Tell that somebody came or went; in a crowd, together with others who do.

        Otherwise a thousand who come one after the other are a million writes.
        """
        if not self._moves and len(self.people) < CROWD:
            self.tell(presence)
            return
        if not self._moves:
            self._delay(CROWD_PAUSE, self._tell_moves)
        self._moves.append(presence)

    def _tell_moves(self) -> None:
        moves, self._moves = self._moves, []
        for presence in moves:
            self.tell(presence)

    def know(self, person: Person) -> None:
        """Call a person by this nick from now on."""
        self._persons[person.id] = person
        self._members_raw = None

    def member_list(self) -> msgspec.Raw:
        """Return the people who are here, encoded once for many."""
        if self._members_raw is None:
            self._members_raw = answers.raw(list(self._persons.values()))
        return self._members_raw

    # What happens here

    def tell(self, event: events.Event, data: bytes | None = None) -> None:
        """Let all members know of an event, with the next frames."""
        if not self._told:
            self._on_news(self)
        self._told.append((event, data))

    def take(self, committed: Committed) -> bool:
        """Take an event in that the journal has numbered, and tell of it.

        Returns:
            ``False`` if something is missing before it, which others have written: it is to be
            loaded together with that then.
        """
        event, data, rewritten, first, is_partial = committed
        if event.seq != self.last + 1:
            return False
        self.last = event.seq
        if first is not None:
            self.forget_before(first)
        if isinstance(event, events.Topic):
            self.topic = event.text
        if is_partial:  # what is at hand may have a text that was deleted; the journal has not
            self._recent.clear()
            self._recent_size = 0
        if rewritten:
            changed = dict(rewritten)
            self._recent = deque((seq, changed.get(seq, old)) for seq, old in self._recent)
            self._recent_size = sum(len(data) for _, data in self._recent)
        self._recent.append((event.seq, data))
        self._recent_size += len(data)
        self._replays.clear()
        self._shrink()
        self.tell(event, data)
        return True

    def follow(self, state: RoomState) -> bool:
        """Take in what others have written, and tell of it.

        Returns:
            ``False`` if it is too much to be told at once. Nothing of it is then.
        """
        news = [(decode(data), data) for seq, data in state.recent if seq > self.last]
        is_all = len(news) == state.last - self.last
        is_little = sum(len(data) for _, data in news) <= TOLD_AT_ONCE
        self._stand(state)
        if is_all and is_little:
            for event, data in news:
                if event:
                    self.tell(event, data)
        return is_all and is_little

    def forget_before(self, first: int) -> None:
        """Follow the journal, which has forgotten what was before a number."""
        self.first = max(self.first, first)
        while self._recent and self._recent[0][0] < first:
            self._drop_oldest()
        self._replays.clear()

    def missed(self, after: int, dialect: Dialect) -> Sequence[Frame] | None:
        """Return what followed a number, the same frames for all who ask; ``None``: not at hand."""
        at_hand = self._recent[0][0] if self._recent else self.last + 1
        if after + 1 < at_hand:
            return None
        wanted = dialect, after
        if wanted not in self._replays:
            if len(self._replays) >= REPLAYS:
                self._replays.clear()
            told = (dialect.recall(seq, data) for seq, data in self._recent if seq > after)
            self._replays[wanted] = tuple(pack(told, dialect))
        return self._replays[wanted]

    def frames(self) -> Iterator[tuple[Frame, Audience]]:
        """Yield what has happened since the last call, for the members of each dialect."""
        told, self._told = self._told, []
        for dialect, audience in self.audiences.items():
            if told and audience:
                payloads = (dialect.tell(event, data) for event, data in told)
                for frame in pack((data for data in payloads if data is not None), dialect):
                    yield frame, audience

    def _shrink(self) -> None:
        while len(self._recent) > self._recent_limit or self._recent_size > RECENT_BYTES:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        _, data = self._recent.popleft()
        self._recent_size -= len(data)
