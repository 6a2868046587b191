"""The pace of writing: after so many writes at once, the other tasks have their turn."""

import trio

from trio_chat.delivery.frames import Frame

WRITES_PER_YIELD = 500  # about 2 ms of writing
BYTES_PER_WRITE = 16 * 1024  # as much more takes about as long as another write


def write_cost(frame: Frame) -> int:
    """Return how many writes of a short frame take as long as one of this frame."""
    return 1 + len(frame.wire) // BYTES_PER_WRITE


class Pace:
    """Counts the writes of a task that writes to many.

    To yield costs as much as some writes, so few writes to each of many rooms go without.
    """

    def __init__(self) -> None:
        self.unyielded = 0  # writes since the other tasks had their turn

    async def wrote(self, cost: int) -> None:
        """Count writes, by their cost; let the other tasks have their turn now and then."""
        self.unyielded += cost
        if self.unyielded >= WRITES_PER_YIELD:
            self.unyielded = 0
            await trio.lowlevel.checkpoint()
