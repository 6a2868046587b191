"""Rules of the acceptor, on virtual time."""

from dataclasses import replace

import pytest
import structlog
import trio
from trio.testing import MockClock

from tests import frames
from tests.unit.house import CONFIG, GET, GET_FILE, house, status
from trio_chat.net.head import END_OF_HEAD
from trio_chat.net.reception import LAST_HEADS
from trio_chat.net.streams import SKIPPED
from trio_chat.protocol import requests
from trio_chat.rates import Rate


async def test_a_plain_request_is_led_on_as_it_came(autojump_clock: MockClock) -> None:
    """Head and what is behind it, as one piece."""
    async with house() as chat:
        conn = await chat.comes()
        await conn.send(GET[:10])
        await conn.send(GET[10:] + b"body")
        assert chat.requests == [GET + b"body"]


async def test_a_websocket_is_led_on_with_its_answer(autojump_clock: MockClock) -> None:
    """And with the frames that came behind the handshake."""
    async with house() as chat:
        conn = await chat.comes()
        await conn.send(frames.upgrade() + b"frames")
        [(answer, rest)] = chat.websockets
        assert answer.startswith(b"HTTP/1.1 101 ")
        assert rest == b"frames"


async def test_what_is_behind_the_acceptor_may_refuse_a_websocket(
    autojump_clock: MockClock,
) -> None:
    """Because of the room it asks for, for example; the handshake is not answered then."""
    async with house() as chat:
        chat.refuses = True
        conn = await chat.comes()
        await conn.send(frames.upgrade())
        assert await status(conn) == 400
        assert chat.websockets == []


async def test_who_follows_a_room_is_led_past_http(autojump_clock: MockClock) -> None:
    """To where it is a member of the room; what it cannot follow is refused here."""
    async with house() as chat:
        conn = await chat.comes()
        await conn.send(GET.replace(b"/ ", b"/api/v1/rooms/Tea/events?last=7 ") + b"more")
        assert chat.followed == [(requests.Join(id=7, room="tea", last=7), b"more")]
        bad = await chat.comes()
        await bad.send(GET.replace(b"/ ", b"/api/v1/rooms/-/events "))
        assert await status(bad) == 400
        assert chat.requests == []


@pytest.mark.parametrize(
    ("wire", "expected"),
    [
        (b"garbage\r\n\r\n", 400),
        (frames.upgrade().replace(b"/ws", b"/"), 404),
        (frames.upgrade().replace(b"/ws", b"/static/a.js"), 404),
        (frames.upgrade(b"Upgrade: h2c").replace(b"/ws", b"/"), 404),
        (GET[:-2] + b"Upgrade: h2c , WebSocket/13\r\n\r\n", 404),
        (GET.replace(b"/ ", b"/ws ")[:-2] + b"Upgrade: h2c\r\n\r\n", 426),
        (GET.replace(b"/ ", b"/ws "), 426),
    ],
)
async def test_what_is_neither_is_refused(
    wire: bytes, expected: int, autojump_clock: MockClock
) -> None:
    """No handshake is ever led to HTTP."""
    async with house() as chat:
        conn = await chat.comes()
        await conn.send(wire)
        assert await status(conn) == expected
        assert (chat.requests, chat.websockets) == ([], [])


@pytest.mark.parametrize("offer", [b"h2c", b"HTTP/3.0, h2c", b"websockets", b'"websocket"', b""])
async def test_the_offer_of_another_protocol_is_ignored(
    offer: bytes, autojump_clock: MockClock
) -> None:
    """What is behind the acceptor does not see it, and the connection goes on as without it."""
    lines = b"Connection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk\r\n\r\n"
    offered = b"Upgrade: " + offer + b"\r\n"
    post = GET.replace(b"GET", b"POST")[:-2] + b"Content-Length: 4\r\n"
    async with house() as chat:
        chat.keeps = True
        conn = await chat.comes()
        await conn.send(GET[:-2] + offered + lines + post + offered + lines + b"body" + GET)
        heads = [wire.partition(END_OF_HEAD)[0].lower() for wire in chat.requests]
        without = [GET[:-2] + lines, post + lines, GET]
        assert heads == [wire.removesuffix(END_OF_HEAD).lower() for wire in without]
        assert chat.kept == [True, True, True]
        await conn.send(GET_FILE[:-2] + offered + lines)
        assert await status(conn) == 200


