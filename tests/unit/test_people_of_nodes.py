"""Rules of what nodes make of records of people that others have kept."""

import pytest

from tests.unit.members import CONFIG, asks, house
from trio_chat.core import arrivals
from trio_chat.journal.arrivals import ArrivalRecord, key_of
from trio_chat.journal.arrivals import encode as encode_arrival
from trio_chat.journal.people import (
    ENDED,
    MARKS,
    NOBODY,
    SESSIONS,
    PersonRecord,
    SessionRecord,
    decode,
    encode,
    merged,
)
from trio_chat.journal.types import PeopleChanged
from trio_chat.protocol.close import SIGNED_OUT

ANN = "a" * 20


def stamp(number: int) -> str:
    return f"{number:012x}"


def seen(*sessions: str) -> dict[str, SessionRecord]:
    return {session: SessionRecord(number) for number, session in enumerate(sessions)}


def both_ways(one: PersonRecord, other: PersonRecord) -> PersonRecord:
    """Return what two nodes know together, which is the same whoever hears of the other."""
    found = merged(one, other)
    assert found == merged(other, one)
    assert merged(found, other) == found
    return found


def test_the_nick_is_the_one_that_was_taken_last() -> None:
    """Also if it was given up; who was first seen, and last, is known of all."""
    one = PersonRecord(nick="Ann", named=5, seen=9, since=3)
    other = PersonRecord(nick="Anna", named=6, seen=8, since=2)
    assert both_ways(one, other) == PersonRecord(nick="Anna", named=6, seen=9, since=2)
    assert both_ways(one, PersonRecord(named=7)).nick == ""


def test_a_session_is_over_if_one_says_so() -> None:
    """It was ended by name, or with all that had begun; one that began later goes on."""
    old, middle, new = stamp(1), stamp(2), stamp(3)
    one = PersonRecord(sessions=seen(old, middle, new))
    assert list(both_ways(one, PersonRecord(ended=[middle])).sessions) == [old, new]
    assert list(both_ways(one, PersonRecord(floor=middle + "g")).sessions) == [new]
    kept = PersonRecord(floor=middle + "g", sessions=seen(old))
    assert list(both_ways(one, kept).sessions) == [old, new]


def test_bounds_hold() -> None:
    """Of too many sessions, ended ones and marks the oldest go."""
    one = PersonRecord(
        sessions={stamp(number): SessionRecord(number) for number in range(SESSIONS)},
        ended=[stamp(number) for number in range(1000, 1000 + ENDED)],
        marks={f"room {number}": 1 for number in range(MARKS)},
    )
    other = PersonRecord(
        sessions={stamp(500): SessionRecord(500)}, ended=[stamp(999)], marks={"tea": 5}
    )
    found = merged(one, other)
    assert len(found.sessions) == SESSIONS
    assert stamp(0) not in found.sessions
    assert len(found.ended) == ENDED
    assert found.is_over(stamp(0))
    assert len(found.marks) == MARKS
    assert found.marks["tea"] == 5


def test_marks_only_grow() -> None:
    """Unless they are set back; those of an epoch that is over mean nothing."""
    one = PersonRecord(epoch="e", seen=2, marks={"tea": 3, "jam": 9})
    other = PersonRecord(epoch="e", seen=1, marks={"tea": 5})
    assert both_ways(one, other).marks == {"tea": 5, "jam": 9}
    assert both_ways(one, PersonRecord(epoch="d", marks={"tea": 7})).marks == one.marks
    assert both_ways(one, PersonRecord(seen=9)).marks == one.marks
    assert other.mark("tea", 2, "e", is_back=True)
    assert both_ways(one, other).marks == {"tea": 2, "jam": 9}
    assert other.mark("tea", 4, "e")
    assert both_ways(one, other).place("tea") == (1, 4)


def test_a_mark_that_is_forgotten_stays_so() -> None:
    """Until the room is read again; there is nothing to forget then where nothing is marked."""
    one = PersonRecord(epoch="e", marks={"tea": 3, "jam": 9})
    other = PersonRecord(epoch="e", marks={"tea": 3, "jam": 9})
    assert one.forget("tea")
    assert not one.forget("tea")
    assert both_ways(one, other).marks == {"jam": 9}
    assert one.mark("tea", 2, "e")
    assert both_ways(one, other).marks == {"tea": 2, "jam": 9}


async def test_somebody_who_is_renamed_at_another_node() -> None:
    """All who see them here are told; a nick that was given up there stays theirs while here."""
    async with house() as home:
        ann, ben = await home.person("Ann", "tea"), await home.person("Ben", "tea")
        ann.told()
        people = home.hub.people
        record = people.records.get(ann.who["id"])
        theirs = merged(record, PersonRecord(nick="Anna", named=record.named + 1))
        await home.turn(PeopleChanged({ann.who["id"]: encode(theirs)}))
        [told] = ben.told()
        assert (told["t"], told["who"]["nick"]) == ("nick", "Anna")
        gone = merged(theirs, PersonRecord(named=theirs.named + 1))
        await home.turn(PeopleChanged({ann.who["id"]: encode(gone)}))
        assert ben.told() == []
        assert people.nicks.holder("Anna") == ann.who["id"]
        assert people.nicks.holder("Ann") is None


