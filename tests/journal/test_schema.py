"""Files of earlier schemas open, and nothing in them is lost.

For each schema that was ever released ``schemas`` has a script that makes a file as that release
left it, all with the same chat in it. Whoever adds a migration adds the script of its schema.
"""

import sqlite3
from pathlib import Path

import pytest

from tests.journal.drafts import BEN, MUCH, numbers, page, react, say
from tests.journal.old import restore
from trio_chat.journal.sqlite import schema
from trio_chat.journal.sqlite.file import JournalFile
from trio_chat.journal.sqlite.journal import SqliteJournal
from trio_chat.journal.sqlite.schema import MIGRATIONS, SCHEMA
from trio_chat.journal.types import Duplicate, JournalError, RoomSummary
from trio_chat.protocol.answers import MessageView
from trio_chat.protocol.events import Person

VERSIONS = range(1, SCHEMA + 1)
ANN = Person("a1", "Ann")


def tables(database: sqlite3.Connection) -> list[tuple[str, str]]:
    """Return what tables and indexes there are, without comments and spaces.

    The index of words is none of them: it is made of what is kept, and has a version of its own.
    """
    rows = database.execute(
        "SELECT name, sql FROM sqlite_schema WHERE sql NOT NULL AND name NOT GLOB 'search*'"
        " ORDER BY name"
    )
    lines = [(name, [line.partition("--")[0] for line in sql.splitlines()]) for name, sql in rows]
    return [(name, "".join("".join(line).split())) for name, line in lines for line in [line]]


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_file_of_any_schema_opens(version: int, path: Path) -> None:
    """With its name, its secret, its rooms, messages and all that changed these."""
    restore(version, path)
    journal = await SqliteJournal.open(path)
    assert journal.epoch == "0011223344556677"
    assert journal.secret == (1).to_bytes(32)
    assert sorted(await journal.rooms(10)) == [
        RoomSummary("jam", "", 1_000_000),
        RoomSummary("tea", "All about tea", 1_000_000),
    ]
    assert await page(journal, "tea") == [
        MessageView(
            seq=1,
            ts=1_000_000,
            text="Milk, or lemon?",
            who=ANN,
            cid="5f0c1b7e-8d0a-4a51-9d53-6a1d3f0f7c11",
            edited=True,
            reactions={"🍋": [BEN]},
        ),
        MessageView(seq=5, ts=1_000_000, text="Nobody's"),
        MessageView(seq=6, ts=1_000_000, text="", who=ANN, deleted=True),
    ]
    await journal.close()


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_file_of_any_schema_goes_on(version: int, path: Path) -> None:
    """Numbers go on where they were, and resends are recognised."""
    restore(version, path)
    journal = await SqliteJournal.open(path)
    resend = say(cid="5f0c1b7e-8d0a-4a51-9d53-6a1d3f0f7c11")
    assert await journal.commit([resend]) == [Duplicate(1, 1_000_000)]
    assert numbers(await journal.commit([say(), react(5), say(room="jam")])) == [8, 9, 2]
    assert len(await journal.after("tea", 0, 100, MUCH)) == 9
    await journal.close()


@pytest.mark.parametrize("version", VERSIONS)
def test_what_was_released_stays(version: int, path: Path, tmp_path: Path) -> None:
    """A migration that is out is never edited: it still makes what it made then."""
    restore(version, path)
    stored = sqlite3.connect(path)
    made = sqlite3.connect(tmp_path / "made.db")
    for script in MIGRATIONS[:version]:
        made.executescript(script)
    assert tables(made) == tables(stored)
    made.close()
    stored.close()


@pytest.mark.parametrize("version", VERSIONS)
def test_all_files_become_alike(version: int, path: Path, tmp_path: Path) -> None:
    """A file that was migrated has the tables of one that is new."""
    restore(version, path)
    old, new = JournalFile(path), JournalFile(tmp_path / "new.db")
    assert tables(old.writer) == tables(new.writer)
    for one in (old, new):
        assert one.writer.execute("PRAGMA user_version").fetchone() == (SCHEMA,)
        one.close()


def pretend(monkeypatch: pytest.MonkeyPatch, *scripts: str) -> None:
    """Let there be more migrations."""
    monkeypatch.setattr(schema, "MIGRATIONS", (*MIGRATIONS, *scripts))
    monkeypatch.setattr(schema, "SCHEMA", SCHEMA + len(scripts))


async def test_a_migration_keeps_what_is_there(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next schemas, whatever they will be: each is brought about once, in order."""
    restore(SCHEMA, path)
    pretend(
        monkeypatch,
        "ALTER TABLE rooms ADD COLUMN colour TEXT NOT NULL DEFAULT 'green';",
        "UPDATE rooms SET colour = colour || 'ish';",
    )
    for _ in range(2):
        journal = await SqliteJournal.open(path)
        found = journal._file.writer.execute("SELECT DISTINCT colour FROM rooms").fetchall()
        assert found == [("greenish",)]
        assert len(await journal.after("tea", 0, 100, MUCH)) >= 7
        await journal.close()


def test_a_migration_that_fails_changes_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file stays what it was, and opens with the release that made it."""
    restore(SCHEMA, path)
    with monkeypatch.context() as patch:
        pretend(patch, "DROP TABLE cids; SELECT nonsense();")
        with pytest.raises(JournalError, match="cannot be used: no such function"):
            JournalFile(path)
    migrated = JournalFile(path)
    assert migrated.writer.execute("SELECT count(*) FROM cids").fetchone() == (2,)
    migrated.close()
