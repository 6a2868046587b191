"""Rules of the door, on virtual time."""

from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager

import pytest
import structlog
import trio
import trio.testing
from trio.testing import MockClock

from tests import frames
from tests.unit.peers import Connection
from trio_chat import requests
from trio_chat.config import Config
from trio_chat.door import TURNED_AWAY_LIMIT, Door
from trio_chat.files import Files
from trio_chat.head import Head, Refused
from trio_chat.page import File
from trio_chat.streams import Stream
from trio_chat.websocket import WebSocket

GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
GET_FILE = b"GET /static/a.js HTTP/1.1\r\nHost: localhost\r\n\r\n"
CONFIG = Config(
    head_timeout=7,
    close_timeout=3,
    write_timeout=6,
    keep_alive_timeout=4,
    connections_per_address=2,
    max_connections=5,
)
FILES = Files({"static/a.js": File(b"script", None, "text/javascript", "no-cache", "tag")})


class House:
    """A door, what is behind it, and the connections that came."""

    def __init__(self, nursery: trio.Nursery, config: Config) -> None:
        self.door = Door(config, FILES, self._on_websocket, self._on_events, self._on_http)
        self.websockets: list[tuple[bytes, bytes]] = []
        self.requests: list[bytes] = []
        self.followed: list[tuple[requests.Join, bytes]] = []
        self.ended_at: dict[Connection, float] = {}
        self.crash: Exception | None = None
        self.refuses = False
        self._nursery = nursery

    async def comes(self, address: str | None = "192.0.2.1", *, stuck: bool = False) -> Connection:
        """Let somebody connect."""
        connection = Connection(address, stuck=stuck)
        self._nursery.start_soon(self._serve, connection)
        await trio.testing.wait_all_tasks_blocked()
        return connection

    async def _serve(self, connection: Connection) -> None:
        await self.door.answer(connection.stream)
        self.ended_at[connection] = trio.current_time()
        await trio.aclose_forcefully(connection.stream)

    def _on_websocket(
        self, stream: Stream, websocket: WebSocket, answer: bytes, head: Head
    ) -> Awaitable[None]:
        assert websocket.is_open
        if self.refuses:
            raise Refused(400, "no such room")
        self.websockets.append((answer, head.rest))
        return self._stay()

    async def _on_events(
        self, stream: Stream, wish: requests.Join, answer: bytes, already_read: bytes
    ) -> None:
        self.followed.append((wish, already_read))
        await self._stay()

    async def _on_http(self, stream: Stream, request: bytes) -> None:
        self.requests.append(request)
        await self._stay()

    async def _stay(self) -> None:
        if self.crash:
            raise self.crash
        await trio.sleep_forever()


@asynccontextmanager
async def house(config: Config = CONFIG) -> AsyncIterator[House]:
    """Keep a door for the block."""
    async with trio.open_nursery() as nursery:
        yield House(nursery, config)
        nursery.cancel_scope.cancel()


async def status(connection: Connection) -> int:
    """Return the status that the peer is answered with."""
    return int(bytes(await connection.peer.receive_some(1000)).split(b" ")[1])


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


async def test_what_is_behind_the_door_may_refuse_a_websocket(autojump_clock: MockClock) -> None:
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


async def test_files_are_handed_out_at_the_door(autojump_clock: MockClock) -> None:
    """One after the other, also to who asks for several at once; then something else may follow."""
    async with house() as chat:
        conn = await chat.comes()
        for asked in (1, 3):
            await conn.send(GET_FILE * asked)
            answer = bytes(await conn.peer.receive_some(10_000))
            assert answer.count(b"HTTP/1.1 200 ") == answer.count(b"\r\n\r\nscript") == asked
        await trio.sleep(CONFIG.keep_alive_timeout - 1)
        await conn.send(GET_FILE + GET + b"body")
        assert chat.requests == [GET + b"body"]


async def test_a_further_request_has_to_come_within_the_keep_alive_timeout(
    autojump_clock: MockClock,
) -> None:
    """To the moment, from the last answer; who does not ask is left without a word."""
    async with house() as chat:
        silent, dripping = await chat.comes(), await chat.comes()
        for conn in (silent, dripping):
            await conn.send(GET_FILE)
        await dripping.send(GET[:10])
        await trio.sleep(CONFIG.keep_alive_timeout + 1)
        assert chat.ended_at == dict.fromkeys((silent, dripping), CONFIG.keep_alive_timeout)
        assert (await silent.read_all()).endswith(b"script")


