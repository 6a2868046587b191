"""Upkeep of a database between commits: retention, and what deletions have left to do."""

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from trio_chat.clock import wall_clock
from trio_chat.journal.people import NOBODY
from trio_chat.journal.postgres import erasing, forgetting, reports, scrubs, sealing, unused
from trio_chat.journal.postgres.link import Link, text
from trio_chat.journal.postgres.pruning import Due, delete_in_step, find_due
from trio_chat.journal.postgres.readers import Readers
from trio_chat.journal.postgres.rooms import HOLD
from trio_chat.journal.postgres.runs import is_keeper
from trio_chat.journal.postgres.schema import get, put
from trio_chat.journal.sqlite.forgetting import Step
from trio_chat.journal.sqlite.pruning import Limits
from trio_chat.journal.types import TellPruned, Unavailable

PRUNED = "pruned"  # in ``meta``: when old events were looked for last, in ms since 1970

# Runs a step that writes, in a thread and between commits; the first argument says what it does.
Write = Callable[[str, Callable[[Link], Any]], Awaitable[Any]]


class Upkeep:
    """Does what is due, a step at a time; commits go on in between.

    Args:
        readers: Look what is too old or too much.
        write: Runs the steps.
        vacuum: Lets PostgreSQL give free what deleted rows have left.
        erase_within: Seconds after which what was deleted is erased as far as can be.
    """

    def __init__(
        self,
        readers: Readers,
        write: Write,
        vacuum: Callable[[], Awaitable[None]],
        erase_within: float,
    ) -> None:
        self._readers = readers
        self._write = write
        self._vacuum = vacuum
        self.erase_within = erase_within

    async def _is_mine(self) -> bool:
        """Whether this node sees to what is due; one does, and the next one when that is gone."""
        return bool(await self._write("looking who sees to old events", is_keeper))

    async def forget(self, before_ts: int, is_used: Callable[[str], bool]) -> int:
        """Forget rooms without events in which nothing was said since a time; return how many.

        Whether somebody is in a room is asked before each step. The rest comes another time if
        the journal is unavailable.
        """
        gone = 0
        after: int | None = 0
        with suppress(Unavailable):
            if not await self._is_mine():
                return 0
            while after is not None:
                found, after = await self._readers.read(
                    partial(forgetting.find, before_ts=before_ts, after=after)
                )
                for room in found:
                    step = partial(forgetting.forget_step, wanted=room, before_ts=before_ts)
                    came = Step.MORE
                    while came is Step.MORE and not is_used(room.name):
                        came = await self._write("forgetting rooms", step)
                    gone += came is Step.DONE
        return gone

    async def unused(self, names: Sequence[str], since_ts: int, tell: TellPruned) -> list[str]:
        """Return which of these rooms are unused, once little is left of them.

        Raises:
            Unavailable: it cannot be told just now; some may have been shortened.
        """
        found = await self._readers.read(partial(unused.find, names=names, since_ts=since_ts))
        for name in [room.name for room in found if room.is_long]:
            step = partial(_shorten, name=name, since_ts=since_ts)
            while (first := await self._write("forgetting rooms", step)) is not None:
                await tell({name: first})
        return [room.name for room in found]

    async def forget_people(self, before_ts: int) -> list[str]:
        """Delete the records of people who were not seen since a time; return their ids."""
        forgotten: list[str] = []
        after: str | None = NOBODY
        with suppress(Unavailable):
            if not await self._is_mine():
                return []
            while after is not None:
                step = partial(forgetting.forget_people_step, before_ts=before_ts, after=after)
                gone, after = await self._write("forgetting people", step)
                forgotten += gone
        return forgotten

    async def prune(
        self, limits: Limits, tell: TellPruned, *, is_clock_right: bool = True
    ) -> dict[str, int]:
        """Delete what is too old or too much, and finish what deletions have left.

        Returns:
            The first number left of each room that lost events; the rest comes another time if
            the journal is unavailable.
        """
        pruned: dict[str, int] = {}
        with suppress(Unavailable):
            if not await self._is_mine():
                return {}
            await self._delete(limits, pruned, tell)
            while await self._write("deleting texts", _in_transaction(scrubs.step)):
                pass
            sealing_step = _in_transaction(partial(sealing.step, now=limits.now))
            while is_clock_right and await self._write("deleting what was cleared", sealing_step):
                pass
            await self._erase()
            if limits.before_ts:
                await self._write("retention", partial(_note_prune, now=limits.now))
        return pruned

    async def _delete(self, limits: Limits, pruned: dict[str, int], tell: TellPruned) -> None:
        after: int | None = 0
        while any(limits[:2]) and after is not None:
            due, after = await self._readers.read(partial(find_due, limits=limits, after=after))
            rooms: deque[Due] = deque(due)
            while rooms:
                first = await self._write("retention", partial(delete_in_step, rooms=rooms))
                pruned |= first
                await tell(first)

    async def _erase(self) -> None:
        """Erase what was removed, if that is half as long ago as it may stay.

        What was said to report what is gone goes, and PostgreSQL gives free what rows have left.
        """
        since = await self._readers.read(erasing.removed_since)
        if since is None or abs(wall_clock() - since) < self.erase_within * 1000 / 2:
            return
        await self._write("erasing", _in_transaction(erasing.begin))
        after: int | None = 0
        while after is not None:
            step = _in_transaction(partial(reports.step, after=after))
            after = await self._write("erasing", step)
        await self._vacuum()
        await self._write("erasing", erasing.end)


def _in_transaction(step: Callable[[Link], Any]) -> Callable[[Link], Any]:
    """Return a step that does all or nothing."""

    def run(link: Link) -> Any:  # noqa: ANN401 - whatever the step returns
        with link.transaction():
            return step(link)

    return run


def _shorten(link: Link, name: str, since_ts: int) -> int | None:
    """Delete some of a room; return its first number then, ``None`` if it is to stay so."""
    with link.transaction():
        link.all(HOLD, ([text(name)],))
        is_due = unused.is_unused(link, name, since_ts) and unused.is_long(link, name)
        return unused.shorten(link, name) if is_due else None


def last_prune(link: Link) -> int | None:
    """Return when events were last looked at for their age."""
    value = get(link, PRUNED)
    return None if value is None else int(value)


def _note_prune(link: Link, now: int) -> None:
    put(link, PRUNED, str(now).encode())
