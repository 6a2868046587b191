"""Who came into which room or wrote there, when, and from where."""

from itertools import count

import pytest

from trio_chat.config import Config
from trio_chat.core import arrivals
from trio_chat.core.access import Access
from trio_chat.core.arrivals import ADDRESS_KEPT, NOTED, Arrivals, network_of
from trio_chat.core.chat import Chat
from trio_chat.core.records import LAZY
from trio_chat.core.registry import Registry
from trio_chat.journal.arrivals import ArrivalRecord, decode, encode, key_of
from trio_chat.journal.terms import Term, Terms
from trio_chat.journal.types import PeopleForgotten
from trio_chat.limits.limits import Limits
from trio_chat.protocol.events import Person

ANN, BOB, CEM = Person("a", "Ann"), Person("b", "Bob"), Person("c", "Cem")
STARTED = 100  # in ms since 1970; each look at the clock is a millisecond later

TERMS = Terms([Term(1, "epoch")])


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> Arrivals:
    """Remember three of those who are gone."""
    monkeypatch.setattr(arrivals, "KEPT", 3)
    clock = count(STARTED)
    return Arrivals(lambda: next(clock), lambda _key, _record: None)


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
    assert [known.rooms_of([one]) for one in "abc"] == [{"tea"}, {"jam"}, set()]
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
    assert known.rooms_of([""]) == {"tea"}


def test_whoever_brings_very_many_displaces_their_own(known: Arrivals) -> None:
    """Of those who are gone the oldest is forgotten of the address with the most."""
    known.write("tea", ANN, "192.0.2.7", STARTED)
    for number in range(9):
        known.write(f"r{number}", BOB, "192.0.2.8", STARTED)
    assert known.rooms_of(["b"]) == {"r7", "r8"}
    assert ids(known, "tea") == ["a"]
    assert known.of_room("r0") == []


def test_who_is_there_is_never_forgotten(known: Arrivals) -> None:
    """Nor does a crowd that is there displace those who are gone, until it is gone itself."""
    known.write("tea", CEM, "192.0.2.7", STARTED)
    for number in range(9):
        known.enter(f"r{number}", BOB, "192.0.2.8", STARTED)
    known.write("r0", BOB, "192.0.2.8", STARTED)
    assert len(known.rooms_of(["b"])) == 9
    known.write("tea", ANN, "192.0.2.8", STARTED)
    assert ids(known, "tea") == ["c", "a"]
    for number in range(9):
        known.leave(f"r{number}", "b")
    assert known.rooms_of(["b"]) == {"r7", "r8"}
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


class Kept:
    """What is written down, over restarts, and how often something was."""

    def __init__(self) -> None:
        self.records: dict[str, bytes] = {}
        self.count = 0
        self.now = STARTED

    def write_down(self, key: str, data: bytes | None) -> None:
        """Keep a record."""
        self.count += 1
        self.records.pop(key, None)
        if data is not None:
            self.records[key] = data

    def start(self) -> Arrivals:
        """Return what a server knows that is started now."""
        known = Arrivals(lambda: self.now, self.write_down)
        known.load(dict(self.records))
        return known

    def addresses(self) -> list[str]:
        """Return those that are written down."""
        return [record.address for data in self.records.values() if (record := decode(data))]


def test_a_restart_forgets_nothing() -> None:
    """Neither when somebody came first, nor from where, nor who has no name."""
    kept = Kept()
    known = kept.start()
    known.enter("tea", ANN, "192.0.2.7", 0)
    kept.now += 10
    known.write("tea", None, "192.0.2.8", kept.now)
    known.enter("jam", BOB, "127.0.0.1", kept.now)
    before = [known.of_room(room) for room in ("tea", "jam")]
    kept.now += 10
    known = kept.start()
    assert [known.of_room(room) for room in ("tea", "jam")] == before
    known.enter("tea", ANN, "192.0.2.9", STARTED)
    [ann, nameless] = known.of_room("tea")
    assert (ann.first_at, ann.address, nameless.address) == (0, "192.0.2.9", "192.0.2.8")
    assert known.addresses_of("") == ["192.0.2.8"]


def test_it_is_written_down_when_somebody_comes_and_once_in_an_hour() -> None:
    """And when they come under another nick, or from elsewhere."""
    kept = Kept()
    known = kept.start()
    for _ in range(9):
        known.write("tea", ANN, "192.0.2.7", STARTED)
    assert kept.count == 1
    known.write("tea", ANN, "192.0.2.8", STARTED)
    known.write("tea", Person("a", "Anna"), "192.0.2.8", STARTED)
    assert kept.count == 3
    kept.now += NOTED
    known.write("tea", Person("a", "Anna"), "192.0.2.8", STARTED)
    assert kept.count == 4


def test_who_is_forgotten_is_written_down_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """As there are too many, or as the journal has dropped them; not who is there."""
    monkeypatch.setattr(arrivals, "KEPT", 1)
    kept = Kept()
    known = kept.start()
    for who in (ANN, BOB):
        known.write("tea", who, "192.0.2.7", STARTED)
    assert list(kept.records) == [key_of("tea", "b", "")]
    known.enter("tea", CEM, "192.0.2.7", STARTED)
    for id in "bcx":
        known.drop(key_of("tea", id, ""))
    known.drop("@damaged")
    assert [one.person for one in known.of_room("tea")] == [CEM]


def test_addresses_are_written_down_for_a_week() -> None:
    """Then those go that were written down longest ago, as others come."""
    kept = Kept()
    known = kept.start()
    for who in (ANN, BOB):
        known.write("tea", who, "192.0.2.7", STARTED)
    kept.now += ADDRESS_KEPT - 1
    known.write("jam", CEM, "192.0.2.8", STARTED)
    assert kept.addresses() == ["192.0.2.7", "192.0.2.7", "192.0.2.8"]
    kept.now += 1
    known = kept.start()
    known.write("jam", ANN, "", STARTED)
    assert sorted(kept.addresses()) == ["", "", "", "192.0.2.8"]
    known.write("tea", BOB, "192.0.2.7", STARTED)
    assert sorted(kept.addresses()) == ["", "", "192.0.2.7", "192.0.2.8"]


def test_what_is_damaged_is_passed_over() -> None:
    """And goes from the file, if it is an arrival's."""
    kept = Kept()
    key = key_of("tea", "a", "")
    kept.records = {key: b"\xc1", "@x": b"", key_of("tea", "b", ""): encode(ArrivalRecord("Bob"))}
    assert ids(kept.start(), "tea") == ["b"]
    assert key not in kept.records


def test_what_the_journal_has_dropped_is_forgotten() -> None:
    """As nobody has come for very long; it is written down no more, either."""
    registry = Registry()
    chat = Chat(Config(), TERMS, b"secret", Limits(Config()), Access(registry))
    key = key_of("tea", "a", "")
    chat.hold_people({key: encode(ArrivalRecord("Ann"))}, 0.0)
    chat.apply([PeopleForgotten([key], 1)], 1.0)
    assert chat.apply([], 1.0 + LAZY).people.records == {key: None}
