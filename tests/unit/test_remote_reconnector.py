"""Rules of the Python client's connection: coming back, staying away, its times to the moment."""

import pytest
import trio
import trio.testing
from trio.testing import MockClock

from tests.frames import BINARY, PING, TEXT, unmasked
from tests.unit.servers import ANN, Calls, Peer, calling, end_of, refusal, welcome
from trio_chat.remote import (
    Chat,
    Connecting,
    Ended,
    Online,
    Over,
    Person,
    Refused,
    State,
    Unreachable,
    Waiting,
)

FOR_EVER = float("inf")
NOT_V1 = "the server does not speak trio-chat.v1 (1002)"


async def collect(chat: Chat, states: list[State]) -> None:
    """Keep how the connection is, from now to the end."""
    async for state in chat.states():
        states.append(state)  # noqa: PERF401 - each is looked at as it comes


async def test_a_welcome_makes_it_online(autojump_clock: MockClock) -> None:
    """Then it is known who we are, and what the server's limits are."""
    calls = Calls()
    async with calling(calls, session="from before") as chat:
        assert (chat.me, chat.limits) == (Person("", "Ann"), {})
        hello = await (await calls.next()).welcomes()
        assert hello.pop("key")
        assert hello == {
            "t": "hello",
            "id": 0,
            "nick": "Ann",
            "session": "from before",
            "rooms": [],
            "link": None,
            "access": None,
            "pair": None,
        }
        await chat.online()
        assert (chat.me, chat.session) == (Person(**ANN), "secret")
        assert chat.limits["text"] == 4000
        assert isinstance(chat.state, Online)
    assert await anext(chat.states()) == Over(None)
    assert calls.times == [0]


async def test_the_delays_double_up_to_their_limit(autojump_clock: MockClock) -> None:
    """As docs/python.md says; a server that does not answer is called every 20 s in the end."""
    calls = Calls()
    calls.trouble = ConnectionRefusedError("nobody is there")
    states: list[State] = []
    async with calling(calls, connect_timeout=FOR_EVER) as chat, trio.open_nursery() as nursery:
        nursery.start_soon(collect, chat, states)
        await trio.sleep(60)
        assert calls.times == [0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5, 51.5]
        assert states[:2] == [Waiting(0.5, "nobody is there"), Waiting(1.5, "nobody is there")]
        nursery.cancel_scope.cancel()


async def test_a_server_that_welcomes_and_fails_is_called_less_and_less(
    autojump_clock: MockClock,
) -> None:
    """A welcome alone does not reset the delay: as often as a server that does not answer."""
    calls = Calls()
    states: list[State] = []
    async with calling(calls) as chat, trio.open_nursery() as nursery:
        nursery.start_soon(collect, chat, states)
        for _ in range(7):
            peer = await calls.next()
            await peer.welcomes()
            await trio.sleep(1)
            await peer.closes(1011)
        assert calls.times == [0, 1.5, 3.5, 6.5, 11.5, 20.5, 37.5]
        assert [one.attempt for one in states if isinstance(one, Connecting)] == [*range(1, 8)]
        nursery.cancel_scope.cancel()


async def test_the_delays_begin_anew_after_five_seconds_online(autojump_clock: MockClock) -> None:
    """A connection that lasted so long was a good one, and its loss counts as the first."""
    calls = Calls()
    calls.trouble = ConnectionRefusedError("nobody is there")
    states: list[State] = []
    async with calling(calls, connect_timeout=FOR_EVER) as chat, trio.open_nursery() as nursery:
        await trio.sleep(40)
        calls.trouble = None
        peer = await calls.next()
        await peer.welcomes()
        await trio.sleep(5)
        nursery.start_soon(collect, chat, states)
        await trio.testing.wait_all_tasks_blocked()
        await peer.hangs_up()
        began = trio.current_time()
        await calls.next()
        assert calls.times[-1] == began + 0.5
        await trio.testing.wait_all_tasks_blocked()
        assert states == [Online(), Waiting(began + 0.5, "the connection broke"), Connecting(1)]
        nursery.cancel_scope.cancel()


