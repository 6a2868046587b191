"""The command as a process of its own, as people and supervisors run it."""

import os
import re
import signal
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import trio

import trio_chat
from tests import frames
from tests.integration.running import END_OF_HEAD, PATIENCE

ROOT = Path(trio_chat.__file__).parent.parent
COMMAND = (sys.executable, "-m", "trio_chat")
ADDRESS = re.compile(
    rb"Chat is open at (https?://localhost:(\d+)/) \(Ctrl-C stops it\)\n"
    rb"(?:To moderate all rooms, open \1#operator=[\w-]{32} \(shown once\)\n)?"
)


def environment(**more: str) -> dict[str, str]:
    """Return our environment without settings for the chat, and with some more variables.

    What is said is forgotten at the end, unless they say otherwise.
    """
    ours = {name: value for name, value in os.environ.items() if not name.startswith("TRIO_CHAT")}
    return {**ours, "TRIO_CHAT_DATABASE": ":memory:", **more}


@dataclass
class Command:
    """A command that runs and has told its address."""

    process: trio.Process
    port: int
    announced: bytes = b""  # all that it has printed so far
    trust: ssl.SSLContext | None = None  # of its clients, if it speaks TLS

    @property
    def ws(self) -> str:
        """The address of its WebSocket."""
        return f"{'wss' if self.trust else 'ws'}://localhost:{self.port}/ws"

    async def shake_hands(self) -> trio.SocketStream:
        """Open a WebSocket."""
        stream = await trio.open_tcp_stream("127.0.0.1", self.port)
        await stream.send_all(frames.upgrade())
        answer = b""
        while END_OF_HEAD not in answer:
            answer += bytes(await stream.receive_some(1))
        return stream

    async def exit_status(self) -> int:
        """Wait for the process to end by itself."""
        with trio.fail_after(3 * PATIENCE):
            return await self.process.wait()

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    async def errors(self, until: bytes = b"") -> bytes:
        """Return what it wrote to standard error, up to some text or to its end."""
        assert self.process.stderr is not None
        written = b""
        with trio.fail_after(3 * PATIENCE):
            while not until or until not in written:
                data = await self.process.stderr.receive_some()
                if not data:
                    break
                written += data
        return written


@asynccontextmanager
async def command(
    *arguments: str, stderr: int = subprocess.PIPE, first: str = "true", **variables: str
) -> AsyncIterator[Command]:
    """Run the command on a free port for the block; it is killed if it is still there then.

    Args:
        arguments: Of the command.
        stderr: Its standard error.
        first: What the shell does in its process before it, such as ``ulimit``. It has no
            terminal, and gets the first one that it opens.
        variables: Of its environment.
    """
    process = await trio.lowlevel.open_process(
        ["sh", "-c", f'{first}; exec "$@"', "sh", *COMMAND, "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        stderr=stderr,
        cwd=ROOT,
        env=environment(**variables),
        start_new_session=True,
    )
    try:
        announced = await _announcement(process)
        yield Command(process, int(announced[2]), announced[0])
    finally:
        if process.poll() is None:
            process.kill()
            await process.wait()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                await trio.aclose_forcefully(stream)


async def _announcement(process: trio.Process) -> re.Match[bytes]:
    """Return what the command prints once it is ready."""
    assert process.stdout is not None
    printed = b""
    with trio.fail_after(3 * PATIENCE):
        while not printed.endswith(b"\n"):
            data = await process.stdout.receive_some()
            assert data, f"ended after {printed!r}"
            printed += data
    announced = ADDRESS.fullmatch(printed)
    assert announced, printed
    return announced


async def outcome(*arguments: str, **variables: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command to its end, which has to come by itself."""
    with trio.fail_after(3 * PATIENCE):
        return await trio.run_process(
            [*COMMAND, *arguments],
            capture_stdout=True,
            capture_stderr=True,
            check=False,
            cwd=ROOT,
            env=environment(**variables),
        )
