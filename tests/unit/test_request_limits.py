"""Rules of the limits of requests: who asks for too much waits, is refused, and then has to go."""

from dataclasses import replace
from typing import Any

import pytest
import trio
import trio.testing
from trio.testing import MockClock

from tests.unit.members import CONFIG, Listener, Somebody, arrives, asks, house, kinds, says
from trio_chat.config import Config
from trio_chat.core.messages import ApiRequest, Register
from trio_chat.core.prices import RATES
from trio_chat.core.request_limits import RequestLimits
from trio_chat.limits.limits import Limits
from trio_chat.live_config import LiveConfig
from trio_chat.protocol import governing, requests
from trio_chat.protocol.close import FLOODING
from trio_chat.protocol.dialects import v1
from trio_chat.protocol.request_error import RequestError
from trio_chat.rates import Rate, Rates

PATIENCE = 2.1
LIMITED = replace(CONFIG, rate_patience=PATIENCE, flood_timeout=10)


def limited(**rates: str) -> Config:
    """Return settings with these rates, and no others."""
    parsed: dict[str, Any] = {name: Rate.parse(text) for name, text in rates.items()}
    return replace(LIMITED, **parsed)


def sends(count: int, room: str = "tea") -> list[dict[str, Any]]:
    return [
        {"t": "send", "id": number, "room": room, "text": f"line {number}"}
        for number in range(count)
    ]


async def later(seconds: float) -> None:
    """Let time go by, and what is due at its end happen."""
    await trio.sleep(seconds + 0.001)
    await trio.testing.wait_all_tasks_blocked()


def done(answers: list[dict[str, Any]]) -> list[int]:
    return [answer["id"] for answer in answers if answer["t"] == "ok"]


