"""What tests of peers that stop reading have in common."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import trio

from tests import frames
from tests.frames import TEXT, masked
from tests.integration.running import PATIENCE, Running
from trio_chat.net.streams import Stream
from trio_chat.web.assets import Page

LINE = b"x" * 4000
SMALL = 4096  # bytes: the least that kernels grant a receive buffer, or less
GET_LARGE = b"GET /r/ HTTP/1.1\r\nHost: localhost\r\n\r\n"
LARGE = 8 * 1024 * 1024  # bytes: more than all buffers on the way together


def large_page(folder: Path) -> Callable[..., Page]:
    """Return what stands in for ``installed_page``: a very large one."""
    (folder / "index.html").write_bytes(bytes(LARGE))
    return lambda **_: Page(folder)


async def say(stream: Stream, line: bytes) -> None:
    """Say a line in the chat and wait until it comes back."""
    await stream.send_all(masked(TEXT, line))
    heard = b""
    while [seen.payload for seen in frames.parse(heard)] != [line]:
        data = await stream.receive_some(65536)
        assert data
        heard += data


async def until_there(server: Running, count: int) -> None:
    """Wait until so many clients are registered."""
    with trio.fail_after(3 * PATIENCE):
        while server.server._hub.connections < count:
            await trio.sleep(0.01)


async def until_gone(server: Running, *, left: int, prod: Callable[[], Awaitable[None]]) -> int:
    """Repeat until only so many clients are left; return how often."""
    count = 0
    with trio.fail_after(3 * PATIENCE):
        while server.server._hub.connections > left:
            await prod()
            count += 1
    return count
