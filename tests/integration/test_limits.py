"""Whoever asks for too much is slowed, told and at last ended; nobody else is."""

import json
import signal
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
import trio
import trio_websocket

from tests import frames
from tests.frames import CLOSE, PING, PONG, TEXT, masked
from tests.integration.asking import ask
from tests.integration.chatters import Chatter, chatting
from tests.integration.commands import command
from tests.integration.running import (
    Running,
    header,
    read_all,
    read_answer,
    running,
    serving,
    status,
)
from tests.rates import NO_RATES
from trio_chat.config import Config
from trio_chat.protocol.close import FLOODING
from trio_chat.rates import Rate, Rates
from trio_chat.web.assets import Page, static_files

FILE = b"GET /r/ HTTP/1.1\r\nHost: localhost\r\n\r\n"
TOO_MANY = 429
UNAVAILABLE = 503


def addresses(count: int) -> list[str]:
    """Return addresses of this machine from which one can connect."""
    return [f"127.0.{number // 250}.{number % 250 + 1}" for number in range(count)]


async def test_what_is_sent_too_fast_is_read_more_slowly_and_not_lost() -> None:
    """By bytes and by control frames; the answers come when it has been read."""
    async with running(byte_rate=Rate(100_000, 10_000), control_rate=Rate(500, 50)) as server:
        for size in (0, 5000):
            stream = await server.shake_hands()
            async with stream:
                wire = b"".join(masked(PING, b"%03d" % number) for number in range(150))
                await stream.send_all(wire + masked(TEXT, b" " * size))
                await stream.send_all(masked(CLOSE, (1000).to_bytes(2)))
                pongs = [
                    s.payload for s in frames.parse(await read_all(stream)) if s.opcode == PONG
                ]
            assert pongs == [b"%03d" % number for number in range(150)]
        assert server.server._limits.counters.reached["control_rate", "plain"]


async def test_who_would_have_to_wait_for_too_long_has_to_go() -> None:
    """A flood of pings is ended with a close frame that says why; all others go on."""
    async with running(control_rate=Rate(10, 100), flood_timeout=5) as server:
        stream = await server.shake_hands()
        async with stream:
            await stream.send_all(masked(PING) * 1000)
            seen = list(frames.parse(await read_all(stream)))
        assert [frame.close_code for frame in seen if frame.opcode == CLOSE] == [FLOODING.code]


async def test_nobody_has_to_go_for_what_others_at_their_address_send() -> None:
    """They only wait: a household has one address."""
    rates: dict[str, Any] = {"address_byte_rate": Rate(100, 1000), "loopback_limits": "on"}
    async with serving(**rates, flood_timeout=0.5, close_timeout=0.5) as server:
        flooder, other = await server.shake_hands(), await server.shake_hands()
        async with flooder, other:
            await flooder.send_all(masked(TEXT, b"x" * 2000))
            await trio.sleep(0.1)
            await other.send_all(masked(TEXT, b"hello"))
            heard = b""
            with trio.fail_after(10):
                while b"hello" not in heard:
                    heard += await other.receive_some(65536)
            await other.send_all(masked(PING, b"still here"))
            with trio.fail_after(10):
                while b"still here" not in heard:
                    heard += await other.receive_some(65536)
        assert not any(seen.opcode == CLOSE for seen in frames.parse(heard))


async def test_a_flood_of_requests_is_ended_with_a_reason() -> None:
    """On the v1 dialect by a ``bye`` as well."""
    frame = [{"t": "send", "room": "tea", "text": "x", "id": 1}] * 20

    async def flood(ann: Chatter) -> None:
        with suppress(trio_websocket.ConnectionClosed):
            while True:
                await ann.say(*frame)

    async with (
        running(send_rate=Rate(5, 5), rate_patience=0.1, flood_timeout=0.5) as server,
        chatting(server, "Ann", "tea") as ann,
        trio.open_nursery() as nursery,
    ):
        nursery.start_soon(flood, ann)
        told, code, reason = await ann.ending()
        assert (code, reason) == FLOODING
        assert [(entry["code"], entry["reason"]) for entry in told if entry["t"] == "bye"] == [
            FLOODING
        ]


