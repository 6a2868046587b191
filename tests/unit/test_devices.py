"""Rules of what people do with several devices, on virtual time: sessions, marks and pairing."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
import trio
import trio.testing
from trio.testing import MockClock

from tests.unit.members import CONFIG, House, Listener, Somebody, arrives, asks, house, kinds
from trio_chat.clock import wall_clock
from trio_chat.core import marks as core_marks
from trio_chat.core import pairings, room_loads
from trio_chat.core.devices import ENDED_AT_ONCE
from trio_chat.core.inbox import MESSAGES
from trio_chat.core.messages import Register, Unregister
from trio_chat.core.records import LAZY
from trio_chat.core.request_limits import RequestLimits
from trio_chat.core.sessions import Sessions
from trio_chat.journal.memory import MemoryJournal
from trio_chat.journal.people import DAY, MARKS, SESSIONS, PersonRecord, decode, encode
from trio_chat.journal.storage import PeopleKept
from trio_chat.journal.terms import Term, Terms
from trio_chat.journal.types import PeopleForgotten, RoomState, Unavailable
from trio_chat.limits.limits import Limits
from trio_chat.protocol.close import SIGNED_OUT
from trio_chat.protocol.dialects import v1
from trio_chat.protocol.events import Person
from trio_chat.protocol.request_error import RequestError
from trio_chat.rates import Rate

GRACE = CONFIG.presence_grace
READ = {"t": "read", "room": "tea"}


class Journal(MemoryJournal):
    """A journal that tells what it keeps of people, and can be unavailable."""

    def __init__(self) -> None:
        super().__init__(clock=lambda: 1000)
        self.kept: dict[str, PersonRecord | None] = {}
        self.is_down = False
        self.may_load: trio.Event | None = None

    async def load(self, names: Sequence[str], recent: int) -> list[RoomState]:
        if self.may_load is not None:
            await self.may_load.wait()
        if self.is_down:
            raise Unavailable(700)
        return await super().load(names, recent)

    async def keep_people(self, changes: Mapping[str, bytes | None]) -> None:
        if self.is_down:
            raise Unavailable(700)
        self.kept |= {id: decode(data) if data else None for id, data in changes.items()}


async def asked(somebody: Somebody, **request: object) -> list[dict[str, Any]]:
    """Ask for something; return all that is told until nothing more is to be done."""
    told = await somebody.ask({"id": 1, **request})
    await trio.testing.wait_all_tasks_blocked()
    return told + somebody.told()


async def comes(
    home: House, label: str = "", **hello: object
) -> tuple[Somebody, list[dict[str, Any]]]:
    """Let somebody say hello; return what they are told."""
    somebody = Somebody(home, Listener(v1))
    await home.turn(
        Register(somebody.member, label=label), asks(somebody.member, {"t": "hello", **hello})
    )
    told = somebody.told()
    if told[0]["t"] == "welcome":
        somebody.who, somebody.session = told[0]["you"], told[0]["session"]
    return somebody, told


async def sessions(somebody: Somebody) -> list[dict[str, Any]]:
    """Return the list of sessions, without times."""
    [answer] = await asked(somebody, t="sessions")
    assert all(one["since"] <= one["seen"] <= wall_clock() for one in answer["sessions"])
    return [
        {key: value for key, value in one.items() if key not in {"since", "seen"}}
        for one in answer["sessions"]
    ]


async def is_over(home: House, session: str) -> None:
    """Say hello with a session that was ended: nobody is let in, and nothing else is answered."""
    late = Listener(v1)
    hello = {"t": "hello", "nick": "Eve", "session": session, "rooms": [{"room": "tea"}]}
    await home.turn(Register(late), asks(late, hello, {**hello, "session": None}))
    assert (late.told(), late.ends) == ([], [SIGNED_OUT])


class TestSessions:
    """The list, and how sessions end."""

    async def test_each_device_has_a_session(self, autojump_clock: MockClock) -> None:
        """Who comes back goes on with theirs; the latest is the first of the list."""
        async with house() as home:
            ann, _ = await comes(home, "Firefox, Linux", nick="Ann", key="a secret of Ann's")
            phone, _ = await comes(home, "", nick="Ann", key="a secret of Ann's")
            await ann.leave()
            ann, _ = await comes(home, nick="Ann", session=ann.session)
            await phone.leave()
            first, second = await sessions(ann)
            assert [first.pop("session") != second.pop("session")] == [True]
            assert [first, second] in (
                [{"label": "Firefox, Linux", "here": True}, {}],
                [{}, {"label": "Firefox, Linux", "here": True}],
            )

    async def test_a_session_that_was_not_seen_for_long_is_not_listed(
        self, autojump_clock: MockClock
    ) -> None:
        """It could not be used any more; without a limit all are listed."""
        journal = Journal()
        old = f"{wall_clock() - 91 * DAY:012x}"
        record = PersonRecord(nick="Ann", seen=wall_clock())
        record.see(old, wall_clock() - 91 * DAY)
        token = Sessions(journal.secret).token(Person("a", "Ann"))
        for days, count in ((90, 1), (0, 2)):
            journal.people = {"a": encode(record)}
            async with house(journal, replace(CONFIG, session_days=days)) as home:
                ann, _ = await comes(home, nick="Ann", session=token)
                assert len(await sessions(ann)) == count

    async def test_a_session_that_is_signed_out_is_over(self, autojump_clock: MockClock) -> None:
        """Its connections end, and a hello with it; others go on, after a restart, too."""
        journal = Journal()
        async with house(journal) as home:
            ann, _ = await comes(home, nick="Ann")
            phone, _ = await comes(home, nick="Ann", session=ann.session)
            other, _ = await comes(home, nick="Ann", pair=await code(ann))
            [mine] = [one for one in await sessions(ann) if one.get("here")]
            assert kinds(await asked(other, t="sign_out", session=mine["session"])) == ["ok"]
            assert [one.member.ends for one in (ann, phone, other)] == [
                [SIGNED_OUT],
                [SIGNED_OUT],
                [],
            ]
            assert kinds(await ann.ask({"t": "rooms", "id": 1})) == []
            await is_over(home, ann.session)
            again = await asked(other, t="sign_out", session=mine["session"])
            assert kinds(again) == ["ok"]
            unknown = await asked(other, t="sign_out", session="?")
            assert [one["code"] for one in unknown] == ["not_found"]
            assert len(await sessions(other)) == 1
        journal.people = {id: encode(one) for id, one in journal.kept.items() if one}
        async with house(journal) as home:
            await is_over(home, ann.session)
            back, _ = await comes(home, nick="Ann", session=other.session)
            assert back.who == other.who

    async def test_all_sessions_end_with_all_their_connections(
        self, autojump_clock: MockClock
    ) -> None:
        """Some at a time, the one that asks behind its answer; nick and place are held."""
        async with house() as home:
            eve = await home.person("Eve", "tea")
            ann = await home.person("Ann", "tea")
            others = [
                await home.person("Ann", "tea", session=ann.session)
                for _ in range(2 * ENDED_AT_ONCE)
            ]
            reader = Listener()
            await home.turn(Register(reader, session=ann.session), arrives(Listener(), "tea"))
            gone = Listener()
            await home.turn(Register(gone, session=ann.session), Unregister(gone))
            eve.told()
            told = await asked(ann, t="sign_out")
            assert kinds(told) == ["ok"]
            members = [one.member for one in others] + [ann.member, reader]
            assert [member.ends for member in members] == [[SIGNED_OUT]] * len(members)
            assert eve.told() == []
            _, refused = await comes(home, nick="Ann")
            assert refused[0]["code"] == "nick_taken"
            await trio.sleep(GRACE + 0.001)
            assert [one["state"] for one in eve.told() if one["t"] == "presence"] == ["left"]
            _, refused = await comes(home, nick="Ann")
            assert refused[0]["code"] == "nick_taken"

    async def test_who_signs_out_everywhere_can_give_up_their_nick(
        self, autojump_clock: MockClock
    ) -> None:
        """It is free at once, and they have left."""
        async with house() as home:
            eve = await home.person("Eve", "tea")
            ann = await home.person("Ann", "tea")
            eve.told()
            assert kinds(await asked(ann, t="sign_out", forget=True)) == ["ok"]
            assert [one["state"] for one in eve.told()] == ["left"]
            other, _ = await comes(home, nick="Ann")
            assert other.who["id"] != ann.who["id"]

    async def test_a_session_may_be_over_before_the_answer(self, autojump_clock: MockClock) -> None:
        """The connection that asked is gone, or asks twice; nobody is hurt."""
        async with house() as home:
            ann, _ = await comes(home, nick="Ann")
            other, _ = await comes(home, nick="Ann", session=ann.session)
            await home.turn(
                asks(ann.member, {"t": "sign_out"}, {"t": "sign_out"}),
                asks(other.member, {"t": "sign_out"}),
                Unregister(ann.member),
            )
            await trio.testing.wait_all_tasks_blocked()
            assert other.member.ends == [SIGNED_OUT]

    async def test_what_cannot_be_kept_is_told(self, autojump_clock: MockClock) -> None:
        """The session is over all the same, and that is kept as soon as it can be."""
        journal = Journal()
        async with house(journal) as home:
            ann, _ = await comes(home, nick="Ann")
            other, _ = await comes(home, nick="Ann", pair=await code(ann))
            [theirs] = [one for one in await sessions(other) if one.get("here")]
            await trio.testing.wait_all_tasks_blocked()
            journal.is_down = True
            [told] = await asked(ann, t="sign_out", session=theirs["session"])
            assert (told["code"], told["retry_ms"]) == ("unavailable", 700)
            assert other.member.ends == [SIGNED_OUT]
            journal.is_down = False
            await trio.sleep(1)
            kept = journal.kept[ann.who["id"]]
            assert kept
            assert kept.is_over(theirs["session"])

    async def test_too_many_cannot_wait_for_it(
        self, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Then it can be tried again a little later."""
        monkeypatch.setattr("trio_chat.core.devices.WAITING", 1)
        async with house() as home:
            ann, _ = await comes(home, nick="Ann")
            bob, _ = await comes(home, nick="Bob")
            await home.turn(
                asks(ann.member, {"t": "sign_out", "id": 1}),
                asks(bob.member, {"t": "sign_out", "id": 2}),
            )
            assert [one["code"] for one in bob.told()] == ["busy"]

    async def test_each_is_answered_when_their_own_end_is_kept(
        self, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """However many are written down at a time."""
        monkeypatch.setattr("trio_chat.core.records.WRITTEN_AT_ONCE", 1)
        async with house() as home:
            ann, bob = await home.person("Ann"), await home.person("Bob")
            await home.turn(
                asks(ann.member, {"t": "sign_out"}), asks(bob.member, {"t": "sign_out"})
            )
            await trio.testing.wait_all_tasks_blocked()
            assert [kinds(one.told()) for one in (ann, bob)] == [["ok"], ["ok"]]
            assert [one.member.ends for one in (ann, bob)] == [[SIGNED_OUT]] * 2

    async def test_who_goes_before_their_turn_is_not_ended_again(
        self, autojump_clock: MockClock
    ) -> None:
        """Of many connections some may be gone meanwhile."""
        async with house() as home:
            ann = await home.person("Ann")
            others = [
                await home.person("Ann", session=ann.session) for _ in range(ENDED_AT_ONCE + 2)
            ]
            await home.turn(
                asks(ann.member, {"t": "sign_out"}),
                *[PeopleKept(0)] * MESSAGES,  # so that the others come in another turn
                *(Unregister(one.member) for one in others),
            )
            ends = [one.member.ends for one in others]
            assert sum(SIGNED_OUT in one for one in ends) == ENDED_AT_ONCE
            assert all("closed" in one for one in ends)

    async def test_whom_the_journal_has_forgotten_is_somebody_new(
        self, autojump_clock: MockClock
    ) -> None:
        """Their nick is free."""
        journal = Journal()
        journal.people = {"a": encode(PersonRecord(nick="Ann", seen=wall_clock()))}
        async with house(journal) as home:
            assert (await home.person("Ann")).who == {}
            await home.turn(PeopleForgotten(["a"], wall_clock() + 1))
            assert (await home.person("Ann")).who["nick"] == "Ann"

    async def test_one_session_too_many_ends_the_oldest(self, autojump_clock: MockClock) -> None:
        """With its connections."""
        async with house() as home:
            ann, _ = await comes(home, nick="Ann", key="a secret of Ann's")
            for _ in range(SESSIONS):
                last, _ = await comes(home, nick="Ann", key="a secret of Ann's")
            await trio.testing.wait_all_tasks_blocked()
            assert ann.member.ends == [SIGNED_OUT]
            assert len(await sessions(last)) == SESSIONS


async def code(somebody: Somebody) -> str:
    """Return a code for another device."""
    [answer] = await asked(somebody, t="pair")
    assert answer["until"] > wall_clock()
    return str(answer["code"])


class TestPairing:
    """How another device comes as the same person."""

    async def test_a_code_makes_a_connection_the_same_person(
        self, autojump_clock: MockClock
    ) -> None:
        """Once; a nick beside it does not count, and need not be there."""
        async with house() as home:
            ann = await home.person("Ann")
            phone, _ = await comes(home, pair=await code(ann))
            assert phone.who == ann.who
            assert phone.session != ann.session
            shown = await code(phone)
            tablet, _ = await comes(home, nick="Bob", pair=shown)
            assert tablet.who == ann.who
            _, told = await comes(home, nick="Bob", pair=shown)
            assert told[0]["code"] == "bad_pair"

    async def test_who_was_given_away_meanwhile_comes_under_another_nick(
        self, autojump_clock: MockClock
    ) -> None:
        """The one that the hello has."""
        async with house(config=replace(CONFIG, nick_keep_days=0)) as home:
            ann = await home.person("Ann")
            shown = await code(ann)
            await ann.leave()
            await trio.sleep(GRACE + 1)
            phone, _ = await comes(home, nick="Anna", pair=shown)
            assert phone.who == {"id": ann.who["id"], "nick": "Anna"}

    async def test_with_a_session_a_code_does_not_count(self, autojump_clock: MockClock) -> None:
        """It stays good."""
        async with house() as home:
            ann, bob = await home.person("Ann"), await home.person("Bob")
            shown = await code(ann)
            back, _ = await comes(home, nick="Bob", session=bob.session, pair=shown)
            assert back.who == bob.who
            phone, _ = await comes(home, pair=shown)
            assert phone.who == ann.who

    async def test_a_code_is_over_in_time_and_with_the_next_one(
        self, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Or when too many others have one."""
        monkeypatch.setattr(pairings, "PAIRINGS", 1)
        async with house() as home:
            ann, bob = await home.person("Ann"), await home.person("Bob")
            first, second = await code(ann), await code(ann)
            third = await code(bob)
            monkeypatch.setattr(pairings, "GOOD_FOR", 0)
            [over] = await asked(bob, t="pair")
            for shown in (first, second, third, over["code"], "?"):
                _, told = await comes(home, nick="Eve", pair=shown)
                assert told[0]["code"] == "bad_pair"

    async def test_guesses_are_slowed_down(self, autojump_clock: MockClock) -> None:
        """As those of links are."""
        config = replace(CONFIG, link_guess_rate=Rate.parse("1/min:1"))
        async with house(config=config) as home:
            codes = [(await comes(home, nick="E", pair="?"))[1][0]["code"] for _ in range(2)]
            assert codes == ["bad_pair", "busy"]

    async def test_without_nick_and_code_nobody_comes(self, autojump_clock: MockClock) -> None:
        """A nick is missing."""
        async with house() as home:
            _, told = await comes(home)
            assert told[0]["code"] == "bad_request"


async def reads(somebody: Somebody, seq: int, room: str = "tea") -> list[dict[str, Any]]:
    return await somebody.ask({"t": "read", "room": room, "seq": seq})


async def marks(home: House, somebody: Somebody) -> list[dict[str, Any]]:
    """Return the marks that another device is told."""
    _, told = await comes(home, nick=somebody.who["nick"], session=somebody.session)
    found: list[dict[str, Any]] = told[0].get("marks", [])
    return found


class TestMarks:
    """How far people have read."""

    async def test_other_devices_are_told_how_far_one_has_read(
        self, autojump_clock: MockClock
    ) -> None:
        """If that is further than before; an answer comes to those with an id alone."""
        async with house() as home:
            ann = await home.person("Ann", "tea")
            phone = await home.person("Ann", "tea", session=ann.session)
            bob = await home.person("Bob", "tea")
            for text in "abc":
                await bob.ask({"t": "send", "room": "tea", "text": text})
            ann.told(), phone.told()
            assert await reads(ann, 2) == []
            assert phone.told() == [{**READ, "seq": 2}]
            assert await ann.ask({**READ, "seq": 1, "id": 7}) == [{"t": "ok", "id": 7}]
            assert phone.told() == []
            assert await reads(phone, 3) == []
            assert ann.told() == [{**READ, "seq": 3}]
            assert await marks(home, ann) == [{"room": "tea", "seq": 3}]
            assert await marks(home, bob) == []

    async def test_nobody_reads_further_than_there_is(self, autojump_clock: MockClock) -> None:
        """In a room that nobody is in, too; what comes later is not read."""
        async with house() as home:
            ann = await home.person("Ann", "tea", "milk")
            bob = await home.person("Bob", "tea")
            for room in ("tea", "milk"):
                await ann.ask({"t": "send", "room": room, "text": "x"})
            await ann.ask({"t": "leave", "room": "milk"})
            phone = await home.person("Ann", session=ann.session)
            for room in ("tea", "MILK", "new"):
                await reads(ann, 1000, room)
            told = [
                {"room": "tea", "seq": 1},
                {"room": "milk", "seq": 1},
                {"room": "new", "seq": 0},
            ]
            assert phone.told() == [{"t": "read", **mark} for mark in told]
            await bob.ask({"t": "join", "room": "milk"})
            await bob.ask({"t": "send", "room": "milk", "text": "later"})
            assert await marks(home, ann) == told

    async def test_a_mark_in_a_room_that_cannot_be_read_is_not_kept(
        self, autojump_clock: MockClock
    ) -> None:
        """Who wants an answer is told when to try again."""
        journal = Journal()
        async with house(journal) as home:
            ann = await home.person("Ann")
            journal.is_down = True
            assert await reads(ann, 1) == []
            [told] = await asked(ann, **READ, seq=1)
            assert (told["id"], told["code"], told["retry_ms"]) == (1, "unavailable", 700)
            journal.is_down = False
            assert await marks(home, ann) == []
            assert await asked(ann, **READ, seq=1) == [{"t": "ok", "id": 1}]
            assert await marks(home, ann) == [{"room": "tea", "seq": 0}]

    async def test_what_was_read_counts_although_the_connection_has_gone(
        self, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Before the rooms were read for it."""
        monkeypatch.setattr(room_loads, "AT_ONCE", 1)
        journal = Journal()
        async with house(journal) as home:
            ann = await home.person("Ann", "a", "b")
            for room in "ab":
                await ann.ask({"t": "send", "room": room, "text": "x"})
                await ann.ask({"t": "leave", "room": room})
            phone = await home.person("Ann", session=ann.session)
            read = [{"t": "read", "room": room, "seq": 1} for room in "ab"]
            journal.may_load = trio.Event()
            await ann.ask(*read)
            await ann.leave()
            assert phone.told() == []
            journal.may_load.set()
            await trio.testing.wait_all_tasks_blocked()
            assert phone.told() == read

    async def test_too_many_marks_that_wait_for_rooms_are_refused(
        self, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Or dropped, where no answer is wanted; those in open rooms need not wait."""
        monkeypatch.setattr(core_marks, "WAITING", 1)
        async with house() as home:
            ann = await home.person("Ann", "tea")
            told = await ann.ask(
                {**READ, "room": "a", "seq": 1, "id": 1},
                {**READ, "room": "b", "seq": 1},
                {**READ, "room": "c", "seq": 1, "id": 3},
                {**READ, "seq": 1, "id": 4},
            )
            await trio.testing.wait_all_tasks_blocked()
            codes = {one["id"]: one.get("code", one["t"]) for one in told + ann.told()}
            assert codes == {1: "ok", 3: "busy", 4: "ok"}
            assert [mark["room"] for mark in await marks(home, ann)] == ["tea", "a"]

    async def test_who_leaves_can_forget_how_far_they_had_read(
        self, autojump_clock: MockClock
    ) -> None:
        """Who does not say so is told it when they come back."""
        async with house() as home:
            ann = await home.person("Ann", "tea", "milk")
            await reads(ann, 0)
            await reads(ann, 0, "milk")
            await ann.ask({"t": "leave", "room": "tea"}, {"t": "leave", "room": "milk"})
            assert await marks(home, ann) == [{"room": room, "seq": 0} for room in ("tea", "milk")]
            for room in ("tea", "milk"):
                await ann.ask({"t": "join", "room": room})
            await ann.ask({"t": "leave", "room": "tea", "forget": True})
            assert await marks(home, ann) == [{"room": "milk", "seq": 0}]
            await ann.ask({"t": "join", "room": "tea"})
            await ann.ask({"t": "leave", "room": "tea", "forget": True})

    async def test_rooms_beyond_the_limit(self, autojump_clock: MockClock) -> None:
        """Those marked longest ago are not kept."""
        async with house() as home:
            ann = await home.person("Ann")
            for number in range(MARKS):
                await reads(ann, 1, f"r{number}")
            await reads(ann, 2, "r0")
            await reads(ann, 1, "one.more")
            told = [mark["room"] for mark in await marks(home, ann)]
            assert told == [*(f"r{number}" for number in range(2, MARKS)), "r0", "one.more"]

    async def test_too_many_are_dropped_in_silence(self, autojump_clock: MockClock) -> None:
        """Those with an id are told when to try again; some time later there are more."""
        async with house(config=replace(CONFIG, read_rate=Rate.parse("1/s:1"))) as home:
            ann = await home.person("Ann", "tea")
            for _ in range(4):
                await ann.ask({"t": "send", "room": "tea", "text": "x"})
            assert await reads(ann, 1) == []
            assert await reads(ann, 2) == []
            [told] = await ann.ask({**READ, "seq": 3, "id": 1})
            assert (told["code"], told["retry_ms"]) == ("busy", 1000)
            assert await marks(home, ann) == [{"room": "tea", "seq": 1}]
            await trio.sleep(1)
            await reads(ann, 4)
            assert await marks(home, ann) == [{"room": "tea", "seq": 4}]

    async def test_marks_are_written_a_little_later(self, autojump_clock: MockClock) -> None:
        """And are there after a restart, unless numbers are of another epoch."""
        journal = Journal()
        async with house(journal) as home:
            ann = await home.person("Ann", "tea")
            for _ in range(7):
                await ann.ask({"t": "send", "room": "tea", "text": "x"})
            await trio.sleep(LAZY + 1)
            journal.kept.clear()
            await reads(ann, 7)
            await trio.sleep(LAZY - 0.1)
            assert journal.kept == {}
            await trio.sleep(0.2)
            assert [one and one.marks for one in journal.kept.values()] == [{"tea": 7}]
        for epoch, told in ((journal.epoch, [{"room": "tea", "seq": 7}]), ("another", [])):
            journal.people = {id: encode(one) for id, one in journal.kept.items() if one}
            journal.terms = Terms([Term(1, epoch)])
            async with house(journal) as home:
                assert await marks(home, ann) == told

    async def test_where_one_may_not_read_one_has_read_nothing(
        self, autojump_clock: MockClock
    ) -> None:
        """A private room is as one that is not there."""
        async with house() as home:
            ann = await home.person("Ann")
            [told] = await reads(ann, 1, "~" + 26 * "a")
            assert told["code"] == "no_such_room"


def test_codes_from_one_address_end_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not those of people elsewhere, however many there are."""
    monkeypatch.setattr(pairings, "PAIRINGS", 10)
    made = pairings.Pairings(RequestLimits(Limits(CONFIG), CONFIG))
    ours, _ = made.make("ann", 0, "192.0.2.1", 0)
    theirs = [made.make(f"eve {n}", 0, f"2001:db8::{n:x}", 0)[0] for n in range(100)]
    assert made.look(ours, "192.0.2.1", 0, 0).person_id == "ann"
    assert made.look(theirs[-9], "192.0.2.1", 0, 0).person_id == "eve 91"
    with pytest.raises(RequestError, match="bad_pair"):
        made.look(theirs[-10], "192.0.2.1", 0, 0)
