"""The bus: how nodes that share a database tell each other what they have committed.

What it carries is a hint. The database is the truth: whoever misses something reads it there.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

import trio

from trio_chat.journal.types import (
    Arrived,
    Claimed,
    Counts,
    Elsewhere,
    HeldChanged,
    Moves,
    Result,
    Wishes,
)
from trio_chat.protocol.events import Person


class Bus(Protocol):
    """Tells other nodes what is committed here, and hears what they tell.

    ``gap_pause`` is for how many seconds what is missing in a room may still come by itself; 0 if
    it has to be read at once. ``is_shared`` tells whether there may be other nodes, so that a nick
    has to be claimed before anybody has it.
    """

    gap_pause: float
    is_shared: bool

    def tell(self, results: Sequence[Result]) -> None:
        """Have other nodes told what is committed; it does not wait, and may fail silently."""
        ...

    def share(self, moves: Moves, typing: Sequence[tuple[str, Person]]) -> None:
        """Have other nodes told who has come into rooms and gone, and who types.

        Args:
            moves: Who is there now, by room and id; ``None``: they are gone.
            typing: Who types, with the name of the room.
        """
        ...

    def count(self, tell: Callable[[], Counts], hear: Callable[[bytes, Counts], None]) -> None:
        """Have other nodes told now and then what is counted, and hear it from them.

        Args:
            tell: Returns what is to be told.
            hear: Takes what another node tells, with its id.
        """
        ...

    def claim(self, wishes: Wishes) -> None:
        """Have nicks claimed, or released; a ``Claimed`` tells what became of claims, some day."""
        ...

    def hold(self, changes: Mapping[int, bytes | None]) -> None:
        """Have other nodes know which messages wait for approval, by number; ``None``: no more."""
        ...

    async def held(self) -> HeldChanged | None:
        """Return what other nodes hold and drop since this was asked last; ``None`` if nothing.

        Raises:
            Unavailable: that cannot be told just now.
        """
        ...

    async def elsewhere(self, names: Callable[[], Iterable[str]]) -> Elsewhere | None:
        """Return who is in rooms by other nodes; ``None`` if that is as it was.

        Args:
            names: Returns the rooms.

        Raises:
            Unavailable: that cannot be told just now.
        """
        ...

    async def run(self, emit: Callable[[Arrived | Claimed], None]) -> None:
        """Tell and hear until cancelled.

        Args:
            emit: Takes what other nodes have committed, and what became of claims; it must not
                block.
        """
        ...

    async def until_missed(self) -> None:
        """Wait until something may have been missed of what others tell; perhaps for ever."""
        ...


class NoBus:
    """The bus of a server that is alone."""

    gap_pause = 0.0
    is_shared = False

    def tell(self, results: Sequence[Result]) -> None:
        """Tell nobody."""

    def share(self, moves: Moves, typing: Sequence[tuple[str, Person]]) -> None:
        """Tell nobody."""

    def count(self, tell: Callable[[], Counts], hear: Callable[[bytes, Counts], None]) -> None:
        """Tell nobody."""

    def claim(self, wishes: Wishes) -> None:
        """Do nothing: whoever asks first has a nick."""

    def hold(self, changes: Mapping[int, bytes | None]) -> None:
        """Tell nobody."""

    async def held(self) -> HeldChanged | None:
        """Return that nobody else holds anything."""
        return None

    async def elsewhere(
        self,
        names: Callable[[], Iterable[str]],  # noqa: ARG002 - nobody is there
    ) -> Elsewhere | None:
        """Return that nobody is elsewhere."""
        return None

    async def run(
        self,
        emit: Callable[[Arrived | Claimed], None],  # noqa: ARG002 - nothing comes
    ) -> None:
        """Hear nothing."""
        await trio.sleep_forever()

    async def until_missed(self) -> None:
        """Wait for ever: nobody tells anything."""
        await trio.sleep_forever()