async def test_a_stream_may_be_asked_for_with_an_offer(autojump_clock: MockClock) -> None:
    """Of another protocol, which is ignored there, too."""
    async with house() as chat:
        conn = await chat.comes()
        path = GET.replace(b"/ ", b"/api/v1/rooms/tea/events?last=7 ")
        await conn.send(path[:-2] + b"Upgrade: h2c\r\n\r\n")
        assert chat.followed == [(requests.Join(id=7, room="tea", last=7), b"")]


async def test_a_head_has_to_come_within_the_head_timeout(autojump_clock: MockClock) -> None:
    """To the moment, from the first one, however it drips."""
    async with house() as chat:
        silent = await chat.comes()
        dripping = await chat.comes()
        for _ in range(6):
            await trio.sleep(1)
            await dripping.send(b"GET"[:1])
        for conn in (silent, dripping):
            assert await status(conn) == 408
            assert trio.current_time() == CONFIG.head_timeout


async def test_a_refused_peer_has_the_close_timeout_to_hang_up(autojump_clock: MockClock) -> None:
    """It gets the answer and the end of it; who does not hang up, or read, is left."""
    async with house() as chat:
        for stuck in (False, True):
            start = trio.current_time()
            conn = await chat.comes(stuck=stuck)
            await conn.send(b"garbage")
            await trio.sleep(CONFIG.close_timeout + 1)
            assert chat.ended_at[conn] == start + CONFIG.close_timeout


async def test_a_refused_peer_that_hangs_up_is_done_with(autojump_clock: MockClock) -> None:
    """Nobody waits for it."""
    async with house() as chat:
        conn = await chat.comes()
        await conn.send(b"garbage")
        await conn.peer.aclose()
        await trio.testing.wait_all_tasks_blocked()
        assert chat.ended_at[conn] == 0


async def test_hanging_up_before_the_head_is_complete_is_nothing(
    autojump_clock: MockClock,
) -> None:
    """Nor being gone before we look."""
    async with house() as chat:
        with structlog.testing.capture_logs() as logged:
            conn = await chat.comes()
            await conn.send(GET[:10])
            await conn.peer.aclose()
            gone = await chat.comes(None)
            await trio.testing.wait_all_tasks_blocked()
        assert chat.ended_at == {conn: 0, gone: 0}
        assert logged == []


async def test_a_closed_acceptor_waits_for_no_head(autojump_clock: MockClock) -> None:
    """But for one that is on its way already; what is being served goes on."""
    async with house() as chat:
        served = await chat.comes("192.0.2.1")
        await served.send(GET)
        begun = await chat.comes("192.0.2.2")
        await begun.send(GET[:10])
        kept = await chat.comes("192.0.2.3")
        await kept.send(GET_FILE)
        stuck = await chat.comes("192.0.2.5", stuck=True)
        await stuck.send(GET_FILE)
        chat.acceptor.shut()
        late = await chat.comes("192.0.2.4")
        in_time = await chat.comes("192.0.2.6")
        await in_time.send(GET_FILE)
        for conn in (begun, late):
            assert await conn.read_all() == b""
        assert (await in_time.read_all()).endswith(b"script")
        await in_time.peer.aclose()
        assert (await kept.read_all()).endswith(b"script")
        assert chat.ended_at == {begun: LAST_HEADS, kept: 0, late: LAST_HEADS, in_time: LAST_HEADS}


async def test_a_crash_is_logged_and_kept_inside(autojump_clock: MockClock) -> None:
    """It ends its own connection."""
    async with house() as chat:
        chat.crash = RuntimeError("a bug")
        with structlog.testing.capture_logs() as logged:
            conn = await chat.comes()
            await conn.send(GET)
        assert chat.ended_at == {conn: 0}
        assert [(entry["event"], entry["exc_info"]) for entry in logged] == [
            ("connection crashed", True)
        ]


