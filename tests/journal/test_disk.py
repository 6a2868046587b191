"""A disk that fails under a server: nothing is acknowledged, and the log tells what it is."""

import errno
import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest
import structlog
import trio

from tests.journal import trouble
from tests.journal.disk import failing_reads, failing_writes, no_temporary_files
from tests.journal.drafts import ROOM, fill, kept, say
from trio_chat.cli import main
from trio_chat.journal.search.query import parse
from trio_chat.journal.sqlite import rescue
from trio_chat.journal.sqlite import writer as sqlite_writer
from trio_chat.journal.sqlite.file import JournalFile, explain
from trio_chat.journal.sqlite.journal import SqliteJournal
from trio_chat.journal.sqlite.obstacles import obstacle
from trio_chat.journal.types import Bounds, JournalError, Unavailable

SOON = 50  # ms
LARGE = "y" * 3000


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_writer, "RETRY_MS", SOON)


def reasons(logs: list[structlog.typing.EventDict]) -> list[str]:
    """Return why something failed, of all lines that say so."""
    return [entry["reason"] for entry in logs if "reason" in entry]


async def recovered(database: SqliteJournal) -> None:
    """Wait until something can be said again."""
    while True:
        try:
            await database.commit([say("after")])
        except Unavailable:
            await trio.sleep(SOON / 1000)
        else:
            return


