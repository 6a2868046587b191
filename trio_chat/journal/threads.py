"""Worker threads for calls that wait for a database, so many at a time."""

from collections.abc import Callable
from typing import TypeVar, cast

import trio

T = TypeVar("T")


class Threads:
    """Runs as many calls at a time as there may be; others wait, in their order.

    A call begins without a round of Trio's loop if it need not wait. ``trio.CapacityLimiter`` has
    one for it, and while thousands connect a round takes milliseconds, for which each message
    waits.

    Args:
        count: How many may run.
    """

    def __init__(self, count: int) -> None:
        self._limiter = trio.CapacityLimiter(count)

    @property
    def running(self) -> int:
        """How many run just now, with those that nobody waits for any more."""
        return self._limiter.borrowed_tokens

    async def run(self, call: Callable[[], T]) -> T:
        """Run a call in a thread.

        Cancellation: the call goes on in its thread, and counts until it ends.
        """
        limiter = cast("trio.CapacityLimiter", self)  # which may be anything with its two methods
        return await trio.to_thread.run_sync(call, limiter=limiter, abandon_on_cancel=True)

    async def acquire_on_behalf_of(self, borrower: object) -> None:
        """Let a call begin, for Trio."""
        try:
            self._limiter.acquire_on_behalf_of_nowait(borrower)
        except trio.WouldBlock:
            await self._limiter.acquire_on_behalf_of(borrower)

    def release_on_behalf_of(self, borrower: object) -> None:
        """Let the next call begin, for Trio."""
        self._limiter.release_on_behalf_of(borrower)