@pytest.mark.parametrize("error", [ConnectionResetError(), trio.BrokenResourceError()])
async def test_a_broken_connection_is_no_crash(error: Exception, autojump_clock: MockClock) -> None:
    """It happens all day."""
    async with house() as chat:
        chat.crash = error
        with structlog.testing.capture_logs() as logged:
            conn = await chat.comes()
            await conn.send(GET)
        assert (chat.ended_at, logged) == ({conn: 0}, [])


async def test_what_a_request_brings_is_paid_for_in_bytes(autojump_clock: MockClock) -> None:
    """With head and body; who would have to wait long is told when to come back."""
    config = replace(CONFIG, address_byte_rate=Rate(100, 1000), rate_patience=2)
    head = GET.replace(b"GET", b"POST").replace(
        END_OF_HEAD, b"\r\nContent-Length: 860" + END_OF_HEAD
    )
    post = head + b"x" * 860
    async with house(config) as chat:
        await (await chat.comes()).send(post)
        assert len(chat.requests) == 1
        refused = await chat.comes()
        await refused.send(post)
        answer = await refused.read_all()
        assert answer.startswith(b"HTTP/1.1 429 ")
        assert b"Retry-After: 9\r\n" in answer
        elsewhere = await chat.comes("192.0.2.2")
        await elsewhere.send(post)
        assert len(chat.requests) == 2
        limits = chat.limits.counters.reached
        assert limits == {("address_byte_rate", "http"): 1}


async def test_what_a_refused_peer_still_sends_is_paid_for_in_bytes(
    autojump_clock: MockClock,
) -> None:
    """It is read no faster than its address may send, and others there have less left."""
    config = replace(CONFIG, address_byte_rate=Rate(1000, 20_000))
    async with house(config) as chat:
        flooder = await chat.comes()
        await flooder.send(b"garbage" * 100_000)
        refused = await chat.comes()
        await refused.send(GET.replace(b"GET", b"POST"))
        assert await status(refused) == 429
        limits = chat.limits.counters.reached
        assert limits["address_byte_rate", "http"] == 2  # the flooder's second read, and the POST
        await trio.sleep(CONFIG.close_timeout + 1)
        assert chat.ended_at[flooder] == CONFIG.close_timeout
        assert limits["address_byte_rate", "http"] == 2


FOREIGN = (
    b"POST /api/v1/rooms/tea/files HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: cross-site\r\n"
)
SIZED = b"Content-Length: 100\r\n"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (SIZED, CONFIG.close_timeout),
        (SIZED + b"Expect: 100-continue\r\n", 0),
        (b"Content-Length: %d\r\n" % (SKIPPED + 1), 0),
        (b"Transfer-Encoding: chunked\r\n", 0),
    ],
)
async def test_a_refusal_waits_for_a_body_that_is_not_too_long(
    body: bytes, expected: float, autojump_clock: MockClock
) -> None:
    """Not for ever; a proxy hangs up on who still sends, once it has passed on an answer."""
    async with house() as chat:
        sends_all = await chat.comes()
        await sends_all.send(FOREIGN + SIZED + b"\r\n" + b"x" * 50)
        await sends_all.send(b"x" * 50)
        assert await status(sends_all) == 403
        assert trio.current_time() == 0
        sends_nothing = await chat.comes()
        await sends_nothing.send(FOREIGN + body + b"\r\n")
        assert await status(sends_nothing) == 403
        assert trio.current_time() == expected


async def test_a_file_that_is_refused_is_paid_for_as_a_file(autojump_clock: MockClock) -> None:
    """So all of it can be read before the connection ends."""
    config = replace(CONFIG, address_file_rate=Rate(1000, 20_000))
    async with house(config) as chat:
        conn = await chat.comes()
        await conn.send(FOREIGN + b"Content-Length: 40000\r\n\r\n" + b"x" * 40_000)
        await trio.sleep(CONFIG.close_timeout)
        assert set(chat.limits.counters.reached) == {("address_file_rate", "http")}


async def test_what_is_sent_behind_a_file_is_paid_for_in_bytes(autojump_clock: MockClock) -> None:
    """Once its connection ends with it."""
    config = replace(CONFIG, address_byte_rate=Rate(1000, 20_000))
    async with house(config) as chat:
        conn = await chat.comes()
        await conn.send(GET_FILE.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        await conn.send(b"x" * 100_000)
        assert chat.limits.counters.reached == {("address_byte_rate", "http"): 1}
