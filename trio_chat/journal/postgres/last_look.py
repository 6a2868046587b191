"""The last look at what other nodes have written: once more after the last of them has gone."""

from typing import Protocol


class Others(Protocol):
    """Knows how many other nodes run, and how often the last of them has gone."""

    others: int
    departures: int


class LastLook:
    """Says whether to look for one kind of what other nodes write.

    What a node writes before it ends is there when it does not count as running any more, so a look
    that begins after that sees all of it.

    Args:
        nodes: The other nodes.
    """

    def __init__(self, nodes: Others) -> None:
        self._nodes = nodes
        self._seen = nodes.departures

    @property
    def is_due(self) -> bool:
        """Whether other nodes run, or have run since the last look that was whole began."""
        return self._nodes.others > 0 or self._seen != self._nodes.departures

    def begin(self) -> int:
        """Return what ``end`` is to get once all there is has been seen."""
        return self._nodes.departures

    def end(self, begun: int) -> None:
        """Take in that a look has seen all that there was when it began."""
        self._seen = begun