async def test_who_wants_no_further_request_gets_the_end(autojump_clock: MockClock) -> None:
    """At once, and has the close timeout to hang up, too."""
    async with house() as chat:
        conn = await chat.comes()
        await conn.send(GET_FILE.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n") + GET_FILE)
        assert (await conn.read_all()).count(b"HTTP/1.1 200 ") == 1
        assert trio.current_time() == 0
        await trio.sleep(CONFIG.close_timeout + 1)
        assert chat.ended_at == {conn: CONFIG.close_timeout}


async def test_a_bad_request_behind_a_file_is_refused(autojump_clock: MockClock) -> None:
    """As a first one is; so is another use of a file than to read it."""
    async with house() as chat:
        for wire in (b"garbage\r\n\r\n", GET_FILE.replace(b"GET", b"POST")):
            conn = await chat.comes()
            await conn.send(GET_FILE + wire)
            await conn.peer.send_eof()
            answer = await conn.read_all()
            assert answer.startswith(b"HTTP/1.1 200 ")
            assert answer.count(b"HTTP/1.1 40") == 1


async def test_a_peer_that_does_not_read_a_file_is_left(autojump_clock: MockClock) -> None:
    """After the write timeout, to the moment."""
    async with house() as chat:
        conn = await chat.comes(stuck=True)
        await conn.send(GET_FILE)
        await trio.sleep(CONFIG.write_timeout + 1)
        assert chat.ended_at == {conn: CONFIG.write_timeout}


async def test_who_only_may_ask_again_gives_way(autojump_clock: MockClock) -> None:
    """To somebody from its own address, or to anybody; who has waited longest goes first."""
    async with house() as chat:
        first, second = await chat.comes(), await chat.comes()
        for conn in (first, second):
            await conn.send(GET_FILE)
        third = await chat.comes()
        assert list(chat.ended_at) == [first]
        others = [await chat.comes(f"192.0.2.{number}") for number in range(2, 5)]
        last = await chat.comes("192.0.2.5")
        assert list(chat.ended_at) == [first, second]
        for conn in (third, *others, last):
            await conn.send(GET)
        assert len(chat.requests) == CONFIG.max_connections


async def test_who_asks_again_does_not_give_way(autojump_clock: MockClock) -> None:
    """It has begun to be served."""
    async with house() as chat:
        for _ in range(2):
            conn = await chat.comes()
            await conn.send(GET_FILE + GET)
        assert await status(await chat.comes()) == 429


@pytest.mark.parametrize(
    ("wire", "expected"),
    [
        (b"garbage\r\n\r\n", 400),
        (GET_FILE[:-2] + b"Upgrade: h2c\r\n\r\n", 400),
        (GET[:-2] + b"Upgrade: h2c\r\n\r\n", 400),
        (frames.upgrade().replace(b"/ws", b"/"), 404),
        (GET.replace(b"/ ", b"/ws "), 426),
    ],
)
async def test_what_is_neither_is_refused(
    wire: bytes, expected: int, autojump_clock: MockClock
) -> None:
    """Nothing with an Upgrade is ever led to HTTP."""
    async with house() as chat:
        conn = await chat.comes()
        await conn.send(wire)
        assert await status(conn) == expected
        assert (chat.requests, chat.websockets) == ([], [])


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


async def test_one_address_may_have_so_many_connections(autojump_clock: MockClock) -> None:
    """One more hears 429, others are not concerned; who leaves makes room."""
    async with house() as chat:
        first, _, third = [await chat.comes() for _ in range(3)]
        answer = bytes(await third.peer.receive_some(1000))
        assert answer.startswith(b"HTTP/1.1 429 ")
        assert b"Retry-After: 10\r\n" in answer
        other = await chat.comes("192.0.2.2")
        await first.peer.aclose()
        await trio.testing.wait_all_tasks_blocked()
        again = await chat.comes()
        for welcome in (other, again):
            await welcome.send(GET)
        assert len(chat.requests) == 2


@pytest.mark.parametrize("address", ["127.0.0.1", "127.1.2.3", "::1"])
async def test_loopback_may_have_more(address: str, autojump_clock: MockClock) -> None:
    """That is where everybody comes from behind a proxy on the same machine."""
    async with house() as chat:
        for _ in range(CONFIG.connections_per_address + 1):
            await (await chat.comes(address)).send(GET)
        assert len(chat.requests) == CONFIG.connections_per_address + 1


async def test_there_may_be_no_limit_for_an_address(autojump_clock: MockClock) -> None:
    """0 means none."""
    async with house(Config(connections_per_address=0)) as chat:
        for _ in range(50):
            await (await chat.comes()).send(GET)
        assert len(chat.requests) == 50


async def test_there_may_be_so_many_connections_in_all(autojump_clock: MockClock) -> None:
    """One more hears 503 and when to come back."""
    async with house() as chat:
        crowd = [await chat.comes(f"192.0.2.{number}") for number in range(6)]
        answer = bytes(await crowd[-1].peer.receive_some(1000))
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"Retry-After: 10\r\n" in answer


async def test_so_many_are_told_at_once_that_there_is_no_room(autojump_clock: MockClock) -> None:
    """Others are closed without a word: the telling must not become the load."""
    async with house() as chat:
        for number in range(5):
            await chat.comes(f"192.0.2.{number}")
        told = [await chat.comes("192.0.2.9") for _ in range(TURNED_AWAY_LIMIT)]
        silent = await chat.comes("192.0.2.9")
        assert await silent.read_all() == b""
        assert chat.ended_at == {silent: 0}
        await trio.sleep(CONFIG.close_timeout)
        assert [await status(conn) for conn in told] == [503] * TURNED_AWAY_LIMIT
        assert await status(await chat.comes("192.0.2.9")) == 503


async def test_a_shut_door_waits_for_no_head(autojump_clock: MockClock) -> None:
    """Neither for one under way nor for a new one; what is being served goes on."""
    async with house() as chat:
        served = await chat.comes("192.0.2.1")
        await served.send(GET)
        begun = await chat.comes("192.0.2.2")
        await begun.send(GET[:10])
        kept = await chat.comes("192.0.2.3")
        await kept.send(GET_FILE)
        stuck = await chat.comes("192.0.2.5", stuck=True)
        await stuck.send(GET_FILE)
        chat.door.shut()
        late = await chat.comes("192.0.2.4")
        for conn in (begun, late):
            assert await conn.read_all() == b""
        assert (await kept.read_all()).endswith(b"script")
        assert chat.ended_at == {begun: 0, kept: 0, late: 0}


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