async def test_who_gets_no_welcome_in_time_is_told_why(autojump_clock: MockClock) -> None:
    """The time is that of all attempts together."""
    calls = Calls()
    calls.trouble = ConnectionRefusedError("nobody is there")
    with pytest.raises(Unreachable, match="nobody is there"):
        async with calling(calls, connect_timeout=4) as chat:
            await chat.online()
    assert trio.current_time() == 4


async def test_a_server_that_cannot_be_found_is_given_up_after_a_while(
    autojump_clock: MockClock,
) -> None:
    """Ten seconds, and it is called again."""
    calls = Calls()
    calls.is_deaf = True
    with pytest.raises(Unreachable, match="does not answer"):
        async with calling(calls, connect_timeout=12) as chat:
            await chat.online()
    assert calls.times == [0, 10.5]


async def test_a_failed_handshake_of_tls_is_told(autojump_clock: MockClock) -> None:
    """It may be a certificate that has run out, which somebody renews."""
    calls = Calls()
    calls.trouble = trio.BrokenResourceError("no certificate")
    with pytest.raises(Unreachable, match="no TLS with the server: no certificate"):
        async with calling(calls, connect_timeout=1):
            await trio.sleep_forever()


@pytest.mark.parametrize("code", [1001, 1011, 1012, 1013, 4000, 4002, 4499])
async def test_these_codes_invite_to_come_back(autojump_clock: MockClock, code: int) -> None:
    """And the pause is on top of what ``bye`` asks for."""
    calls = Calls()
    async with calling(calls) as chat:
        peer = await calls.next()
        await peer.welcomes()
        await peer.says({"t": "bye", "code": code, "reason": "why not", "retry_ms": 3000})
        await peer.closes(code, b"why not")
        assert chat.state == Waiting(3.5, "why not")
        await (await calls.next()).welcomes()
        assert calls.times == [0, 3.5]


@pytest.mark.parametrize("code", [1000, 1002, 1007, 1009, 4500, 4504, 4999])
async def test_these_codes_mean_to_stay_away(autojump_clock: MockClock, code: int) -> None:
    """The block is cancelled, and told the code and the reason."""

    async def send_away(peer: Peer) -> None:
        await peer.welcomes()
        await peer.closes(code, b"go away")

    calls = Calls()
    error = await end_of(calls, send_away)
    assert isinstance(error, Ended)
    assert (error.code, error.reason, str(error)) == (code, "go away", f"go away ({code})")
    assert calls.times == [0]


async def test_a_code_has_a_name_if_it_has_no_reason(autojump_clock: MockClock) -> None:
    """People should not have to look it up."""
    calls = Calls()
    async with calling(calls) as chat:
        peer = await calls.next()
        await peer.welcomes()
        await peer.closes(1001)
        assert chat.state == Waiting(0.5, "GOING_AWAY")


async def test_a_bye_counts_without_a_close(autojump_clock: MockClock) -> None:
    """The network may lose what comes behind it."""

    async def say_bye(peer: Peer) -> None:
        await peer.welcomes({"t": "bye", "code": 4504, "reason": "too much"})
        await peer.hangs_up()

    assert str(await end_of(Calls(), say_bye)) == "too much (4504)"


async def test_a_refused_hello_ends_it(autojump_clock: MockClock) -> None:
    """Nothing gets better by coming back."""

    async def refuse(peer: Peer) -> None:
        await peer.shake_hands()
        await peer.says(refusal("nick_taken", id=0))
        assert await peer.hears()
        assert not await peer.hears()

    calls = Calls()
    error = await end_of(calls, refuse)
    assert isinstance(error, Refused)
    assert (error.code, str(error)) == ("nick_taken", "it is nick_taken (nick_taken)")
    assert calls.times == [0]


