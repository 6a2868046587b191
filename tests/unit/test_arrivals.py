"""Who came into which room, when, and from where."""

import pytest

from trio_chat.core import arrivals
from trio_chat.core.arrivals import Arrivals
from trio_chat.protocol.events import Person

ANN, BOB = Person("a", "Ann"), Person("b", "Bob")


def test_the_first_time_and_the_last_address_count() -> None:
    """However often somebody comes; this machine's own addresses are none."""
    known = Arrivals()
    known.note("tea", ANN, "192.0.2.7", 5)
    known.note("tea", Person("a", "Anna"), "2001:db8::7", 9)
    known.note("jam", BOB, "127.0.0.1", 7)
    [arrival] = known.of_room("tea")
    assert (arrival.person.nick, arrival.first_at, arrival.address) == ("Anna", 5, "2001:db8::")
    assert known.person("a") == Person("a", "Anna")
    assert (known.addresses_of("a"), known.addresses_of("b")) == (["2001:db8::"], [])
    assert known.rooms_of(["a", "b", "c"]) == {"tea", "jam"}
    assert known.person("c") is None


def test_moderators_see_networks() -> None:
    """And no address of anybody."""
    known = Arrivals()
    known.note("tea", ANN, "192.0.2.7", 5)
    known.note("tea", BOB, "2001:db8::7", 5)
    assert [one.network for one in known.of_room("tea")] == ["192.0.2.0/24", "2001:db8::/64"]


def test_the_oldest_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who came again last is not among them."""
    monkeypatch.setattr(arrivals, "KEPT", 2)
    known = Arrivals()
    for number, person in enumerate((ANN, BOB, ANN, Person("c", "Cem"))):
        known.note("tea", person, "192.0.2.7", number)
    assert [one.person.id for one in known.of_room("tea")] == ["a", "c"]


def test_who_is_forgotten_in_a_room_is_known_in_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """And a room of which nobody is known any more takes no place."""
    monkeypatch.setattr(arrivals, "KEPT", 2)
    known = Arrivals()
    for room in ("tea", "jam", "bread"):
        known.note(room, ANN, "192.0.2.7", 5)
    assert known.rooms_of(["a"]) == {"jam", "bread"}
    assert known.of_room("tea") == []


def test_whoever_brings_very_many_displaces_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that nobody hides a raid by coming into many other rooms."""
    monkeypatch.setattr(arrivals, "KEPT", 10)
    known = Arrivals()
    for number, person in enumerate((ANN, BOB)):
        known.note("tea", person, f"192.0.2.{number}", number)
    for number in range(100):
        known.note(f"room {number}", Person("c", "Cem"), "2001:db8::7", number)
    assert [one.person.id for one in known.of_room("tea")] == ["a", "b"]
    assert len(known.rooms_of(["c"])) == 8
