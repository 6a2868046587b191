"""A room: who is in it, and what its members are told next."""

from collections.abc import Callable, Iterator, Mapping

import msgspec

from trio_chat.core.room_log import RoomLog
from trio_chat.delivery.audience import Audience
from trio_chat.delivery.frames import Frame, pack
from trio_chat.delivery.recipient import Recipient
from trio_chat.limits.bucket import Bucket
from trio_chat.protocol import answers, events
from trio_chat.protocol.dialects.base import Dialect
from trio_chat.protocol.events import Person
from trio_chat.rates import NO_LIMIT, Rate

CROWD = 100  # people; among so many, presence is told late, and
CROWD_PAUSE = 0.2  # seconds later, all that changed in one frame
MEMBER_LIST_BYTES = 64 * 1024  # of the list of people in an answer; a longer one is cut


class Room:
    """One room while a connection or a person is in it; the journal remembers the rest.

    What happens waits until ``frames`` makes it ready for all members.

    Args:
        log: Its numbered events.
        on_news: Is called when something begins to wait.
        delay: Has something called so many seconds later.
        rate: Of messages and changes.
    """

    def __init__(
        self,
        log: RoomLog,
        on_news: Callable[["Room"], None],
        delay: Callable[[float, Callable[[], None]], None],
        rate: Rate = NO_LIMIT,
    ) -> None:
        self.name = log.name
        self.log = log
        self.bucket = Bucket(rate)
        self.has_numbered_news = False  # whether any of what waits has a number
        self._audiences: dict[Dialect, Audience] = {}  # who gets what happens
        self._holds = 0  # catch-ups that keep the room open
        self._people: dict[str, set[Recipient]] = {}  # connections of each person
        self._gone_at: dict[str, float] = {}  # when those without a connection have left
        self._persons: dict[str, Person] = {}
        self._members: Mapping[str, Person] | None = None
        self._told_members: Mapping[str, Person] | None = None  # while changes wait to be told
        self._member_list: tuple[msgspec.Raw, int] | None = None
        self._on_news = on_news
        self._delay = delay
        self._moves: list[events.Presence] = []  # in a crowd, who came and went lately
        self._news: list[tuple[events.Event, bytes | None]] = []

    # Who is here

    def hold(self) -> None:
        """Keep the room open for one more catch-up."""
        self._holds += 1

    def release(self) -> None:
        """Let the room close as far as one catch-up is concerned."""
        self._holds -= 1

    @property
    def is_empty(self) -> bool:
        """Whether it can be forgotten."""
        return not self._holds and not self._people

    @property
    def population(self) -> int:
        """How many are here: named people, and connections without a name."""
        return len(self._people) + self.guests

    @property
    def guests(self) -> int:
        """How many connections are here that speak without a name."""
        return sum(
            len(audience)
            for dialect, audience in self._audiences.items()
            if not dialect.needs_hello and not dialect.only_listens
        )

    def admit(self, member: Recipient) -> None:
        """From now on the member gets what happens here."""
        if member.dialect not in self._audiences:
            self._audiences[member.dialect] = Audience()
        self._audiences[member.dialect].add(member)

    def dismiss(self, member: Recipient) -> None:
        """Let a member go, who gets nothing more."""
        if member.dialect in self._audiences:
            self._audiences[member.dialect].discard(member)

    def readers(self) -> list[Recipient]:
        """Return the members that count numbers, and can read on in the journal."""
        return [
            member
            for dialect, audience in self._audiences.items()
            for member in audience
            if dialect.knows_numbers
        ]

    def enter(self, person: Person, member: Recipient) -> None:
        """Take a person in, by one more connection."""
        if person.id not in self._people:
            self._people[person.id] = set()
            self.rename(person)
            self._tell_move(events.Presence(room=self.name, who=person, state="joined"))
        self._people[person.id].add(member)
        self._gone_at.pop(person.id, None)

    def lose(self, person_id: str, member: Recipient, until: float) -> None:
        """Let a connection go; a person without any has left at a time, unless one comes back."""
        connections = self._people.get(person_id)
        if connections is not None:
            connections.discard(member)
            if not connections:
                self._gone_at[person_id] = until

    def part(self, person_id: str, now: float) -> bool:
        """Let a person go whose time is over; return whether they are not here any more."""
        if self._gone_at.get(person_id, float("inf")) <= now:
            del self._people[person_id]
            del self._gone_at[person_id]
            self._change_members()
            person = self._persons.pop(person_id)
            self._tell_move(events.Presence(room=self.name, who=person, state="left"))
        return person_id not in self._people

    def rename(self, person: Person) -> None:
        """Call a person by this nick from now on, also where it is still to be told of them."""
        self._change_members()
        self._persons[person.id] = person
        self._moves = [
            msgspec.structs.replace(move, who=person) if move.who.id == person.id else move
            for move in self._moves
        ]

    def _change_members(self) -> None:
        """Remember whom the members know of, before that changes."""
        if self._told_members is None:
            self._told_members = self.members()
        self._members = self._member_list = None

    def told_members(self) -> Mapping[str, Person]:
        """Return the people of whom the members know; changes that wait are not in it yet."""
        return self.members() if self._told_members is None else self._told_members

    def members(self) -> Mapping[str, Person]:
        """Return the people who are here; the same object until that changes."""
        if self._members is None:
            self._members = dict(self._persons)
        return self._members

    def member_list(self) -> tuple[msgspec.Raw, int]:
        """Return the people who are here, encoded once for many; how many, if the list is cut."""
        if self._member_list is None:
            parts = [answers.encode(person) for person in self._persons.values()]
            size = shown = 0
            while shown < len(parts) and size + len(parts[shown]) < MEMBER_LIST_BYTES:
                size += len(parts[shown]) + 1
                shown += 1
            raw = msgspec.Raw(b"[%b]" % b",".join(parts[:shown]))
            self._member_list = raw, 0 if shown == len(parts) else len(parts)
        return self._member_list

    def _tell_move(self, presence: events.Presence) -> None:
        """Tell that somebody came or left; in a crowd, together with others who do.

        Otherwise a thousand who come one after the other are a million writes.
        """
        if not self._moves and len(self._people) < CROWD:
            self.tell(presence)
            return
        if not self._moves:
            self._delay(CROWD_PAUSE, self._tell_moves)
        self._moves.append(presence)

    def _tell_moves(self) -> None:
        moves, self._moves = self._moves, []
        for presence in moves:
            self.tell(presence)

    # What happens here

    def tell(self, event: events.Event, data: bytes | None = None) -> None:
        """Let all members know of an event, with the next frames; ``data`` is how it is kept."""
        if not self._news:
            self._on_news(self)
        self._news.append((event, data))
        self.has_numbered_news = self.has_numbered_news or data is not None

    def frames(self) -> Iterator[tuple[Frame, Audience]]:
        """Yield what has happened since the last call, for the members of each dialect."""
        news, self._news = self._news, []
        self.has_numbered_news = False
        if not self._moves:
            self._told_members = None
        for dialect, audience in self._audiences.items():
            if news and audience:
                payloads = (dialect.tell(event, data) for event, data in news)
                for frame in pack((data for data in payloads if data is not None), dialect):
                    yield frame, audience
