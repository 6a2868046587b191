"""The commands that the pages show do what is printed, line by line, in one shell."""

import re
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import NamedTuple

import trio

from tests.integration.commands import ROOT, command
from tests.integration.running import PATIENCE

DONE = b"@@done@@\n"
# What differs from one time to the next.
CHANGING = re.compile(r'(?<="ts":)\d+|(?<="id":")[0-9a-f]+|[0-9a-f]{16}|(?<=retry: )\d+')


class Shown(NamedTuple):
    """A command, and what is printed below it."""

    line: str
    output: str

    @property
    def goes_on(self) -> bool:
        """Whether it does not end by itself."""
        return "/events" in self.line


def shown(page: str) -> Iterator[Shown]:
    """Yield the commands of a page, in order."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL):
        for entry in block.split("$ ", 1)[1].split("\n$ "):
            line, _, output = entry.partition("\n")
            yield Shown(line, f"{output.strip()}\n" if output else "")


class Shell:
    """A shell that takes one line after the other."""

    def __init__(self, process: trio.Process) -> None:
        self._process = process

    async def run(self, one: Shown) -> str:
        """Run a line as printed; return what it prints, as far as the page shows it."""
        count = one.output.count("\n")
        line = f"head -n {count} < <({one.line})" if one.goes_on else one.line
        assert self._process.stdin
        assert self._process.stdout
        await self._process.stdin.send_all(f"{line}; echo {DONE.decode()}".encode())
        printed = b""
        with trio.fail_after(PATIENCE):
            while not printed.endswith(DONE):
                data = await self._process.stdout.receive_some()
                assert data, printed
                printed += bytes(data)
        return printed.removesuffix(DONE).decode()


@asynccontextmanager
async def shell() -> AsyncIterator[Shell]:
    """Lend a shell for the block."""
    process = await trio.lowlevel.open_process(
        ["bash"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        yield Shell(process)
    finally:
        process.kill()
        await process.wait()
        for stream in (process.stdin, process.stdout):
            assert stream
            await trio.aclose_forcefully(stream)


async def test_the_commands_of_a_page() -> None:
    """As printed but for the port, times, ids and tokens."""
    commands = list(shown("docs/http.md"))
    assert len(commands) > 10
    async with command() as server, shell() as bash:
        for one in commands:
            line = one.line.replace("8080", str(server.port))
            printed = await bash.run(Shown(line, one.output))
            assert CHANGING.sub("~", printed) == CHANGING.sub("~", one.output), one.line


async def test_the_five_lines_of_the_readme() -> None:
    """They show something of what was posted by the first of them."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    [block] = re.findall(r"```\n(curl [^`]*)```", text)
    async with command() as server, shell() as bash:
        for line in block.replace("8080", str(server.port)).splitlines():
            printed = await bash.run(Shown(line, "\n" * 9))
            assert '"seq":1' in printed
