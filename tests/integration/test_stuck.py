"""Peers that stop reading: they lose their connection, and nobody else loses anything.

``running`` proves at the end of every test that the server still serves and has no task and no
file descriptor more than before.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import trio

from tests import frames
from tests.frames import PING, PONG, TEXT, masked
from tests.integration.running import PATIENCE, Running, read_all, running
from trio_chat.streams import Stream

LINE = b"x" * 4000
SMALL = 4096  # bytes: the least that kernels grant a receive buffer, or less


async def say(stream: Stream, line: bytes) -> None:
    """Say a line in the chat and wait until it comes back."""
    await stream.send_all(masked(TEXT, line))
    heard = b""
    while [seen.payload for seen in frames.parse(heard)] != [line]:
        data = await stream.receive_some(65536)
        assert data
        heard += data


async def until_gone(server: Running, *, left: int, prod: Callable[[], Awaitable[None]]) -> int:
    """Repeat until only so many clients are left; return how often."""
    count = 0
    with trio.fail_after(3 * PATIENCE):
        while len(server.server._hub.clients) > left:
            await prod()
            count += 1
    return count


async def test_a_peer_that_stops_reading_loses_its_connection_and_nobody_else_anything() -> None:
    """The others get every message while the stuck peer's buffers fill and it is dropped."""
    async with running(write_timeout=1.0) as server:
        stuck = await server.shake_hands(buffer=SMALL)
        one = await server.shake_hands()
        async with stuck, one:
            await until_gone(server, left=2, prod=lambda: say(one, b"both are here"))
            said = await until_gone(server, left=1, prod=lambda: say(one, LINE))
            assert len(await read_all(stuck)) < said * len(LINE)


async def test_a_quiet_peer_that_stops_reading_is_dropped_by_the_write_deadline() -> None:
    """Its outbox is far from full, but what waits in it does not move."""
    async with running(write_timeout=0.5, outbox_frames=10**6, outbox_bytes=10**9) as server:
        stuck = await server.shake_hands(buffer=SMALL)
        one = await server.shake_hands()
        async with stuck, one:
            for _ in range(200):
                await say(one, LINE)
            await until_gone(server, left=1, prod=lambda: trio.sleep(0.05))


async def test_a_peer_that_asks_for_pongs_but_does_not_read_them_is_dropped() -> None:
    """Control frames wait within the same bounds as messages."""
    async with running(write_timeout=1.0) as server:
        async with await server.shake_hands(buffer=SMALL) as stuck:
            ping = masked(PING, b"?" * 125)

            async def flood() -> None:
                try:
                    while True:
                        await stuck.send_all(ping * 1000)
                except trio.BrokenResourceError:
                    pass

            with trio.fail_after(3 * PATIENCE):
                await flood()
            assert set(seen.opcode for seen in frames.parse(await read_all(stuck))) <= {PONG}


async def test_a_peer_that_does_not_answer_pings_is_dropped() -> None:
    """It may be asleep, or its network gone: nothing but the missing pong tells."""
    async with running(ping_interval=0.3, pong_timeout=0.2) as server:
        async with await server.shake_hands() as silent:
            with trio.fail_after(PATIENCE):
                seen = list(frames.parse(await read_all(silent)))
            assert [frame.opcode for frame in seen] == [PING]


def large_files(folder: Path) -> Callable[[], Path]:
    """Return what stands in for ``static_files``: the page, and a file larger than all buffers."""
    (folder / "index.html").write_text("page")
    (folder / "large.bin").write_bytes(bytes(8 * 1024 * 1024))
    return lambda: folder


GET_LARGE = b"GET /static/large.bin HTTP/1.1\r\nHost: localhost\r\n\r\n"


async def test_a_peer_that_does_not_read_the_page_is_left(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Hypercorn shields its writes; our deadline holds inside the shield."""
    monkeypatch.setattr("trio_chat.web.static_files", large_files(tmp_path))
    async with running(write_timeout=0.5) as server:
        idle = trio.lowlevel.current_statistics().tasks_living
        async with await server.connect(buffer=SMALL) as stuck:
            await stuck.send_all(GET_LARGE)
            with trio.fail_after(PATIENCE):
                while trio.lowlevel.current_statistics().tasks_living == idle:
                    await trio.sleep(0.01)
                while trio.lowlevel.current_statistics().tasks_living > idle:
                    await trio.sleep(0.05)
            assert len(await read_all(stuck)) < 8 * 1024 * 1024


async def test_a_peer_that_reads_the_page_slowly_is_left_after_the_http_timeout(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Every write is in time, but the whole exchange is not."""
    monkeypatch.setattr("trio_chat.web.static_files", large_files(tmp_path))
    async with running(http_timeout=1.0) as server:
        async with await server.connect(buffer=SMALL) as slow:
            await slow.send_all(GET_LARGE)
            with trio.fail_after(3 * PATIENCE):
                received = await sip(slow)
            assert 0 < received < 8 * 1024 * 1024


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
