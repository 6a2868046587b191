"""Rules of accepting connections while the process is short of something."""

import errno

import pytest
import structlog
import trio
from trio.testing import MockClock

from trio_chat.net.accept_retry import REPORT_INTERVAL, RetryingListener, ShortageReport
from trio_chat.net.streams import Stream


class Listener(trio.abc.Listener[Stream]):
    """Fails with an error until some time, then returns a stream."""

    def __init__(self, error: int, until: float) -> None:
        self._error = error
        self._until = until
        self.stream = trio.SocketStream(trio.socket.socket())
        self.is_closed = False

    async def accept(self) -> Stream:
        await trio.lowlevel.checkpoint()
        if trio.current_time() < self._until:
            raise OSError(self._error, "no luck")
        return self.stream

    async def aclose(self) -> None:
        await self.stream.aclose()
        self.is_closed = True


@pytest.mark.parametrize("error", [errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS])
async def test_a_shortage_is_waited_for_and_reported_once(
    error: int, autojump_clock: MockClock
) -> None:
    """By all listeners together, and again after a minute; the line says what to do."""
    report = ShortageReport()
    accepted = []

    async def accept(listener: Listener) -> None:
        async with RetryingListener(listener, report) as retrying:
            accepted.append(await retrying.accept() is listener.stream)
        assert listener.is_closed

    with structlog.testing.capture_logs() as logged:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(accept, Listener(error, REPORT_INTERVAL + 10))
            nursery.start_soon(accept, Listener(error, REPORT_INTERVAL - 10))
    assert accepted == [True, True]
    assert [entry["event"] for entry in logged] == ["connections wait to be accepted"] * 2
    assert "ulimit -n" in logged[0]["advice"]


async def test_another_error_is_raised() -> None:
    """It is no shortage that ends by itself."""
    async with RetryingListener(Listener(errno.EBADF, float("inf")), ShortageReport()) as retrying:
        with pytest.raises(OSError, match="no luck"):
            await retrying.accept()
