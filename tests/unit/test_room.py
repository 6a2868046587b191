"""Rules of a room by itself; how it is used is tested with the chat."""

from collections.abc import Callable

import msgspec

from tests.unit.members import Listener
from trio_chat.core.memory_budget import MemoryBudget
from trio_chat.core.room import Room
from trio_chat.core.room_log import Budgets, RoomLog, Sizes
from trio_chat.core.roster import CROWD, MEMBER_LIST_BYTES
from trio_chat.journal.types import Committed, RoomState
from trio_chat.protocol import events
from trio_chat.protocol.dialects import plain, v1
from trio_chat.protocol.events import Person

ANN, BOB = Person("a", "Ann"), Person("b", "Bob")


class Place(Room):
    """A room that counts how often it has news, and keeps what it wants to do later."""

    def __init__(self, limit: int = 1000) -> None:
        self.news = 0
        self.later: list[Callable[[], None]] = []
        budgets = Budgets(MemoryBudget(10**6), MemoryBudget(10**6))
        log = RoomLog(RoomState("tea", 1, 0, "", ()), Sizes(3, 10**6, 10**6), budgets)
        super().__init__(log, limit, self._count, lambda seconds, call: self.later.append(call))

    def _count(self, itself: Room) -> None:
        assert itself is self
        self.news += 1

    def says(self, seq: int, text: str = "x") -> bytes:
        """Let a message with this number be committed."""
        event = events.Message(room="tea", seq=seq, ts=1, who=ANN, text=text)
        for told in self.log.take(Committed(event, events.encode(event))) or ():
            self.tell(*told)
        return events.encode(event)


def test_news_are_announced_once_until_they_are_told() -> None:
    """However much happens."""
    place = Place()
    place.says(1)
    place.roster.enter(ANN, Listener(v1))
    assert place.news == 1
    assert list(place.frames()) == []
    place.says(2)
    assert place.news == 2


def test_news_without_a_number_are_known_from_those_with_one() -> None:
    """Whoever catches up must not get what has a number twice."""
    place = Place()
    place.tell(events.Typing(room="tea", who=ANN))
    assert not place.has_numbered_news
    place.says(1)
    place.tell(events.Typing(room="tea", who=ANN))
    assert place.has_numbered_news
    assert list(place.frames()) == []
    assert not place.has_numbered_news


def test_each_dialect_hears_of_it_in_its_own_words() -> None:
    """All of its members get the same frame; nobody is told nothing."""
    place = Place()
    place.admit(Listener(v1))
    place.admit(Listener(plain))
    gone = Listener(plain)
    place.admit(gone)
    place.dismiss(gone)
    place.tell(events.Typing(room="tea", who=ANN))
    assert [len(audience) for _, audience in place.frames()] == [1]
    data = place.says(1)
    assert [frame.payload for frame, _ in place.frames()] == [data, b"Ann: x"]
    assert list(place.frames()) == []


def test_an_audience_without_members_costs_no_frame() -> None:
    """Nothing is encoded for nobody."""
    place = Place()
    gone = Listener(v1)
    place.dismiss(gone)
    place.admit(gone)
    place.dismiss(gone)
    place.says(1)
    assert list(place.frames()) == []


def test_those_who_count_numbers_are_known() -> None:
    """They can read on in the journal."""
    place = Place()
    reader, guest = Listener(v1), Listener(plain)
    place.admit(reader)
    place.admit(guest)
    assert place.readers() == [reader]


def test_who_is_here_is_known_by_id_and_counted_once() -> None:
    """Guests have no names."""
    place = Place()
    one, two, guest = Listener(v1), Listener(v1), Listener(plain)
    assert place.is_empty
    place.roster.enter(ANN, one)
    place.roster.enter(ANN, two)
    place.roster.enter(BOB, two)
    place.admit(guest)
    assert (place.guests, place.population, place.is_empty) == (1, 3, False)
    members, count = place.roster.member_list()
    assert msgspec.json.decode(members) == [{"id": "a", "nick": "Ann"}, {"id": "b", "nick": "Bob"}]
    assert count == 0
    assert place.roster.member_list()[0] is members
    assert place.roster.members() is place.roster.members()
    place.roster.rename(Person("b", "Rob"))
    assert b"Rob" in bytes(place.roster.member_list()[0])
    assert place.roster.members()["b"].nick == "Rob"


