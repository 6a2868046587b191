"""The chat in a pseudo-terminal, with an emulator that tells what its user sees."""

import os
import re
import select
import signal
import sys
import termios
import warnings
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pexpect
import pyte
import trio

from tests.integration.commands import COMMAND, ROOT, environment
from tests.integration.running import PATIENCE
from trio_chat.terminal.stdio import STDOUT

COLS, ROWS = 80, 20
NONE: Mapping[str, str] = MappingProxyType({})
COLOUR = re.compile(rb"\x1b\[[0-9;]*?\b(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])\b[0-9;]*m")
RESTORED = b"\x1b[?1049l"  # back from the alternate screen


class Window:
    """A terminal in which the command runs."""

    def __init__(self, child: "pexpect.spawn[Any]", cols: int, rows: int) -> None:
        self.raw = b""  # all that was written to it
        self.watch: Callable[[], None] = lambda: None  # is called whenever something is written
        self._child = child
        self._screen = pyte.Screen(cols, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._news = trio.Event()
        self._is_read = trio.Event()
        self._is_read.set()
        self._modes = termios.tcgetattr(child.child_fd)

    # What is seen

    @property
    def rows(self) -> list[str]:
        """The rows as they are seen, without the blanks at their ends."""
        return [row.rstrip() for row in self._screen.display]

    @property
    def text(self) -> str:
        return "\n".join(self.rows)

    @property
    def line(self) -> str:
        """What is typed, in the last row."""
        return self.rows[-1]

    @property
    def said(self) -> list[str]:
        """What stands behind the line at the right of times and nicks."""
        return [row.partition(" │ ")[2] for row in self.rows[1:-2] if " │ " in row]

    @property
    def is_stuck(self) -> bool:
        """Whether it takes nothing more of what is written."""
        name = f"/proc/{self._child.pid}/fd/{STDOUT}"
        fd = os.open(name, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
        try:
            return not select.select([], [fd], [], 0)[1]
        finally:
            os.close(fd)

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until something is seen."""
        with trio.move_on_after(2 * PATIENCE):
            while not is_so():
                await self._news.wait()
        assert is_so(), self.text

    async def shows(self, *texts: str) -> None:
        """Wait until texts are seen, anywhere."""
        await self.until(lambda: all(text in self.text for text in texts))

    async def hides(self, text: str) -> None:
        """Wait until a text is seen nowhere."""
        await self.until(lambda: text not in self.text)

    # What is done

    def type(self, text: str) -> None:
        """Press keys."""
        self._child.send(text.encode())

    async def obeys(self, command: str, *shown: str) -> None:
        """Type a line, and wait for what it is to show."""
        self.type(command + "\r")
        await self.shows(*shown)

    def resize(self, cols: int, rows: int) -> None:
        self._screen.resize(rows, cols)
        self._screen.erase_in_display(2)
        self._child.setwinsize(rows, cols)

    def stop_reading(self) -> None:
        """Take in nothing of what is written from now on, as a pane that is stopped."""
        self._is_read = trio.Event()

    def read_on(self) -> None:
        self._is_read.set()

    def signal(self, number: signal.Signals) -> None:
        self._child.kill(number)

    def hang_up(self) -> None:
        """Close the terminal, as if its window were closed."""
        trio.lowlevel.notify_closing(self._child.child_fd)
        self._child.ptyproc.fileobj.close()  # type: ignore[attr-defined]  # not in the stubs

    async def ended(self) -> int:
        """Wait for the end; return the exit status, when the terminal is as it was before."""
        with trio.fail_after(2 * PATIENCE):
            while self._child.isalive():
                await trio.sleep(0.05)
        return self._child.exitstatus if self._child.exitstatus is not None else -1

    async def restored(self) -> int:
        """Wait for the end; the terminal is left as it was. Return the exit status."""
        modes = self._modes
        status = await self.ended()
        await self.until(lambda: RESTORED in self.raw)
        assert termios.tcgetattr(self._child.child_fd)[3] == modes[3]
        assert b"\x1b[?25h" in self.raw[self.raw.rindex(RESTORED) - 100 :]
        return status

    async def pump(self) -> None:
        """Take in what is written, until the terminal is closed."""
        while True:
            try:
                await trio.lowlevel.wait_readable(self._child.child_fd)
                await self._is_read.wait()
                data = os.read(self._child.child_fd, 65536)
            except (OSError, trio.ClosedResourceError):  # either end is closed
                return
            self.raw += data
            self._stream.feed(data)
            self.watch()
            self._news.set()
            self._news = trio.Event()


@asynccontextmanager
async def window(
    url: str,
    home: Path,
    *arguments: str,
    size: tuple[int, int] = (COLS, ROWS),
    program: Sequence[str] = (*COMMAND, "connect"),
    ready: str = "● ",
    variables: Mapping[str, str] = NONE,
) -> AsyncIterator[Window]:
    """Run the command in a terminal for the block; it is terminated if it is still there then.

    The block begins when the text ``ready`` is shown: keys that come earlier are not for us.
    """
    variables = {"TERM": "xterm-256color", "XDG_STATE_HOME": str(home), **variables}
    ours = environment(**variables)
    for name in {"NO_COLOR", "COLORTERM", "FORCE_COLOR"} - set(variables):
        ours.pop(name, None)
    with warnings.catch_warnings():  # that it forks while there are threads; it execs at once
        warnings.simplefilter("ignore", DeprecationWarning)
        child = pexpect.spawn(
            program[0],
            [*program[1:], url, *arguments],
            dimensions=size[::-1],
            env=ours,
            cwd=str(ROOT),
        )
    child.delaybeforesend = None
    shown = Window(child, *size)
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(shown.pump)
            await shown.shows(ready)
            yield shown
            nursery.cancel_scope.cancel()
    finally:
        with trio.move_on_after(PATIENCE, shield=True), suppress(OSError):
            child.kill(signal.SIGTERM)
            await shown.ended()
        child.close(force=True)


PYTHON = sys.executable
