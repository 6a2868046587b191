"""Accepting connections while the process is short of descriptors or memory: it waits, and says so.

Trio waits, too, but logs each of its ten attempts a second with a traceback.
"""

import errno
import os

import structlog
import trio

from trio_chat.net.streams import Stream

SHORTAGES = {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS}
RETRY_INTERVAL = 0.1  # seconds between two attempts
REPORT_INTERVAL = 60.0  # seconds between two lines about it
ADVICE = "raise the limit of open files (ulimit -n, LimitNOFILE=) or lower --max-connections"

log = structlog.get_logger()


class ShortageReport:
    """Logs that connections wait, at most once in ``REPORT_INTERVAL``; shared by listeners."""

    def __init__(self) -> None:
        self._next_at = -float("inf")

    def add(self, error: OSError) -> None:
        """Log an error if none was logged lately."""
        if trio.current_time() >= self._next_at:
            self._next_at = trio.current_time() + REPORT_INTERVAL
            reason = os.strerror(error.errno or 0)
            log.error("connections wait to be accepted", reason=reason, advice=ADVICE)


class RetryingListener(trio.abc.Listener[Stream]):
    """A listener that waits until the process can accept a connection.

    Args:
        listener: Accepts connections; it is closed with this one.
        report: Where a shortage is reported.
    """

    def __init__(self, listener: trio.abc.Listener[Stream], report: ShortageReport) -> None:
        self._listener = listener
        self._report = report

    async def accept(self) -> Stream:
        """Accept a connection.

        Raises:
            OSError: the listener is broken for another reason.
        """
        while True:
            try:
                return await self._listener.accept()
            except OSError as error:
                if error.errno not in SHORTAGES:
                    raise
                self._report.add(error)
            await trio.sleep(RETRY_INTERVAL)

    async def aclose(self) -> None:
        """Close the listener."""
        await self._listener.aclose()
