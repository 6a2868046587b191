"""Rules of the server's end of a WebSocket, without I/O."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.datastructures import Headers
from websockets.http11 import Request
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from tests import frames
from tests.frames import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, Seen, masked
from trio_chat.config import Config
from trio_chat.net.handshake import shake_hands
from trio_chat.net.head import Head, HttpError, parse_head
from trio_chat.net.websocket import WebSocket
from trio_chat.protocol.close import GOING_AWAY
from trio_chat.protocol.dialects import v1

CONFIG = Config(frame_limit=1000, text_limit=1000, fragment_limit=4)


def opened() -> WebSocket:
    """Return a WebSocket after its handshake."""
    return shake_hands(parse_head(frames.upgrade()), CONFIG)[0]


def feed_all(data: bytes, cuts: list[int]) -> tuple[list[str | bytes], list[Seen], bool]:
    """Feed data to a new WebSocket, cut as told; return messages, replies and the end."""
    websocket = opened()
    messages: list[str | bytes] = []
    reply = b""
    for start, end in pairwise([0, *sorted(cuts), len(data)]):
        if data[start:end]:
            received = websocket.feed(data[start:end])
            messages += received.messages
            reply += received.reply
            if received.ended:
                return messages, list(frames.parse(reply)), True
    return messages, list(frames.parse(reply)), False


def test_handshake_is_answered_as_rfc_6455_shows() -> None:
    """The accept key is the one of the RFC's own example; no extension is agreed to."""
    head = parse_head(frames.upgrade(b"Sec-WebSocket-Extensions: permessage-deflate"))
    websocket, answer = shake_hands(head, CONFIG)
    assert answer.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
    assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in answer
    assert b"Extensions" not in answer
    assert websocket.is_open


