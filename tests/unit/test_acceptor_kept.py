"""Rules of a connection on which one request follows the other, on virtual time."""

from dataclasses import replace
from itertools import pairwise

import pytest
import trio
from trio.testing import MockClock

from tests import frames
from tests.unit.house import CONFIG, GET, GET_FILE, house, status
from trio_chat.net.head import END_OF_HEAD
from trio_chat.rates import Rate

POST = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\n"


def with_header(wire: bytes, line: bytes) -> bytes:
    """Return a request with one header more."""
    return wire.replace(END_OF_HEAD, b"\r\n" + line + END_OF_HEAD, 1)


async def test_requests_follow_each_other(autojump_clock: MockClock) -> None:
    """Of all kinds, however they come; a WebSocket may be the last one."""
    async with house() as chat:
        chat.keeps = True
        conn = await chat.comes()
        await conn.send(POST + b"body" + GET + GET_FILE + POST)
        await conn.send(b"body")
        await conn.send(GET)
        await conn.send(frames.upgrade() + b"frames")
        assert [wire.split(b" ")[0] for wire in chat.requests] == [b"POST", b"GET", b"POST", b"GET"]
        assert [rest for _, rest in chat.websockets] == [b"frames"]
        assert chat.ended_at == {}


@pytest.mark.parametrize(
    ("wire", "refusal"),
    [
        (GET.replace(b"localhost", b"evil.example"), 421),
        (with_header(POST, b"Sec-Fetch-Site: cross-site"), 403),
        (with_header(GET, b"Upgrade: websocket"), 404),
        (with_header(POST, b"Content-Length: 5"), 400),
        (with_header(POST, b"Transfer-Encoding: chunked"), 400),
        (with_header(GET, b" folded"), 400),
        (with_header(GET, b"X: " + b"x" * CONFIG.head_limit), 431),
        (frames.upgrade().replace(b"Origin", b"X").replace(b"13", b"12"), 426),
        (b"\x16\x03\x01", 400),
    ],
)
async def test_each_request_passes_all_checks(
    wire: bytes, refusal: int, autojump_clock: MockClock
) -> None:
    """One that is refused ends the connection, and what is behind it is not read as a request."""
    config = replace(CONFIG, host_name=("localhost",))
    async with house(config) as chat:
        chat.keeps = True
        conn = await chat.comes()
        await conn.send(POST + b"body" + wire + GET)
        assert await status(conn) == refusal
        assert len(chat.requests) == 1
        await conn.peer.aclose()
        await trio.testing.wait_all_tasks_blocked()
        assert list(chat.ended_at) == [conn]


async def test_each_request_is_paid_for(autojump_clock: MockClock) -> None:
    """By its number and its bytes; what is behind it is paid for with the next one."""
    size = len(GET)
    patient = replace(CONFIG, rate_patience=1)
    by_number = replace(patient, http_rate=Rate(1, 2))
    by_bytes = replace(patient, address_byte_rate=Rate(size, 2 * size))
    for config in (by_number, by_bytes):
        async with house(config) as chat:
            chat.keeps = True
            conn = await chat.comes()
            start = trio.current_time()
            await conn.send(GET * 3)
            assert len(chat.requests) == 2
            await trio.sleep(1)
            await trio.testing.wait_all_tasks_blocked()
            assert len(chat.requests) == 3
            await conn.send(GET * 2)
            await trio.sleep(1)
            await trio.testing.wait_all_tasks_blocked()
            assert len(chat.requests) == 4
            assert trio.current_time() == start + 2


async def test_requests_that_come_together_leave_turns_to_others(
    autojump_clock: MockClock,
) -> None:
    """Between any two of them everybody else goes on, even if each is answered at once."""
    async with house() as chat:
        chat.keeps = True
        conn = await chat.comes()
        await conn.peer.send_all(GET * 10)
        served = [0]
        while served[-1] < 10:
            await trio.lowlevel.checkpoint()
            served.append(len(chat.requests))
        # Who is first in a round of Trio's loop may be the last one in the next.
        assert all(later - earlier <= 2 for earlier, later in pairwise(served))


async def test_a_further_head_has_to_come_in_time(autojump_clock: MockClock) -> None:
    """From the answer before it, as after a file; a slow one has no more time for its bytes."""
    async with house() as chat:
        chat.keeps = True
        silent, dripping = await chat.comes(), await chat.comes()
        for conn in (silent, dripping):
            await conn.send(GET)
        for letter in GET[: int(CONFIG.keep_alive_timeout)]:
            await dripping.send(bytes([letter]))
            await trio.sleep(0.9)
        await trio.sleep(1)
        assert chat.ended_at == dict.fromkeys((silent, dripping), CONFIG.keep_alive_timeout)


