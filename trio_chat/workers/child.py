"""A process that we have started: its end can be awaited, and is told in words."""

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import trio

FORCED = 10.0  # seconds for the system to end a process that was killed


class Child:
    """A process that leads a group of its own, so that a terminal's Ctrl-C is for us alone.

    It is started at once, by the thread that calls, which is the one that lives as long as we do.

    Args:
        command: The program and its arguments.
        options: Further ones of ``subprocess.Popen``.

    Raises:
        OSError: the program cannot be started.
    """

    def __init__(self, command: Sequence[str], **options: Any) -> None:  # noqa: ANN401
        self._process = subprocess.Popen(  # noqa: S603 - programs of ours
            command,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            **options,
        )

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.poll() is None

    async def wait(self) -> int:
        """Return its exit status, once it has ended; a signal's number is below zero.

        One task at a time may wait.
        """
        if self.is_running:
            descriptor = os.pidfd_open(self._process.pid)
            try:
                await trio.lowlevel.wait_readable(descriptor)
            finally:
                os.close(descriptor)
        return self._process.wait()

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, unless it has ended."""
        with suppress(ProcessLookupError):
            self._process.send_signal(number)

    async def end(self, *steps: tuple[signal.Signals, float]) -> None:
        """Have it end: by each signal in turn, with the seconds to wait for it; then by force.

        Cancellation waits for that.
        """
        for number, seconds in (*steps, (signal.SIGKILL, FORCED)):
            if not self.is_running:
                return
            self.send(number)
            with trio.move_on_after(seconds, shield=True):
                await self.wait()


def words(status: int) -> str:
    """Return an exit status in words."""
    return signal.Signals(-status).name if status < 0 else f"exit status {status}"
