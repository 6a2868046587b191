"""Tasks that end as one: by a failure, by a signal, or when the one that matters is done."""

import signal
from collections.abc import Awaitable, Callable
from typing import TypeVar

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


async def together(*jobs: Job) -> None:
    """Run jobs until all are done. If one fails the others are cancelled.

    Raises:
        Exception: the first failure, as it is and not in a group.
    """
    failure: Exception | None = None
    async with trio.open_nursery() as nursery:

        async def run(job: Job) -> None:
            nonlocal failure
            try:
                await job()
            except Exception as error:  # noqa: BLE001 - raised below
                failure = failure or error
                nursery.cancel_scope.cancel(reason="another task failed")

        for job in jobs:
            nursery.start_soon(run, job)
    if failure:
        raise failure


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


async def until_signal(job: Callable[[], Awaitable[int]]) -> int:
    """Run a job, which returns an exit status, until it is done or a signal cancels it.

    Raises:
        Exception: it failed.
    """

    async def watch() -> None:
        async for number in received:
            raise Signalled(number)

    with trio.open_signal_receiver(*SIGNALS) as received:
        try:
            return await beside(watch, job)
        except Signalled as signalled:
            return BY_SIGNAL + signalled.number