@pytest.mark.parametrize(
    ("replaced", "by", "status"),
    [
        (b"GET", b"POST", 405),
        (b"HTTP/1.1", b"HTTP/1.0", 505),
        (b"Upgrade: websocket\r\n", b"", 426),
        (b"Upgrade: websocket", b"Upgrade: h2c", 426),
        (b"Connection: Upgrade\r\n", b"", 426),
        (b"dGhlIHNhbXBsZSBub25jZQ==", b"short", 400),
        (b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", b"", 400),
        (b"Sec-WebSocket-Version: 13\r\n", b"", 400),
        (b"Sec-WebSocket-Version: 13", b"Sec-WebSocket-Version: 8", 426),
        (b"\r\n\r\n", b"\r\nSec-WebSocket-Protocol: a b\r\n\r\n", 400),
        (b"\r\n\r\n", b"\r\nContent-Length: 3\r\n\r\n", 400),
        (b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    ],
)
def test_faulty_handshake_is_refused(replaced: bytes, by: bytes, status: int) -> None:
    """Each fault has its HTTP answer; 405 and 426 say what would be right."""
    with pytest.raises(HttpError) as caught:
        shake_hands(parse_head(frames.upgrade().replace(replaced, by)), CONFIG)
    assert caught.value.status == status
    if status == 426:
        assert caught.value.headers == {"Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    if status == 405:
        assert caught.value.headers == {"Allow": "GET"}


@pytest.mark.parametrize(
    ("origin", "allowed", "welcome"),
    [
        (None, (), True),
        (b"http://localhost", (), True),
        (b"https://LOCALHOST", (), True),
        (b"http://localhost:81", (), False),
        (b"https://evil.example", (), False),
        (b"null", (), False),
        (b"http://[", (), False),
        (b"https://good.example", ("https://good.example",), True),
        (b"https://evil.example", ("https://good.example",), False),
        (b"https://any.example", ("*",), True),
    ],
)
def test_only_our_own_and_allowed_pages_may_connect(
    origin: bytes | None, allowed: tuple[str, ...], welcome: bool
) -> None:
    """A page of another origin gets 403; a program, which sends no Origin, is welcome."""
    head = parse_head(frames.upgrade(*([b"Origin: " + origin] if origin else [])))
    config = Config(allow_origin=allowed)
    if welcome:
        assert shake_hands(head, config)[0].is_open
    else:
        with pytest.raises(HttpError) as caught:
            shake_hands(head, config)
        assert caught.value.status == 403


def test_repeated_origin_is_refused() -> None:
    """A request with two origins has none to trust."""
    head = parse_head(frames.upgrade(b"Origin: http://localhost", b"Origin: http://localhost"))
    with pytest.raises(HttpError) as caught:
        shake_hands(head, CONFIG)
    assert caught.value.status == 400


CONVERSATION = b"".join(
    (
        masked(TEXT, "héllo".encode()),
        masked(PING, b"are you there"),
        masked(BINARY, b"\x00\xff"),
        masked(TEXT, "frü".encode()[:3], fin=False),
        masked(PING, b"in between"),
        masked(CONTINUATION, "frü".encode()[3:]),
        masked(PONG, b"unasked"),
        masked(TEXT),
        masked(TEXT, b"x" * 1000),
        frames.close(1000, b"bye"),
    )
)


@given(st.lists(st.integers(0, len(CONVERSATION)), max_size=30))
def test_any_split_of_the_bytes_gives_the_same_messages(cuts: list[int]) -> None:
    """Where the network cuts makes no difference."""
    messages, replies, ended = feed_all(CONVERSATION, cuts)
    assert messages == ["héllo", b"\x00\xff", "frü", "", "x" * 1000]
    assert replies == [
        Seen(PONG, b"are you there"),
        Seen(PONG, b"in between"),
        Seen(CLOSE, (1000).to_bytes(2) + b"bye"),
    ]
    assert ended


text_in_parts = st.lists(st.text(max_size=20).map(str.encode), min_size=1, max_size=4)


@given(st.lists(text_in_parts | st.binary(max_size=125), max_size=8), st.data())
def test_any_mix_of_frames_gives_its_messages_and_pongs(
    mix: list[list[bytes] | bytes], data: st.DataObject
) -> None:
    """Lists are fragmented text messages, bytes are pings before them or inside them."""
    wire = b""
    messages: list[str | bytes] = []
    pongs: list[Seen] = []
    for item in mix:
        if isinstance(item, bytes):
            wire += masked(PING, item)
            pongs.append(Seen(PONG, item))
            continue
        for index, part in enumerate(item):
            opcode = CONTINUATION if index else TEXT
            wire += masked(opcode, part, fin=index == len(item) - 1)
            if index < len(item) - 1 and data.draw(st.booleans()):
                wire += masked(PING, b"inside")
                pongs.append(Seen(PONG, b"inside"))
        messages.append(b"".join(item).decode())
    cuts = data.draw(st.lists(st.integers(0, len(wire)), max_size=10))
    assert feed_all(wire, cuts) == (messages, pongs, False)


@pytest.mark.parametrize(
    ("wire", "code"),
    [
        (masked(TEXT, b"x" * 1001), 1009),
        (masked(TEXT, b"x" * 600, fin=False) + masked(CONTINUATION, b"x" * 401), 1009),
        (masked(TEXT, fin=False) + masked(CONTINUATION, fin=False) * 4, 1009),
        (masked(TEXT, b"\xff"), 1007),
        (masked(TEXT, b"\xc3", fin=False) + masked(CONTINUATION, b"("), 1007),
        (masked(TEXT, b"\xed\xa0\x80"), 1007),  # a lone surrogate
        (masked(CLOSE, b"\x03\xe8\xff"), 1007),
        (frames.unmasked(TEXT, b"hi"), 1002),
        (masked(CONTINUATION, b"of nothing"), 1002),
        (masked(TEXT, b"a", fin=False) + masked(TEXT, b"b"), 1002),
        (masked(PING, b"x" * 126), 1002),
        (masked(PING, b"x", fin=False), 1002),
        (masked(3, b"reserved opcode"), 1002),
        (b"\xf1" + masked(TEXT, b"reserved bits")[1:], 1002),
        (masked(CLOSE, b"x"), 1002),
        (frames.close(1005), 1002),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", 1002),
    ],
)
def test_faults_end_the_connection_with_their_code(wire: bytes, code: int) -> None:
    """Too long is 1009, bad UTF-8 1007, all else 1002; what was said before still counts."""
    messages, replies, ended = feed_all(masked(TEXT, b"fine") + wire, [])
    assert messages == ["fine"]
    assert [reply.close_code for reply in replies] == [code]
    assert ended


@given(st.binary(max_size=300))
def test_noise_never_crashes(noise: bytes) -> None:
    """Any bytes at all give messages, or an end."""
    feed_all(noise, [])


def test_closing_first_waits_for_the_answer() -> None:
    """After our close frame we still answer pings, and end when the peer closes too."""
    websocket = opened()
    assert [*frames.parse(websocket.close(GOING_AWAY))] == [
        Seen(CLOSE, (1001).to_bytes(2) + GOING_AWAY.reason.encode())
    ]
    assert not websocket.is_open
    assert websocket.close(GOING_AWAY) == b""
    crossing = websocket.feed(masked(PING, b"crossing"))
    assert [*frames.parse(crossing.reply)] == [Seen(PONG, b"crossing")]
    assert websocket.feed(frames.close(1001)) == ([], b"", True, None, 0, 1)


def test_ping_is_an_empty_control_frame() -> None:
    """Our pings carry nothing."""
    assert opened().ping() == frames.unmasked(PING)


HEADERS = st.sampled_from(
    """\
Connection: Upgrade
Connection: keep-alive, Upgrade
Connection: close
Upgrade: websocket
Upgrade: WebSocket
Upgrade: websocket, h2c
Upgrade: websocket/13
Upgrade: h2c
Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAB==
Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ
Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j
Sec-WebSocket-Version: 13
Sec-WebSocket-Version: 8
Sec-WebSocket-Version: 13, 8
Sec-WebSocket-Protocol: trio-chat.v1
Sec-WebSocket-Protocol: x , trio-chat.v1,y
Sec-WebSocket-Protocol: x
Sec-WebSocket-Protocol: a b
Sec-WebSocket-Extensions: x
Origin: http://localhost
X-Other: 1""".splitlines()
)
RIGHT = frames.UPGRADE.decode().split("\r\n")[2:-1]


def ours(_core: ServerProtocol, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    """Return our subprotocol if it is offered; a client that offers none of ours is served, too."""
    return next((name for name in offered if name == v1.SUBPROTOCOL), None)


def agreed_by_library(head: Head) -> tuple[str, str | None] | None:
    """Return the accept key and the subprotocol that ``websockets`` agrees to, if it does."""
    core = ServerProtocol(
        subprotocols=[Subprotocol(v1.SUBPROTOCOL)],
        select_subprotocol=ours,
    )
    response = core.accept(Request(head.target, Headers(head.headers)))
    if response.status_code != 101:
        return None
    return response.headers["Sec-WebSocket-Accept"], core.subprotocol


def agreed_by_us(head: Head) -> tuple[str, str | None] | None:
    """Return the same of our own handshake."""
    try:
        websocket, answer = shake_hands(head, CONFIG)
    except HttpError:
        return None
    accepted = answer.decode().partition("Sec-WebSocket-Accept: ")[2]
    return accepted.partition("\r\n")[0], websocket.subprotocol


@given(st.lists(HEADERS, max_size=6, unique=True), st.sets(st.integers(0, 3), max_size=2))
def test_a_handshake_is_judged_as_the_library_judges_it(more: list[str], left: set[int]) -> None:
    """What is agreed to is what ``websockets`` agrees to, and with the same answer."""
    lines = [line for number, line in enumerate(RIGHT) if number not in left]
    text = "\r\n".join(["GET /ws HTTP/1.1", "Host: localhost", *lines, *more, "", ""])
    head = parse_head(text.encode())
    assert agreed_by_us(head) == agreed_by_library(head)
