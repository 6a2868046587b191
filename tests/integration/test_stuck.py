"""Peers that stop reading: they lose their connection, and nobody else loses anything.

``running`` proves at the end of every test that the server still serves and has no task and no
file descriptor more than before.
"""

from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
import trio

from tests import frames
from tests.frames import PING, PONG, masked
from tests.integration.running import PATIENCE, read_all, running, serving
from tests.integration.stalling import (
    GET_LARGE,
    LARGE,
    LINE,
    SMALL,
    large_files,
    say,
    until_gone,
    until_there,
)
from trio_chat.net.streams import Stream


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
    async with running(write_timeout=0.5, outbox_frames=10**6, outbox_bytes=10**8) as server:
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


async def test_a_peer_that_does_not_read_the_page_is_left(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Its kernel takes a part of the file, and no more."""
    monkeypatch.setattr("trio_chat.server.static_files", large_files(tmp_path))
    async with running(write_timeout=0.5) as server:
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
    monkeypatch.setattr("trio_chat.server.static_files", large_files(tmp_path))
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
