"""Peers that break the rules cost themselves their connection, and nothing else.

``running`` proves at the end of every test that the server still serves and has no task and no
file descriptor more than before.
"""

import io
import json
import socket

import pytest
import trio
import trio.testing

from tests import frames
from tests.frames import CLOSE, CONTINUATION, PING, PONG, TEXT, Seen, masked, unmasked
from tests.integration.running import header, read_all, reset, running, status
from tests.integration.stalling import say
from trio_chat.delivery.audience import Audience
from trio_chat.delivery.batch import FanOut
from trio_chat.delivery.frames import Frame
from trio_chat.delivery.pace import Pace
from trio_chat.delivery.recipient import Recipient
from trio_chat.net.streams import NO_LINGER, Stream, tcp_of

GET = b"GET /r/ HTTP/1.1\r\nHost: localhost\r\n"
GET_NOTHING = b"GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n"

POST_CHUNKS = GET_NOTHING.replace(b"GET /nothing", b"POST /api/v1/sessions").replace(
    b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n"
)


def frames_after_handshake(answer: bytes) -> list[Seen]:
    return list(frames.parse(answer.partition(b"\r\n\r\n")[2]))


@pytest.mark.parametrize(
    ("wire", "expected"),
    [
        (frames.upgrade(b"X-Name: J\xc3\xb6rg"), 400),
        (frames.upgrade(b"Sec-WebSocket-Protocol: caf\xe9"), 400),
        (frames.upgrade().replace(b"localhost", b"caf\xe9"), 400),
        (frames.upgrade().replace(b"/ws", b"/ws\xff"), 400),
        (frames.upgrade().replace(b"/ws", b"/ws?room=a%20b"), 400),
        (frames.upgrade().replace(b"/ws", b"/ws?room=" + b"x" * 65), 400),
        (frames.upgrade(b"Content-Length: 5") + b"hello", 400),
        (frames.upgrade(b"Transfer-Encoding: chunked") + b"0\r\n\r\n", 400),
        (frames.upgrade(b"Origin: https://evil.example"), 403),
        (frames.upgrade().replace(b"/ws", b"/elsewhere"), 404),
        (frames.upgrade().replace(b"GET", b"POST"), 405),
        (frames.upgrade().replace(b"Version: 13", b"Version: 12"), 426),
        (b"GET /ws HTTP/1.1\r\nHost: localhost\r\n\r\n", 426),
        (GET + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: websocket, h2c\r\n\r\n", 404),
        (GET + b"X-Long: " + b"x" * 20_000 + b"\r\n\r\n", 431),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (b"garbage" * 1000, 400),
        (GET + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n", 405),
        (b"OPTIONS / HTTP/1.1\r\nHost: localhost\r\n\r\n", 405),
        (b"GET ? HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (GET + b"X-Name: \x1b[31m\r\n\r\n", 400),
        (GET_NOTHING.replace(b"localhost", b"localhost\r\nOrigin: \x01"), 400),
        (frames.upgrade(b"Origin: http://localhost\x7f"), 400),
        (b"GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
        (b"GET /static/../pyproject.toml HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
        (b"GET /static/%2e%2e/pyproject.toml HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
        (b"GET /%ff%fe HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (POST_CHUNKS + b"no chunk\r\n", 400),
    ],
)
async def test_faulty_requests_get_their_answer(
    wire: bytes, expected: int, log: io.StringIO
) -> None:
    """Handshake faults, foreign protocols and unknown paths: each has its HTTP status.

    No answer can be taken for a page or a script. None of them is a fault of ours to be logged; of
    a foreign origin, which a proxy may have made of ours, the operator is told.
    """
    async with running() as server:
        answer = await server.exchange(wire)
        assert status(answer) == expected
        assert b"default-src 'none'" in header(answer, b"content-security-policy")
        assert header(answer, b"x-content-type-options") == b"nosniff"
        assert header(answer, b"referrer-policy") == b"no-referrer"
        assert header(answer, b"cross-origin-resource-policy") == b"same-origin"
    told = ["WebSocket refused"] if expected == 403 else []
    assert [json.loads(line)["event"] for line in log.getvalue().splitlines()] == told


REBOUND = (
    frames.upgrade(),
    frames.upgrade(b"Sec-WebSocket-Protocol: trio-chat.v1"),
    GET_NOTHING,
    GET + b"\r\n",
    GET.replace(b"/r/", b"/") + b"\r\n",
    GET.replace(b"/r/", b"/chat.webmanifest") + b"\r\n",
    GET.replace(b"/r/", b"/api/v1/rooms") + b"\r\n",
    GET.replace(b"/r/", b"/api/v1/rooms/tea/events") + b"\r\n",
    GET.replace(b"GET /r/", b"POST /api/v1/rooms/tea/messages") + b"Content-Length: 2\r\n\r\nhi",
)


@pytest.mark.parametrize("wire", REBOUND)
async def test_a_page_whose_name_was_rebound_gets_nothing(wire: bytes) -> None:
    """Its Host and its Origin are the same, so only its name shows that it is foreign."""
    rebound = wire.replace(b"Host: localhost", b"Host: evil.example:80")
    with_origin = rebound.replace(b"\r\n", b"\r\nOrigin: http://evil.example:80\r\n", 1)
    async with running(allow_origin=("http://evil.example:80",)) as server:
        for request in (rebound, with_origin):
            answer = await server.exchange(request)
            assert status(answer) == 421
            assert b"--host-name evil.example" in answer
        behind_file = await server.exchange(GET + b"\r\n" + rebound)
        assert [status(answer) for answer in split(behind_file)] == [200, 421]


async def test_a_page_under_a_name_of_the_server_is_at_home() -> None:
    """As one that a reverse proxy passes on, which leaves the name as it is."""
    async with running(host_name=("chat.example",)) as server:
        for wire, expected in ((frames.upgrade() + frames.close(1000), 101), (GET + b"\r\n", 200)):
            named = wire.replace(b"localhost", b"chat.example\r\nOrigin: https://chat.example")
            assert status(await server.exchange(named)) == expected


async def test_a_request_behind_another_comes_through_the_acceptor() -> None:
    """It is served as one by itself, behind a file and behind what Hypercorn has served."""
    async with running() as server:
        for second, expected in ((GET + b"\r\n", 200), (frames.upgrade(), 101), (b"garbage", 400)):
            behind_file = await server.exchange(GET + b"\r\n" + second)
            assert [status(answer) for answer in split(behind_file)] == [200, expected]
            behind_other = await server.exchange(GET_NOTHING + second)
            assert [status(answer) for answer in split(behind_other)] == [404, expected]


def split(answers: bytes) -> list[bytes]:
    """Return one answer after the other."""
    return [b"HTTP/1.1 " + answer for answer in answers.split(b"HTTP/1.1 ")[1:]]


async def test_frames_right_behind_the_handshake_are_read() -> None:
    """A byte behind the Upgrade request is the beginning of the first frame."""
    async with running() as server:
        hello = masked(TEXT, b"hello") + frames.close(1000)
        seen = frames_after_handshake(await server.exchange(frames.upgrade() + hello))
        assert seen[-1] == Seen(CLOSE, b"\x03\xe8")


@pytest.mark.parametrize("behind", [GET + b"\r\n", b"x", frames.upgrade()])
async def test_what_is_no_frame_behind_the_handshake_is_a_protocol_error(behind: bytes) -> None:
    """A pipelined request is one, too."""
    async with running() as server:
        answer = await server.exchange(frames.upgrade() + behind + masked(TEXT, b"pad") * 3)
        assert [seen.close_code for seen in frames_after_handshake(answer)] == [1002]


@pytest.mark.parametrize(
    ("wire", "code"),
    [
        (unmasked(TEXT, b"hi"), 1002),
        (masked(CONTINUATION, b"of nothing"), 1002),
        (masked(TEXT, b"a", fin=False) + masked(TEXT, b"b"), 1002),
        (masked(PING, b"x" * 126), 1002),
        (masked(CLOSE, b"x"), 1002),
        (b"\xff" * 100, 1002),
        (masked(TEXT, b"\xff"), 1007),
        (masked(TEXT, b"x" * 70_000), 1009),
        (masked(TEXT, b"x" * 5_000), 1009),
        (masked(TEXT, fin=False) + masked(CONTINUATION, fin=False) * 1000, 1009),
        (masked(TEXT, b"x")[:1] + b"\xff" + (2**62).to_bytes(8), 1009),
    ],
)
async def test_faulty_frames_get_their_close_code(wire: bytes, code: int) -> None:
    """The peer hears why, even though it is still sending."""
    async with running(close_timeout=0.5) as server, await server.shake_hands() as stream:
        await stream.send_all(wire)
        assert [seen.close_code for seen in frames.parse(await read_all(stream))] == [code]


async def test_a_ping_that_crosses_our_close_does_no_harm() -> None:
    """The peer may not have seen the close yet."""
    async with running() as server, await server.shake_hands() as stream:
        await stream.send_all(masked(TEXT, b"x" * 5000) + masked(PING, b"crossing"))
        await stream.send_all(masked(PING) + frames.close(1009))
        seen = list(frames.parse(await read_all(stream)))
        assert [frame.close_code for frame in seen if frame.opcode == CLOSE] == [1009]


async def test_a_ping_flood_is_answered_or_dropped_but_not_hoarded() -> None:
    """A peer that reads its pongs gets all of them."""
    async with running() as server, await server.shake_hands() as stream:
        await stream.send_all(masked(PING, b"?") * 1000 + frames.close(1000))
        seen = list(frames.parse(await read_all(stream)))
        assert [frame.opcode for frame in seen] == [PONG] * 1000 + [CLOSE]


async def test_a_head_that_never_ends_is_answered_with_408() -> None:
    """Whether the peer is silent or drips a byte now and then."""
    async with running(head_timeout=0.5) as server:
        assert status(await server.exchange(b"GET /r/ HTTP/1.1\r\n")) == 408

        async with await server.connect() as stream, trio.open_nursery() as nursery:
            nursery.start_soon(drip, stream)
            assert status(bytes(await stream.receive_some())) == 408
            nursery.cancel_scope.cancel()


async def drip(stream: Stream) -> None:
    """Send a head by the byte."""
    try:
        for byte in GET * 100:
            await stream.send_all(bytes([byte]))
            await trio.sleep(0.02)
    except trio.BrokenResourceError:
        pass


async def test_peers_that_vanish_are_forgotten() -> None:
    """In every state: before a head, in a head, in the page, in a chat, in a frame."""
    async with running() as server:
        for wire in (b"", b"GET /", GET + b"\r\n", frames.upgrade(), frames.upgrade() + b"\x81"):
            for vanish in (trio.aclose_forcefully, reset):
                stream = await server.connect()
                await stream.send_all(wire)
                await vanish(stream)


async def test_a_peer_that_vanishes_while_it_is_written_to_harms_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its connection may be over by the time the hub lets it go."""
    send = Audience.send
    async with running() as server, await server.shake_hands() as one:
        gone = tcp_of(await server.shake_hands())
        gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        is_over = trio.Event()

        async def send_and_pause(
            audience: Audience, frame: Frame, pace: Pace, fan_out: FanOut
        ) -> list[Recipient]:
            gone.socket.close()
            dead = await send(audience, frame, pace, fan_out)
            assert len(dead) == 1
            await trio.testing.wait_all_tasks_blocked()
            is_over.set()
            return dead

        monkeypatch.setattr(Audience, "send", send_and_pause)
        await say(one, b"hello")
        await is_over.wait()
        monkeypatch.undo()


async def test_a_thousand_connections_opened_and_dropped_leave_nothing() -> None:
    """Half of them after the handshake."""
    async with running() as server:
        for _ in range(500):
            await (await server.connect()).aclose()
        for _ in range(500):
            await (await server.shake_hands()).aclose()


async def test_connections_of_one_address_are_limited_but_not_on_loopback() -> None:
    """Everybody behind a proxy on the same machine comes from loopback."""
    async with running(connections_per_address=2) as server:
        streams = [await server.shake_hands() for _ in range(5)]
        for stream in streams:
            await stream.aclose()


async def test_connections_over_the_cap_are_told_to_come_back() -> None:
    """503 with Retry-After, and there is room again as soon as somebody leaves."""
    async with running(max_connections=3) as server:
        streams = [await server.shake_hands() for _ in range(3)]
        answer = await server.exchange(GET + b"\r\n")
        assert status(answer) == 503
        assert b"Retry-After: 10\r\n" in answer
        for stream in streams:
            await stream.aclose()
