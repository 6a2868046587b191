"""Opening the database file: what cannot be used is told in one line, and nothing is broken."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.journal import trouble
from tests.journal.drafts import fill, kept, say
from trio_chat.journal.sqlite.file import JournalFile, explain
from trio_chat.journal.sqlite.journal import SqliteJournal
from trio_chat.journal.sqlite.schema import APPLICATION_ID, SCHEMA
from trio_chat.journal.types import JournalError

PAGE = 4096  # bytes, as SQLite begins


def refusal(path: Path) -> str:
    """Try to open a file that cannot be used; return what a person is told."""
    with pytest.raises(JournalError) as caught:
        JournalFile(path)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    return message


async def make(path: Path, count: int = 200) -> None:
    """Leave a database with some messages."""
    journal = await SqliteJournal.open(path)
    for _ in range(count // 50):
        await journal.commit([say("x" * 1000) for _ in range(50)])
    await journal.close()


class TestInUse:
    """Two servers would not hear each other; another program may hold a lock for long."""

    def test_by_another_server(self, path: Path) -> None:
        """The second is told so. When the first is gone, by any means, it is the third's."""
        with trouble.running(trouble.SERVER, path) as server:
            assert refusal(path).endswith("is in use by another trio-chat server")
            server.kill()
            server.wait()
            JournalFile(path).close()

    def test_by_this_server(self, path: Path) -> None:
        """The same holds inside one process."""
        file = JournalFile(path)
        assert refusal(path).endswith("is in use by another trio-chat server")
        file.close()
        JournalFile(path).close()

    def test_by_a_program_that_holds_a_lock(self, path: Path) -> None:
        """It is told after a short wait; when the lock is gone all is well."""
        JournalFile(path).close()
        with trouble.running(trouble.LOCKER, path):
            assert refusal(path).endswith("is locked by another program")
        JournalFile(path).close()

    async def test_by_a_program_that_reads(self, path: Path) -> None:
        """Who reads, as for a backup, does not keep a server from starting after a crash."""
        await make(path)
        with trouble.running(trouble.WRITER, path) as server, trouble.running(trouble.READER, path):
            trouble.let_write(server)
            server.kill()
            server.wait()
            JournalFile(path).close()


class TestPlaces:
    """Where no database can be."""

    def test_in_no_directory(self, tmp_path: Path) -> None:
        """A directory is not made."""
        assert refusal(tmp_path / "none" / "chat.db").endswith("No such file or directory")

    def test_below_a_file(self, tmp_path: Path) -> None:
        """A file is no directory."""
        (tmp_path / "file").touch()
        assert refusal(tmp_path / "file" / "chat.db").endswith("Not a directory")

    def test_at_a_directory(self, path: Path) -> None:
        """A directory is no file."""
        path.mkdir()
        assert refusal(path).endswith("is a directory, not a file")

    @pytest.mark.parametrize("name", ["", ".", "/"])
    def test_at_a_directory_without_a_name(self, name: str) -> None:
        """The same, however it is called."""
        refusal(Path(name))

    def test_in_a_directory_that_cannot_be_written(self, tmp_path: Path) -> None:
        """There is no place for the lock, or for SQLite's own files beside the database."""
        with trouble.mounted(tmp_path / "mount", "size=1m") as directory:
            trouble.make_read_only(directory)
            assert refusal(directory / "chat.db").endswith("Read-only file system")

    def test_on_a_full_disk(self, tmp_path: Path) -> None:
        """The disk is full before the tables are made; with place it opens."""
        with trouble.mounted(tmp_path / "mount", "size=1m") as directory:
            filler = directory / "filler"
            trouble.fill_up(filler)
            assert refusal(directory / "chat.db")
            filler.unlink()
            JournalFile(directory / "chat.db").close()

    @pytest.mark.parametrize("size", [1000, 20_000])
    def test_where_files_may_be_no_larger(self, path: Path, size: int) -> None:
        """Neither the database nor what SQLite makes beside it."""
        with trouble.limited(size):
            assert refusal(path).endswith(": File too large (ulimit -f)")
        JournalFile(path).close()

    def test_where_files_may_be_larger_than_they_are(self, path: Path) -> None:
        """It is something else then, as with a broken disk, and nothing is made up."""
        with (
            trouble.limited(1000),
            pytest.raises(sqlite3.OperationalError) as caught,
            closing(sqlite3.connect(path)) as database,
        ):
            database.execute("CREATE TABLE t (x)")
        with trouble.limited(10_000_000):
            assert explain(path, caught.value) == f"{path} cannot be used: disk I/O error"
        assert explain(path, caught.value) == f"{path} cannot be used: disk I/O error"

    def test_without_a_reason_that_can_be_found(self, path: Path) -> None:
        """SQLite does not say why; nothing is made up."""
        gone = path.parent / "gone" / "chat.db"
        with pytest.raises(sqlite3.OperationalError) as caught:
            sqlite3.connect(gone)
        assert explain(path, caught.value) == f"{path} cannot be opened"
        told = f"{gone} cannot be opened: No such file or directory"
        assert explain(gone, caught.value) == told

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write in spite of the mode")
    def test_of_a_file_that_cannot_be_written(self, path: Path) -> None:
        """To read it is not enough."""
        JournalFile(path).close()
        path.chmod(0o444)
        assert refusal(path).endswith("cannot be opened: Permission denied")


