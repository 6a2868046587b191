"""A holding: what an exchange without an outbox holds of the budget of all outboxes."""

from collections.abc import Callable

from trio_chat.delivery.outbox_budget import OutboxBudget


class Holding:
    """Bytes in memory for one peer, which count like those of an outbox.

    Args:
        budget: What all hold together.
        drop: Ends the exchange at once, if that is too much.
    """

    def __init__(self, budget: OutboxBudget, drop: Callable[[], None]) -> None:
        self.waiting = 0
        self._budget = budget
        self._drop = drop

    def hold(self, size: int) -> None:
        """Take in that there are so many bytes more; whoever holds most has to go if need be.

        That may be this one. It does not wait for a turn of the hub, which has none to do here.
        """
        self.waiting += size
        self._budget.grow(self, size)
        self._budget.relieve()

    def release(self) -> None:
        """Take in that nothing is held any more."""
        size, self.waiting = self.waiting, 0
        self._budget.shrink(self, size)

    def evict(self) -> None:
        """Drop what is held, and the exchange."""
        self.release()
        self._drop()
