"""Hearing: takes in what other nodes tell, each hint once, by whichever line it comes first."""

from collections.abc import Callable
from typing import TypeVar

import msgspec
import trio

from trio_chat.journal.hints import Codec, Hint, arrived
from trio_chat.journal.types import Arrived, Counts
from trio_chat.measures import BusFigures

NODES = 1000  # of which the last number is remembered
PROOF = 3.0  # seconds for which a canary proves something

N = TypeVar("N", int, float)

NOTIFY, BUS = "notify", "bus"  # the lines


class Hearing:
    """Knows how far other nodes have counted, and which of them hear this one by a second line.

    Args:
        codec: Reads hints.
        figures: Get how many were heard.
        miss: Is called when something may have been missed.
    """

    def __init__(self, codec: Codec, figures: BusFigures, miss: Callable[[], None]) -> None:
        self.emit: Callable[[Arrived], None] = lambda _: None
        self.hear_counts: Callable[[bytes, Counts], None] = lambda *_: None
        self._codec = codec
        self._figures = figures
        self._miss = miss
        self._lasts: dict[bytes, int] = {}  # the number of the last hint of each node
        self._told = 0  # canaries of this node
        self._counted: dict[bytes, int] = {}  # the number of the last canary of each other node
        self._canaries: dict[bytes, float] = {}  # when that came
        self._hearers: dict[bytes, float] = {}  # when it said last that it hears this one

    def take(self, data: bytes, line: str, channel: bytes = b"") -> None:
        """Take in what another node tells; what was heard before, or comes late, does nothing."""
        try:
            read = self._codec.decode(data, channel)
        except msgspec.MsgspecError:  # it is of a release that tells something else
            self._miss()
            return
        if read is None:
            return
        node, hint = read
        if hint.number < 0:
            self._prove(node, hint)
            return
        self._figures.heard[line] += 1
        last = self._lasts.pop(node, hint.number - 1)
        _put(self._lasts, node, max(last, hint.number))
        if hint.number > last:
            self._tell(node, hint, is_next=hint.number == last + 1)

    def _tell(self, node: bytes, hint: Hint, *, is_next: bool) -> None:
        if hint.is_all or hint.has_moves or not is_next:
            self._miss()
        if hint.counted:
            self.hear_counts(node, hint.counted)
        if hint.events or hint.rooms or hint.typing:
            self.emit(arrived(hint))

    def _prove(self, node: bytes, canary: Hint) -> None:
        """Take in that a node tells by the second line, and whom it hears there; each time once."""
        if canary.number >= self._counted.get(node, 0):
            return
        now = trio.current_time()
        _put(self._counted, node, canary.number)
        _put(self._canaries, node, now)
        if self._codec.node.decode() in canary.hears:
            _put(self._hearers, node, now)
        else:
            self._hearers.pop(node, None)

    def canary(self) -> Hint:
        """Return what this node says next by the second line: whom it hears there."""
        self._told += 1
        return Hint(-self._told, {}, [], hears=[node.decode() for node in _lately(self._canaries)])

    @property
    def hearers(self) -> int:
        """How many nodes have said lately that they hear this one by the second line."""
        return len(_lately(self._hearers))


def _put(found: dict[bytes, N], node: bytes, value: N) -> None:
    """Remember something of a node as the latest; of too many the earliest goes."""
    found.pop(node, None)
    found[node] = value
    if len(found) > NODES:
        del found[next(iter(found))]


def _lately(found: dict[bytes, float]) -> list[bytes]:
    """Return the nodes of which something was taken in within ``PROOF``."""
    since = trio.current_time() - PROOF
    return [node for node, when in found.items() if when > since]