def test_a_long_list_of_people_is_cut() -> None:
    """Then it is told how many there are."""
    place = Place()
    people = [Person(str(number), "x" * 1000) for number in range(MEMBER_LIST_BYTES // 1000 + 9)]
    for person in people:
        place.roster.enter(person, Listener(v1))
    members, count = place.roster.member_list()
    assert len(bytes(members)) <= MEMBER_LIST_BYTES + 2
    assert 0 < len(msgspec.json.decode(members)) < len(people) == count


def test_who_is_missed_is_gone_when_the_time_is_over() -> None:
    """Not before, nor if they have come back."""
    place = Place()
    one = Listener(v1)
    place.roster.enter(ANN, one)
    assert not place.roster.part("a", 1000)
    place.roster.lose("a", one, 10)
    assert not place.roster.part("a", 9)
    place.roster.enter(ANN, one)
    assert not place.roster.part("a", 1000)
    place.roster.lose("a", one, 10)
    assert not place.is_empty
    assert place.roster.part("a", 10)
    assert place.roster.part("a", 11)
    assert place.is_empty


def test_losing_somebody_who_is_not_here_changes_nothing() -> None:
    """Nor does losing one of several connections of a person."""
    place = Place()
    one, two = Listener(v1), Listener(v1)
    place.roster.lose("a", one, 10)
    place.roster.enter(ANN, one)
    place.roster.enter(ANN, two)
    place.roster.lose("a", one, 10)
    assert not place.roster.part("a", 1000)


def test_a_catch_up_holds_a_room_open() -> None:
    """Until the last one lets it go."""
    place = Place()
    place.hold()
    place.hold()
    place.release()
    assert not place.is_empty
    place.release()
    assert place.is_empty


def test_a_crowd_that_moves_is_told_together() -> None:
    """With one delay for all who came meanwhile, in their order."""
    place = Place()
    for number in range(CROWD + 2):
        place.roster.enter(Person(str(number), f"n{number}"), Listener(v1))
    assert len(place.later) == 1
    audience = Listener(v1)
    place.admit(audience)
    list(place.frames())
    place.later.pop()()
    [(frame, _)] = place.frames()
    told = msgspec.json.decode(v1.array(frame.payload or b""))
    nicks = [entry["who"]["nick"] for entry in told]
    assert nicks == [f"n{n}" for n in range(CROWD - 1, CROWD + 2)]


def told_of(place: Place) -> list[tuple[str, object]]:
    """Return what the members are told: a state and a nick, a nick, or how many there are."""
    told = [
        entry
        for frame, _ in place.frames()
        for entry in msgspec.json.decode(v1.array(frame.payload or b""))
    ]
    return [
        ("count", entry["count"])
        if entry["t"] == "population"
        else (entry.get("state", "nick"), entry["who"]["nick"])
        for entry in told
    ]


def test_people_beyond_the_limit_are_counted() -> None:
    """They come onto the list, and are told, when somebody on it leaves; names are kept right."""
    place = Place(2)
    one = Listener(v1)
    place.admit(one)
    for id in "abc":
        place.roster.enter(Person(id, id), one)
    assert told_of(place) == [("joined", "a"), ("joined", "b"), ("count", 3)]
    members, count = place.roster.member_list()
    assert ([who["id"] for who in msgspec.json.decode(members)], count) == (["a", "b"], 3)
    assert (place.population, place.roster.is_cut, list(place.roster.members())) == (
        3,
        True,
        ["a", "b"],
    )
    place.roster.rename(Person("c", "cee"))
    place.roster.enter(Person("d", "d"), one)
    place.roster.lose("d", one, 0)
    place.roster.part("d", 0)
    assert told_of(place) == [("nick", "cee"), ("count", 4), ("count", 3)]
    place.roster.lose("a", one, 0)
    place.roster.part("a", 0)
    assert told_of(place) == [("left", "a"), ("joined", "cee"), ("count", 2)]
    assert not place.roster.is_cut
    assert place.roster.member_list()[1] == 0
    place.roster.lose("b", one, 0)
    place.roster.part("b", 0)
    assert told_of(place) == [("left", "b")]


def test_the_cost_of_a_newcomer_does_not_grow_with_the_room() -> None:
    """Those beyond the limit change no list, and are told of in one count."""
    place = Place(CROWD)
    one = Listener(v1)
    for number in range(CROWD):
        place.roster.enter(Person(str(number), f"n{number}"), one)
    while place.later:
        place.later.pop()()
    list(place.frames())
    members, _ = place.roster.member_list()
    for number in range(CROWD, 100_000):
        place.roster.enter(Person(str(number), f"n{number}"), one)
        assert place.roster.member_list() == (members, number + 1)
    assert len(place.roster.members()) == CROWD
    place.admit(one)
    place.later.pop()()
    assert place.later == []
    assert told_of(place) == [("count", 100_000)]
