"""Rules of who is here, for how long, and under which nick; to the moment, on virtual time."""

from dataclasses import replace
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from tests.unit.members import CONFIG, House, Listener, Somebody, arrives, asks, house, kinds
from trio_chat.config import Config
from trio_chat.core import rooms
from trio_chat.core.messages import Register, Unregister
from trio_chat.core.roster import CROWD, CROWD_PAUSE
from trio_chat.core.sessions import Sessions
from trio_chat.journal.memory import MemoryJournal
from trio_chat.journal.people import PersonRecord, encode
from trio_chat.protocol.close import NO_HELLO
from trio_chat.protocol.dialects import v1
from trio_chat.protocol.events import Person
from trio_chat.rates import Rates

GRACE = CONFIG.presence_grace
FREED_SOON = replace(CONFIG, nick_keep_days=0)
TYPING = {"t": "typing", "room": "tea"}


def presence(somebody: Somebody, state: str, room: str = "tea") -> dict[str, Any]:
    return {"t": "presence", "room": room, "who": somebody.who, "state": state}


async def two_people(home: House) -> tuple[Somebody, Somebody]:
    """Let two people be in the tea room."""
    ann, bob = await home.person("Ann", "tea"), await home.person("Bob", "tea")
    ann.told()
    bob.told()
    return ann, bob


async def test_who_is_cut_off_is_there_for_the_grace_time(autojump_clock: MockClock) -> None:
    """And has left when it is over, to the moment."""
    async with house() as home:
        ann, bob = await two_people(home)
        await bob.leave()
        await trio.sleep(GRACE - 0.001)
        assert ann.told() == []
        await trio.sleep(0.002)
        assert ann.told() == [presence(bob, "left")]


async def test_who_comes_back_in_time_was_never_away(autojump_clock: MockClock) -> None:
    """Nobody else is told anything; the time counts anew from the next loss."""
    async with house() as home:
        ann, bob = await two_people(home)
        await bob.leave()
        await trio.sleep(GRACE - 1)
        again = await home.person("Bob", "tea", session=bob.session)
        assert again.who == bob.who
        await trio.sleep(GRACE)
        assert ann.told() == []
        await again.leave()
        await trio.sleep(GRACE - 1)
        assert ann.told() == []
        await trio.sleep(1.001)
        assert ann.told() == [presence(bob, "left")]


async def test_who_comes_back_elsewhere_has_left_the_room(autojump_clock: MockClock) -> None:
    """The nick stays with its owner, who is there; the room loses one who is not."""
    async with house() as home:
        ann, bob = await two_people(home)
        await bob.leave()
        await trio.sleep(1)
        again = await home.person("Bob", "milk", session=bob.session)
        await trio.sleep(GRACE)
        assert ann.told() == [presence(bob, "left")]
        assert [entry["code"] for entry in await ann.ask({"t": "nick", "nick": "Bob"})] == [
            "nick_taken"
        ]
        assert again.who == bob.who


async def test_several_connections_of_a_person_count_once(autojump_clock: MockClock) -> None:
    """Only the last one to go is missed, and only the last one to leave leaves."""
    async with house() as home:
        ann, bob = await two_people(home)
        second = await home.person("Bob", "tea", session=bob.session)
        assert second.who == bob.who
        await bob.leave()
        await trio.sleep(2 * GRACE)
        third = await home.person("Bob", "tea", session=bob.session)
        await second.ask({"t": "leave", "room": "tea"})
        assert ann.told() == []
        assert home.hub.populations() == {"tea": 2}
        await third.ask({"t": "leave", "room": "tea"})
        assert ann.told() == [presence(bob, "left")]


async def test_a_nick_is_held_for_its_owner_for_the_grace_time(autojump_clock: MockClock) -> None:
    """Then anybody may have it; its session still makes its owner the same person."""
    async with house(config=FREED_SOON) as home:
        ann = await home.person("Ann")
        await ann.leave()
        await trio.sleep(GRACE - 0.001)
        assert (await home.person("Ann")).who == {}
        await trio.sleep(0.002)
        other = await home.person("Ann")
        assert other.who["id"] != ann.who["id"]
        assert (await home.person("Ann", session=ann.session)).who == {}
        back = await home.person("Anna", session=ann.session)
        assert back.who == {"id": ann.who["id"], "nick": "Anna"}


