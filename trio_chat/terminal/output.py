"""The output: what is painted waits here for a terminal that does not read, and nothing else."""

import os
import sys
import termios
from contextlib import suppress

import trio

from trio_chat.errors import Failed

LAST_DRAIN_TIMEOUT = 2.0  # seconds that the last words may take
IFLAG = 0  # the place of the input modes in what ``tcgetattr`` returns


class Output:
    """A terminal for urwid, which gets rid of what it writes at once.

    The terminal is opened anew, since non-blocking mode belongs to an open file, and that of
    standard output is shared with the shell.

    Args:
        fd: A descriptor of the terminal.

    Raises:
        Failed: it cannot be opened.
    """

    def __init__(self, fd: int) -> None:
        self._fd = _open_anew(fd)
        self._waiting = b""

    def fileno(self) -> int:
        """Return a descriptor of the terminal, which knows its size."""
        return self._fd

    def write(self, text: str) -> None:
        """Take in what is to be written."""
        self._waiting += text.encode(sys.stdout.encoding, "replace")

    def flush(self) -> None:
        """Write what the terminal takes now.

        Raises:
            OSError: it is gone.
        """
        with suppress(BlockingIOError):
            while self._waiting:
                self._waiting = self._waiting[os.write(self._fd, self._waiting) :]

    async def drain(self) -> None:
        """Wait until all is written, for as long as the terminal does not read.

        Raises:
            OSError: it is gone.
        """
        while self._waiting:
            await trio.lowlevel.wait_writable(self._fd)
            self.flush()

    def release(self) -> None:
        """Let a terminal go on that Ctrl-S has stopped: who ends it from elsewhere cannot know."""
        with suppress(termios.error):
            modes = termios.tcgetattr(self._fd)
            modes[IFLAG] &= ~termios.IXON
            termios.tcsetattr(self._fd, termios.TCSANOW, modes)

    def close(self) -> None:
        """Close it, whatever still waits."""
        os.close(self._fd)

    async def drain_last(self) -> None:
        """Wait until all is written, a short while at most, even if we are cancelled."""
        with trio.move_on_after(LAST_DRAIN_TIMEOUT, shield=True), suppress(OSError):
            await self.drain()


def _open_anew(fd: int) -> int:
    """Open a terminal by its name; if that is nothing to us (``su``, containers), as our own."""
    flags = os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY
    try:
        return os.open(os.ttyname(fd), flags)
    except OSError:
        pass
    try:
        return os.open(os.ctermid(), flags)
    except OSError as error:
        raise Failed(f"cannot open the terminal: {error.strerror}") from None