async def test_scripts_are_told_when_to_come_back() -> None:
    """429 with Retry-After, for the rates of a person as well as for those of an address."""
    async with running(send_rate=Rate(0.1, 1)) as server:
        post = partial(ask, server, "POST", "/rooms/tea/messages?from=Ann", "hello")
        assert (await post()).status == 201
        refused = await post()
        assert (refused.status, refused.code) == (TOO_MANY, "too_fast")
        assert 9 <= int(refused.header("retry-after")) <= 10
    async with serving(http_rate=Rate(0.1, 2), loopback_limits="on") as server:
        for _ in range(2):
            assert (await ask(server, "GET", "/rooms")).status == 200
        refused = await ask(server, "GET", "/rooms")
        assert refused.status == TOO_MANY
        assert refused.header("retry-after") == "10"


async def test_who_begins_too_many_rooms_is_told_when_another_is_possible() -> None:
    """On HTTP by Retry-After; the rooms that are there can be used."""
    async with serving(new_room_rate=Rate(1 / 3600, 1), loopback_limits="on") as server:
        statuses = []
        for room in ("tea", "jam", "tea"):
            answer = await ask(server, "POST", f"/rooms/{room}/messages", "hello")
            statuses.append(answer.status)
            if answer.status == TOO_MANY:
                assert answer.code == "too_many_new_rooms"
                assert answer.header("retry-after") == "3600"
        assert statuses == [201, TOO_MANY, 201]


async def test_what_may_be_asked_for_is_published() -> None:
    """The limits, and those rates that are on; the same as in the welcome."""
    async with serving(send_rate=Rate(5, 20)) as server, chatting(server, "Ann") as ann:
        told = (await ask(server, "GET", "/limits")).json
        assert told["rates"] == {"send": {"per_second": 5.0, "burst": 20.0}}
        assert told["limits"]["text"] == Config().text_limit
        assert ann.welcome["rates"] == told["rates"]
        assert ann.welcome["limits"] == told["limits"]


async def test_an_operator_sees_what_was_reached_and_what_is_in_use() -> None:
    """At SIGUSR2, as often as they ask; it stops nothing."""
    async with command("--max-connections", "10", "--control-rate", "100/s:1") as running:
        async with await running.shake_hands() as stream:
            await stream.send_all(masked(PING) * 3)
            for _ in range(3):
                await stream.receive_some(2)
            running.signal(signal.SIGUSR2)
            first = await running.errors(until=b"since the start")
            running.signal(signal.SIGUSR2)
            second = await running.errors(until=b"since the start")
        running.signal(signal.SIGTERM)
        assert await running.exit_status() == 0
        rest = await running.errors()
    entries = [json.loads(line) for line in (first + second + rest).splitlines()]
    used, _ = [entry for entry in entries if entry["event"] == "budgets in use"]
    reached, _ = [entry for entry in entries if entry["event"].startswith("limits reached")]
    assert reached["limits"]["control_rate plain"] >= 1
    budgets = used["budgets"]
    assert budgets.keys() == {
        *("connections", "lag", "inbox", "outboxes", "recent", "replays", "pages", "answers"),
    }
    assert (budgets["connections"], budgets["outboxes"]) == ("10.0%", "0.0%")


async def test_a_follower_who_sends_is_counted_as_one() -> None:
    """Nothing is read on a stream of events, but what comes is counted before that is known."""
    async with serving(byte_rate=Rate(100_000, 10)) as server:
        stream = await server.connect_tcp()
        async with stream:
            await stream.send_all(
                b"GET /api/v1/rooms/tea/events HTTP/1.1\r\nHost: localhost\r\n\r\n"
            )
            assert await stream.receive_some(65536)
            await stream.send_all(b"x" * 1000)
            with suppress(trio.BrokenResourceError), trio.fail_after(10):
                while await stream.receive_some(65536):
                    pass
        assert server.server._limits.counters.reached["byte_rate", "sse"]


