"""Promises 1 to 4 against a model, whatever happens in whatever order.

Random people in two rooms join, talk, change what they said, send again, vanish and come back with
what they know; the journal has bad moments, retention deletes, the server starts anew. Everybody
judges all the time what they are told, and a ledger what all of them are told together.
"""

import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

import pytest
import trio
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.journal.drafts import MUCH
from tests.journal.house import House, Object
from tests.journal.person import ROOMS, Ledger, Person
from tests.postgres import PostgresServer
from trio_chat.journal.journal import Journal
from trio_chat.journal.memory import MemoryJournal
from trio_chat.journal.postgres.journal import PostgresJournal
from trio_chat.journal.sqlite.journal import SqliteJournal
from trio_chat.journal.types import Pruned, Result, Unavailable, Write
from trio_chat.protocol.events import decode

PEOPLE = 3
PATIENCE = 120  # seconds for an example
SETTINGS = {"resume_limit": 3, "presence_grace": 0.01, "close_timeout": 0.1}


class Moody(NamedTuple):
    """A journal that fails when it is told to; all else is done by another one."""

    journal: Journal
    failures: list[None]

    @property
    def epoch(self) -> str:
        return self.journal.epoch

    @property
    def secret(self) -> bytes:
        return self.journal.secret

    async def commit(self, writes: list[Write]) -> list[Result]:
        if self.failures:
            self.failures.pop()
            raise Unavailable(1)
        return await self.journal.commit(writes)

    def __getattr__(self, name: str) -> object:
        return getattr(self.journal, name)


class Step(NamedTuple):
    """One thing that happens; ``settles``: all that comes of it has come before the next."""

    action: str
    person: int  # which of them, by number
    room: str
    pick: int
    settles: bool


ACTIONS = (
    *("come", "send", "send", "send", "send", "send", "resend", "edit", "delete", "react", "topic"),
    *("vanish", "fail", "prune", "restart"),
)
steps = st.lists(
    st.builds(
        Step,
        st.sampled_from(ACTIONS),
        st.integers(0, PEOPLE - 1),
        st.sampled_from(ROOMS),
        st.integers(0, 50),
        st.booleans(),
    ),
    min_size=20,
    max_size=50,
)

# Somebody comes who has missed more than is at hand.
LATE = [
    Step(action, person, "tea", 0, settles=True)
    for action, person in [("come", 0), *[("send", 0)] * 6, ("come", 1)]
]


class Play:
    """Everybody, and the server of the moment."""

    def __init__(self, journal: Journal, reopen: Callable[[Journal], Awaitable[Journal]]) -> None:
        self.journal = journal
        self._reopen = reopen
        self._failures: list[None] = []
        self.ledger = Ledger()
        self.people = [Person(f"Nick {number}", self.ledger) for number in range(PEOPLE)]
        self.house = self._build()

    def _build(self) -> House:
        return House(Moody(self.journal, self._failures), **SETTINGS)  # type: ignore[arg-type]

    async def run(self, steps: list[Step]) -> None:
        """Let all steps happen, one server after the other, and judge at the end."""
        waiting = [*steps, Step("restart", 0, ROOMS[0], 0, settles=True)]
        while waiting:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self.house.hub.run)
                nursery.start_soon(self.journal.bus.run, self.house.inbox.post)
                while waiting:
                    step = waiting.pop(0)
                    await self._perform(step, nursery)
                    if step.settles:
                        await self.settle()
                    if step.action == "restart":
                        break
                if not waiting:
                    await self._finish(nursery)
                nursery.cancel_scope.cancel()
            self.journal = await self._reopen(self.journal)
            self.house = self._build()
            for person in self.people:
                person.peer = None

    async def _perform(self, step: Step, nursery: trio.Nursery) -> None:
        person = self.people[step.person]
        match step.action:
            case "come":
                await person.come(self.house, nursery)
            case "vanish":
                await person.vanish()
            case "fail":
                self._failures.append(None)
            case "prune":
                await self._prune(step.pick % 5 + 1)
            case "restart":
                pass
            case action:
                await person.come(self.house, nursery)
                await person.do(action, step.room, step.pick)

    async def _prune(self, keep: int) -> None:
        """Let retention delete while nobody is catching up."""
        await self.settle()
        first = await self.journal.prune(keep, 0)
        self.ledger.forget(first)
        self.house.inbox.post(Pruned(first))

    async def settle(self) -> None:
        """Wait until everybody who is here has all answers, and has heard all there is."""
        for person in self.people:
            await person.settle()
        for room in ROOMS:
            [state] = await self.journal.load([room], 1)
            for person in self.people:
                await person.hear(room, state.last)

    async def _finish(self, nursery: trio.Nursery) -> None:
        """Let everybody come back and send what has no answer; compare all with the journal."""
        self._failures.clear()
        for person in self.people:
            await person.vanish()
        for person in self.people:
            await person.come(self.house, nursery)
        await self.settle()
        for room in ROOMS:
            [state] = await self.journal.load([room], 1)
            kept = await self.journal.after(room, 0, 10_000, MUCH)
            told: list[Object] = [_as_told(data) for _, data in kept]
            self.ledger.audit(room, state.last, told)


def _as_told(data: bytes) -> Object:
    event = decode(data)
    assert event
    who = event.who.id if event.who else None
    return {"t": event.__struct_config__.tag, "seq": event.seq, "cid": event.cid, "from": who}


async def _keep(journal: Journal) -> Journal:
    return journal


async def _open_again(journal: Journal) -> Journal:
    await journal.close()
    if isinstance(journal, PostgresJournal):
        return await PostgresJournal.open(journal._database.url)
    assert isinstance(journal, SqliteJournal)
    return await SqliteJournal.open(journal._file._path)


def play(make: Callable[[], Awaitable[Journal]], reopen: object, steps: list[Step]) -> None:
    async def main() -> None:
        with trio.fail_after(PATIENCE):
            stage = Play(await make(), reopen)  # type: ignore[arg-type]
            await stage.run(steps)
            await stage.journal.close()

    trio.run(main)


@pytest.mark.timeout(3600)
@settings(max_examples=80)
@given(steps=steps)
@example(steps=LATE)
def test_in_memory(steps: list[Step]) -> None:
    """The promises hold; a new server on the same journal stands for a hub that lost all."""

    async def make() -> Journal:
        return MemoryJournal()

    play(make, _keep, steps)


@pytest.mark.timeout(3600)
@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(steps=steps)
@example(steps=LATE)
def test_in_a_file(steps: list[Step]) -> None:
    """The promises hold; each new server opens the file anew."""
    with tempfile.TemporaryDirectory() as directory:
        play(lambda: SqliteJournal.open(Path(directory) / "chat.db"), _open_again, steps)


@pytest.mark.timeout(3600)
@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(steps=steps)
@example(steps=LATE)
def test_in_postgres(postgres: PostgresServer, steps: list[Step]) -> None:
    """The promises hold; each new server opens the database anew."""
    play(lambda: PostgresJournal.open(postgres.new_url()), _open_again, steps)
