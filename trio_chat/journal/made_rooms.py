"""Made rooms and retention: keeps when they were visited, and finds those that nobody uses."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from itertools import islice
from typing import Protocol

import trio

from trio_chat.journal.journal import Journal
from trio_chat.journal.types import Pruned, RoomsUnused

NOTED_AT_ONCE = 1000  # visits that are kept in one transaction
LOOKED_AT = 256  # rooms that are looked at in one read
FORGOTTEN_AT_ONCE = 16  # rooms, each of which takes up to 200 rows; in 0.1 s others have their turn
PAUSE = 0.1  # seconds


class MadeRooms(Protocol):
    """What the hub knows of rooms that were made."""

    @property
    def visits(self) -> Mapping[str, int]:
        """When rooms were visited, in ms since 1970, as far as that is not kept yet."""
        ...

    def noted(self, names: Collection[str]) -> None:
        """Take in that the visits to rooms are kept."""
        ...

    def made(self) -> Sequence[str]:
        """Return the rooms that were made."""
        ...

    def among(self, names: Sequence[str], since_ts: int) -> list[str]:
        """Return which of some made rooms nobody has used since a time in ms since 1970."""
        ...

    def take_forgotten(self) -> int:
        """Return how many were forgotten since this was asked last."""
        ...


async def note_visits(journal: Journal, made: MadeRooms) -> None:
    """Keep which rooms were visited.

    Raises:
        Unavailable: it cannot be kept just now.
    """
    while visits := dict(islice(made.visits.items(), NOTED_AT_ONCE)):
        await journal.note_visits(visits)
        made.noted(visits)


async def find_unused(
    journal: Journal,
    emit: Callable[[Pruned | RoomsUnused], Awaitable[None]],
    made: MadeRooms,
    since_ts: int,
) -> None:
    """Emit the rooms that nobody has used since a time in ms since 1970, a few at a time.

    Raises:
        Unavailable: the journal cannot be read just now.
    """

    async def tell(first: dict[str, int]) -> None:
        await emit(Pruned(first))

    names = made.made()
    for start in range(0, len(names), LOOKED_AT):
        unvisited = made.among(names[start : start + LOOKED_AT], since_ts)
        unused = await journal.unused(unvisited, since_ts, tell)
        for first in range(0, len(unused), FORGOTTEN_AT_ONCE):
            await emit(RoomsUnused(unused[first : first + FORGOTTEN_AT_ONCE], since_ts))
            await trio.sleep(PAUSE)
