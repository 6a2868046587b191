"""Journals for the tests: each kind that keeps the contract."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.journal.drafts import Clock
from trio_chat.journal.journal import Journal
from trio_chat.journal.memory import MemoryJournal
from trio_chat.journal.postgres.database import Database
from trio_chat.journal.postgres.journal import PostgresJournal
from trio_chat.journal.sqlite.file import JournalFile
from trio_chat.journal.sqlite.journal import SqliteJournal


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the database is to be."""
    return tmp_path / "chat.db"


@pytest.fixture(params=["memory", "sqlite", "postgres"])
async def journal(
    request: pytest.FixtureRequest, path: Path, clock: Clock
) -> AsyncIterator[Journal]:
    """Return a journal of each kind."""
    chosen = make(request.param, place_of(request, path), clock)
    yield chosen
    await chosen.close()


@pytest.fixture(params=["memory", "sqlite", "postgres"])
async def erasing(
    request: pytest.FixtureRequest, path: Path, clock: Clock
) -> AsyncIterator[Journal]:
    """Return a journal of each kind; of a deleted text nothing is left after ``prune``."""
    chosen = make(request.param, place_of(request, path), clock, erase_within=0.0)
    yield chosen
    await chosen.close()


def place_of(request: pytest.FixtureRequest, path: Path) -> Path | str:
    """Return where a journal of the kind that is asked for is to be."""
    if request.param != "postgres":
        return path
    url: str = request.getfixturevalue("postgres_url")
    return url


def make(kind: str, place: Path | str, clock: Clock, *, erase_within: float = 3600) -> Journal:
    """Return a journal of a kind."""
    if kind == "memory":
        return MemoryJournal(clock)
    if isinstance(place, str):
        return PostgresJournal(Database(place, clock()), clock, erase_within=erase_within)
    return SqliteJournal(JournalFile(place), clock, erase_within=erase_within)


@pytest.fixture
async def database(path: Path) -> AsyncIterator[SqliteJournal]:
    """Return a journal in a file."""
    journal = await SqliteJournal.open(path)
    yield journal
    await journal.close()
