"""Tells systemd how the server is, by sd_notify(3): datagrams to the socket that it names."""

import os
import socket
import time
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress

import structlog
import trio

SOCKET, WATCHDOG, WATCHDOG_PID = "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"
TOO_LATE = "the hub takes no turn"
SHARE = 2  # looks within the time after which systemd ends a server that tells nothing

log = structlog.get_logger()


class Supervisor:
    """Whoever wants to know; without one nothing is told.

    Args:
        environment: Of the process. Nothing that it starts later finds the socket there.
    """

    def __init__(self, environment: MutableMapping[str, str]) -> None:
        told = {name: environment.pop(name, "") for name in (SOCKET, WATCHDOG, WATCHDOG_PID)}
        path = told[SOCKET]
        self._address = f"\0{path[1:]}" if path.startswith("@") else path
        is_ours = told[WATCHDOG_PID] in ("", str(os.getpid()))
        microseconds = int(told[WATCHDOG]) if told[WATCHDOG].isdecimal() and is_ours else 0
        self._interval = microseconds / 1_000_000 / SHARE if self._address else 0.0
        self._is_stopping = False

    def ready(self, address: str) -> None:
        """Tell that the server serves, and where; nobody hears it while it stops."""
        if not self._is_stopping:
            self._tell("READY=1", f"STATUS=Listening at {address}")

    def reloading(self) -> None:
        """Tell that settings are read again; ``ready`` ends it."""
        microseconds = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        if not self._is_stopping:
            self._tell("RELOADING=1", f"MONOTONIC_USEC={microseconds}")

    def stopping(self) -> None:
        """Tell that the server says goodbye."""
        self._is_stopping = True
        self._tell("STOPPING=1", "STATUS=Saying goodbye")

    async def watch(self, alive: Callable[[], Awaitable[str | None]]) -> None:
        """Tell again and again that the server lives.

        Args:
            alive: Returns what is wrong, ``None`` if nothing is. If that takes too long, the
                watchdog is not told either.
        """
        while self._interval:
            fault: str | None = TOO_LATE
            with trio.move_on_after(self._interval) as scope:
                fault = await alive()
            if fault:
                log.error("the watchdog is not told", reason=fault)
            else:
                self._tell("WATCHDOG=1")
            if not scope.cancelled_caught:
                await trio.sleep(self._interval)

    def _tell(self, *lines: str) -> None:
        """Send lines; a supervisor that does not listen holds nobody up."""
        if not self._address:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.setblocking(False)  # noqa: FBT003 - it has no name
            sock.connect(self._address)
            sock.send("\n".join(lines).encode())