async def test_who_asks_a_little_too_fast_only_waits() -> None:
    """A page that loads its files must not miss one."""
    async with running(http_rate=Rate(5, 1), loopback_limits="on") as server:
        began = trio.current_time()
        for _ in range(3):
            assert (await ask(server, "GET", "/rooms")).status == 200
        assert trio.current_time() - began > 0.2


async def test_connections_of_an_address_have_a_rate() -> None:
    """Also those that end at once; other addresses go on."""
    async with serving(connect_rate=Rate(0.1, 3), loopback_limits="on") as server:
        answers = [await server.exchange(FILE) for _ in range(4)]
        assert [status(answer) for answer in answers] == [200, 200, 200, TOO_MANY]
        assert 1 <= int(header(answers[-1], b"retry-after") or 0) <= 10
        assert status(await from_address(server, "127.0.0.9", FILE)) == 200


async def test_who_opens_websockets_pays_for_them_apart() -> None:
    """Too many of them keep nobody from asking over HTTP, nor from the page."""
    async with serving(handshake_rate=Rate(0.1, 1), loopback_limits="on") as server:
        held = await server.shake_hands()
        refused = await server.exchange(frames.upgrade())
        assert status(refused) == TOO_MANY
        assert 1 <= int(header(refused, b"retry-after") or 0) <= 10
        assert (await ask(server, "GET", "/rooms")).status == 200
        assert status(await server.exchange(FILE)) == 200
        await trio.aclose_forcefully(held)


async def test_pages_of_missed_events_have_a_rate() -> None:
    """Who reads many waits for them; that takes nothing of what may be said, and none is lost."""
    rates: dict[str, Any] = {"resume_rate": Rate(20, 1), "loopback_limits": "on"}
    async with serving(**rates, resume_limit=5, send_rate=Rate(0.001, 20)) as server:
        async with chatting(server, "Ann", "tea") as ann:
            for _ in range(20):
                await ann.send("tea", "x")
        async with chatting(server, "Ben", {"room": "tea", "last": 0}) as ben:
            assert await ben.seqs_until(20) == list(range(1, 21))
            assert await ben.send("tea", "here again") == 21
        assert server.server._limits.counters.reached.keys() == {("resume_rate", "socket")}


async def from_address(server: Running, address: str, wire: bytes) -> bytes:
    stream = await trio.open_tcp_stream("127.0.0.1", server.port, local_address=address)
    async with stream:
        await stream.send_all(wire)
        return bytes(await stream.receive_some(65536))


async def test_newcomers_are_refused_in_need_and_those_who_are_there_go_on() -> None:
    """With 503 and a time; they come in again once there is room, and not at the first sign."""
    async with running() as server, chatting(server, "Ann", "tea") as ann:
        counts = server.server._limits.counters.reached
        overload = server.server._limits.overload
        share = 1.0
        overload.gauges["outboxes"] = lambda: share
        while overload.reason is None:
            await trio.sleep(0.05)
        refused = await server.exchange(FILE)
        assert status(refused) == UNAVAILABLE
        assert header(refused, b"retry-after")
        assert counts == {("all_outbox_bytes", "accept"): 1}
        await ann.send("tea", "still here")
        share = 0.7
        await trio.sleep(0.6)
        assert status(await server.exchange(FILE)) == UNAVAILABLE
        share = 0.5
        while overload.reason is not None:
            await trio.sleep(0.05)
        assert status(await server.exchange(FILE)) == 200