def refused(answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [answer for answer in answers if answer["t"] == "error"]


async def test_what_is_over_the_rate_waits_and_nothing_is_lost(autojump_clock: MockClock) -> None:
    """A burst goes at once; the rest follows at the rate, in order."""
    async with house(config=limited(send_rate="5/s:20")) as home:
        ann = await home.person("Ann", "tea")
        assert done(await ann.ask(*sends(25))) == [*range(20)]
        for number in range(20, 25):
            await later(0.2)
            assert done(ann.told()) == [number]


async def test_what_would_wait_too_long_is_refused_with_the_time_to_wait(
    autojump_clock: MockClock,
) -> None:
    """``busy`` with ``retry_ms``, for each the time after which it can be asked again."""
    async with house(config=limited(send_rate="5/s:20")) as home:
        ann = await home.person("Ann", "tea")
        heard = await ann.ask(*sends(60))
        await later(PATIENCE)
        heard += ann.told()
        assert done(heard) == [*range(30)]
        assert [error["id"] for error in refused(heard)] == [*range(30, 60)]
        assert {error["code"] for error in refused(heard)} == {"busy"}
        assert [error["retry_ms"] for error in refused(heard)] == [*range(200, 6200, 200)]


async def test_who_obeys_is_not_refused_again(autojump_clock: MockClock) -> None:
    """However much there was to be done; so a long outbox does not look like a flood."""
    async with house(config=limited(send_rate="5/s:20")) as home:
        ann = await home.person("Ann", "tea")
        heard = await ann.ask(*sends(150))
        await later(PATIENCE)
        heard += ann.told()
        waiting = refused(heard)
        assert len(waiting) == 120
        for error in waiting:
            await later(0.2)
            heard += await ann.ask(*sends(150)[error["id"] : error["id"] + 1])
        assert done(heard) == [*range(150)]
        assert ann.member.ends == []


async def test_what_can_not_be_done_in_time_is_refused_at_once(autojump_clock: MockClock) -> None:
    """Nobody waits for nothing."""
    async with house(config=limited(topic_rate="6/min:3")) as home:
        ann = await home.person("Ann", "tea")
        topic = {"t": "topic", "id": 1, "room": "tea", "text": "x"}
        heard = await ann.ask(topic, topic, topic, topic)
        assert kinds(heard) == ["error", *["topic"] * 3, *["ok"] * 3]
        assert heard[0]["retry_ms"] == 10_000


async def test_others_do_not_wait(autojump_clock: MockClock) -> None:
    """The rate is a person's own, and each kind of request has one."""
    async with house(config=limited(send_rate="1/s:1", change_rate="1/s:1")) as home:
        ann, bob = await home.person("Ann", "tea"), await home.person("Bob", "tea")
        await ann.ask(*sends(2))
        assert done(await bob.ask(*sends(1))) == [0]
        await later(1)
        ann.told()
        react = {"t": "react", "id": 7, "room": "tea", "seq": 1, "emoji": "👍"}
        assert done(await ann.ask(react)) == [7]


async def test_connections_of_one_person_share_a_rate(autojump_clock: MockClock) -> None:
    """Ten tabs may not do more than one."""
    async with house(config=limited(send_rate="5/s:20")) as home:
        ann = await home.person("Ann", "tea")
        tab = await home.person("Ann", "tea", session=ann.session)
        assert len(done(await ann.ask(*sends(15)))) == 15
        assert len(done(await tab.ask(*sends(15)))) == 5
        await later(2)


async def test_all_in_a_room_share_its_rate(autojump_clock: MockClock) -> None:
    """However many they are, and however the room is spelt; another room is not slower for it."""
    async with house(config=limited(room_rate="10/s:10")) as home:
        ann, bob = await home.person("Ann", "tea", "cake"), await home.person("Bob", "tea")
        assert len(done(await ann.ask(*sends(10)))) == 10
        assert done(await bob.ask(*sends(1, "TEA"))) == []
        assert len(done(await ann.ask(*sends(5, "cake")))) == 5
        await later(0.1)
        assert done(bob.told()) == [0]


async def test_a_flood_does_not_take_a_rooms_rate_from_others(autojump_clock: MockClock) -> None:
    """Each waits in line with one request, whoever has more of them."""
    async with house(config=limited(room_rate="10/s:1")) as home:
        flooders = [await home.person(f"F{number}", "tea") for number in range(5)]
        for flooder in flooders:
            await flooder.ask(*sends(100))
        bob = await home.person("Bob", "tea")
        bob.told()
        assert done(await bob.ask(*sends(1))) == []
        await later(0.7)
        assert done(bob.told()) == [0]


async def test_people_of_an_address_share_what_they_write(autojump_clock: MockClock) -> None:
    """So nobody gets more by coming again as somebody else."""
    async with house(config=limited(send_rate="5/s:20", address_write_rate="10/s:30")) as home:
        ann, bob = await home.person("Ann", "tea"), await home.person("Bob", "jam")
        assert len(done(await ann.ask(*sends(20)))) == 20
        assert len(done(await bob.ask(*sends(20, "jam")))) == 10


async def test_who_floods_for_ten_seconds_has_to_go(autojump_clock: MockClock) -> None:
    """It is told why, and with a code after which it stays away."""
    async with house(config=limited(send_rate="5/s:20")) as home:
        ann = await home.person("Ann", "tea")
        started = trio.current_time()
        while not ann.member.ends:
            await ann.ask(*sends(50))
            await later(PATIENCE)
        assert ann.member.ends == [FLOODING]
        assert FLOODING.code == 4504
        assert 10 <= trio.current_time() - started <= 10 + 2 * PATIENCE
        assert len(home.hub._chat._backlog) == 0


async def test_who_types_by_hand_is_never_ended(autojump_clock: MockClock) -> None:
    """Two minutes long a command each half second: what is too much is refused, and no more."""
    async with house(config=limited(govern_rate="20/min:30")) as home:
        ann = await home.person("Ann", "tea")
        answers = []
        for number in range(240):
            answers += await ann.ask({"t": "pair", "id": number})
            await later(0.5)
        assert ann.member.ends == []
        assert len(refused(answers)) > 100


async def test_a_moderator_acts_as_fast_as_by_hand(autojump_clock: MockClock) -> None:
    """Thrice a second for ten seconds, each on one; besides what they open to look at it."""
    async with house(config=Config()) as home:
        ann = await home.person("Ann", "tea")
        act = {"t": "moderate", "room": "tea", "act": "ban", "people": ["x"]}
        answers = []
        for number in range(30):
            answers += await ann.ask({**act, "id": 2 * number})
            answers += await ann.ask({"t": "delete", "room": "tea", "seq": 1, "id": 2 * number + 1})
            await later(1 / 3)
        for kind in ("links", "audit", "held"):
            answers += await ann.ask({"t": kind, "room": "tea", "id": kind})
        codes = [answer["code"] for answer in answers if answer["t"] == "error"]
        assert len(codes) == 63
        assert "busy" not in codes


async def test_a_pause_is_forgiven(autojump_clock: MockClock) -> None:
    """The ten seconds begin anew once requests need not wait any more."""
    async with house(config=limited(send_rate="5/s:20")) as home:
        ann = await home.person("Ann", "tea")
        for _ in range(5):
            await ann.ask(*sends(50))
            await later(8)
            await ann.ask(*sends(1))
        assert ann.member.ends == []


async def test_what_waits_for_a_rate_costs_the_hub_nothing(autojump_clock: MockClock) -> None:
    """It is set aside until its time; others' turns do not look at it."""
    async with house(config=limited(send_rate="1/s:1")) as home:
        crowd = [await home.person(f"P{number}", "tea") for number in range(50)]
        for somebody in crowd:
            await somebody.ask(*sends(2))
        assert len(home.hub._chat._backlog) == 50
        assert not home.hub._chat._backlog.has_more
        assert home.hub._chat.wake_at > trio.current_time()
        await later(1)
        assert len(home.hub._chat._backlog) == 0


async def test_who_leaves_while_a_request_waits_leaves_nothing(autojump_clock: MockClock) -> None:
    """Its requests are dropped when their time comes."""
    async with house(config=limited(send_rate="1/s:1")) as home:
        ann = await home.person("Ann", "tea")
        await ann.ask(*sends(3))
        await ann.leave()
        await later(3)
        assert len(home.hub._chat._backlog) == 0


async def test_too_much_typing_is_dropped_in_silence(autojump_clock: MockClock) -> None:
    """It is no loss, and nobody waits for it."""
    async with house(config=limited(typing_rate="30/min:1")) as home:
        ann, bob = await home.person("Ann", "tea"), await home.person("Bob", "tea")
        ann.told()
        typing = {"t": "typing", "id": 1, "room": "tea"}
        assert await ann.ask(*[typing] * 100, *sends(1)) == [
            {"t": "typing", "room": "tea", "who": ann.who},
            *[entry for entry in bob.told() if entry["t"] == "msg"],
            {"t": "ok", "id": 0, "seq": 1, "ts": 1000},
        ]


async def test_errors_have_a_price(autojump_clock: MockClock) -> None:
    """A faulty request is answered, too."""
    async with house(config=limited(invalid_rate="1/s:5")) as home:
        ann = await home.person("Ann")
        heard = await ann.ask(*[{"t": "join", "id": 1}] * 20)
        assert len(refused(heard)) == 5
        await later(PATIENCE)
        answers = ann.told()
        assert [error["code"] for error in answers] == ["bad_request"] * 2 + ["busy"] * 13


async def test_a_hello_pays_for_its_rooms(autojump_clock: MockClock) -> None:
    """They are joins like any others."""
    async with house(config=limited(join_rate="10/s:10")) as home:
        ann = await home.person("Ann", *(f"r{number}" for number in range(3)))
        join = {"t": "join", "id": 1, "room": "r1"}
        await ann.leave()
        ann = await home.person("Ann", "r1", "r2", "r3", session=ann.session)
        for _ in range(10):  # the hello was paid before anybody knew whose it is
            assert "joined" in kinds(await ann.ask(join))
        assert await ann.ask(join) == []
        await later(0.1)
        assert kinds(ann.told()) == ["joined"]


async def test_a_nameless_client_has_a_rate_of_its_own(autojump_clock: MockClock) -> None:
    """On the plain dialect the rest waits and is refused likewise."""
    async with house(config=limited(send_rate="5/s:20")) as home:
        go = Listener()
        await home.turn(arrives(go))
        await home.turn(says(go, *(f"line {number}" for number in range(60))))
        await later(PATIENCE)
        lines = b"\n".join(got or b"" for got in go.got).decode().split("\n")
        assert [line for line in lines if line[0] != "("] == [f"line {n}" for n in range(30)]
        assert sum("too much at once" in line for line in lines) == 30


def post(caller: Listener, room: str, token: str | None = None) -> ApiRequest:
    send = requests.Send(room=room, text="posted")
    return ApiRequest(caller, requests.Credentials(token), send)


async def test_a_script_is_refused_at_once(autojump_clock: MockClock) -> None:
    """It has no connection that could wait; the person's rate is the same one."""
    async with house(config=limited(send_rate="5/s:20")) as home:
        ann, script = await home.person("Ann", "tea"), Listener(v1)
        assert len(done(await ann.ask(*sends(20)))) == 20
        await home.turn(post(script, "tea", ann.session))
        [error] = script.told()
        assert (error["code"], error["retry_ms"]) == ("too_fast", 200)
        await later(0.2)
        await home.turn(post(script, "tea", ann.session))
        assert kinds(script.told()) == ["ok"]


async def test_scripts_without_a_name_share_the_rate_of_their_address(
    autojump_clock: MockClock,
) -> None:
    """Nothing else tells them apart."""
    async with house(config=limited(send_rate="1/s:1")) as home:
        one, other, elsewhere = Listener(v1), Listener(v1), Listener(v1)
        elsewhere.address = "192.0.2.2"
        await home.turn(post(one, "tea"), post(other, "tea"), post(elsewhere, "tea"))
        assert kinds(one.told() + other.told() + elsewhere.told()) == ["ok", "error", "ok"]


async def begin_rooms(somebody: Somebody, count: int) -> list[str]:
    """Say the first word in so many rooms; return the codes of the errors."""
    rooms = [f"new{number}" for number in range(count)]
    await somebody.ask(*({"t": "join", "room": room} for room in rooms))
    heard = []
    for room in rooms:
        heard += await somebody.ask(*sends(1, room))
    return [error["code"] for error in refused(heard)]


async def test_an_address_begins_so_many_rooms_in_an_hour(autojump_clock: MockClock) -> None:
    """Rooms that are there already can be used on, by socket and by HTTP."""
    config = replace(limited(new_room_rate="2/h:2"), rooms_per_connection=10)
    async with house(config=config) as home:
        ann, script = await home.person("Ann"), Listener(v1)
        assert await begin_rooms(ann, 4) == ["too_many_new_rooms"] * 2
        await home.turn(post(script, "another"), post(script, "new0"))
        assert [answer.get("code") for answer in script.told()] == ["too_many_new_rooms", None]
        reached = home.hub._chat._settling._limits._limits.counters.reached
        assert reached["new_room_rate", "journal"] == 3
        bob = await home.person("Bob")
        bob.member.address = "192.0.2.2"
        assert await begin_rooms(bob, 4) == []
        await later(1800)
        await home.turn(post(script, "another"))
        assert kinds(script.told()) == ["ok"]


async def test_rooms_that_were_on_their_way_together_cost_one_more_bucket_at_most(
    autojump_clock: MockClock,
) -> None:
    """The journal tells which word was the first one; the address need not pay for it for days."""
    async with house(config=limited(new_room_rate="2/h:2")) as home:
        scripts = [Listener(v1) for _ in range(20)]
        await home.turn(*(post(script, f"new{n}") for n, script in enumerate(scripts)))
        assert {kinds(script.told())[0] for script in scripts} == {"ok"}
        await home.turn(post(scripts[0], "another"))
        [error] = scripts[0].told()
        assert (error["code"], error["retry_ms"]) == ("too_many_new_rooms", 5_400_000)
        await later(5400)
        await home.turn(post(scripts[0], "another"))
        assert kinds(scripts[0].told()) == ["ok"]


async def test_an_address_brings_so_many_new_people_in_an_hour(autojump_clock: MockClock) -> None:
    """Whoever has a session can come back in any case."""
    async with house(config=limited(new_name_rate="2/h:2")) as home:
        ann = await home.person("Ann")
        for _ in range(3):  # a nick that is taken brings nobody
            dave = Listener(v1)
            await home.turn(Register(dave), asks(dave, {"t": "hello", "nick": "Ann"}))
            assert dave.told()[0]["code"] == "nick_taken"
        await home.person("Bob")
        cleo = Listener(v1)
        await home.turn(Register(cleo), asks(cleo, {"t": "hello", "nick": "Cleo"}))
        [error] = cleo.told()
        assert (error["code"], error["retry_ms"]) == ("busy", 1_800_000)
        await ann.leave()
        await later(20)
        assert (await home.person("Ann", session=ann.session)).who == ann.who
        script = Listener(v1)
        hello = requests.Hello(nick="Dora")
        await home.turn(ApiRequest(script, requests.Credentials(), hello))
        assert script.told()[0]["code"] == "busy"
        reached = home.hub._chat._settling._limits._limits.counters.reached
        assert (reached["new_name_rate", "socket"], reached["new_name_rate", "http"]) == (1, 1)


@pytest.mark.parametrize("kind", requests.AnyRequest.__args__)
def test_every_request_has_a_price(kind: type) -> None:
    """A new kind of request has to be thought about."""
    assert kind in {requests.Typing, requests.Read} or RATES[kind] in {*Rates.__dataclass_fields__}


async def test_an_open_room_follows_its_rate(autojump_clock: MockClock) -> None:
    """Its members need not leave it for that."""
    async with house(config=LiveConfig.of(limited(room_rate="1/h:1"))) as home:
        config = home.hub._config
        assert isinstance(config, LiveConfig)
        ann = await home.person("Ann", "tea")
        assert done(await ann.ask(*sends(1))) == [0]
        config.change(limited(room_rate="1/h:3"))
        home.limits.reconfigure()
        assert done(await ann.ask(*sends(3))) == [0, 1, 2]


async def test_connections_of_a_person_share_what_was_forgotten(autojump_clock: MockClock) -> None:
    """What one asked for before the person was forgotten does not leave it a quota of its own."""
    async with house(config=limited(send_rate="1/s:3")) as home:
        ann = await home.person("Ann", "tea")
        assert done(await ann.ask(*sends(3))) == [0, 1, 2]
        await later(60)
        for number in range(20):
            home.limits.people.of(str(number), trio.current_time())
        twin = await home.person("Ann", "tea", session=ann.session)
        assert done(await twin.ask(*sends(2))) == [0, 1]
        assert done(await ann.ask(*sends(3))) == [0]


@pytest.mark.parametrize(("is_preview", "times"), [(True, 20), (False, 6)])
def test_a_raid_counts_for_what_it_costs(*, is_preview: bool, times: int) -> None:
    """Of the sixty that one person may ask for at once."""
    config = Config()
    asked = RequestLimits(Limits(config), config)
    raid = governing.Raid(room="tea", since=0, preview=is_preview)
    for _ in range(times):
        asked.check("a", raid, None, "192.0.2.1", 0)
    with pytest.raises(RequestError, match="too_fast"):
        asked.check("a", raid, None, "192.0.2.1", 0)