async def test_without_a_grace_time_the_lost_are_gone_at_once(autojump_clock: MockClock) -> None:
    """0 is allowed."""
    async with house(config=Config(presence_grace=0)) as home:
        ann, bob = await two_people(home)
        await bob.leave()
        assert ann.told() == [presence(bob, "left")]
        assert trio.current_time() == 0


async def test_who_does_not_say_hello_is_sent_away(autojump_clock: MockClock) -> None:
    """To the moment; who said it, or is gone, is not."""
    async with house() as home:
        silent, gone = Listener(v1), Listener(v1)
        await home.turn(Register(silent), Register(gone), Unregister(gone))
        polite = await home.person("Ann")
        await trio.sleep(CONFIG.hello_timeout - 0.001)
        await home.turn(asks(silent, {"t": "hello", "nick": "?"}))
        assert silent.ends == []
        await trio.sleep(0.002)
        assert silent.ends == [NO_HELLO]
        assert gone.ends == ["closed"]
        assert polite.member.ends == []


async def test_those_without_a_name_need_no_hello(autojump_clock: MockClock) -> None:
    """They are counted, not named."""
    async with house() as home:
        guest = Listener()
        await home.turn(arrives(guest, "tea"))
        await trio.sleep(10 * CONFIG.hello_timeout)
        assert guest.ends == []


async def test_typing_is_shown_every_two_seconds_at_most(autojump_clock: MockClock) -> None:
    """However often it is told; each person counts for itself."""
    async with house(config=replace(CONFIG, typing_rate=Rates.typing_rate)) as home:
        ann, bob = await two_people(home)
        await home.turn(asks(ann.member, TYPING, TYPING), asks(bob.member, TYPING))
        assert [entry["who"] for entry in bob.told()] == [ann.who, bob.who]
        await trio.sleep(1.9)
        await ann.ask(TYPING)
        assert bob.told() == []
        await trio.sleep(0.2)
        await ann.ask(TYPING)
        assert bob.told() == [{"t": "typing", "room": "tea", "who": ann.who}]


async def test_the_room_of_the_lost_is_kept_for_the_grace_time(autojump_clock: MockClock) -> None:
    """So that they come back to what is at hand; then it is forgotten."""
    async with house() as home:
        ann = await home.person("Ann", "tea")
        await ann.leave()
        await trio.sleep(GRACE - 1)
        await home.turn(Unregister(ann.member))
        assert home.hub.populations() == {"tea": 1}
        await trio.sleep(2)
        await home.turn(Unregister(ann.member))
        assert home.hub.populations() == {}


async def test_a_forged_session_makes_somebody_new(autojump_clock: MockClock) -> None:
    """Nobody is told that it was none: it may be of another database."""
    async with house() as home:
        ann = await home.person("Ann", "tea")
        forged = f"{ann.who['id']}.{'0' * 32}"
        assert (await home.person("Ann", session=forged)).who == {}
        bob = await home.person("Bob", session=forged)
        assert bob.who["id"] != ann.who["id"]


async def test_who_comes_back_under_another_nick_is_renamed(autojump_clock: MockClock) -> None:
    """All rooms in which the person is still there hear of it, and list the new nick."""
    async with house() as home:
        ann, bob = await two_people(home)
        await bob.leave()
        again = await home.person("Rob", session=bob.session)
        assert again.who == {"id": bob.who["id"], "nick": "Rob"}
        assert kinds(ann.told()) == ["nick"]
        joined = (await ann.ask({"t": "join", "room": "tea"}))[0]
        assert joined["members"] == [ann.who, again.who]


async def test_in_a_crowd_who_comes_and_goes_is_told_together(autojump_clock: MockClock) -> None:
    """A little later, in order and in one frame; what is said does not wait for it."""
    async with house(config=replace(CONFIG, presence_grace=0)) as home:
        ann = await home.person("Ann", "tea")
        crowd = [await home.person(f"n{number}", "tea") for number in range(CROWD - 2)]
        await trio.sleep(1)  # so many at once are told one after the other
        assert ann.told()[-1] == presence(crowd[-1], "joined")
        bob, eve = await home.person("Bob", "tea"), await home.person("Eve", "tea")
        said = await bob.ask({"t": "send", "room": "tea", "text": "x", "cid": "cid number 1"})
        assert kinds(said) == ["msg", "ok"]
        assert kinds(ann.told()) == ["msg"]
        await bob.leave()
        await trio.sleep(CROWD_PAUSE + 0.001)
        assert len(ann.member.got) == 1
        assert ann.told() == [
            presence(bob, "joined"),
            presence(eve, "joined"),
            presence(bob, "left"),
        ]


