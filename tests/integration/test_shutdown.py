"""Stopping the server: everybody is told, and nobody can hold it up."""

from pathlib import Path
from typing import Any

import pytest
import trio

from tests.frames import TEXT, masked, unmasked
from tests.integration.running import PATIENCE, goodbye, read_all, serving
from tests.integration.stalling import GET_LARGE, SMALL, large_page
from trio_chat.protocol.close import GOING_AWAY, RESTARTING


async def test_everybody_is_told_why_the_server_stops() -> None:
    """The close frame carries the code and the reason, behind all that was said."""
    async with (
        serving() as server,
        await server.shake_hands() as one,
        await server.shake_hands() as two,
    ):
        await one.send_all(masked(TEXT, b"last words"))
        assert bytes(await two.receive_some()) == unmasked(TEXT, b"last words")
        server.server.stop(RESTARTING)
        for stream in (one, two):
            last = (await goodbye(stream))[-1]
            assert (last.close_code, last.payload[2:].decode()) == RESTARTING


async def test_stopping_a_server_with_nobody_in_it_takes_no_time() -> None:
    """It does not sit out its drain time."""
    with trio.fail_after(PATIENCE):
        async with serving(drain_timeout=1000):
            pass


async def test_shutdown_does_not_wait_for_peers_that_do_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The drain time bounds it: in a head, a chat, a close, a page, a large file."""
    monkeypatch.setattr("trio_chat.server.installed_page", large_page(tmp_path))
    patient: dict[str, Any] = {"write_timeout": 1000, "close_timeout": 1000, "http_timeout": 1000}
    with trio.fail_after(2 * PATIENCE):
        async with serving(drain_timeout=0.5, head_timeout=1000, **patient) as server:
            silent = await server.connect()
            in_head = await server.connect()
            await in_head.send_all(GET_LARGE[:20])
            in_chat = await server.shake_hands()
            in_frame = await server.shake_hands()
            await in_frame.send_all(masked(TEXT, b"half")[:5])
            in_file = await server.connect(buffer=SMALL)
            await in_file.send_all(GET_LARGE)
            assert (await in_file.receive_some(1000)).startswith(b"HTTP/1.1 200 ")
    for stream in (in_head, in_chat, in_frame, in_file):
        await read_all(stream)
        await stream.aclose()
    await silent.aclose()  # nobody had accepted it, so it is told nothing


async def test_nobody_is_served_any_more() -> None:
    """During the goodbyes the port is closed, and a head that has not come is not waited for."""
    async with serving(drain_timeout=1000) as server:
        early = await server.connect()
        await early.send_all(b"GET")
        await server.check()
        holds_up = await server.shake_hands()
        server.server.stop(GOING_AWAY)
        assert await read_all(early) == b""
        with pytest.raises(OSError, match="all attempts to connect"):
            await trio.open_tcp_stream("127.0.0.1", server.port)
        assert (await goodbye(holds_up))[-1].close_code == GOING_AWAY.code
        await holds_up.aclose()
        await early.aclose()
