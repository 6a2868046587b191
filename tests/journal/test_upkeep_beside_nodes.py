"""Upkeep by one node beside the commits of another: neither undoes what the other has done."""

from collections.abc import Sequence

import psycopg
import pytest
import trio

from tests.journal.drafts import (
    ROOM,
    Clock,
    created,
    kept,
    number_of,
    say,
    title,
)
from tests.journal.test_nodes import PATIENCE, Both, both
from trio_chat.journal.postgres import unused
from trio_chat.journal.postgres.journal import PostgresJournal
from trio_chat.journal.postgres.link import Link
from trio_chat.journal.types import Result, Write

__all__ = ["both"]  # a fixture

WAITING = (
    "SELECT EXISTS (SELECT 1 FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock')"
)


class Meanwhile:
    """A commit of another node, which begins in the midst of a step."""

    def __init__(self, node: PostgresJournal, writes: Sequence[Write]) -> None:
        self._node = node
        self._writes = writes
        self._is_done = trio.Event()
        self._has_begun = False
        self.results: Sequence[Result] = ()

    def begin(self) -> None:
        """Begin it, the first time, from the step's thread; it is over, or waits, upon return."""
        if not self._has_begun:
            self._has_begun = True
            trio.from_thread.run_sync(trio.lowlevel.spawn_system_task, self._commit)
            trio.from_thread.run(self._until_it_waits)

    async def _commit(self) -> None:
        self.results = await self._node.commit(self._writes)
        self._is_done.set()

    async def _until_it_waits(self) -> None:
        url = self._node._database.url
        with psycopg.connect(url, autocommit=True) as connection, trio.fail_after(PATIENCE):
            while not self._is_done.is_set() and connection.execute(WAITING).fetchone() == (False,):
                await trio.sleep(0.01)

    async def done(self) -> Sequence[Result]:
        """Return what has become of it."""
        with trio.fail_after(PATIENCE):
            await self._is_done.wait()
        return self.results


async def test_a_message_into_a_room_that_is_shortened(
    both: Both, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is kept, wherever in the step it comes."""
    monkeypatch.setattr(unused, "LEFT", 2)
    one, other = both
    await one.commit([created(), *[title(str(number)) for number in range(5)]])
    clock.now += 10
    meanwhile = Meanwhile(other, [say("Is anybody here?")])
    shorten = unused.shorten

    def shorten_late(link: Link, name: str) -> int:
        meanwhile.begin()
        return shorten(link, name)

    monkeypatch.setattr(unused, "shorten", shorten_late)
    await one.unused([ROOM], clock.now)
    [result] = await meanwhile.done()
    assert await kept(other) == [number_of(result)]