def cut_in_half(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def cut_off_a_page(path: Path) -> None:
    os.truncate(path, path.stat().st_size - PAGE)


def cut_inside_the_header(path: Path) -> None:
    os.truncate(path, 60)


def break_the_magic(path: Path) -> None:
    trouble.overwrite(path, 0, b"SQLite format 9\0")


def break_the_page_size(path: Path) -> None:
    trouble.overwrite(path, 16, b"\x12\x34")


def break_the_schema(path: Path) -> None:
    trouble.overwrite(path, 100, os.urandom(PAGE - 100))


def replace_by_text(path: Path) -> None:
    path.write_text("Dear diary! " * 1000)


def replace_by_noise(path: Path) -> None:
    path.write_bytes(os.urandom(10 * PAGE))


def make_empty(path: Path) -> None:
    path.touch()


def content(path: Path) -> bytes:
    return path.read_bytes()


class TestDamage:
    """A file that is not what it was."""

    @pytest.mark.parametrize(
        ("damage", "told"),
        [
            (cut_in_half, "is damaged"),
            (cut_off_a_page, "is damaged"),
            (cut_inside_the_header, "is damaged"),
            (break_the_magic, "is not a database"),
            (break_the_page_size, "is not a database"),
            (break_the_schema, "is damaged"),
            (replace_by_text, "is not a database"),
            (replace_by_noise, "is not a database"),
        ],
    )
    async def test_is_found(self, path: Path, damage: Callable[[Path], None], told: str) -> None:
        """It is told, and the file is left as it is for whoever can mend it."""
        await make(path)
        damage(path)
        before = content(path)
        assert told in refusal(path)
        assert content(path) == before

    async def test_an_empty_file_is_a_new_one(self, path: Path) -> None:
        """As a file that was just made with ``touch``."""
        make_empty(path)
        journal = await SqliteJournal.open(path)
        await fill(journal, 2)
        await journal.close()

    def test_nothing_stays_open(self, path: Path) -> None:
        """Whoever tries again, with another file, has no descriptors less."""
        path.write_bytes(b"Dear diary! " * 1000)
        before = trouble.descriptors()
        with pytest.raises(JournalError) as caught:
            JournalFile(path)
        assert trouble.descriptors() == before
        assert caught


class TestForeign:
    """A file that is somebody else's."""

    @pytest.mark.parametrize("application", [0, 252006, APPLICATION_ID + 1])
    def test_of_another_program(self, path: Path, application: int) -> None:
        """It is left alone, byte for byte."""
        database = sqlite3.connect(path)
        database.execute(f"PRAGMA application_id = {application}")
        database.executescript("CREATE TABLE notes (text); INSERT INTO notes VALUES ('mine');")
        database.close()
        before = path.read_bytes()
        assert refusal(path).endswith("belongs to another program")
        assert path.read_bytes() == before

    def test_of_a_newer_trio_chat(self, path: Path) -> None:
        """It is not touched either: what it means is not known yet."""
        JournalFile(path).close()
        database = sqlite3.connect(path)
        database.execute(f"PRAGMA user_version = {SCHEMA + 1}")
        database.close()
        before = path.read_bytes()
        told = refusal(path)
        assert "was written by a newer trio-chat" in told
        assert told.endswith(f"its schema is {SCHEMA + 1}, this one knows {SCHEMA}")
        assert path.read_bytes() == before


class TestCrashes:
    """A server that ended by any means."""

    async def test_what_was_committed_is_there(self, path: Path) -> None:
        """The next server finds all of it in SQLite's log beside the file."""
        with trouble.running(trouble.WRITER, path) as server:
            trouble.let_write(server)
            server.kill()
            server.wait()
        journal = await SqliteJournal.open(path)
        assert await kept(journal) == list(range(1, 501))
        await journal.close()
