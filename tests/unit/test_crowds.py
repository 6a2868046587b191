"""Rules of crowds: who comes or goes at once must not hold up the others, however many they are."""

import socket
import ssl
from itertools import pairwise
from typing import NoReturn

import pytest
import trio
import trio.testing

from tests import frames
from tests.gates import open_gate
from tests.unit.house import FILES
from tests.unit.members import house
from trio_chat.client.client import Client
from trio_chat.client.lookups import make_context
from trio_chat.config import Config
from trio_chat.core.messages import Message, Unregister
from trio_chat.journal.history import History
from trio_chat.limits.limits import Limits
from trio_chat.net.acceptor import Acceptor
from trio_chat.net.handshake import shake_hands
from trio_chat.net.head import parse_head
from trio_chat.net.reception import HANDSHAKES, HEADS
from trio_chat.net.rounds import EXITS
from trio_chat.protocol import requests
from trio_chat.protocol.dialects import plain

CROWD = 20 * EXITS
CONFIG = Config()
REQUEST = b"GET /api/v1/rooms HTTP/1.1\r\nHost: localhost\r\n\r\n"
LOBBY = requests.Join(room="lobby")


async def test_a_crowd_that_hangs_up_is_let_go_by_and_by(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many in a round of Trio; the others have their turn in between."""
    left = 0

    async with house() as home, trio.open_nursery() as nursery:
        post = home.inbox.post

        def count_who_leaves(message: Message) -> None:
            nonlocal left
            left += isinstance(message, Unregister)
            post(message)

        monkeypatch.setattr(home.inbox, "post", count_who_leaves)
        history = History(home.journal, CONFIG, home.hub.populations)
        context = make_context(home.inbox, CONFIG, history, Limits(CONFIG))
        peers = []
        for _ in range(CROWD):
            ours, peer = trio.testing.memory_stream_pair()
            websocket, _ = shake_hands(parse_head(frames.upgrade()), CONFIG)
            nursery.start_soon(Client(ours, websocket, plain, context, LOBBY).run)
            peers.append(peer)
        await trio.testing.wait_all_tasks_blocked()
        assert len(home.connections) == CROWD
        for peer in peers:
            peer.send_stream.close()
            peer.receive_stream.close()
        count = [0]
        while count[-1] < CROWD:
            await trio.lowlevel.checkpoint()
            count.append(left)
        # In each round Trio runs the tasks in any order: there may be two rounds between two looks.
        assert max(after - before for before, after in pairwise(count)) <= 2 * EXITS
    assert not home.connections


async def test_a_crowd_that_says_hello_over_tls_begins_by_and_by(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A handshake takes the server some time, so only a few of them begin in a round."""
    crowd = 20 * HANDSHAKES
    begun = 0

    async def begin(stream: trio.SSLStream[trio.SocketStream]) -> None:
        nonlocal begun
        begun += 1
        await trio.lowlevel.checkpoint()
        raise trio.BrokenResourceError

    async def refuse(*request: object) -> NoReturn:
        raise AssertionError

    async def serve(stream: trio.SSLStream[trio.SocketStream]) -> None:
        await acceptor.answer(stream)
        await trio.aclose_forcefully(stream)

    monkeypatch.setattr(trio.SSLStream, "do_handshake", begin)
    acceptor = Acceptor(
        Config(), Limits(Config()), FILES.answer, refuse, refuse, refuse, gate=open_gate()
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    [listener] = await trio.open_tcp_listeners(0, host="127.0.0.1")
    peers = []
    async with listener, trio.open_nursery() as nursery:
        for _ in range(crowd):
            peers.append(socket.create_connection(listener.socket.getsockname()))
            stream = trio.SSLStream(await listener.accept(), context, server_side=True)
            nursery.start_soon(serve, stream)
        await trio.testing.wait_all_tasks_blocked()
        assert begun == 0
        for peer in peers:
            peer.send(b"hello")
        count = [0]
        while count[-1] < crowd:
            await trio.lowlevel.checkpoint()
            count.append(begun)
        assert max(after - before for before, after in pairwise(count)) <= 2 * HANDSHAKES
    for peer in peers:
        peer.close()


@pytest.mark.parametrize("is_first", [True, False])
async def test_a_crowd_that_asks_at_once_is_answered_by_and_by(*, is_first: bool) -> None:
    """Whether it is their first request, or another one on a connection that was kept."""
    crowd = 20 * HEADS
    asked = 0

    async def refuse(*request: object) -> NoReturn:
        raise AssertionError

    async def answer(*request: object) -> bytes:
        nonlocal asked
        asked += 1
        return b""  # another one may come

    acceptor = Acceptor(
        Config(), Limits(Config()), FILES.answer, refuse, refuse, answer, gate=open_gate()
    )
    [listener] = await trio.open_tcp_listeners(0, host="127.0.0.1")
    peers = []
    async with listener, trio.open_nursery() as nursery:
        for _ in range(crowd):
            peers.append(socket.create_connection(listener.socket.getsockname()))
            if not is_first:
                peers[-1].send(REQUEST)
            nursery.start_soon(acceptor.answer, await listener.accept())
        await trio.testing.wait_all_tasks_blocked()
        assert asked == (0 if is_first else crowd)
        count = [asked]
        for peer in peers:
            peer.send(REQUEST)
        while count[-1] < count[0] + crowd:
            await trio.lowlevel.checkpoint()
            count.append(asked)
        assert max(after - before for before, after in pairwise(count)) <= 2 * HEADS
        nursery.cancel_scope.cancel()
    for peer in peers:
        peer.close()