async def test_who_is_here_keeps_a_nick_that_was_given_up_by_a_clock_that_is_ahead() -> None:
    """All nodes know that then, as it counts as later."""
    async with house() as home:
        ann = await home.person("Ann")
        records = home.hub.people.records
        ahead = records.get(ann.who["id"]).named + 1_000_000
        gone = PersonRecord(named=ahead)
        await home.turn(PeopleChanged({ann.who["id"]: encode(gone)}))
        assert both_ways(records.get(ann.who["id"]), gone).nick == "Ann"
        await home.turn(asks(ann.member, {"t": "nick", "id": 1, "nick": "Anna"}))
        assert both_ways(records.get(ann.who["id"]), PersonRecord(named=ahead + 1)).nick == "Anna"


@pytest.mark.parametrize("is_first", [True, False])
async def test_two_who_took_the_same_nick(*, is_first: bool) -> None:
    """Whoever took it later has another one, which others are told."""
    async with house() as home:
        ann, ben = await home.person("Ann", "tea"), await home.person("Ben", "tea")
        ann.told()
        people = home.hub.people
        mine = people.records.get(ann.who["id"])
        named = mine.named + (1 if is_first else -1)
        theirs = PersonRecord(nick="ANN", named=named, seen=mine.seen, since=mine.since)
        await home.turn(PeopleChanged({"b" * 20: encode(theirs)}))
        if is_first:
            assert ben.told() == []
            assert people.nicks.holder("Ann") == ann.who["id"]
            assert people.records.get("b" * 20).nick == ""
        else:
            assert [entry["who"]["nick"] for entry in ben.told()] == ["ANN-2"]
            assert people.nicks.holder("Ann") == "b" * 20
        await home.turn(PeopleChanged({"b" * 20: encode(theirs)}))


async def test_like_nicks_that_are_taken_too() -> None:
    """The next number is tried; a long nick is cut."""
    async with house() as home:
        await home.person("Ann-2")
        nicks = home.hub.people.nicks
        assert nicks.like("Ann") == "Ann-3"
        assert nicks.like("x" * 100) == "x" * (CONFIG.nick_limit - 2) + "-2"


async def test_a_session_that_is_ended_at_another_node() -> None:
    """Its connections here end as well."""
    async with house() as home:
        ann = await home.person("Ann")
        record = decode(encode(home.hub.people.records.get(ann.who["id"])))
        record.end_all(record.seen + 1)
        await home.turn(PeopleChanged({ann.who["id"]: encode(record)}))
        assert [getattr(end, "code", end) for end in ann.member.ends] == [SIGNED_OUT.code]
        assert not home.hub.people.has_session(ann.session)


async def test_what_was_read_at_another_node() -> None:
    """The person's connections here are told how far, once."""
    async with house() as home:
        ann = await home.person("Ann")
        record = decode(encode(home.hub.people.records.get(ann.who["id"])))
        record.seen += 1
        record.mark("tea", 7, home.hub._journal.epoch)
        for _ in range(2):
            await home.turn(PeopleChanged({ann.who["id"]: encode(record)}))
        told = [(entry["t"], entry["room"], entry["seq"]) for entry in ann.told()]
        assert told == [("read", "tea", 7)]


async def test_what_holds_for_all_without_a_record() -> None:
    """Sessions that began before are over here, too."""
    async with house() as home:
        floor = PersonRecord(floor="f" * 12)
        await home.turn(PeopleChanged({NOBODY: encode(floor)}))
        assert home.hub.people.records.get("nobody").floor == "f" * 12


async def test_arrivals_at_another_node() -> None:
    """Moderators here know who was there; of who is here now this node knows more."""
    async with house() as home:
        ann = await home.person("Ann", "tea")
        here = key_of("tea", ann.who["id"], "")
        there = key_of("tea", ANN, "")
        record = ArrivalRecord(nick="Eve", seen=5, first=3, address="192.0.2.7")
        known = home.hub.chat._arrivals
        old = ArrivalRecord(nick="Eva", seen=4)
        for data in (encode_arrival(record), encode_arrival(old), b"damaged"):
            await home.turn(PeopleChanged({here: data, there: data, "@odd": data}))
        assert {one.person.nick for one in known.of_room("tea")} == {"Ann", "Eve"}
        assert known.addresses_of(ANN) == [arrivals.place_of("192.0.2.7")]
