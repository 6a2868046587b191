"""Journals for the tests: each kind that keeps the contract."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.journal.drafts import Clock
from trio_chat.journal.journal import Journal
from trio_chat.journal.memory import MemoryJournal
from trio_chat.journal.sqlite.file import JournalFile
from trio_chat.journal.sqlite.journal import SqliteJournal


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the database is to be."""
    return tmp_path / "chat.db"


@pytest.fixture(params=["memory", "sqlite"])
async def journal(
    request: pytest.FixtureRequest, path: Path, clock: Clock
) -> AsyncIterator[Journal]:
    """Return a journal of each kind."""
    chosen = make(request.param, path, clock)
    yield chosen
    await chosen.close()


@pytest.fixture(params=["memory", "sqlite"])
async def erasing(
    request: pytest.FixtureRequest, path: Path, clock: Clock
) -> AsyncIterator[Journal]:
    """Return a journal of each kind; of a deleted text nothing is left after ``prune``."""
    chosen = make(request.param, path, clock, erase_within=0.0)
    yield chosen
    await chosen.close()


def make(kind: str, path: Path, clock: Clock, *, erase_within: float = 3600) -> Journal:
    """Return a journal of a kind."""
    if kind == "memory":
        return MemoryJournal(clock)
    return SqliteJournal(JournalFile(path), clock, erase_within=erase_within)


@pytest.fixture
async def database(path: Path) -> AsyncIterator[SqliteJournal]:
    """Return a journal in a file."""
    journal = await SqliteJournal.open(path)
    yield journal
    await journal.close()
