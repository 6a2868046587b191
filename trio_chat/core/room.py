"""A room: who is in it, and what its members are told next."""

from collections import OrderedDict
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
CROWD_PAUSE = 0.2  # seconds later, all that changed in one frame; or more in a very large room, as
TELLINGS = 10_000  # members are told of presence in a second
MEMBER_LIST_BYTES = 64 * 1024  # of the list of people in an answer; a longer one is cut


class Room:
    """One room while a connection or a person is in it; the journal remembers the rest.

    What happens waits until ``frames`` makes it ready for all members.

    Args:
        log: Its numbered events.
        listed_limit: How many people are listed; the others are counted.
        on_news: Is called when something begins to wait.
        delay: Has something called so many seconds later.
        rate: Of messages and changes.
        pace: Returns how many seconds later so many members are to be told of presence.
    """

    def __init__(
        self,
        log: RoomLog,
        listed_limit: int,
        on_news: Callable[["Room"], None],
        delay: Callable[[float, Callable[[], None]], None],
        rate: Rate = NO_LIMIT,
        pace: Callable[[int], float] = lambda _: 0.0,
    ) -> None:
        self.name = log.name
        self.log = log
        self.bucket = Bucket(rate)
        self.has_numbered_news = False  # whether any of what waits has a number
        self._audiences: dict[Dialect, Audience] = {}  # who gets what happens
        self._holds = 0  # catch-ups that keep the room open
        self._people: dict[str, set[Recipient]] = {}  # connections of each person
        self._elsewhere: dict[str, Person] = {}  # who is here by other nodes
        self._named = 0  # people who are here, by whichever node
        self._gone_at: dict[str, float] = {}  # when those without a connection have left
        self._listed: dict[str, Person] = {}
        self._unlisted: OrderedDict[str, Person] = OrderedDict()  # those who came first in front
        self._quiet: set[str] = set()  # people of whose coming nobody was told
        self._untold: dict[str, Person] = {}  # people as they are called, which nobody was told
        self._listed_limit = listed_limit
        self._members: Mapping[str, Person] | None = None
        self._told_members: Mapping[str, Person] | None = None  # while changes wait to be told
        self._member_list: tuple[msgspec.Raw, int] | None = None
        self._on_news = on_news
        self._delay = delay
        self._pace = pace
        self._moves: list[events.Presence | events.Renamed] = []  # that are still to be told
        self._is_recounted = False  # whether the number of people is to be told
        self._is_pausing = False  # whether the members are told of presence later
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
        return self._named + self.guests

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

    def enter(self, person: Person, member: Recipient, *, is_quiet: bool = False) -> None:
        """Take a person in, by one more connection; of a quiet one others learn the number alone.

        Whoever joins later sees them on the list, and all are told when they leave.
        """
        if person.id not in self._people:
            self._people[person.id] = set()
            if person.id not in self._elsewhere:
                self._list(person, is_quiet=is_quiet)
        self._people[person.id].add(member)
        self._gone_at.pop(person.id, None)

    def _list(self, person: Person, *, is_quiet: bool = False) -> None:
        """Put somebody on the list who was not here."""
        self._named += 1
        was_cut = self.is_cut
        if is_quiet:
            self._quiet.add(person.id)
        self._unlisted[person.id] = person
        self._list_more(was_cut=was_cut)

    def follow(self, people: Mapping[str, tuple[Person, bool]]) -> None:
        """Take in who is here by other nodes, by their ids, and whether they came quietly."""
        for id in [id for id in self._elsewhere if id not in people]:
            del self._elsewhere[id]
            if id not in self._people:
                self._forget(id)
        for id, (person, is_quiet) in people.items():
            before = self._elsewhere.get(id)
            self._elsewhere[id] = person
            if id in self._people:
                continue  # this node knows how they are called
            if before is None:
                self._list(person, is_quiet=is_quiet)
            elif before != person:
                self.rename(person, is_quiet=is_quiet)

    def own_people(self) -> list[str]:
        """Return the ids of the people who are here by this node, or whose place is held."""
        return [*self._people]

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
            if person_id not in self._elsewhere:
                self._forget(person_id)
        return person_id not in self._people

    def _forget(self, person_id: str) -> None:
        """Take somebody who has left from the list, and put another one on it."""
        self._named -= 1
        was_cut = self.is_cut
        self._untold.pop(person_id, None)
        was_quiet = person_id in self._quiet
        if was_quiet:
            self._quiet.remove(person_id)
            self._is_recounted = True
        if person_id in self._listed:
            self._change_members()
            who = self._listed.pop(person_id)
            who = Person(person_id, "") if was_quiet else who  # some know them from the list
            self._moves.append(events.Presence(room=self.name, who=who, state="left"))
        else:
            del self._unlisted[person_id]
        self._list_more(was_cut=was_cut)

    def _list_more(self, *, was_cut: bool) -> None:
        """Put people on the list while it has room for them, and tell what has changed.

        Whoever is told of the people on the list alone, now or before, is told how many there are.
        """
        while self._unlisted and len(self._listed) < self._listed_limit:
            self._change_members()
            id, who = self._unlisted.popitem(last=False)
            self._listed[id] = who
            if id in self._quiet:
                self._is_recounted = True
            else:
                self._moves.append(events.Presence(room=self.name, who=who, state="joined"))
        self._is_recounted = self._is_recounted or was_cut or self.is_cut
        self._tell_moves_soon()

    def announce(self, stays_quiet: Callable[[str], bool] = lambda _: False) -> None:
        """Tell of those who have come quietly and are still on the list.

        Args:
            stays_quiet: Tells by an id of whom nobody is told yet.
        """
        quiet = {id for id in self._quiet if not stays_quiet(id)}
        self._quiet -= quiet
        self._moves += [
            events.Presence(room=self.name, who=who, state="joined")
            for id, who in self._listed.items()
            if id in quiet
        ]
        self._tell_moves_soon()

    def rename(self, person: Person, *, is_quiet: bool = False) -> None:
        """Call a person by this nick from now on, and tell it behind what is still to be told.

        So nobody is told of a new owner of a nick before the old one has left, or is renamed. With
        ``is_quiet`` others are told when the person speaks, or is renamed again.
        """
        if is_quiet and person.id not in self._quiet:
            self._untold[person.id] = person
            return
        self._untold.pop(person.id, None)
        if person.id in self._unlisted:
            self._unlisted[person.id] = person
        else:
            self._change_members()
            self._listed[person.id] = person
        if person.id not in self._quiet:
            self._moves.append(events.Renamed(room=self.name, who=person))
            self._tell_moves_soon()

    def _introduce(self, person_id: str) -> None:
        """Tell of somebody who speaks what nobody was told of yet: their coming, or their nick."""
        if person_id in self._quiet:
            self.announce(lambda id: id != person_id)
        if person_id in self._untold:
            self.rename(self._untold[person_id])

    def _change_members(self) -> None:
        """Remember whom the members know of, before that changes."""
        if self._told_members is None:
            self._told_members = self.members()
        self._members = self._member_list = None

    def told_members(self) -> Mapping[str, Person]:
        """Return the people of whom the members know; changes that wait are not in it yet."""
        return self.members() if self._told_members is None else self._told_members

    def members(self) -> Mapping[str, Person]:
        """Return the people who are listed; the same object until that changes."""
        if self._members is None:
            self._members = dict(self._listed)
        return self._members

    def member_list(self) -> tuple[msgspec.Raw, int]:
        """Return the list of people, encoded once for many; how many are here, if it is cut."""
        if self._member_list is None:
            self._member_list = self._encode_members()
        raw, shown = self._member_list
        return raw, 0 if shown == self._named else self._named

    def _encode_members(self) -> tuple[msgspec.Raw, int]:
        """Return the list of people, encoded, cut where it gets too long; how many are on it."""
        people = list(self._listed.values())
        while len(encoded := answers.encode(people)) > MEMBER_LIST_BYTES:
            del people[len(people) * MEMBER_LIST_BYTES // len(encoded) :]
        return msgspec.Raw(encoded), len(people)

    def _tell_moves_soon(self) -> None:
        """Tell who came, left or was renamed; in a crowd, together with others.

        Otherwise a thousand who come one after the other are a million writes. So are those who
        come into many rooms at once: they are told there one room after the other.
        """
        if self._is_pausing:
            return
        is_crowd = self._named >= CROWD
        pause = max(CROWD_PAUSE, self._named / TELLINGS) if is_crowd else self._pace(self._named)
        if pause:
            self._is_pausing = True
            self._delay(pause, self._tell_moves)
        else:
            self._tell_moves()

    def _tell_moves(self) -> None:
        self._is_pausing = False
        moves, self._moves = self._moves, []
        for move in moves:
            self.tell(move)
        if self._is_recounted:
            self._is_recounted = False
            self.tell(self.recount())

    @property
    def is_cut(self) -> bool:
        """Whether not all people are listed."""
        return bool(self._unlisted)

    def recount(self) -> events.Population:
        """Return what tells how many people are here."""
        return events.Population(room=self.name, count=self._named)

    # What happens here

    def tell(self, event: events.Event, data: bytes | None = None) -> None:
        """Let all members know of an event, with the next frames; ``data`` is how it is kept."""
        if (self._quiet or self._untold) and isinstance(event, events.Message) and event.who:
            self._introduce(event.who.id)
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
