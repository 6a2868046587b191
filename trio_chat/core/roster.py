"""The roster of a room: who is in it, whom its list shows, and what is to be told of that."""

from collections import OrderedDict
from collections.abc import Callable, Mapping

import msgspec

from trio_chat.delivery.recipient import Recipient
from trio_chat.protocol import answers, events
from trio_chat.protocol.events import Person

CROWD = 100  # people; among so many, presence is told late, and
CROWD_PAUSE = 0.2  # seconds later, all that changed in one frame; or more in a very large room, as
TELLINGS = 10_000  # members are told of presence in a second
MEMBER_LIST_BYTES = 64 * 1024  # of the list of people in an answer; a longer one is cut

People = Mapping[str, tuple[Person, bool]]  # by their ids, and whether they came quietly


class Roster:
    """The people of one room, by whichever node they are here.

    Args:
        room_name: Whose people they are.
        listed_limit: How many are listed; the others are counted.
        tell: Has all members of the room told of something.
        delay: Has something called so many seconds later.
        pace: Returns how many seconds later so many members are to be told of presence.
    """

    def __init__(
        self,
        room_name: str,
        listed_limit: int,
        tell: Callable[[events.Event], None],
        delay: Callable[[float, Callable[[], None]], None],
        pace: Callable[[int], float],
    ) -> None:
        self._room_name = room_name
        self._listed_limit = listed_limit
        self._tell = tell
        self._delay = delay
        self._pace = pace
        self._people: dict[str, set[Recipient]] = {}  # connections of each person
        self._elsewhere: dict[str, Person] = {}  # who is here by other nodes
        self._gone_at: dict[str, float] = {}  # when those without a connection have left
        self._listed: dict[str, Person] = {}
        self._unlisted: OrderedDict[str, Person] = OrderedDict()  # those who came first in front
        self._quiet: set[str] = set()  # people of whose coming nobody was told
        self._untold: dict[str, Person] = {}  # people as they are called, which nobody was told
        self._members: Mapping[str, Person] | None = None
        self._told_members: Mapping[str, Person] | None = None  # while changes wait to be told
        self._member_list: tuple[msgspec.Raw, int] | None = None
        self._moves: list[events.Presence | events.Renamed] = []  # that are still to be told
        self._is_recounted = False  # whether the number of people is to be told
        self._is_pausing = False  # whether the members are told of presence later
        self.count = 0  # people who are here, by whichever node

    @property
    def is_empty(self) -> bool:
        """Whether nobody is here by this node."""
        return not self._people

    # Who is here

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
        self.count += 1
        was_cut = self.is_cut
        if is_quiet:
            self._quiet.add(person.id)
        self._unlisted[person.id] = person
        self._list_more(was_cut=was_cut)

    def follow(self, people: People) -> None:
        """Take in who is here by other nodes."""
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
        self.count -= 1
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
            self._moves.append(events.Presence(room=self._room_name, who=who, state="left"))
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
                self._moves.append(events.Presence(room=self._room_name, who=who, state="joined"))
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
            events.Presence(room=self._room_name, who=who, state="joined")
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
            self._moves.append(events.Renamed(room=self._room_name, who=person))
            self._tell_moves_soon()

    def introduce(self, person_id: str) -> None:
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

    # Whom the list shows

    @property
    def is_cut(self) -> bool:
        """Whether not all people are listed."""
        return bool(self._unlisted)

    def recount(self) -> events.Population:
        """Return what tells how many people are here."""
        return events.Population(room=self._room_name, count=self.count)

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
        return raw, 0 if shown == self.count else self.count

    def _encode_members(self) -> tuple[msgspec.Raw, int]:
        """Return the list of people, encoded, cut where it gets too long; how many are on it."""
        people = list(self._listed.values())
        while len(encoded := answers.encode(people)) > MEMBER_LIST_BYTES:
            del people[len(people) * MEMBER_LIST_BYTES // len(encoded) :]
        return msgspec.Raw(encoded), len(people)

    # What is told of them

    def _tell_moves_soon(self) -> None:
        """Tell who came, left or was renamed; in a crowd, together with others.

        Otherwise a thousand who come one after the other are a million writes. So are those who
        come into many rooms at once: they are told there one room after the other.
        """
        if self._is_pausing:
            return
        is_crowd = self.count >= CROWD
        pause = max(CROWD_PAUSE, self.count / TELLINGS) if is_crowd else self._pace(self.count)
        if pause:
            self._is_pausing = True
            self._delay(pause, self._tell_moves)
        else:
            self._tell_moves()

    def _tell_moves(self) -> None:
        self._is_pausing = False
        moves, self._moves = self._moves, []
        for move in moves:
            self._tell(move)
        if self._is_recounted:
            self._is_recounted = False
            self._tell(self.recount())

    def told(self) -> None:
        """Take in that the members are being told of all that ``tell`` was called with."""
        if not self._moves:
            self._told_members = None