async def test_the_fullest_outboxes_go_first() -> None:
    """What waits for all slow clients together is bounded; who reads loses nothing."""
    sizes: dict[str, Any] = {
        "outbox_bytes": 400_000,
        "all_outbox_bytes": 500_000,
        "send_buffer": 4096,
    }
    async with serving(**sizes, page_bytes=100_000, write_timeout=60) as server:
        ann = await server.shake_hands()
        stuck = [await server.shake_hands(buffer=4096) for _ in range(4)]
        lines = [b"%04d" % number + b"x" * 3000 for number in range(400)]
        heard = b""
        with trio.fail_after(20):
            for line in lines:
                await ann.send_all(masked(TEXT, line))
                while line not in heard:
                    heard = heard[-5000:] + await ann.receive_some(65536)
                assert server.server._hub.outboxes.total <= 600_000  # until the turn is over
        assert server.server._hub.connections < 5
        for stream in (ann, *stuck):
            await trio.aclose_forcefully(stream)


DEFAULTS = {name: getattr(Rates, name) for name in NO_RATES}


async def come_and_speak(server: Running, number: int, home: str, told_by_proxy: bytes) -> None:
    """Open the page, say hello and something, as one of many."""
    page = FILE[:-2] + told_by_proxy + b"\r\n"
    assert (await from_address(server, home, page)).startswith(b"HTTP/1.1 200")
    stream = await trio.open_tcp_stream("127.0.0.1", server.port, local_address=home)
    hello = b'[{"t":"hello","nick":"P%d","rooms":[{"room":"lobby"}]}]' % number
    speech = b'[{"t":"send","room":"lobby","text":"hello","id":1}]'
    headers = b"Sec-WebSocket-Protocol: trio-chat.v1\r\n" + told_by_proxy
    async with stream:
        await stream.send_all(
            frames.upgrade(headers.rstrip()) + masked(TEXT, hello) + masked(TEXT, speech)
        )
        heard = b""
        while b'"t":"ok"' not in heard:
            data = await stream.receive_some(65536)
            assert data, heard[-200:]
            heard = heard[-20:] + data


@pytest.mark.parametrize(("people", "places"), [(40, 1), (300, 1), (300, 300)])
async def test_a_crowd_is_no_abuse(people: int, places: int) -> None:
    """A class behind a router, a firm behind a proxy, a town: all come at once, and can speak."""
    homes = addresses(places)
    async with running(**DEFAULTS, loopback_limits="on", database=":memory:") as server:
        with trio.fail_after(60):
            async with trio.open_nursery() as nursery:
                for number in range(people):
                    nursery.start_soon(come_and_speak, server, number, homes[number % places], b"")
        assert not server.server._limits.counters.reached


