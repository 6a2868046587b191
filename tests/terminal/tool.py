"""The command ``connect`` between pipes."""

import re
import signal
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import trio

from tests.integration.commands import COMMAND, ROOT, environment
from tests.integration.running import PATIENCE

STAMP = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d ")


@dataclass
class Tool:
    """The command, as somebody runs it whose state is kept in a folder of the test."""

    url: str
    home: Path

    async def run(self, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Run it to its end, which has to come by itself."""
        with trio.fail_after(3 * PATIENCE):
            return await trio.run_process(
                [*COMMAND, "connect", self.url, *arguments],
                stdin=stdin,
                capture_stdout=True,
                capture_stderr=True,
                check=False,
                cwd=ROOT,
                env=self.environment(),
            )

    async def done(self, *arguments: str, stdin: bytes = b"") -> None:
        """Run it; it has to succeed and to say nothing."""
        result = await self.run(*arguments, stdin=stdin)
        assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")

    def environment(self) -> dict[str, str]:
        return environment(XDG_STATE_HOME=str(self.home))

    @asynccontextmanager
    async def started(
        self, *arguments: str, program: Sequence[str] = (*COMMAND, "connect")
    ) -> AsyncIterator["Started"]:
        """Have it run for the block; it is killed if it is still there then."""
        process = await trio.lowlevel.open_process(
            [*program, self.url, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            env=self.environment(),
        )
        try:
            yield Started(process)
        finally:
            if process.poll() is None:
                process.kill()
            await process.wait()
            for stream in (process.stdin, process.stdout, process.stderr):
                assert stream
                await trio.aclose_forcefully(stream)


class Started:
    """A command that runs."""

    def __init__(self, process: trio.Process) -> None:
        assert process.stdout
        assert process.stderr
        self._process = process
        self._printed = Lines(process.stdout)
        self._complained = Lines(process.stderr)

    async def lines(self, count: int) -> list[str]:
        """Return the next lines that it prints, without the times before them."""
        return [STAMP.sub("", line) for line in await self._printed.next(count)]

    async def errors(self, count: int) -> list[str]:
        """Return the next lines of its standard error."""
        return await self._complained.next(count)

    async def say(self, line: str) -> None:
        assert self._process.stdin
        await self._process.stdin.send_all(line.encode() + b"\n")

    async def hang_up(self) -> None:
        """Read no longer what it prints."""
        assert self._process.stdout
        await self._process.stdout.aclose()

    def send_signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    async def end(self, number: signal.Signals | None = None) -> tuple[int, bytes]:
        """Send it a signal, or wait for its own end; return its status and last errors."""
        if number:
            self._process.send_signal(number)
        with trio.fail_after(2 * PATIENCE):
            status = await self._process.wait()
        return status, await self._complained.rest()


class Lines:
    """The lines of a stream."""

    def __init__(self, stream: trio.abc.ReceiveStream) -> None:
        self._stream = stream
        self._read = b""

    async def next(self, count: int) -> list[str]:
        with trio.fail_after(2 * PATIENCE):
            while self._read.count(b"\n") < count:
                data = await self._stream.receive_some()
                assert data, f"ended after {self._read!r}"
                self._read += data
        *lines, self._read = self._read.split(b"\n", count)
        return [line.decode() for line in lines]

    async def rest(self) -> bytes:
        """Return what is there besides."""
        return self._read + bytes(await self._stream.receive_some())
