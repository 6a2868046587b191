"""Real proxies, as programs of their own that a test starts before a server."""

import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
import trio

from tests.integration.running import PATIENCE

FOLDERS = "/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin:/opt/homebrew/bin"
GRACE = 5  # seconds for a proxy to end
HAPROXY_FILE = """
defaults
  mode {mode}
  timeout connect 5s
  timeout client 30s
  timeout server 30s
listen chat
  bind 127.0.0.1:{port}
  server chat 127.0.0.1:{upstream} {version}
"""


def find(name: str) -> str | None:
    """Return the path of a program; ``None`` if there is none."""
    return shutil.which(name, path=FOLDERS)


@asynccontextmanager
async def started(port: int, *command: str) -> AsyncIterator[None]:
    """Have a proxy run for the block, which begins when it listens."""
    with _process(*command):
        await _await_open(port)
        yield


@asynccontextmanager
async def haproxy(
    folder: Path, upstream: int, version: str, mode: str = "tcp"
) -> AsyncIterator[int]:
    """Have HAProxy in front of a port, to which it tells who is behind it; return its own port.

    Args:
        folder: For its configuration.
        upstream: The port.
        version: ``send-proxy`` or ``send-proxy-v2``, of the PROXY protocol.
        mode: How it passes on what comes, with further lines of its configuration.
    """
    port = free_port()
    file = folder / "haproxy.cfg"
    file.write_text(HAPROXY_FILE.format(mode=mode, port=port, upstream=upstream, version=version))
    program = find("haproxy")
    if program is None:
        pytest.skip("there is no HAProxy here")
    async with started(port, program, "-db", "-f", str(file)):
        yield port


@contextmanager
def _process(*command: str) -> Iterator[None]:
    process = subprocess.Popen(command)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:  # it waits for connections that a failed test has left
            process.kill()
            process.wait()


async def _is_open(port: int) -> bool:
    """Whether somebody listens on a port."""
    try:
        await trio.aclose_forcefully(await trio.open_tcp_stream("127.0.0.1", port))
    except OSError:
        return False
    return True


def listens(port: int) -> None:
    """Wait until somebody listens on a port."""
    trio.run(_await_open, port)


async def _await_open(port: int) -> None:
    with trio.fail_after(PATIENCE):
        while not await _is_open(port):
            await trio.sleep(0.05)


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


async def ask_from(address: str, port: int, wire: bytes) -> bytes:
    """Send bytes from one of this machine's addresses; return what comes of it at first."""
    stream = await trio.open_tcp_stream("127.0.0.1", port, local_address=address)
    async with stream:
        await stream.send_all(wire)
        return bytes(await stream.receive_some(65536))
