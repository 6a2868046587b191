"""Rules of a room by itself; how it is used is tested with the chat."""

import msgspec

from tests.unit.members import Listener
from trio_chat.core import room
from trio_chat.core.room import Room
from trio_chat.delivery.outbox import Readiness
from trio_chat.journal.types import Committed, RoomState
from trio_chat.protocol import events
from trio_chat.protocol.dialects import plain, v1
from trio_chat.protocol.events import Person

ANN, BOB = Person("a", "Ann"), Person("b", "Bob")


class Place(Room):
    """A room that counts how often it has news."""

    def __init__(self, state: RoomState, recent_limit: int = 3) -> None:
        self.news = 0
        super().__init__(state, recent_limit, Readiness(), self._count, lambda seconds, do: None)

    def _count(self, itself: Room) -> None:
        assert itself is self
        self.news += 1

    def says(self, seq: int, text: str = "x") -> bytes:
        """Let a message with this number be committed."""
        event = events.Message(room="tea", seq=seq, ts=1, who=ANN, text=text)
        self.take(Committed(event, events.encode(event)))
        return events.encode(event)


def empty() -> Place:
    return Place(RoomState("tea", 1, 0, "", ()))


def missed(place: Room, after: int) -> list[int] | None:
    """Return the numbers of what somebody missed, as a v1 client gets it."""
    frames = place.missed(after, v1)
    if frames is None:
        return None
    wire = [
        entry for frame in frames for entry in msgspec.json.decode(v1.array(frame.payload or b""))
    ]
    return [entry["seq"] for entry in wire]


def test_the_latest_events_are_at_hand() -> None:
    """At most so many; who asks for more has to look elsewhere."""
    place = empty()
    assert missed(place, 0) == []
    for seq in range(1, 6):
        place.says(seq)
    assert place.last == 5
    assert [missed(place, after) for after in range(6)] == [
        *(None, None),
        *([3, 4, 5], [4, 5], [5], []),
    ]


def test_all_who_come_back_from_the_same_number_get_the_same_frames() -> None:
    """A thousand of them cost one encoding; a new event makes new ones."""
    place = empty()
    place.says(1)
    first = place.missed(0, v1)
    assert place.missed(0, v1) is first
    place.says(2)
    assert missed(place, 0) == [1, 2]


def test_what_is_at_hand_is_bounded_in_bytes_too() -> None:
    """A few long messages do not take the memory of many short ones."""
    place = Place(RoomState("tea", 1, 0, "", ()), recent_limit=1000)
    text = "x" * (room.RECENT_BYTES // 2)
    for seq in range(1, 4):
        place.says(seq, text)
    assert missed(place, 2) == [3]
    assert missed(place, 1) is None
    loaded = [(seq, b"x" * (room.RECENT_BYTES // 2)) for seq in (1, 2, 3)]
    place = Place(RoomState("tea", 1, 3, "", loaded), recent_limit=1000)
    assert len(place._recent) == 2


def test_what_the_journal_forgets_is_not_at_hand() -> None:
    """Neither replayed; an older word of it changes nothing."""
    place = empty()
    for seq in range(1, 4):
        place.says(seq)
    assert missed(place, 0) == [1, 2, 3]
    place.forget_before(3)
    place.forget_before(2)
    assert place.first == 3
    assert missed(place, 2) == [3]
    assert missed(place, 0) is None
    place.forget_before(4)
    assert missed(place, 3) == []


def test_news_are_announced_once_until_they_are_told() -> None:
    """However much happens."""
    place = empty()
    place.says(1)
    place.enter(ANN, Listener(v1))
    assert place.news == 1
    assert list(place.frames()) == []
    place.says(2)
    assert place.news == 2


def test_each_dialect_hears_of_it_in_its_own_words() -> None:
    """All of its members get the same frame; nobody is told nothing."""
    place = empty()
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


def test_who_is_here_is_known_by_id_and_counted_once() -> None:
    """Guests have no names."""
    place = empty()
    one, two, guest = Listener(v1), Listener(v1), Listener(plain)
    assert place.is_empty
    place.enter(ANN, one)
    place.enter(ANN, two)
    place.enter(BOB, two)
    place.admit(guest)
    assert (place.guests, place.population, place.is_empty) == (1, 3, False)
    assert msgspec.json.decode(place.member_list()) == [
        {"id": "a", "nick": "Ann"},
        {"id": "b", "nick": "Bob"},
    ]
    assert place.member_list() is place.member_list()
    place.know(Person("b", "Rob"))
    assert b"Rob" in bytes(place.member_list())


def test_who_is_missed_is_gone_when_the_time_is_over() -> None:
    """And the room is empty then."""
    place = empty()
    one = Listener(v1)
    place.enter(ANN, one)
    place.admit(one)
    assert place.has(one)
    place.dismiss(one)
    place.dismiss(Listener(plain))
    assert not place.has(one)
    assert not place.has(Listener(plain))
    assert not place.is_missed("a", 1000)
    place.lose("a", one, 10)
    assert not place.is_missed("a", 9)
    assert place.is_missed("a", 10)
    assert not place.is_empty
    place.part("a")
    assert place.is_empty


def test_a_topic_is_remembered() -> None:
    """For those who join later."""
    place = empty()
    topic = events.Topic(room="tea", seq=1, ts=1, who=ANN, text="Milk?")
    place.take(Committed(topic, events.encode(topic)))
    assert (place.topic, place.last) == ("Milk?", 1)


def test_a_deletion_rewrites_what_is_at_hand() -> None:
    """Nothing else of it changes."""
    place = empty()
    place.says(1, "a secret")
    place.says(2, "no secret")
    gone = events.Delete(room="tea", seq=3, ts=1, who=ANN, target=1)
    bare = events.Message(room="tea", seq=1, ts=1, who=ANN, text="", deleted=True)
    place.take(Committed(gone, events.encode(gone), [(1, events.encode(bare))]))
    [frame] = place.missed(0, v1) or ()
    assert b"a secret" not in (frame.payload or b"")
    assert b"no secret" in (frame.payload or b"")
    assert missed(place, 0) == [1, 2, 3]


def test_frames_are_kept_for_a_few_who_missed_different_things() -> None:
    """Not for everybody: the memory that takes is bounded."""
    place = Place(RoomState("tea", 1, 0, "", ()), recent_limit=1000)
    for seq in range(1, 2 * room.REPLAYS + 1):
        place.says(seq)
    for after in range(2 * room.REPLAYS):
        assert missed(place, after) == [*range(after + 1, 2 * room.REPLAYS + 1)]
        assert len(place._replays) <= room.REPLAYS