async def test_a_hello_that_is_refused_for_the_moment_is_said_again(
    autojump_clock: MockClock,
) -> None:
    """At the time that the server tells."""
    calls = Calls()
    async with calling(calls) as chat:
        peer = await calls.next()
        await peer.shake_hands()
        await peer.says(refusal("unavailable", id=0, retry_ms=2000))
        await peer.hangs_up()
        assert chat.state == Waiting(2.5, "it is unavailable")
        await (await calls.next()).welcomes()
        await chat.online()
        assert calls.times == [0, 2.5]


async def test_a_hello_without_an_answer_is_said_again_on_another_connection(
    autojump_clock: MockClock,
) -> None:
    """After ten seconds; its key tells the server that it is the same one, and nobody else's."""
    calls = Calls()
    async with calling(calls, connect_timeout=FOR_EVER) as chat:
        peer = await calls.next()
        await peer.shake_hands()
        hello = await peer.hears()
        peer = await calls.next()
        assert calls.times == [0, 10.5]
        assert chat.state == Connecting(2)
        assert (await peer.welcomes())["key"] == hello["key"]
    async with calling(calls):
        assert (await (await calls.next()).welcomes())["key"] != hello["key"]


async def test_a_handshake_without_an_answer_is_tried_again(autojump_clock: MockClock) -> None:
    """After ten seconds; at once if the server hangs up."""
    calls = Calls()
    async with calling(calls, connect_timeout=FOR_EVER):
        await (await calls.next()).read_head()
        peer = await calls.next()
        await peer.read_head()
        await peer.hangs_up()
        await calls.next()
        assert calls.times == [0, 10.5, 11.5]


@pytest.mark.parametrize(
    ("status", "headers", "pause"),
    [(503, b"Retry-After: 10\r\n", 10.5), (429, b"Retry-After: soon\r\n", 0.5), (408, b"", 0.5)],
)
async def test_an_http_status_may_invite_to_come_back(
    autojump_clock: MockClock, status: int, headers: bytes, pause: float
) -> None:
    """A proxy that stands before the server says so as well."""
    calls = Calls()
    async with calling(calls, connect_timeout=FOR_EVER) as chat:
        await reject(await calls.next(), status, headers)
        assert chat.state == Waiting(pause, f"the server answered with HTTP status {status}")


async def test_another_http_status_ends_it(autojump_clock: MockClock) -> None:
    """There is no chat at this address."""
    error = await end_of(Calls(), lambda peer: reject(peer, 404, b""))
    assert isinstance(error, Ended)
    assert error.code == 404


async def reject(peer: Peer, status: int, headers: bytes) -> None:
    await peer.read_head()
    await peer.sends(b"HTTP/1.1 %d No\r\n%bContent-Length: 0\r\n\r\n" % (status, headers))


async def test_a_server_of_another_protocol_is_left(autojump_clock: MockClock) -> None:
    """It would not understand a word."""

    async def speak_another(peer: Peer) -> None:
        await peer.shake_hands(speaks_v1=False)
        assert not await peer.hears()
        await peer.hangs_up()

    assert str(await end_of(Calls(), speak_another)) == NOT_V1


@pytest.mark.parametrize(
    "wire",
    [
        unmasked(TEXT, b"{"),
        unmasked(TEXT, b'[{"seq": 1}]'),
        unmasked(TEXT, b'[{"t": "msg", "room": 1}]'),
        unmasked(TEXT, b"[" * 100_000),
        unmasked(TEXT, b'[{"t": "new", "x": ' + b"[" * 100_000),
        unmasked(TEXT, b'[{"t": "joined", "room": "tea", "last": 0, "epoch": "", "members": 1}]'),
        unmasked(BINARY, b"\xff"),
    ],
)
async def test_a_server_that_talks_nonsense_is_left(autojump_clock: MockClock, wire: bytes) -> None:
    """Guessing would lose something."""

    async def talk_nonsense(peer: Peer) -> None:
        await peer.welcomes()
        await peer.sends(wire)
        await peer.hangs_up()

    assert str(await end_of(Calls(), talk_nonsense)) == NOT_V1