async def test_a_connection_has_so_many_requests(autojump_clock: MockClock) -> None:
    """Files and others together; the last one is led on as the last one, and its answer says so."""
    async with house(replace(CONFIG, keep_alive_requests=3)) as chat:
        chat.keeps = True
        conn = await chat.comes()
        await conn.send(GET + GET + GET_FILE + GET)
        answer = await conn.read_all()
        assert b"\r\nConnection: close\r\n" in answer
        assert chat.kept == [True, True]
        other = await chat.comes()
        await other.send(GET + GET_FILE + GET)
        assert chat.kept == [True, True, True, False]


async def test_between_requests_a_connection_counts_as_waiting(
    autojump_clock: MockClock,
) -> None:
    """It takes no place of those that ask for something, and gives way to who comes."""
    async with house() as chat:
        chat.keeps = True
        kept = [await chat.comes() for _ in range(CONFIG.waiting_per_address)]
        for conn in kept:
            await conn.send(GET + GET)
        assert len(chat.requests) == 4
        chat.keeps = False
        newcomer = await chat.comes()
        assert list(chat.ended_at) == [kept[0]]
        for conn in (kept[1], newcomer):
            await conn.send(GET)
        assert len(chat.requests) == 6
        third = await chat.comes()
        await third.send(GET)
        assert await status(third) == 429


async def test_kept_connections_of_a_proxy_give_way_to_those_of_the_same_sender(
    autojump_clock: MockClock,
) -> None:
    """They count for whoever asked last, and are the first to end if that one comes again."""
    proxy = "192.0.2.7"
    async with house(replace(CONFIG, trusted_proxy=(proxy,))) as chat:
        chat.keeps = True
        asked = with_header(GET, b"X-Forwarded-For: 192.0.2.1")
        kept = [await chat.comes(proxy) for _ in range(CONFIG.waiting_per_address)]
        for conn in kept:
            await conn.send(asked)
        chat.keeps = False
        other, newcomer = await chat.comes(proxy), await chat.comes(proxy)
        await other.send(asked.replace(b"0.2.1", b"0.2.2"))
        assert chat.ended_at == {}
        await newcomer.send(asked)
        assert list(chat.ended_at) == [kept[0]]
        assert len(chat.requests) == CONFIG.waiting_per_address + 2


async def test_who_fetches_files_of_messages_through_a_proxy_is_counted(
    autojump_clock: MockClock,
) -> None:
    """With those who wait, as without a proxy: a slow reader fetches for long."""
    proxy = "192.0.2.7"
    async with house(replace(CONFIG, trusted_proxy=(proxy,))) as chat:
        fetch = with_header(GET.replace(b"/", b"/files/a", 1), b"X-Forwarded-For: 192.0.2.1")
        for _ in range(CONFIG.waiting_per_address):
            await (await chat.comes(proxy)).send(fetch)
        one_more, other = await chat.comes(proxy), await chat.comes(proxy)
        await one_more.send(fetch)
        assert await status(one_more) == 429
        await other.send(fetch.replace(b"0.2.1", b"0.2.2"))
        assert len(chat.requests) == CONFIG.waiting_per_address + 1


async def test_a_kept_connection_of_a_proxy_counts_for_who_fetches_by_it_now(
    autojump_clock: MockClock,
) -> None:
    """And no more for the one before, who may have another one."""
    proxy = "192.0.2.7"
    async with house(replace(CONFIG, trusted_proxy=(proxy,))) as chat:
        fetch = with_header(GET.replace(b"/", b"/files/a", 1), b"X-Forwarded-For: 192.0.2.1")
        chat.keeps = True
        kept = await chat.comes(proxy)
        await kept.send(fetch)
        chat.keeps = False
        await kept.send(fetch.replace(b"0.2.1", b"0.2.2"))
        for _ in range(CONFIG.waiting_per_address):
            await (await chat.comes(proxy)).send(fetch)
        assert len(chat.requests) == CONFIG.waiting_per_address + 2


async def test_who_has_asked_waits_where_there_is_a_place(autojump_clock: MockClock) -> None:
    """With none the connection ends behind its answer, unless another one may give way."""
    async with house() as chat:
        asking = await chat.comes()
        await asking.send(GET)
        silent = [await chat.comes() for _ in range(CONFIG.waiting_per_address)]
        chat.answer.set()
        await trio.testing.wait_all_tasks_blocked()
        assert list(chat.ended_at) == [asking]
        chat.keeps = True
        await silent[0].send(GET)
        assert list(chat.ended_at) == [asking]


async def test_a_shutdown_ends_connections_between_requests(autojump_clock: MockClock) -> None:
    """At once; who is being answered is told that this was the last request."""
    async with house() as chat:
        chat.keeps = True
        idle = await chat.comes()
        await idle.send(GET)
        chat.keeps = False
        asking, new = await chat.comes(), await chat.comes()
        await asking.send(GET)
        chat.acceptor.shut()
        chat.answer.set()
        await trio.testing.wait_all_tasks_blocked()
        assert chat.ended_at == dict.fromkeys((idle, asking), 0)
        await new.send(GET)
        assert chat.kept == [True, True, False]
