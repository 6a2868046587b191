"""A file whose pages are sound each by itself, and not together, is not served."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.integration.commands import outcome
from tests.journal import trouble
from tests.journal.drafts import edit, react, say, title
from trio_chat.errors import FAILED
from trio_chat.journal.sqlite.journal import SqliteJournal
from trio_chat.journal.types import JournalError

TABLE, INDEX = 13, 10  # kinds of pages that lead to no others; tables without row ids have INDEX


@pytest.fixture
async def filled(path: Path) -> Path:
    """Return a database with two rooms, of which one is long."""
    journal = await SqliteJournal.open(path)
    await journal.commit([say(f"hello {n} " + "x" * 500) for n in range(200)])
    await journal.commit([title("Tea"), edit(1), react(2), edit(190), say(room="jam")])
    await journal.close()
    return path


def root(path: Path, name: str) -> int:
    """Return where the first page of a table or an index begins."""
    with closing(sqlite3.connect(path)) as database:
        (page,) = database.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = ?", (name,)
        ).fetchone()
    return (int(page) - 1) * 4096


def empty(path: Path, name: str) -> None:
    """Put a page without rows in the place of a table or an index."""
    kind = TABLE if name == "rooms" else INDEX
    trouble.overwrite(
        path, root(path, name), bytes([kind, 0, 0, 0, 0, 16, 0, 0]).ljust(4096, b"\0")
    )


def content(path: Path) -> bytes:
    return path.read_bytes()


@pytest.mark.parametrize(
    "name", ["rooms", "sqlite_autoindex_rooms_1", "events", "messages", "changes"]
)
async def test_without_rows_in_a_table_or_an_index(filled: Path, name: str) -> None:
    """It is told as damaged, and nothing is changed in it; nobody is served empty rooms."""
    empty(filled, name)
    before = content(filled)
    with pytest.raises(JournalError, match="is damaged"):
        await SqliteJournal.open(filled)
    assert content(filled) == before


@pytest.mark.parametrize(
    "names", [["rooms", "sqlite_autoindex_rooms_1"], ["events", "messages", "changes"]]
)
async def test_without_rows_in_a_table_and_its_indexes(filled: Path, names: list[str]) -> None:
    """What is left tells that there was more."""
    for name in names:
        empty(filled, name)
    with pytest.raises(JournalError, match="is damaged"):
        await SqliteJournal.open(filled)


@pytest.mark.parametrize("name", ["rooms", "events", "messages"])
async def test_with_a_page_of_something_else(filled: Path, name: str) -> None:
    """As SQLite says when it reads there."""
    trouble.overwrite(filled, root(filled, name), b"\xff" * 4096)
    with pytest.raises(JournalError, match="is damaged"):
        await SqliteJournal.open(filled)


async def test_what_retention_has_left_is_sound(filled: Path) -> None:
    """Rooms without events, also such as have none left at all."""
    journal = await SqliteJournal.open(filled)
    await journal.prune(1, 0)
    await journal.prune(0, 2**62)
    await journal.close()
    await (await SqliteJournal.open(filled)).close()


async def test_the_command_says_so_in_one_line(filled: Path) -> None:
    """With the status for what is damaged."""
    empty(filled, "rooms")
    done = await outcome("--database", str(filled), "--port", "0")
    assert done.returncode == FAILED
    assert done.stderr.decode() == f"trio-chat: {filled} is damaged\n"


async def test_an_empty_room_beside_words_that_cannot_be_read(filled: Path) -> None:
    """They can be made anew, so nothing is refused for them."""
    with closing(sqlite3.connect(filled)) as database, database:
        database.execute(
            "DELETE FROM events WHERE room = (SELECT id FROM rooms WHERE name = 'jam')"
        )
    trouble.overwrite(filled, root(filled, "search_content"), b"\xff" * 4096)
    journal = await SqliteJournal.open(filled)
    assert [room.name for room in await journal.load(["jam"], 1)] == ["jam"]
    await journal.close()
