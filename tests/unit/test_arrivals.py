"""Who came into which room or wrote there, when, and from where."""

from itertools import count

import pytest

from trio_chat.core import arrivals
from trio_chat.core.arrivals import Arrivals, network_of
from trio_chat.protocol.events import Person

ANN, BOB, CEM = Person("a", "Ann"), Person("b", "Bob"), Person("c", "Cem")
STARTED = 100  # in ms since 1970; each look at the clock is a millisecond later


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> Arrivals:
    """Remember three of those who are gone."""
    monkeypatch.setattr(arrivals, "KEPT", 3)
    clock = count(STARTED)
    return Arrivals(lambda: next(clock))


def ids(known: Arrivals, room: str) -> list[str]:
    """Return who came into a room."""
    return [one.person.id for one in known.of_room(room)]


def test_an_address_of_others_is_a_house(known: Arrivals) -> None:
    """Of those who are in the room now, each once, at the address from which they came last."""
    house = "192.0.2.7"

    def houses(room: str, acted_on: str) -> set[str]:
        return known.houses(room, [house], lambda id: id not in acted_on)

    for who in (ANN, BOB, CEM, CEM):
        known.enter("tea", who, house, STARTED + 1)
    known.enter("jam", ANN, house, STARTED + 1)
    assert houses("tea", "a") == {house}
    assert houses("", "a") == {house}
    assert houses("jam", "a") == set()
    assert houses("tea", "ab") == set()
    known.enter("tea", CEM, "192.0.2.9", STARTED + 1)
    assert houses("tea", "a") == set()
    assert houses("tea", "") == {house}
    known.enter("jam", CEM, house, STARTED + 1)
    assert houses("", "a") == {house}
    known.leave("tea", "b")
    assert houses("tea", "") == set()
    for room, gone in (("jam", "a"), ("jam", "c"), ("tea", "a"), ("tea", "c")):
        known.leave(room, gone)
    assert not known._housed


def test_the_first_time_and_the_last_address_count(known: Arrivals) -> None:
    """However often somebody comes or writes; this machine's own addresses are none."""
    known.enter("tea", ANN, "192.0.2.7", STARTED + 1)
    known.write("tea", Person("a", "Anna"), "2001:db8::7", STARTED + 1)
    known.enter("jam", BOB, "127.0.0.1", STARTED + 3)
    [arrival] = known.of_room("tea")
    assert (arrival.person.nick, arrival.address) == ("Anna", "2001:db8::")
    assert (arrival.first_at, arrival.last_at) == (STARTED + 1, STARTED + 2)
    assert known.person("a") == Person("a", "Anna")
    assert (known.addresses_of("a"), known.addresses_of("b")) == (["2001:db8::"], [])
    assert [known.rooms_of(one) for one in "abc"] == [{"tea"}, {"jam"}, set()]
    assert known.person("c") is None


def test_a_regular_has_not_just_come(known: Arrivals) -> None:
    """Whom the server knew before it was started came when it met them; others come now."""
    known.enter("tea", ANN, "192.0.2.7", 50)
    known.enter("tea", BOB, "192.0.2.7", STARTED)
    known.write("tea", CEM, "192.0.2.7", 0)
    assert [one.first_at for one in known.of_room("tea")] == [50, STARTED + 2, 0]


def test_moderators_see_networks() -> None:
    """And no address of anybody."""
    shown = [network_of(one) for one in ("192.0.2.7", "2001:db8::")]
    assert shown == ["192.0.2.0/24", "2001:db8::/64"]


def test_those_without_a_name_are_told_apart_by_address(known: Arrivals) -> None:
    """All of them are one person."""
    for address in ("192.0.2.7", "192.0.2.8", "192.0.2.7"):
        known.write("tea", None, address, STARTED)
    assert [(one.first_at, one.last_at) for one in known.of_room("tea")] == [
        (STARTED + 1, STARTED + 3),
        (STARTED + 2, STARTED + 2),
    ]
    assert known.addresses_of("") == ["192.0.2.7", "192.0.2.8"]
    assert known.rooms_of("") == {"tea"}


def test_whoever_brings_very_many_displaces_their_own(known: Arrivals) -> None:
    """Of those who are gone the oldest is forgotten of the address with the most."""
    known.write("tea", ANN, "192.0.2.7", STARTED)
    for number in range(9):
        known.write(f"r{number}", BOB, "192.0.2.8", STARTED)
    assert known.rooms_of("b") == {"r7", "r8"}
    assert ids(known, "tea") == ["a"]
    assert known.of_room("r0") == []


def test_who_is_there_is_never_forgotten(known: Arrivals) -> None:
    """Nor does a crowd that is there displace those who are gone, until it is gone itself."""
    known.write("tea", CEM, "192.0.2.7", STARTED)
    for number in range(9):
        known.enter(f"r{number}", BOB, "192.0.2.8", STARTED)
    known.write("r0", BOB, "192.0.2.8", STARTED)
    assert len(known.rooms_of("b")) == 9
    known.write("tea", ANN, "192.0.2.8", STARTED)
    assert ids(known, "tea") == ["c", "a"]
    for number in range(9):
        known.leave(f"r{number}", "b")
    assert known.rooms_of("b") == {"r7", "r8"}
    assert ids(known, "tea") == ["c"]


def test_who_comes_back_is_known_again_as_before(known: Arrivals) -> None:
    """And forgotten no more while they are there."""
    known.enter("tea", ANN, "192.0.2.7", STARTED)
    known.leave("tea", "a")
    known.enter("tea", ANN, "192.0.2.7", STARTED)
    for number in range(9):
        known.write(f"r{number}", ANN, "192.0.2.7", STARTED)
    [arrival] = known.of_room("tea")
    assert arrival.first_at == STARTED + 1