async def test_what_is_new_in_the_protocol_is_passed_over(autojump_clock: MockClock) -> None:
    """Unknown types and fields do no harm, and what is known beside them counts."""
    calls = Calls()
    async with calling(calls) as chat:
        peer = await calls.next()
        await peer.shake_hands()
        await peer.says({"t": "fireworks", "colour": 3}, welcome(mood="good"))
        await chat.online()


async def test_the_first_ping_may_come_late(autojump_clock: MockClock) -> None:
    """Other waits for the server are shorter, and must not go on behind the welcome."""
    calls = Calls()
    async with calling(calls) as chat:
        await (await calls.next()).welcomes(ping_interval=25)
        await trio.sleep(49)
        assert chat.state == Online()


async def test_a_silent_server_counts_as_gone(autojump_clock: MockClock) -> None:
    """After two of the intervals at which it wanted to show life."""
    calls = Calls()
    async with calling(calls, connect_timeout=FOR_EVER) as chat:
        peer = await calls.next()
        await peer.welcomes(ping_interval=3)
        await trio.sleep(5)
        await peer.says({"t": "ping"})
        await trio.sleep(5)
        assert chat.state == Online()
        await calls.next()
        assert calls.times == [0, 11.5]


async def test_a_server_without_pings_is_pinged(autojump_clock: MockClock) -> None:
    """Its pongs show life then."""
    calls = Calls()
    async with calling(calls) as chat:
        peer = await calls.next()
        await peer.welcomes(ping_interval=0)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(peer.hears)
            await trio.sleep(99)
            assert (peer.pings, chat.state) == (3, Online())
            nursery.cancel_scope.cancel()
        await calls.next()
        assert calls.times == [0, 75 + 50 + 0.5]


async def test_leaving_says_goodbye_and_waits_for_the_answer(autojump_clock: MockClock) -> None:
    """Two seconds at most."""
    calls = Calls()
    async with calling(calls):
        peer = await calls.next()
        await peer.welcomes()
    assert trio.current_time() == 2
    assert not await peer.hears()
    assert peer.is_over


async def test_leaving_is_over_once_the_goodbye_is_answered(autojump_clock: MockClock) -> None:
    """The states of the connection end there, too."""
    calls = Calls()
    states: list[State] = []
    async with trio.open_nursery() as nursery, calling(calls) as chat:
        nursery.start_soon(collect, chat, states)
        peer = await calls.next()
        await peer.welcomes()
        nursery.start_soon(peer.hears)
    assert trio.current_time() == 0
    assert states == [Connecting(1), Online(), Over(None)]


async def test_leaving_while_nobody_answers_is_at_once(autojump_clock: MockClock) -> None:
    """There is nobody to say goodbye to."""
    calls = Calls()
    calls.is_deaf = True
    async with calling(calls) as chat:
        await trio.sleep(1)
    assert trio.current_time() == 1
    with pytest.raises(Ended, match="was left"):
        await chat.online()


async def test_a_ping_that_crosses_our_goodbye_does_no_harm(autojump_clock: MockClock) -> None:
    """Even though trio-websocket would answer it."""
    calls = Calls()

    async def ping(peer: Peer) -> None:
        await peer.stream.receive_some()  # the goodbye
        await peer.sends(unmasked(PING))

    async with trio.open_nursery() as nursery, calling(calls):
        peer = await calls.next()
        await peer.welcomes()
        nursery.start_soon(ping, peer)
    assert trio.current_time() == 0


@pytest.mark.parametrize("kind", [ZeroDivisionError, KeyboardInterrupt])
async def test_an_exception_in_the_block_leaves_it_as_it_is(
    autojump_clock: MockClock, kind: type[BaseException]
) -> None:
    """Nobody wants to unpack a group."""

    async def fail() -> None:
        async with calling(Calls()):
            raise kind

    with pytest.raises(kind):
        await fail()
