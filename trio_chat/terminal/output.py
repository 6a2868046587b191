"""The output: buffers what is drawn while the terminal does not read."""

import os
import sys
import termios
from contextlib import suppress

import trio

from trio_chat.errors import Failed

LAST_DRAIN_TIMEOUT = 2.0  # seconds in which the terminal must take the last output
IFLAG = 0  # the index of the input modes in the result of ``tcgetattr``


class Output:
    """A terminal for urwid, whose writes never block.

    The terminal is opened a second time: non-blocking mode belongs to the open file, and that of
    standard output is shared with the shell.

    Args:
        fd: A descriptor of the terminal.

    Raises:
        Failed: the terminal cannot be opened.
    """

    def __init__(self, fd: int) -> None:
        self._fd = _open_anew(fd)
        self._waiting = b""

    def fileno(self) -> int:
        """Return a descriptor of the terminal, from which its size can be read."""
        return self._fd

    def write(self, text: str) -> None:
        """Add to what waits to be written."""
        self._waiting += text.encode(sys.stdout.encoding, "replace")

    def flush(self) -> None:
        """Write as much as the terminal takes now.

        Raises:
            OSError: the terminal is gone.
        """
        with suppress(BlockingIOError):
            while self._waiting:
                self._waiting = self._waiting[os.write(self._fd, self._waiting) :]

    async def drain(self) -> None:
        """Wait until all is written, however long the terminal does not read.

        Raises:
            OSError: the terminal is gone.
        """
        while self._waiting:
            await trio.lowlevel.wait_writable(self._fd)
            self.flush()

    def release(self) -> None:
        """Undo Ctrl-S, so that the last output is shown however the program is ended."""
        with suppress(termios.error):
            modes = termios.tcgetattr(self._fd)
            modes[IFLAG] &= ~termios.IXON
            termios.tcsetattr(self._fd, termios.TCSANOW, modes)

    def close(self) -> None:
        """Close the terminal and discard what still waits."""
        os.close(self._fd)

    async def drain_last(self) -> None:
        """Wait until all is written, ``LAST_DRAIN_TIMEOUT`` at most, even if cancelled."""
        with trio.move_on_after(LAST_DRAIN_TIMEOUT, shield=True), suppress(OSError):
            await self.drain()


def _open_anew(fd: int) -> int:
    """Open a terminal by its name or, if we may not (``su``, containers), as our own one."""
    flags = os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY
    try:
        return os.open(os.ttyname(fd), flags)
    except OSError:
        pass
    try:
        return os.open(os.ctermid(), flags)
    except OSError as error:
        raise Failed(f"cannot open the terminal: {error.strerror}") from None