async def test_who_is_in_many_rooms_is_told_there_one_after_the_other(
    autojump_clock: MockClock,
) -> None:
    """In the first ones at once, in others within a moment, with what has changed meanwhile."""
    many = [f"room-{number}" for number in range(128)]
    async with house(config=replace(CONFIG, presence_grace=0, rooms_per_connection=128)) as home:
        others = [await home.person(f"n{number}", *many) for number in range(16)]
        await trio.sleep(1)
        for other in others:
            other.told()
        for nick in ("One", "Two"):
            await others[0].ask({"t": "nick", "nick": nick})
        at_once = [told["room"] for told in others[1].told()]
        assert 0 < len({*at_once}) < len(many) / 2
        await trio.sleep(0.5)
        later = others[1].told()
        assert {told["room"] for told in later} >= {*many} - {*at_once}
        assert kinds(later) == ["nick"] * len(later)
        assert later[-1]["who"]["nick"] == "Two"
        assert len(at_once) + len(later) == 2 * len(many)


async def test_presence_is_never_told_later_than_after_two_seconds(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many members of other rooms are to be told before."""
    monkeypatch.setattr(rooms, "PRESENCE", 20)
    monkeypatch.setattr(rooms, "PRESENCE_AT_ONCE", 1)
    many = [f"room-{number}" for number in range(128)]
    async with house(config=replace(CONFIG, presence_grace=0, rooms_per_connection=129)) as home:
        mover, *others = [await home.person(f"n{number}", *many) for number in range(16)]
        ann, bob = [await home.person(nick, "tea") for nick in ("Ann", "Bob")]
        await trio.sleep(rooms.PRESENCE_LATEST + 0.1)  # what is due at that moment is told before
        for one in (*others, bob):
            one.told()
        await mover.ask({"t": "nick", "nick": "Mover"})
        await ann.ask({"t": "nick", "nick": "Eve"})
        await trio.sleep(rooms.PRESENCE_LATEST - 0.1)
        assert not bob.told()
        await trio.sleep(0.2)
        assert kinds(bob.told()) == ["nick"]
        assert {told["room"] for told in others[0].told()} == {*many}


async def test_nicks_of_before_a_restart_are_held_for_the_grace_time(
    autojump_clock: MockClock,
) -> None:
    """It counts from the start; who comes back in time keeps the nick."""
    journal = MemoryJournal()
    journal.people = {
        id: encode(PersonRecord(nick=nick)) for id, nick in (("a", "Ann"), ("b", "Bob"))
    }
    token = Sessions(journal.secret).token(Person("b", "Bob"))
    async with house(journal=journal, config=FREED_SOON) as home:
        await trio.sleep(GRACE - 0.001)
        stranger = Listener(v1)
        await home.turn(Register(stranger), asks(stranger, {"t": "hello", "nick": "Ann"}))
        assert [told["code"] for told in stranger.told()] == ["nick_taken"]
        bob = await home.person("Bob", session=token)
        assert bob.who["id"] == "b"
        await trio.sleep(0.002)
        await home.turn(asks(stranger, {"t": "hello", "nick": "Bob"}))
        await home.turn(asks(stranger, {"t": "hello", "nick": "Ann"}))
        assert kinds(stranger.told()) == ["error", "welcome"]


async def test_an_unknown_session_is_told(autojump_clock: MockClock) -> None:
    """Who gives one is somebody new; who gives a valid one, or none, is told nothing."""
    async with house() as home:
        client = Listener(v1)
        hello = {"t": "hello", "nick": "Ann"}
        await home.turn(Register(client), asks(client, {**hello, "session": "no token"}))
        [welcome] = client.told()
        assert welcome["unknown_session"] is True
        again = Listener(v1)
        session = welcome["session"]
        await home.turn(Register(again), asks(again, {**hello, "session": session}))
        assert "unknown_session" not in again.told()[0]
