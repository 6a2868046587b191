"""Upkeep of a database between commits: retention, and erasing what was deleted."""

import sqlite3
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from trio_chat.clock import wall_clock
from trio_chat.journal.sqlite import erasing, forgetting, people, scrubs, sealing, unused
from trio_chat.journal.sqlite.file import JournalFile
from trio_chat.journal.sqlite.forgetting import Forgettable, Step, forget_step
from trio_chat.journal.sqlite.guard import Displaced
from trio_chat.journal.sqlite.pruning import Due, Limits, delete_in_step, find_due
from trio_chat.journal.sqlite.readers import Readers
from trio_chat.journal.sqlite.transaction import transaction
from trio_chat.journal.types import TellPruned, Unavailable

ERASE_AT_CLOSE = 2.0  # seconds that a stop takes at most to erase what was deleted

# Runs a step that writes, in a thread and between commits; the first argument says what it does.
Write = Callable[[str, Callable[[], Any]], Awaitable[Any]]


class Upkeep:
    """Does what is due, a step at a time; commits go on in between.

    Args:
        file: The database, open to write.
        readers: Look what is too old or too much.
        write: Runs the steps.
        erase_within: Seconds after which nothing of a deleted text is in the files.
    """

    def __init__(
        self, file: JournalFile, readers: Readers, write: Write, erase_within: float
    ) -> None:
        self._file = file
        self._readers = readers
        self._write = write
        self.erase_within = erase_within
        self._eraser: erasing.Eraser | None = None  # it goes on where others were in the way

    async def forget(
        self, before_ts: int, is_used: Callable[[str], bool], release: Callable[[str], None]
    ) -> int:
        """Forget rooms without events in which nothing was said since a time, and nobody is.

        Args:
            before_ts: In milliseconds since 1970.
            is_used: Tells of a name whether its room stays, before each step.
            release: Is called with a name, between commits, before its room is forgotten.

        Returns:
            How many; the rest comes another time if the journal is unavailable.
        """
        gone = 0
        after: int | None = 0
        with suppress(Unavailable):
            while after is not None:
                found, after = await self._readers.read(
                    partial(forgetting.find, before_ts=before_ts, after=after)
                )
                for room in found:
                    step = partial(self._forget_step, room, before_ts, release)
                    came = Step.MORE
                    while came is Step.MORE and not is_used(room.name):
                        came = await self._write("forgetting rooms", step)
                    gone += came is Step.DONE
        return gone

    def _forget_step(
        self, room: Forgettable, before_ts: int, release: Callable[[str], None]
    ) -> Step:
        release(room.name)
        return forget_step(self._file.writer, room, before_ts)

    async def unused(self, names: Sequence[str], since_ts: int, tell: TellPruned) -> list[str]:
        """Return which of these rooms are unused, once little is left of them.

        Args:
            names: Of rooms that were made.
            since_ts: In milliseconds since 1970.
            tell: Hears of each step, so that nobody gets from memory what is gone.

        Raises:
            Unavailable: it cannot be told just now; some may have been shortened.
        """
        found = await self._readers.read(partial(unused.find, names=names, since_ts=since_ts))
        for name in [room.name for room in found if room.is_long]:
            step = partial(self._shorten, name, since_ts)
            while (first := await self._write("forgetting rooms", step)) is not None:
                await tell({name: first})
        return [room.name for room in found]

    def _shorten(self, name: str, since_ts: int) -> int | None:
        """Delete some of a room; return its first number then, ``None`` if it is to stay so."""
        database = self._file.writer
        with transaction(database):
            is_due = unused.is_unused(database, name, since_ts) and unused.is_long(database, name)
            return unused.shorten(database, name) if is_due else None

    async def forget_people(self, before_ts: int) -> list[str]:
        """Delete the records of people who were not seen since a time.

        Args:
            before_ts: In milliseconds since 1970.

        Returns:
            Their ids; the rest comes another time if the journal is unavailable.
        """
        forgotten: list[str] = []
        after: str | None = people.FIRST
        with suppress(Unavailable):
            while after is not None:
                step = partial(people.forget_step, self._file.writer, before_ts, after)
                gone, after = await self._write("forgetting people", step)
                forgotten += gone
        return forgotten

    async def prune(
        self, limits: Limits, tell: TellPruned, *, is_clock_right: bool = True
    ) -> dict[str, int]:
        """Delete what is too old or too much, and finish what deletions have left.

        Args:
            limits: What is to be kept.
            tell: Hears of each step, so that nobody gets from memory what is gone.
            is_clock_right: Whether what was cleared a day ago may go for good by the clock.

        Returns:
            The first number left of each room that lost events; the rest comes another time if
            the journal is unavailable.
        """
        pruned: dict[str, int] = {}
        with suppress(Unavailable):
            await self._delete(limits, pruned, tell)
            while await self._write("deleting texts", self._scrub_step):
                pass
            sealing_step = partial(self._sealing_step, limits.now)
            while is_clock_right and await self._write("deleting what was cleared", sealing_step):
                pass
            await self._erase()
            if limits.before_ts:
                await self._write("retention", partial(self._note_prune, limits.now))
        return pruned

    async def _delete(self, limits: Limits, pruned: dict[str, int], tell: TellPruned) -> None:
        after: int | None = 0
        while any(limits[:2]) and after is not None:
            due, after = await self._readers.read(partial(find_due, limits=limits, after=after))
            rooms = deque(due)
            while rooms:
                first = await self._write("retention", partial(self._delete_step, rooms))
                pruned |= first
                await tell(first)

    def _delete_step(self, rooms: deque[Due]) -> dict[str, int]:
        file = self._file
        return delete_in_step(file.writer, rooms, is_indexed=file.is_indexed)

    def _scrub_step(self) -> bool:
        with transaction(self._file.writer):
            return scrubs.step(self._file.writer)

    def _sealing_step(self, now: int) -> bool:
        file = self._file
        with transaction(file.writer):
            return sealing.step(file.writer, now=now, is_indexed=file.is_indexed)

    def _note_prune(self, now: int) -> None:
        self._file.writer.execute(
            "INSERT OR REPLACE INTO meta (key, value) VALUES ('pruned', ?)", (str(now),)
        )

    async def _erase(self) -> None:
        """Erase what was removed, if that is half as long ago as it may stay."""
        while await self._write("erasing", self._is_erasing_due):
            eraser = self._eraser
            if eraser is None or eraser.is_done:
                file = self._file
                eraser = self._eraser = erasing.Eraser(
                    file.writer, file.guard.descriptor, is_indexed=file.is_indexed
                )
            while await self._write("erasing", eraser.step):
                pass
            if not eraser.is_done:
                break

    def _is_erasing_due(self) -> bool:
        since = erasing.noted(self._file.writer)
        return since is not None and abs(wall_clock() - since) >= self.erase_within * 1000 / 2

    def finish(self) -> None:
        """Erase what can be erased in a short time; the next server does the rest."""
        file = self._file
        with suppress(sqlite3.Error, OSError, Displaced):
            file.guard.check()
            erasing.erase(
                file.writer,
                file.guard.descriptor,
                is_indexed=file.is_indexed,
                seconds=ERASE_AT_CLOSE,
            )
