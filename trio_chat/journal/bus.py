"""The bus: how nodes that share a database tell each other what they have committed.

What it carries is a hint. The database is the truth: whoever misses something reads it there.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import trio

from trio_chat.journal.types import Arrived, Result


class Bus(Protocol):
    """Tells other nodes what is committed here, and hears what they tell.

    ``gap_pause`` is for how many seconds what is missing in a room may still come by itself; 0 if
    it has to be read at once.
    """

    gap_pause: float

    def tell(self, results: Sequence[Result]) -> None:
        """Have other nodes told what is committed; it does not wait, and may fail silently."""
        ...

    async def run(self, emit: Callable[[Arrived], None]) -> None:
        """Tell and hear until cancelled.

        Args:
            emit: Takes what other nodes have committed; it must not block.
        """
        ...

    async def until_missed(self) -> None:
        """Wait until something may have been missed of what others tell; perhaps for ever."""
        ...


class NoBus:
    """The bus of a server that is alone."""

    gap_pause = 0.0

    def tell(self, results: Sequence[Result]) -> None:
        """Tell nobody."""

    async def run(self, emit: Callable[[Arrived], None]) -> None:  # noqa: ARG002 - nothing comes
        """Hear nothing."""
        await trio.sleep_forever()

    async def until_missed(self) -> None:
        """Wait for ever: nobody tells anything."""
        await trio.sleep_forever()
