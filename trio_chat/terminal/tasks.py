"""Tasks that end as one: by a failure, by a signal, or when the one that matters is done."""

import signal
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self, TypeVar

import trio

T = TypeVar("T")
Job = Callable[[], Awaitable[object]]
BY_SIGNAL = 128  # and the number of it is the exit status, as shells count
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Signalled(Exception):
    """A signal asks us to end."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class TaskGroup:
    """Tasks that are over when all of them are, or when one of them fails, which stops the others.

    At the end of the block, the first failure is raised as it is and not in a group.
    """

    def __init__(self) -> None:
        self._failure: Exception | None = None
        self._manager = trio.open_nursery()
        self._nursery: trio.Nursery

    async def __aenter__(self) -> Self:
        """Begin."""
        self._nursery = await self._manager.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Wait for all tasks."""
        await self._manager.__aexit__(kind, error, trace)
        if self._failure:
            raise self._failure

    def start(self, job: Job) -> None:
        """Have a job done."""
        self._nursery.start_soon(self._run, job)

    def stop(self) -> None:
        """Cancel all that are at work."""
        self._nursery.cancel_scope.cancel(reason="the group was stopped")

    async def _run(self, job: Job) -> None:
        try:
            await job()
        except Exception as error:  # noqa: BLE001 - raised at the end
            self._failure = self._failure or error
            self.stop()


async def together(*jobs: Job) -> None:
    """Run jobs until all are done. If one fails the others are cancelled.

    Raises:
        Exception: the first failure, as it is.
    """
    async with TaskGroup() as tasks:
        for job in jobs:
            tasks.start(job)


async def beside(background: Job, job: Callable[[], Awaitable[T]]) -> T:
    """Run a job, and another one for as long as it takes; return what the job returns.

    Raises:
        Exception: the first failure of either, as it is.
    """
    results: list[T] = []

    async def run() -> None:
        results.append(await job())
        scope.cancel(reason="the job is done")

    with trio.CancelScope() as scope:
        await together(background, run)
    return results[0]


def _expected() -> list[signal.Signals]:
    """Return the signals that end us: a SIGHUP that ``nohup`` has ignored stays ignored."""
    is_ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    return [number for number in SIGNALS if number != signal.SIGHUP or not is_ignored]


async def until_signal(job: Callable[[], Awaitable[int]]) -> int:
    """Run a job, which returns an exit status, until it is done or a signal cancels it.

    Raises:
        Exception: it failed.
    """

    async def watch() -> None:
        async for number in received:
            raise Signalled(number)

    with trio.open_signal_receiver(*_expected()) as received:
        try:
            return await beside(watch, job)
        except Signalled as signalled:
            return BY_SIGNAL + signalled.number