async def load(server: Running, paths: list[str]) -> None:
    """Load files by one connection that is kept alive."""
    async with await server.connect() as stream:
        for path in paths:
            await stream.send_all(f"GET /{path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            assert status(await read_answer(stream)) == 200


async def test_a_class_behind_one_router_opens_the_page_at_once() -> None:
    """Each of 40 browsers loads all its files, by six connections, and none is refused."""
    paths = list(Page(static_files()).files())
    async with running(**DEFAULTS, loopback_limits="on", database=":memory:") as server:
        with trio.fail_after(120):
            async with trio.open_nursery() as nursery:
                for number in range(40 * 6):
                    nursery.start_soon(load, server, paths[number % 6 :: 6])
        assert not server.server._limits.counters.reached


def by_proxy(address: str) -> bytes:
    """Return the header line by which a proxy tells who sent a request."""
    return f"X-Forwarded-For: {address}\r\n".encode()


async def test_a_crowd_behind_a_trusted_proxy_is_no_abuse() -> None:
    """Each of 300 counts for itself; one who takes too much is alone with that."""
    limits: dict[str, Any] = {**DEFAULTS, "connections_per_address": 4}
    trust: dict[str, Any] = {"trusted_proxy": ("127.0.0.1",), "loopback_limits": "on"}
    async with serving(**limits, **trust, database=":memory:") as server:
        abuser = by_proxy("203.0.113.66")
        held = [await server.shake_hands(abuser.rstrip()) for _ in range(4)]
        page = b"GET /api/v1/rooms HTTP/1.1\r\nHost: localhost\r\n" + abuser + b"\r\n"
        assert status(await server.exchange(page)) == TOO_MANY
        with trio.fail_after(60):
            async with trio.open_nursery() as nursery:
                for number in range(300):
                    sender = by_proxy(f"198.51.{number // 250}.{number % 250}")
                    nursery.start_soon(come_and_speak, server, number, "127.0.0.1", sender)
        assert status(await server.exchange(page)) == TOO_MANY
        assert server.server._limits.counters.reached.keys() == {
            ("connections_per_address", "accept")
        }
        for stream in held:
            await trio.aclose_forcefully(stream)


async def test_connections_behind_a_proxy_have_the_rate_of_their_sender() -> None:
    """The proxy itself may open as many as it needs."""
    trust: dict[str, Any] = {"trusted_proxy": ("127.0.0.1",), "loopback_limits": "on"}
    async with serving(**trust, connect_rate=Rate(0.01, 2)) as server:
        wire = b"GET /api/v1/rooms HTTP/1.1\r\nHost: localhost\r\n%b\r\n"
        mine, others = wire % by_proxy("203.0.113.5"), wire % by_proxy("203.0.113.6")
        answers = [status(await server.exchange(each)) for each in (mine, mine, mine, others)]
        assert answers == [200, 200, TOO_MANY, 200]


async def test_all_of_a_household_behind_a_proxy_count_together() -> None:
    """IPv6 by /64, as without a proxy."""
    trust: dict[str, Any] = {"trusted_proxy": ("127.0.0.1",), "connections_per_address": 2}
    async with serving(**trust) as server:
        held = [
            await server.shake_hands(by_proxy(f"[2001:db8::{number}]:4711").rstrip())
            for number in range(2)
        ]
        wire = b"GET /api/v1/rooms HTTP/1.1\r\nHost: localhost\r\n%b\r\n"
        assert status(await server.exchange(wire % by_proxy("2001:db8::9"))) == TOO_MANY
        assert status(await server.exchange(wire % by_proxy("2001:db8:0:1::9"))) == 200
        for stream in held:
            await trio.aclose_forcefully(stream)


async def test_a_made_up_sender_is_ignored() -> None:
    """Whoever is no trusted proxy has its own address, whatever it says."""
    async with serving(loopback_limits="on", connections_per_address=2) as server:
        held = [
            await server.shake_hands(by_proxy(f"203.0.113.{number}").rstrip())
            for number in range(2)
        ]
        wire = b"GET /api/v1/rooms HTTP/1.1\r\nHost: localhost\r\n%b\r\n"
        answer = await server.exchange(wire % by_proxy("203.0.113.9"))
        assert status(answer) == TOO_MANY
        for stream in held:
            await trio.aclose_forcefully(stream)


async def test_files_take_no_place_of_a_socket() -> None:
    """40 visitors of one address get theirs by 240 kept connections; so many get a WebSocket."""
    limits: dict[str, Any] = {"loopback_limits": "on", "connections_per_address": 4}
    async with serving(**limits, keep_alive_timeout=120) as server:
        held = [await server.connect_tcp() for _ in range(40 * 6)]
        for stream in held:
            await stream.send_all(FILE)
        assert {status(await read_answer(stream)) for stream in held} == {200}
        statuses = []
        for stream in held[:5]:
            await stream.send_all(frames.upgrade())
            statuses.append(status(bytes(await stream.receive_some(65536))))
        assert statuses == [101] * 4 + [TOO_MANY]
        for stream in held:
            await trio.aclose_forcefully(stream)


def test_an_address_may_have_as_many_connections_as_a_firm_needs() -> None:
    """Each page has one socket; those for its files do not count."""
    assert Config().connections_per_address >= 300
