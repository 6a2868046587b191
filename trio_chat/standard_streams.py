"""Standard output and error: lines written to a closed, full or slow stream hold nobody up."""

import io
import os
import select
import shutil
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Self, TextIO

PIECE = select.PIPE_BUF  # bytes that a pipe takes without blocking once it is writable
TICK = 1.0  # seconds between two calls of ``when_idle`` while nothing is written
STUCK_INTERVAL = 0.1  # seconds between two looks at a stream that takes nothing
LAST_LINE_TIMEOUT = 1.0  # seconds for a stream to take the last line of a command
LEAST_COLUMNS = 20  # in which something can be read
NAMES_AND_MODES = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))  # by descriptor


class LineWriter:
    """Writes lines to a stream from a thread of its own, so that ``write`` never waits.

    Lines for which there is no room are dropped and counted. The thread writes to the descriptor
    itself: a buffer that cannot be written would make Python end with status 120.

    Args:
        stream: Where to write; one without a descriptor is written by its methods.
        limit: The lines that may wait at most.
        close_timeout: The seconds that ``close`` waits for the stream to take what waits.
        when_idle: Called in the thread when nothing waits, at least once in ``TICK``, with the
            number of lines that were dropped since the last call; it may write.
    """

    def __init__(
        self,
        stream: TextIO,
        limit: int,
        close_timeout: float = LAST_LINE_TIMEOUT,
        when_idle: Callable[[int], None] | None = None,
    ) -> None:
        self._stream = stream
        self._descriptor = _descriptor_of(stream)
        self._encoding = stream.encoding or "utf-8"
        self.limit = limit
        self.close_timeout = close_timeout
        self._when_idle = when_idle
        self._lines: deque[str] = deque()
        self._dropped = 0
        self._changed = threading.Condition()
        self._deadline: float | None = None  # by the monotonic clock; set by ``close``
        self._thread = threading.Thread(target=self._run, name="line writer", daemon=True)

    def __enter__(self) -> Self:
        """Start the thread."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Wait until all is written, for ``close_timeout`` at most."""
        with self._changed:
            self._deadline = time.monotonic() + self.close_timeout
            self._changed.notify()
        self._thread.join(self.close_timeout + 2 * STUCK_INTERVAL)

    def write(self, text: str) -> None:
        """Write a line, which includes its end; drop it if too many wait.

        What ``when_idle`` writes is kept: it may tell how many were dropped.
        """
        is_ours = threading.current_thread() is self._thread
        with self._changed:
            if len(self._lines) >= self.limit and not is_ours:
                self._dropped += 1
                return
            self._lines.append(text)
            self._changed.notify()

    def flush(self) -> None:
        """Do nothing: files have this method."""

    def _run(self) -> None:
        while True:
            line = self._next()
            if line is not None:
                self._put(line)
            elif self._deadline is not None:
                break
            self._remark()

    def _next(self) -> str | None:
        """Return the next line, or ``None`` if none comes within ``TICK`` or before the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._lines or self._deadline is not None, TICK)
            return self._lines.popleft() if self._lines else None

    def _remark(self) -> None:
        """Call ``when_idle`` if nothing waits."""
        with self._changed:
            if self._lines:
                return
            dropped, self._dropped = self._dropped, 0
        if self._when_idle:
            self._when_idle(dropped)

    def _put(self, line: str) -> None:
        """Write a line; what fails is given up, as the program goes on without its output."""
        with suppress(OSError, ValueError):
            if self._descriptor is None:
                self._stream.write(line)
                self._stream.flush()
                return
            data = line.encode(self._encoding, "backslashreplace")
            while data and self._can_write(self._descriptor):
                with suppress(BlockingIOError):  # others may have put it into non-blocking mode
                    data = data[os.write(self._descriptor, data[:PIECE]) :]

    def _can_write(self, descriptor: int) -> bool:
        """Wait until a descriptor can be written; return whether that was so before the end."""
        poll = select.poll()
        poll.register(descriptor, select.POLLOUT)
        while not poll.poll(self._time_left() * 1000):
            if not self._time_left():
                return False
        return True

    def _time_left(self) -> float:
        """Return for how many seconds a stream that takes nothing may be waited for now."""
        if self._deadline is None:
            return STUCK_INTERVAL
        return min(max(self._deadline - time.monotonic(), 0), STUCK_INTERVAL)


def say(line: str) -> None:
    """Write the last line of a command to standard error, if that takes it in time."""
    with LineWriter(sys.stderr, limit=1) as writer:
        writer.write(f"{escaped(line)}\n")


def escaped(text: str) -> str:
    """Return a text in one line that no terminal takes for a command."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


def columns() -> int:
    """Return how wide the terminal is, and at least ``LEAST_COLUMNS``, whatever it says itself."""
    return max(shutil.get_terminal_size().columns, LEAST_COLUMNS)


def prepare() -> None:
    """Make the standard streams usable, whatever the process was started with.

    A missing one is opened on nothing: otherwise the next file would get its descriptor, and what
    is printed would be written into that file. Standard output is opened so that writing fails: a
    command whose output nobody can see has failed. Characters that a stream cannot encode are
    escaped.
    """
    for descriptor, (name, mode) in enumerate(NAMES_AND_MODES):
        try:
            os.fstat(descriptor)
        except OSError:
            # This takes the lowest free number, which is this one.
            os.open(os.devnull, os.O_RDONLY if name == "stdout" else os.O_RDWR)
        if getattr(sys, name) is None:
            setattr(sys, name, open(descriptor, mode, closefd=False))  # noqa: SIM115
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def settle() -> None:
    """Write what is buffered, or discard it if that fails: Python would try again at its end."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            descriptor = _descriptor_of(stream)
            if descriptor is not None:
                _discard(descriptor)


def _discard(descriptor: int) -> None:
    """Make a descriptor lead nowhere."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, descriptor)
    os.close(nothing)


def _descriptor_of(stream: TextIO) -> int | None:
    """Return the descriptor of a stream; ``None`` if it has none, as in tests."""
    try:
        return stream.fileno()
    except (OSError, ValueError, AttributeError):
        return None