@pytest.mark.parametrize(
    "number", [errno.EDQUOT, errno.EROFS, errno.EIO, errno.ENOSPC, errno.EFBIG, errno.ESTALE]
)
async def test_a_write_that_fails_is_told_by_its_number(
    database: SqliteJournal, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """One line, in the system's words; nothing is kept, all before is read, and it recovers."""
    await fill(database, 3)
    with structlog.testing.capture_logs() as logs:
        with failing_writes(number, monkeypatch):
            for _ in range(3):
                with pytest.raises(Unavailable):
                    await database.commit([say(LARGE)])
                await trio.sleep(SOON / 1000)
            assert await kept(database) == [1, 2, 3]
        await recovered(database)
    assert reasons(logs) == [os.strerror(number)]
    assert await kept(database) == [1, 2, 3, 4]


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE])
async def test_a_read_that_fails_is_told_by_its_number(
    database: SqliteJournal, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """Not as a damaged file, nor by what SQLite could not do afterwards."""
    await fill(database, 3)
    with structlog.testing.capture_logs() as logs, failing_reads(number, monkeypatch):
        with pytest.raises(Unavailable):
            await database.commit([say(LARGE)])
        with pytest.raises(Unavailable):
            await kept(database)
    assert set(reasons(logs)) == {os.strerror(number)}
    await recovered(database)
    assert await kept(database) == [1, 2, 3, 4]


def test_a_start_that_fails_is_told_by_its_number(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Likewise, in one line for whoever starts it; afterwards it starts."""
    with failing_writes(errno.EDQUOT, monkeypatch), pytest.raises(JournalError) as caught:
        JournalFile(path)
    assert str(caught.value) == f"{path} cannot be used: {os.strerror(errno.EDQUOT)}"
    JournalFile(path).close()


def test_an_error_of_reading_alone_is_one_of_input(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite calls it by a name of its own; there is nothing to try."""
    JournalFile(path).close()
    with (
        closing(sqlite3.connect(path)) as database,
        failing_reads(errno.EIO, monkeypatch),
        pytest.raises(sqlite3.Error) as caught,
    ):
        database.execute("SELECT * FROM rooms")
    assert obstacle(path, caught.value) == os.strerror(errno.EIO)


def test_a_disk_that_is_full_no_more(path: Path) -> None:
    """When the reason is gone before it is looked for, SQLite's words are left."""
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorname = "SQLITE_FULL"
    assert explain(path, error) == f"{path} cannot be written: the disk is full"


def test_an_error_without_a_number(path: Path) -> None:
    """There is nothing but its words."""
    assert obstacle(path, OSError("odd")) == "odd"


async def test_no_files_are_needed_elsewhere(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A container may have no place for them; retention, and the commands, go on there."""
    database = await SqliteJournal.open(path)
    for _ in range(20):
        await database.commit([say(" ".join(map(str, range(n, n + 100)))) for n in range(200)])
    monkeypatch.setenv("TRIO_CHAT_DATABASE", str(path))
    with no_temporary_files():
        assert await database.prune(2000, 0) == {ROOM: 2001}
        assert await database.search(ROOM, parse("17*"), Bounds(), 100, 10**6)
        await database.close()
        for command in (
            ["prune", "--keep-messages", "50", "--keep-days", "0"],
            ["check", "--repair"],
            ["backup", str(path.with_name("copy.db"))],
            ["export", "-o", str(path.with_name("export"))],
        ):
            assert main(command) == 0, capsys.readouterr().err


@pytest.mark.parametrize("command", ["backup", "export"])
async def test_a_copy_that_fails_leaves_nothing(
    database: SqliteJournal, path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """Neither a part of it, nor what SQLite had beside that."""
    for _ in range(10):
        await database.commit([say(LARGE)] * 20)
    folder = path.with_name("copies")
    folder.mkdir()
    monkeypatch.setenv("TRIO_CHAT_DATABASE", str(path))
    target = [] if command == "backup" else ["-o"]
    with trouble.limited(100_000):
        assert main([command, *target, str(folder / "copy")]) == 1
    with failing_writes(errno.ENOSPC, monkeypatch):
        assert main(["backup", str(folder / "copy")]) == 1
    assert list(folder.iterdir()) == []


async def test_a_rescue_that_fails_leaves_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is tried again each minute, and would fill the disk with parts of copies."""
    monkeypatch.setattr(rescue, "RETRY", 0)
    database = await SqliteJournal.open(path)
    await fill(database, 3)
    for file in path.parent.iterdir():
        file.unlink()
    with structlog.testing.capture_logs() as logs, failing_writes(errno.ENOSPC, monkeypatch):
        for _ in range(2):
            with pytest.raises(Unavailable):
                await database.has_changed()
    assert reasons(logs)[-1] == os.strerror(errno.ENOSPC)
    assert list(path.parent.iterdir()) == []
    with pytest.raises(Unavailable):
        await database.has_changed()
    assert len(list(path.parent.iterdir())) == 1
    await database.close()


async def test_another_name_is_told_once(database: SqliteJournal, path: Path) -> None:
    """Nothing is lost by a hard link, but no server starts with it; so its removal is asked for."""
    link = path.with_name("link.db")
    await fill(database, 1)
    with structlog.testing.capture_logs() as logs:
        await database.has_changed()
        link.hardlink_to(path)
        for _ in range(3):
            await database.has_changed()
        await database.commit([say()])
    [line] = logs
    assert line["log_level"] == "error"
    assert line["names"] == 2
    link.unlink()
    assert not await database.has_changed()
    assert await kept(database) == [1, 2]


class TestMounts:
    """File systems of our own, for root."""

    async def test_no_more_files(self, tmp_path: Path) -> None:
        """A server that has its files goes on; a new one says what is missing."""
        with trouble.mounted(tmp_path / "mount", "size=8m,nr_inodes=12") as directory:
            database = await SqliteJournal.open(directory / "chat.db")
            await fill(database, 1)
            spare = [directory / f"spare{number}" for number in range(24)]

            def use_up() -> None:
                for file in spare:
                    with suppress(OSError):
                        file.touch()
                assert os.statvfs(directory).f_favail == 0

            use_up()
            await database.commit([say(LARGE)])
            await database.close()
            use_up()
            with pytest.raises(JournalError, match="No space left on device"):
                JournalFile(directory / "chat.db")
            for file in spare:
                file.unlink(missing_ok=True)
            database = await SqliteJournal.open(directory / "chat.db")
            assert await kept(database) == [1, 2]
            await database.close()

    async def test_a_copy_that_finds_no_space_leaves_nothing(
        self, database: SqliteJournal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What SQLite has written beside it could not be taken back by SQLite itself."""
        for _ in range(10):
            await database.commit([say(LARGE)] * 30)
        monkeypatch.setenv("TRIO_CHAT_DATABASE", str(tmp_path / "chat.db"))
        with trouble.mounted(tmp_path / "mount", "size=300k") as directory:
            assert main(["backup", str(directory / "copy")]) == 1
            assert list(directory.iterdir()) == []

    async def test_a_mount_that_is_hidden_by_another(self, tmp_path: Path) -> None:
        """The files are gone from their path: that is noticed, and over when they are back."""
        with trouble.mounted(tmp_path / "mount", "size=8m") as directory:
            database = await SqliteJournal.open(directory / "chat.db")
            await fill(database, 1)
            with trouble.hidden(directory), structlog.testing.capture_logs() as logs:
                with pytest.raises(Unavailable):
                    await database.has_changed()
                with pytest.raises(Unavailable):
                    await database.commit([say()])
                assert await kept(database) == [1]
            assert "is gone (No such file or directory)" in logs[0]["reason"]
            await recovered(database)
            assert await kept(database) == [1, 2]
            await database.close()

    async def test_a_file_system_that_has_become_read_only(self, tmp_path: Path) -> None:
        """As ext4 does by itself when it finds an error: what was acknowledged is read."""
        with trouble.damaged_later(tmp_path) as (directory, damage):
            database = await SqliteJournal.open(directory / "chat.db")
            await fill(database, 3)
            damage()
            with structlog.testing.capture_logs() as logs, pytest.raises(Unavailable):
                await database.commit([say(LARGE)])
            assert reasons(logs) == ["Read-only file system"]
            assert await kept(database) == [1, 2, 3]
            await database.close()
