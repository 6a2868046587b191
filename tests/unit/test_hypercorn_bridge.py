"""Rules of an HTTP exchange, on virtual time, with an app of a few lines."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, cast

import pytest
import structlog
import trio
import trio.testing
from hypercorn.typing import ASGIFramework
from trio.testing import MockClock

from tests.turns import counted_turns
from tests.unit.peers import Connection
from trio_chat.config import Config
from trio_chat.delivery.outbox_budget import OutboxBudget
from trio_chat.limits.limits import Limits
from trio_chat.net.head import DATA_HEADERS, END_OF_HEAD, READ_SIZE, Head, HttpError
from trio_chat.net.problems import MEDIA_TYPE
from trio_chat.net.visitor import Visitor
from trio_chat.rates import Rate
from trio_chat.web.assets import SECURITY_HEADERS
from trio_chat.web.bounded_wire import CHUNK_PRICE, LEAST_STEP
from trio_chat.web.hypercorn_bridge import Exchange

CONFIG = Config(write_timeout=7, http_timeout=60)
GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
LAST_GET = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
CHUNK = b"x" * 1000
ADDRESS = "192.0.2.1"
POST = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3000\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class App:
    """Answers with chunks, one every ``pause`` seconds, once it has the whole request.

    Like Quart-Trio it drops everything as soon as it hears that its peer is gone, unless it is
    ``stubborn``.
    """

    def __init__(self, chunks: int = 1, pause: float = 0, *, stubborn: bool = False) -> None:
        self._chunks = chunks
        self._pause = pause
        self._stubborn = stubborn
        self.scopes: list[dict[str, Any]] = []
        self.crash = False
        self.is_hasty = False  # answers before it has the whole request
        self.status = 200
        self.chunk = CHUNK

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        self.scopes.append(scope)
        if self.crash:
            raise RuntimeError("a bug")
        while not self.is_hasty and (await receive()).get("more_body"):
            pass
        async with trio.open_nursery() as nursery:
            if not self._stubborn:
                nursery.start_soon(self._give_up, receive, nursery.cancel_scope)
            await self._answer(send)
            nursery.cancel_scope.cancel()

    async def _give_up(self, receive: Receive, scope: trio.CancelScope) -> None:
        await receive()
        scope.cancel()

    async def _answer(self, send: Send) -> None:
        length = str(self._chunks * len(self.chunk)).encode()
        headers = [(b"content-length", length)]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        for _ in range(self._chunks):
            await trio.sleep(self._pause)
            await send({"type": "http.response.body", "body": self.chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def head_of(wire: bytes) -> Head:
    """Return a head as the acceptor hands it over, though the acceptor would refuse some."""
    raw, end, rest = wire.partition(END_OF_HEAD)
    first, *lines = raw.decode().split("\r\n")
    method, target, version = first.split(" ")
    pairs = (line.split(": ", 1) for line in lines)
    return Head(
        method=method,
        target=target,
        path=target,
        query="",
        http_version=version.removeprefix("HTTP/"),
        headers=[(name.lower(), value) for name, value in pairs],
        raw=raw + end,
        rest=rest,
    )


class Served(Connection):
    """A connection on which an exchange takes place."""

    ended_at: float | None = None
    rest: bytes | None = None  # what is behind the request, if the connection is kept

    async def serve(
        self, app: App, wire: bytes, budget: OutboxBudget, limits: Limits, address: str
    ) -> None:
        exchange = Exchange(cast("ASGIFramework", app), CONFIG, limits, budget)
        self.rest = await exchange.serve(self.stream, head_of(wire), Visitor(address))
        self.ended_at = trio.current_time()
        if self.rest is None:
            await trio.aclose_forcefully(self.stream)  # as who accepts it does


@asynccontextmanager
async def exchange(
    app: App,
    wire: bytes = GET,
    *,
    stuck: bool = False,
    budget: OutboxBudget | None = None,
    limits: Limits | None = None,
    address: str = ADDRESS,
) -> AsyncIterator[Served]:
    """Serve a request with an app, to its end."""
    served = Served(stuck=stuck)
    budget, limits = budget or OutboxBudget(1_000_000), limits or Limits(CONFIG)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(served.serve, app, wire, budget, limits, address)
        await trio.testing.wait_all_tasks_blocked()
        yield served


async def read(served: Served, size: int) -> bytes:
    """Return what the peer gets next, at least so much."""
    received = b""
    while len(received) < size:
        data = await served.peer.receive_some(65536)
        assert data
        received += data
    return received


async def test_the_app_gets_the_request_and_the_peer_the_answer(
    autojump_clock: MockClock,
) -> None:
    """With the headers of all answers; the connection is kept for another request."""
    app = App(chunks=3)
    async with exchange(app) as served:
        answer = await read(served, 3 * len(CHUNK))
    head, _, body = answer.partition(END_OF_HEAD)
    assert head.startswith(b"HTTP/1.1 200 \r\n")
    assert body == CHUNK * 3
    names = [line.partition(b":")[0].decode() for line in head.split(b"\r\n")[1:]]
    security = [name.lower() for name in SECURITY_HEADERS]
    assert names == ["content-length", "date", *security]
    assert served.rest == b""
    assert [(scope["method"], scope["path"]) for scope in app.scopes] == [("GET", "/")]
    assert served.ended_at == 0


async def test_a_second_request_is_not_served(autojump_clock: MockClock) -> None:
    """It has to come through the acceptor, which gets it as it came."""
    app = App()
    for first in (GET, POST + 3 * CHUNK):
        async with exchange(app, first + GET + CHUNK) as served:
            await read(served, len(CHUNK))
        assert served.rest == GET + CHUNK
    assert len(app.scopes) == 2


async def test_of_the_stream_the_body_is_read_and_no_more(autojump_clock: MockClock) -> None:
    """Whatever comes behind it in one piece is left for the acceptor to read."""
    app = App()
    async with exchange(app, POST + CHUNK) as served:
        await served.send(2 * CHUNK + GET)
        await read(served, len(CHUNK))
    assert served.rest == b""
    assert await served.stream.receive_some(65536) == GET


async def test_what_comes_while_the_app_is_at_work_waits(autojump_clock: MockClock) -> None:
    """It is no reason to end the request, and is held within the budget."""
    budget = OutboxBudget(1_000_000)
    async with exchange(App(pause=1), budget=budget) as served:
        await served.send(GET)
        assert budget.total == len(GET + GET)
        await served.send(GET)
        await read(served, len(CHUNK))
    assert served.rest == GET
    assert budget.total == 0


@pytest.mark.parametrize(
    "wire",
    [
        LAST_GET,
        GET.replace(b"1.1", b"1.0"),
        CHUNKED + b"4\r\nbody\r\n0\r\n\r\n",
    ],
    ids=["close", "1.0", "chunks"],
)
async def test_other_connections_end_with_the_answer(
    wire: bytes, autojump_clock: MockClock
) -> None:
    """Which says so: those that the peer wants to end, and where only a body tells its own end."""
    app = App()
    async with exchange(app, wire + GET) as served:
        answer = await served.read_all()
        await served.peer.aclose()
    assert b"connection: close\r\n" in answer.lower()
    assert answer.endswith(CHUNK)
    assert served.rest is None
    assert len(app.scopes) == 1


async def test_an_answer_before_the_end_of_the_body_ends_the_connection(
    autojump_clock: MockClock,
) -> None:
    """Nobody reads the rest, which would be taken for the next request."""
    app = App(stubborn=True)
    app.is_hasty = True
    async with exchange(app, POST + CHUNK) as served:
        await served.send(GET)
        answer = await served.read_all()
        await served.peer.aclose()
    assert b"connection: close\r\n" in answer.lower()
    assert served.rest is None


async def test_a_connection_that_breaks_ends_the_exchange(autojump_clock: MockClock) -> None:
    """Without a word in the log, whether a body is read or an answer written."""
    for wire, app in ((POST, App()), (GET, App()), (GET, App(pause=1, stubborn=True))):
        served = Served()
        served.breaks = True
        with structlog.testing.capture_logs() as logs:
            await served.serve(app, wire, OutboxBudget(1_000_000), Limits(CONFIG), ADDRESS)
        assert served.rest is None
        assert logs == []


async def test_a_body_may_come_later(autojump_clock: MockClock) -> None:
    """What is not replayed is read from the stream."""
    app = App()
    post = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbo"
    async with exchange(app, post) as served:
        await served.send(b"dy")
        await read(served, len(CHUNK))
        await served.peer.aclose()
    assert app.scopes[0]["method"] == "POST"


async def test_a_peer_that_does_not_read_is_left_after_the_write_timeout(
    autojump_clock: MockClock,
) -> None:
    """To the moment."""
    async with exchange(App(), stuck=True) as served:
        pass
    assert served.ended_at == CONFIG.write_timeout


async def test_nothing_is_written_behind_a_write_that_was_given_up(
    autojump_clock: MockClock,
) -> None:
    """Half of it may be out already, so the rest would make no sense."""
    async with exchange(App(chunks=3, stubborn=True), stuck=True) as served:
        pass
    assert served.writes == 1


async def test_the_write_timeout_counts_from_each_write(autojump_clock: MockClock) -> None:
    """A peer that reads slowly, but reads, gets everything."""
    async with exchange(App(chunks=4, pause=CONFIG.write_timeout - 1)) as served:
        answer = await read(served, 4 * len(CHUNK))
        await served.peer.aclose()
    assert answer.endswith(CHUNK * 4)
    assert served.ended_at == 4 * (CONFIG.write_timeout - 1)


async def test_the_whole_exchange_is_over_after_the_http_timeout(
    autojump_clock: MockClock,
) -> None:
    """To the moment, whatever it waits for: an app that is slow, or a body."""
    async with exchange(App(chunks=1000, pause=1)) as served:
        pass
    assert served.ended_at == CONFIG.http_timeout
    silent = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\n"
    start = trio.current_time()
    async with exchange(App(chunks=1000, pause=1), silent) as served:
        pass
    assert served.ended_at == start + CONFIG.http_timeout


async def test_stopping_ends_it_at_once_even_in_a_write(autojump_clock: MockClock) -> None:
    """Nothing shields it."""
    async with trio.open_nursery() as nursery:
        served = Served(stuck=True)
        nursery.start_soon(
            served.serve, App(), GET, OutboxBudget(1_000_000), Limits(CONFIG), ADDRESS
        )
        await trio.testing.wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
    assert trio.current_time() == 0


async def test_a_peer_that_vanishes_ends_it_at_once(autojump_clock: MockClock) -> None:
    """Also while the app is at work."""
    async with exchange(App(chunks=10, pause=1)) as served:
        await trio.sleep(1.5)
        await served.peer.aclose()
    assert served.ended_at == 1.5


CRASH = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
NO_HOST = b"GET / HTTP/1.1\r\n\r\n"
BAD_CHUNK = CHUNKED + b"no number\r\n"
LONG_CHUNK = BAD_CHUNK.replace(b"no number\r\n", b"0" * 2 * CONFIG.head_limit)


@pytest.mark.parametrize(
    ("wire", "status", "code"),
    [
        (CRASH, 500, "server_error"),
        (NO_HOST, 400, "bad_request"),  # the acceptor lets none through
        (BAD_CHUNK, 400, "bad_request"),
        (LONG_CHUNK, 431, "too_long"),
    ],
)
async def test_what_hypercorn_refuses_is_told_as_all_refusals_are(
    wire: bytes, status: int, code: str, autojump_clock: MockClock
) -> None:
    """A problem below /api/, elsewhere a line of text, with the same headers, and the end."""
    for path, type_ in ((b"/api/v1/x", MEDIA_TYPE), (b"/x", HttpError.media_type)):
        app = App()
        app.crash = wire is CRASH
        async with exchange(app, wire.replace(b"/", path, 1)) as served:
            answer = await served.read_all()
            await served.peer.aclose()
        head, _, body = answer.decode().partition("\r\n\r\n")
        first, *lines = head.split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        assert first == f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"
        assert parsedate_to_datetime(headers.pop("Date")).tzinfo
        assert headers == DATA_HEADERS | {
            "Content-Type": type_,
            "Content-Length": str(len(body)),
            "Connection": "close",
        }
        if type_ == MEDIA_TYPE:
            assert (json.loads(body)["status"], json.loads(body)["code"]) == (status, code)
        else:
            assert body.count("\n") == 1


async def test_a_refusal_of_what_has_no_answer_but_a_head_has_no_body(
    autojump_clock: MockClock,
) -> None:
    """Its head says what the body would have been."""
    async with exchange(App(), NO_HOST.replace(b"GET", b"HEAD")) as served:
        answer = await served.read_all()
        await served.peer.aclose()
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.endswith(b"\r\n\r\n")


async def test_what_the_app_refuses_is_told_as_it_tells_it(autojump_clock: MockClock) -> None:
    """Even if that comes after a request to go on."""
    app = App()
    app.status = 404
    post = POST.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n")
    async with exchange(app, post) as served:
        assert (await read(served, 1)).startswith(b"HTTP/1.1 100 ")
        await served.send(b"x" * 3000)
        answer = await read(served, len(CHUNK))
        await served.peer.aclose()
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert answer.endswith(CHUNK)


async def test_a_peer_that_does_not_hang_up_is_left_in_time(autojump_clock: MockClock) -> None:
    """It has had the whole answer, so that it need not be kept for the whole exchange."""
    async with exchange(App(), LAST_GET) as served:
        await read(served, len(CHUNK))
    assert served.ended_at is not None
    assert served.ended_at <= CONFIG.write_timeout


@pytest.mark.parametrize("method", [b"GET", b"HEAD"])
async def test_the_end_of_the_answer_is_the_end_of_the_connection(
    method: bytes, autojump_clock: MockClock
) -> None:
    """The peer sees it at once."""
    async with exchange(App(), LAST_GET.replace(b"GET", method)) as served:
        await served.read_all()
        assert trio.current_time() == 0
        await served.peer.aclose()
    assert served.ended_at == 0


async def test_an_answer_that_waits_counts_like_an_outbox(autojump_clock: MockClock) -> None:
    """Until the peer has taken it, or is given up."""
    budget = OutboxBudget(1_000_000)
    async with exchange(App(), stuck=True, budget=budget):
        assert len(CHUNK) < budget.total < 2 * len(CHUNK)  # with its head
    assert budget.total == 0
    async with exchange(App(), budget=budget) as served:
        await read(served, len(CHUNK))
        assert budget.total == 0
        await served.peer.aclose()


async def test_a_long_answer_is_not_copied_to_its_head(autojump_clock: MockClock) -> None:
    """It would be in memory twice while its peer does not read; a short one goes out with it."""
    app = App()
    for size, writes in ((READ_SIZE, 1), (READ_SIZE + 1, 2)):
        app.chunk = b"x" * size
        async with exchange(app) as served:
            assert (await read(served, size)).endswith(app.chunk)
        assert served.writes == writes
        broken = Served()
        broken.breaks = True
        unaware = App(stubborn=True)
        unaware.chunk = app.chunk
        await broken.serve(unaware, GET, OutboxBudget(1_000_000), Limits(CONFIG), ADDRESS)
        assert broken.writes == 1


async def test_a_request_counts_until_its_answer_begins(autojump_clock: MockClock) -> None:
    """What has come of its body is in memory, even if the rest never comes."""
    budget = OutboxBudget(1_000_000)
    async with exchange(App(pause=1), POST + CHUNK, budget=budget) as served:
        assert budget.total == len(POST + CHUNK)
        await served.send(CHUNK)
        assert budget.total == len(POST + CHUNK + CHUNK)
        await served.send(CHUNK)
        await read(served, len(CHUNK))
        assert budget.total == 0
        await served.peer.aclose()
    async with exchange(App(), POST + CHUNK, budget=budget) as served:
        await served.peer.aclose()
    assert budget.total == 0


async def test_of_those_that_hold_too_much_the_fullest_is_ended(
    autojump_clock: MockClock,
) -> None:
    """At once, and that is counted; an exchange that holds less goes on."""
    limits, budget = Limits(CONFIG), OutboxBudget(len(POST + 2 * CHUNK) + 400)
    less = POST.replace(b"3000", b"500") + b"x" * 400
    async with (
        exchange(App(), POST + 2 * CHUNK, budget=budget, limits=limits) as full,
        exchange(App(), less, budget=budget, limits=limits) as other,
    ):
        assert await full.read_all() == b""
        assert budget.total == len(less)
        await other.send(b"x" * 100)
        assert (await read(other, len(CHUNK))).startswith(b"HTTP/1.1 200 ")
        await other.peer.aclose()
    assert full.ended_at == 0
    assert limits.counters.reached["all_outbox_bytes", "http"] == 1


async def test_an_answer_for_which_there_is_no_room_ends_at_once(
    autojump_clock: MockClock,
) -> None:
    """Even if nobody else holds anything."""
    limits, budget = Limits(CONFIG), OutboxBudget(100)
    async with exchange(App(), stuck=True, budget=budget, limits=limits) as served:
        pass
    assert served.ended_at == 0
    assert budget.total == 0
    assert limits.counters.reached["all_outbox_bytes", "http"] == 1


async def test_a_body_is_read_as_fast_as_its_address_may_send(
    autojump_clock: MockClock,
) -> None:
    """What was read is taken; the next read waits, and the end of the exchange does not."""
    limits = Limits(Config(address_byte_rate=Rate(500, 2000), flood_timeout=20))
    post = POST.replace(b"3000", b"4000")
    async with exchange(App(), post, limits=limits) as served:
        for _ in range(4):
            await served.send(CHUNK)
        await read(served, len(CHUNK))
        assert trio.current_time() == 2
        await served.peer.aclose()
    assert served.ended_at == 2
    assert limits.counters.reached == {("address_byte_rate", "http"): 2}


async def test_a_body_is_read_in_pieces(autojump_clock: MockClock) -> None:
    """So that each connection of an address owes little when the others have to wait."""
    limits = Limits(Config(address_byte_rate=Rate(READ_SIZE, READ_SIZE), flood_timeout=20))
    body = b"x" * (3 * READ_SIZE)
    async with exchange(App(), POST.replace(b"3000", b"%d" % len(body)), limits=limits) as served:
        await served.send(body)
        await read(served, len(CHUNK))
        assert trio.current_time() == 1
        await served.peer.aclose()


@pytest.mark.parametrize("beginning", [b"", b"1000\r\n" + b"x" * 0x1000 + b"\r\n"])
async def test_a_body_in_tiny_chunks_is_refused(
    beginning: bytes, autojump_clock: MockClock
) -> None:
    """Each costs more than its bytes; a few may come, and any number of longer ones."""
    few, longer = b"1\r\nx\r\n" * 200, (b"64\r\n" + b"x" * 100 + b"\r\n") * 600
    for body, status in ((few, b"200"), (longer, b"200"), (few * 10, b"400")):
        async with exchange(App(), CHUNKED + beginning) as served:
            await served.send(body + b"0\r\n\r\n")
            answer = await served.read_all()
            await served.peer.aclose()
        assert answer.startswith(b"HTTP/1.1 " + status)


async def test_a_short_chunk_counts_as_a_longer_one(autojump_clock: MockClock) -> None:
    """With a piece of the body; if that has few chunks, its bytes count."""
    rate = Rate(CHUNK_PRICE, 20 * CHUNK_PRICE)
    limits = Limits(Config(address_byte_rate=rate, flood_timeout=1000))
    async with exchange(App(), CHUNKED, limits=limits) as served:
        await served.send(b"1\r\nx\r\n" * 40)
        await trio.testing.wait_all_tasks_blocked()
        await served.send(b"0\r\n\r\n")
        await read(served, len(CHUNK))
        assert trio.current_time() == pytest.approx(20, abs=1)
        await served.peer.aclose()


async def test_others_are_served_between_chunks(autojump_clock: MockClock) -> None:
    """However many have come at once."""
    chunks = b"20\r\n" + b"x" * 32 + b"\r\n"
    goes = READ_SIZE // LEAST_STEP
    async with counted_turns() as turns, trio.open_nursery() as nursery:
        served = Served()
        wire = CHUNKED + chunks * (READ_SIZE // len(chunks)) + b"0\r\n\r\n"
        nursery.start_soon(
            served.serve, App(), wire, OutboxBudget(1_000_000), Limits(CONFIG), ADDRESS
        )
        await read(served, len(CHUNK))
        nursery.cancel_scope.cancel()
    assert turns.count >= goes // 4


async def test_addresses_of_this_machine_send_as_fast_as_they_can(
    autojump_clock: MockClock,
) -> None:
    """Behind a proxy on it everybody has the same one."""
    limits = Limits(Config(address_byte_rate=Rate(1, 1)))
    async with exchange(App(), POST, limits=limits, address="127.0.0.1") as served:
        for _ in range(3):
            await served.send(CHUNK)
        await read(served, len(CHUNK))
        assert trio.current_time() == 0
        await served.peer.aclose()
