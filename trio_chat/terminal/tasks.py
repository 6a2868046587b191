"""Task groups that end as a whole: by a failure, by a signal, or with their main task."""

import signal
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self, TypeVar

import trio

T = TypeVar("T")
Job = Callable[[], Awaitable[object]]
BY_SIGNAL = 128  # plus the number of the signal is the exit status, as in shells
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Signalled(Exception):
    """A signal that ends the program was received."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class TaskGroup:
    """A nursery whose first failure is raised as it is, and not in a group.

    The block ends when all tasks have ended. If one fails, the others are cancelled.
    """

    def __init__(self) -> None:
        self._failure: Exception | None = None
        self._manager = trio.open_nursery()
        self._nursery: trio.Nursery

    async def __aenter__(self) -> Self:
        """Open the nursery."""
        self._nursery = await self._manager.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Wait for all tasks; raise the first failure."""
        await self._manager.__aexit__(kind, error, trace)
        if self._failure:
            raise self._failure

    def start(self, job: Job) -> None:
        """Run a job in a task."""
        self._nursery.start_soon(self._run, job)

    def stop(self) -> None:
        """Cancel all tasks."""
        self._nursery.cancel_scope.cancel(reason="the group was stopped")

    async def _run(self, job: Job) -> None:
        try:
            await job()
        except Exception as error:  # noqa: BLE001 - raised at the end
            self._failure = self._failure or error
            self.stop()


async def together(*jobs: Job) -> None:
    """Run jobs until all are done; if one fails, cancel the others.

    Raises:
        Exception: the first failure, as it is.
    """
    async with TaskGroup() as tasks:
        for job in jobs:
            tasks.start(job)


async def beside(background: Job, job: Callable[[], Awaitable[T]]) -> T:
    """Run a job, and a background job until the first one is done; return the job's result.

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
    """Return the signals to receive: a SIGHUP that ``nohup`` has ignored stays ignored."""
    is_ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    return [number for number in SIGNALS if number != signal.SIGHUP or not is_ignored]


async def until_signal(job: Callable[[], Awaitable[int]]) -> int:
    """Run a job until it is done or a signal cancels it; return the exit status.

    Raises:
        Exception: the job failed.
    """

    async def watch() -> None:
        async for number in received:
            raise Signalled(number)

    with trio.open_signal_receiver(*_expected()) as received:
        try:
            return await beside(watch, job)
        except Signalled as signalled:
            return BY_SIGNAL + signalled.number
