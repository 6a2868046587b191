"""The one term of a journal that loses nothing while it is open."""

from collections.abc import Callable, Mapping

from trio_chat.journal.terms import Term, Terms
from trio_chat.journal.types import Moved


class OneTerm:
    """What such a journal tells of its terms.

    Args:
        epoch: The name of its numbers.
    """

    def __init__(self, epoch: str) -> None:
        self.terms = Terms([Term(1, epoch)])

    @property
    def epoch(self) -> str:
        """The name of its numbers."""
        return self.terms.epoch

    async def moved(
        self,
        told: Callable[[], Mapping[str, int]],  # noqa: ARG002 - all of it is there
    ) -> Moved | None:
        """Return that no other term has begun."""
        return None
