"""The feed: notices what other programs write to the journal, and lets the hub follow."""

from collections.abc import Awaitable, Callable, Iterable, Mapping

import trio

from trio_chat.journal.journal import Journal
from trio_chat.journal.types import (
    Elsewhere,
    ForeignWrites,
    HeldChanged,
    Moved,
    PeopleChanged,
    Unavailable,
)

INTERVAL = 1.0  # seconds between two looks; a look takes microseconds, and is made sooner while
# the journal is away, as it says itself


async def follow(
    journal: Journal,
    emit: Callable[
        [Moved | ForeignWrites | PeopleChanged | Elsewhere | HeldChanged], Awaitable[None]
    ],
    followed_rooms: Callable[[], Mapping[str, int]],
    open_rooms: Callable[[], Iterable[str]],
) -> None:
    """Look for what others have written, now and then, for ever, and emit it.

    The hub notices by itself when the next event of a room has not the next number. This is for
    rooms in which nobody says anything meanwhile.

    Args:
        journal: Where they write.
        emit: Takes what has changed.
        followed_rooms: Returns the rooms that matter, and how far each has come; what is written
            to another one is not told.
        open_rooms: Returns those in which people may be.
    """
    is_behind = False
    interval = INTERVAL
    while True:
        with trio.move_on_after(interval):
            await journal.bus.until_missed()
        interval = INTERVAL
        try:
            if moved := await journal.moved(followed_rooms):
                await emit(moved)  # which must not wait: nothing of the new term may come before
            is_behind = await journal.has_changed() or is_behind
            if is_behind:
                await emit(ForeignWrites(await journal.load(list(followed_rooms()), 0)))
                is_behind = False
            if elsewhere := await journal.bus.elsewhere(open_rooms):
                await emit(elsewhere)
            if held := await journal.bus.held():
                await emit(held)
            if changes := await journal.people_changes():
                await emit(PeopleChanged(changes))
        except Unavailable as unavailable:  # the journal has logged it; there will be another time
            interval = min(unavailable.retry_ms / 1000, INTERVAL)
