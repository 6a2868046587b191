"""Peers that stop reading: they lose their connection, and nobody else loses anything.

``running`` proves at the end of every test that the server still serves and has no task and no
file descriptor more than before.
"""

import json
import os
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
import trio

from tests import frames
from tests.frames import PING, PONG, TEXT, masked
from tests.integration.chatters import chatting
from tests.integration.running import PATIENCE, read_all, running, serving
from tests.integration.stalling import (
    GET_LARGE,
    LARGE,
    LINE,
    SMALL,
    large_page,
    say,
    until_gone,
    until_there,
)
from trio_chat.client.keepalive import LATE
from trio_chat.net.streams import Stream, tcp_of
from trio_chat.protocol.dialects import v1


async def test_a_peer_that_stops_reading_loses_its_connection_and_nobody_else_anything() -> None:
    """The others get every message while the stuck peer's buffers fill and it is dropped."""
    async with running(write_timeout=1.0) as server:
        stuck = await server.shake_hands(buffer=SMALL)
        one = await server.shake_hands()
        async with stuck, one:
            await until_there(server, 2)
            said = await until_gone(server, left=1, prod=lambda: say(one, LINE))
            assert len(await read_all(stuck)) < said * len(LINE)


async def test_a_quiet_peer_that_stops_reading_is_dropped_by_the_write_deadline() -> None:
    """Its outbox is far from full, but what waits in it does not move."""
    async with running(write_timeout=2.0, outbox_frames=10**6, outbox_bytes=10**8) as server:
        stuck = await server.shake_hands(buffer=SMALL)
        one = await server.shake_hands()
        async with stuck, one:
            for _ in range(200):
                await say(one, LINE)
            await until_gone(server, left=1, prod=partial(trio.sleep, 0.05))


async def test_a_peer_that_asks_for_pongs_but_does_not_read_them_is_dropped() -> None:
    """Control frames wait within the same bounds as messages."""
    pings = masked(PING, b"?" * 125) * 1000
    async with (
        running(write_timeout=1.0) as server,
        await server.shake_hands(buffer=SMALL) as stuck,
    ):
        with trio.fail_after(3 * PATIENCE), suppress(trio.BrokenResourceError):
            while True:
                await stuck.send_all(pings)
        assert {seen.opcode for seen in frames.parse(await read_all(stuck))} <= {PONG}


async def test_a_peer_that_does_not_answer_pings_is_dropped() -> None:
    """It may be asleep, or its network gone: nothing but the missing pong tells."""
    async with (
        serving(ping_interval=0.3, pong_timeout=0.2) as server,
        await server.shake_hands() as silent,
    ):
        with trio.fail_after(PATIENCE):
            seen = list(frames.parse(await read_all(silent)))
        assert [frame.opcode for frame in seen] == [PING]


async def test_nobody_is_dropped_as_the_server_itself_has_stood_still() -> None:
    """As with its whole machine: what was answered meanwhile is not known before it is read."""
    async with (
        serving(ping_interval=2.0, pong_timeout=1.5) as server,
        await server.shake_hands() as peer,
    ):
        with trio.fail_after(PATIENCE):
            await expect_ping(peer)
            os.write(tcp_of(peer).socket.fileno(), masked(PONG))  # without another step
            time.sleep(1.5 + LATE + 1)  # noqa: ASYNC251 - nothing moves
            await expect_ping(peer)


async def expect_ping(peer: Stream) -> None:
    seen = list(frames.parse(bytes(await peer.receive_some(1000))))
    assert [frame.opcode for frame in seen] == [PING]


async def test_a_peer_that_does_not_read_the_page_is_left(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Its kernel takes a part of the file, and no more."""
    monkeypatch.setattr("trio_chat.server.installed_page", large_page(tmp_path))
    async with running(write_timeout=2.0) as server:
        idle = trio.lowlevel.current_statistics().tasks_living
        async with await server.connect(buffer=SMALL) as stuck:
            await stuck.send_all(GET_LARGE)
            with trio.fail_after(PATIENCE):
                while trio.lowlevel.current_statistics().tasks_living == idle:
                    await trio.sleep(0.01)
                while trio.lowlevel.current_statistics().tasks_living > idle:
                    await trio.sleep(0.05)
            assert len(await read_all(stuck)) < LARGE


async def test_a_peer_that_reads_the_page_slowly_is_left_after_the_write_timeout(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It counts for the whole file, as one that fits in no buffer is not ours."""
    monkeypatch.setattr("trio_chat.server.installed_page", large_page(tmp_path))
    async with running(write_timeout=1.0) as server, await server.connect(buffer=SMALL) as slow:
        await slow.send_all(GET_LARGE)
        with trio.fail_after(3 * PATIENCE):
            received = await sip(slow)
        assert 0 < received < LARGE


async def sip(stream: Stream) -> int:
    """Read a little now and then, until the end; return how much it was."""
    received = 0
    try:
        while data := await stream.receive_some(2048):
            received += len(data)
            await trio.sleep(0.02)
    except trio.BrokenResourceError:
        pass
    return received


async def test_a_client_that_is_slow_now_and_then_costs_nothing_in_other_rooms() -> None:
    """Who can be written to at once is known by room: others' lists stay as they are."""
    async with (
        running() as server,
        chatting(server, "Ann", "tea") as ann,
        chatting(server, "Ben", "tea") as ben,
        chatting(server, "Cid", "jam") as cid,
        await server.shake_hands(b"Sec-WebSocket-Protocol: trio-chat.v1", buffer=SMALL) as slow,
    ):
        hello = [{"t": "hello", "nick": "Dee", "rooms": [{"room": "jam"}]}]
        await slow.send_all(masked(TEXT, json.dumps(hello).encode()))
        while (await cid.until("presence"))["who"]["nick"] != "Dee":
            pass
        rooms = server.server._hub._chat._rooms
        tea, jam = (rooms[room]._audiences[v1] for room in ("tea", "jam"))
        await ann.send("tea", "first")
        ready, changes = tea._ready, jam._version
        with trio.fail_after(PATIENCE):
            for _ in range(3):
                while not jam._others:
                    await cid.send("jam", "x" * 4000)
                while jam._others:
                    await slow.receive_some(65536)
        assert jam._version >= changes + 6
        await ann.send("tea", "last")
        assert await ben.seqs_until(2) == [1, 2]
        assert tea._ready is ready
