"""The files under a server: what happens to them is noticed, and nothing acknowledged is lost."""

import os
import resource
import shutil
import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import structlog
import trio

from tests.journal import trouble
from tests.journal.drafts import fill, kept, say
from trio_chat.journal.offline import open_beside
from trio_chat.journal.sqlite import checks, rescue, space
from trio_chat.journal.sqlite import writer as sqlite_writer
from trio_chat.journal.sqlite.file import JournalFile
from trio_chat.journal.sqlite.guard import MAGIC, WAL_VERSIONS, FileGuard, InUse
from trio_chat.journal.sqlite.journal import SqliteJournal
from trio_chat.journal.types import Duplicate, JournalError, Unavailable

SOON = 50  # ms


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_writer, "RETRY_MS", SOON)


@pytest.fixture(autouse=True)
def every_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each commit look, not ten in a second."""
    monkeypatch.setattr(sqlite_writer, "LOOK_INTERVAL", 0.0)


@pytest.fixture(autouse=True)
def umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def move(path: Path, to: Path) -> None:
    path.rename(to)


def open_up(path: Path) -> None:
    path.chmod(0o644)


def remove(path: Path) -> None:
    path.unlink()


def remove_all(path: Path) -> None:
    for file in path.parent.iterdir():
        file.unlink()


def replace(path: Path) -> None:
    path.rename(beside(path, ".away"))
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE t (x)")


def remove_log(path: Path) -> None:
    beside(path, "-wal").unlink()


def replace_log(path: Path) -> None:
    beside(path, "-wal").rename(beside(path, ".away"))
    beside(path, "-wal").touch()


def remove_shared_memory(path: Path) -> None:
    beside(path, "-shm").unlink()


def remove_lock(path: Path) -> None:
    beside(path, "-lock").unlink()


def rename_folder(path: Path) -> None:
    path.parent.rename(path.parent.with_name("elsewhere"))


def empty_log(path: Path) -> None:
    os.truncate(beside(path, "-wal"), 0)


CHANGES = [
    remove,
    remove_all,
    replace,
    remove_log,
    replace_log,
    remove_shared_memory,
    remove_lock,
    rename_folder,
    empty_log,
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder / "chat.db"


class TestChanges:
    """The database, or a file beside it, is moved, removed or replaced."""

    @pytest.mark.parametrize("change", CHANGES)
    async def test_nothing_is_acknowledged(
        self, database: SqliteJournal, path: Path, change: Callable[[Path], None]
    ) -> None:
        """The next commit is refused, and an error line names the file and what to do."""
        await fill(database, 3)
        change(path)
        with structlog.testing.capture_logs() as logged, pytest.raises(Unavailable):
            await database.commit([say()])
        [line] = logged
        assert line["log_level"] == "error"
        assert str(path) in line["reason"]
        assert "stop the server" in line["reason"]

    @pytest.mark.parametrize("change", [c for c in CHANGES if c is not empty_log])
    async def test_a_silent_server_notices(
        self, database: SqliteJournal, path: Path, change: Callable[[Path], None]
    ) -> None:
        """With the look that the feed takes each second."""
        await fill(database, 1)
        await database.has_changed()
        change(path)
        with structlog.testing.capture_logs() as logged, pytest.raises(Unavailable):
            await database.has_changed()
        assert "journal unavailable" in {line["event"] for line in logged}
        assert await kept(database) == [1]  # reading goes on

    async def test_what_is_in_the_file_outlives_its_log(self, path: Path) -> None:
        """Nothing is written over it that should be in the log, and is not there any more."""
        database = await SqliteJournal.open(path)
        await fill(database, 3)
        database._file.writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        await database.commit([say()])
        empty_log(path)
        with pytest.raises(Unavailable):
            await database.has_changed()
        with pytest.raises(Unavailable):
            await database.commit([say()] * 100)
        await database.close()
        journal = await SqliteJournal.open(path)
        assert await kept(journal) == [1, 2, 3]
        await journal.close()

    @pytest.mark.usefixtures("soon")
    async def test_between_the_look_and_the_commit(
        self, database: SqliteJournal, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What went into a file that was removed at that moment is not acknowledged."""
        await fill(database, 1)
        check = database._file.guard.check

        def then_move() -> None:
            check()
            path.rename(beside(path, ".away"))
            monkeypatch.setattr(database._file.guard, "check", check)

        monkeypatch.setattr(database._file.guard, "check", then_move)
        draft = say(cid="tried-at-that-moment")
        with pytest.raises(Unavailable):
            await database.commit([draft])
        beside(path, ".away").rename(path)
        await trio.sleep(SOON / 1000)
        [result] = await database.commit([draft])
        assert isinstance(result, Duplicate)
        assert result.seq == 2
        assert await database.has_changed()
        assert await kept(database) == [1, 2]

    @pytest.mark.usefixtures("soon")
    async def test_the_right_file_comes_back(self, database: SqliteJournal, path: Path) -> None:
        """The server goes on by itself."""
        await fill(database, 3)
        away = beside(path, ".away")
        move(path, away)
        with pytest.raises(Unavailable):
            await database.commit([say()])
        move(away, path)
        await trio.sleep(SOON / 1000)
        await database.commit([say()])
        assert await kept(database) == [1, 2, 3, 4]

    async def test_a_removed_database_is_saved(self, path: Path) -> None:
        """All that was acknowledged is in a copy, which serves as a backup."""
        database = await SqliteJournal.open(path)
        await fill(database, 5)
        remove_all(path)
        with structlog.testing.capture_logs() as logged:
            for _ in range(2):
                with pytest.raises(Unavailable):
                    await database.has_changed()
        await database.close()
        [copy] = [Path(line["copy"]) for line in logged if "copy" in line]
        assert copy.stat().st_mode & 0o777 == 0o600
        copy.rename(path)
        restored = await SqliteJournal.open(path)
        assert await kept(restored) == [1, 2, 3, 4, 5]
        assert restored.epoch != database.epoch
        await restored.close()

    async def test_what_is_acknowledged_between_two_looks_is_saved(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Not every commit looks at the files; the copy has what was written into the lost one."""
        monkeypatch.setattr(sqlite_writer, "LOOK_INTERVAL", 1000.0)
        database = await SqliteJournal.open(path)
        await fill(database, 2)
        remove_all(path)
        await database.commit([say()])  # acknowledged, since nobody has looked
        with pytest.raises(Unavailable):
            await database.has_changed()
        with pytest.raises(Unavailable):
            await database.commit([say()])
        await database.close()
        [saved] = path.parent.glob("*.rescued-*")
        saved.rename(path)
        restored = await SqliteJournal.open(path)
        assert await kept(restored) == [1, 2, 3]
        await restored.close()

    async def test_a_copy_that_fails_is_tried_again(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As when the whole folder is gone; the log says so."""
        monkeypatch.setattr(rescue, "RETRY", 0)
        database = await SqliteJournal.open(path)
        await fill(database, 2)
        shutil.rmtree(path.parent)
        with structlog.testing.capture_logs() as logged, pytest.raises(Unavailable):
            await database.has_changed()
        assert "the removed database cannot be saved" in {line["event"] for line in logged}
        path.parent.mkdir()
        with pytest.raises(Unavailable):
            await database.has_changed()
        assert len(list(path.parent.glob("*.rescued-*"))) == 1
        await database.close()

    async def test_a_log_that_was_removed_is_in_the_file(self, path: Path) -> None:
        """What was acknowledged before is there, although the server is killed then."""
        with trouble.running(trouble.WATCHED, path) as server:
            trouble.let_write(server)
            remove_log(path)
            trouble.notice(server)
            server.kill()
            server.wait()
        journal = await SqliteJournal.open(path)
        assert len(await kept(journal)) == 500
        await journal.close()

    @pytest.mark.parametrize("content", [b"", b"Dear diary! " * 1000, None])
    async def test_a_file_that_is_overwritten(
        self, database: SqliteJournal, path: Path, tmp_path: Path, content: bytes | None
    ) -> None:
        """It has the same inode. Whether by nothing, text, or a backup, it is noticed."""
        await fill(database, 3)
        if content is None:
            with closing(sqlite3.connect(tmp_path / "x.db")) as copy:
                database._file.writer.backup(copy)
                copy.execute("PRAGMA journal_mode = DELETE")
            content = (tmp_path / "x.db").read_bytes()
        trouble.overwrite(path, 0, content)
        os.truncate(path, len(content))
        with pytest.raises(Unavailable):
            await database.has_changed()
        with pytest.raises(Unavailable):
            await database.commit([say()])


def content(path: Path) -> bytes:
    return path.read_bytes()


def remove_log_and_index(path: Path) -> None:
    remove_log(path)
    remove_shared_memory(path)


class TestAnotherLog:
    """Another program makes files where the server's were, and writes by them."""

    @pytest.mark.parametrize(
        "change", [remove_log, replace_log, remove_shared_memory, remove_log_and_index]
    )
    async def test_is_not_mixed_with_our_own(
        self, path: Path, change: Callable[[Path], None]
    ) -> None:
        """All that both have written is in the database afterwards, which is sound."""
        database = await SqliteJournal.open(path)
        await fill(database, 30)
        change(path)
        with pytest.raises(Unavailable):
            await database.has_changed()  # it saves what is in the log that was removed
        with trouble.running(trouble.OTHER, path):
            with pytest.raises(Unavailable):
                await database.has_changed()
            with pytest.raises(Unavailable):
                await database.commit([say()])
        await database.close()
        journal = await SqliteJournal.open(path)
        assert await kept(journal) == list(range(1, 31))
        others = "SELECT count(*) FROM meta WHERE key LIKE 'other %'"
        assert journal._file.writer.execute(others).fetchone() == (20,)
        assert checks.pages(journal._file.writer) == []
        await journal.close()

    @pytest.mark.parametrize("ways", [[], [remove_log], [replace]])
    async def test_a_backup_gets_nothing_of_a_log(
        self, path: Path, tmp_path: Path, ways: list[Callable[[Path], None]]
    ) -> None:
        """Neither when the server ends nor when the next one begins, however it was put there."""
        database = await SqliteJournal.open(path)
        await fill(database, 3)
        with closing(sqlite3.connect(tmp_path / "x.db")) as copy:
            database._file.writer.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
        await database.commit([say()] * 30)
        for way in ways:
            way(path)
        backup = content(tmp_path / "x.db")
        trouble.overwrite(path, 0, backup)
        os.truncate(path, len(backup))
        await database.close()
        assert content(path) == backup
        journal = await SqliteJournal.open(path)
        assert await kept(journal) == [1, 2, 3]
        await journal.close()


class TestNames:
    """A database is its device and inode: nobody else can have it by another name."""

    def test_by_a_link(self, path: Path) -> None:
        """The second server is refused, whichever of them it goes by."""
        link, folder = beside(path, ".link"), path.parent.with_name("folder")
        link.symlink_to(path)
        folder.symlink_to(path.parent)
        file = JournalFile(path)
        for name in (link, folder / path.name, path.parent / ".." / "data" / path.name):
            with pytest.raises(InUse):
                JournalFile(name)
        file.close()
        JournalFile(link).close()
        assert not beside(link, "-lock").exists()

    def test_by_a_hard_link(self, path: Path) -> None:
        """Nobody takes a database with two names; nor do commands."""
        with trouble.running(trouble.SERVER, path):
            os.link(path, beside(path, ".hard"))
            with pytest.raises(JournalError, match="hard links"):
                JournalFile(beside(path, ".hard"))
            with pytest.raises(JournalError, match="hard links"):
                open_beside(beside(path, ".hard"))

    def test_after_a_move(self, path: Path) -> None:
        """A file that was moved away under a server is not another server's."""
        with trouble.running(trouble.SERVER, path):
            path.rename(beside(path, ".moved"))
            with pytest.raises(InUse):
                JournalFile(beside(path, ".moved"))

    @pytest.mark.parametrize("is_left", [False, True], ids=["refused", "left"])
    def test_a_circle_of_links(
        self, path: Path, monkeypatch: pytest.MonkeyPatch, *, is_left: bool
    ) -> None:
        """It is told, whether Python refuses it or leaves it as it is, as since 3.13."""
        path.symlink_to(path)
        if is_left:
            monkeypatch.setattr(Path, "resolve", Path.absolute)
        with pytest.raises(JournalError, match="link to itself"):
            JournalFile(path)

    @pytest.mark.parametrize("name", [b"file:chat.db", b"a?b#c%41.db", b"chat\xff.db", b" a "])
    def test_a_name_of_any_bytes(
        self, path: Path, monkeypatch: pytest.MonkeyPatch, name: bytes
    ) -> None:
        """It is no URI, and need not be UTF-8; the files are where it says."""
        monkeypatch.chdir(path.parent)
        JournalFile(Path(os.fsdecode(name))).close()
        with closing(open_beside(Path(os.fsdecode(name)))) as database:
            assert space.size(database) > 0
        there = [os.fsencode(one.name) for one in path.parent.iterdir()]
        assert sorted(there) == [name, name + b"-lock"]

    def test_a_folder_that_is_gone(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """It is told as that."""
        gone = path.parent / "gone"
        gone.mkdir()
        monkeypatch.chdir(gone)
        gone.rmdir()
        with pytest.raises(JournalError, match="is in a directory that was removed"):
            JournalFile(Path("chat.db"))

    def test_a_pipe(self, path: Path) -> None:
        """It is told, and nothing waits for a writer."""
        os.mkfifo(path)
        with pytest.raises(JournalError, match="is no ordinary file"):
            JournalFile(path)


class TestModes:
    """Nobody but the owner may read what is said."""

    async def test_all_files_are_private(self, database: SqliteJournal, path: Path) -> None:
        """Whatever the umask."""
        await fill(database, 1)
        modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
        assert modes == {f"chat.db{ending}": 0o600 for ending in ("", "-wal", "-shm", "-lock")}

    async def test_a_file_that_was_there_with_more(self, path: Path) -> None:
        """It is served, with a warning that says what to do."""
        JournalFile(path).close()
        open_up(path)
        with structlog.testing.capture_logs() as logged:
            await (await SqliteJournal.open(path)).close()
        assert next(line["fix"] for line in logged if "fix" in line) == f"chmod go= {path}"


PAGE = 4096
HEADER = MAGIC + PAGE.to_bytes(2, "big") + WAL_VERSIONS + bytes(8) + (5).to_bytes(4, "big")


@pytest.fixture
def short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FileGuard]:
    """Return a guard of a file that has two of the five pages that its header tells."""
    monkeypatch.setattr("trio_chat.journal.sqlite.guard.SETTLING", 0.02)
    (tmp_path / "chat.db").write_bytes(HEADER.ljust(2 * PAGE, b"\0"))
    guard = FileGuard(tmp_path / "chat.db")
    yield guard
    guard.close()


def test_a_file_that_is_too_short_was_overwritten(short: FileGuard) -> None:
    """As by a shorter one."""
    assert short.is_overwritten()


def test_an_index_that_cannot_be_read_tells_of_no_pages_to_copy(short: FileGuard) -> None:
    """As on a disk that fails: whoever asks has committed something, which must not fail then."""
    assert short.uncopied() == 0  # there is none yet
    reading, writing = os.pipe()
    short._index = reading
    assert short.uncopied() == 0
    os.close(writing)


def test_a_file_that_we_are_extending_was_not(short: FileGuard) -> None:
    """Nor is a look at it delayed: our own checkpoint is at work beside the commit that looks."""
    with short.extending():
        assert not short.is_overwritten()
    assert short.is_overwritten()


def test_a_file_that_is_being_extended_was_not(
    short: FileGuard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long another program's checkpoint takes for it: its log must not be dropped."""
    monkeypatch.setattr("time.sleep", lambda _: os.truncate(short.path, size() + PAGE))

    def size() -> int:
        return short.path.stat().st_size

    assert not short.is_overwritten()
    assert size() == 5 * PAGE


def test_a_file_that_grows_for_long_is_left_to_whoever_extends_it(
    short: FileGuard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard waits for a while only."""
    monkeypatch.setattr("time.sleep", lambda _: os.truncate(short.path, size() + 1))

    def size() -> int:
        return short.path.stat().st_size

    assert not short.is_overwritten()
    assert size() < 5 * PAGE


def fail_a_checkpoint(path: Path) -> None:
    """Let there be too little space for it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 100_000, hard))
    try:
        with closing(sqlite3.connect(path)) as other, pytest.raises(sqlite3.OperationalError):
            other.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    pages = int.from_bytes(path.read_bytes()[28:32], "big")
    assert path.stat().st_size < PAGE * pages


async def test_a_checkpoint_that_fails_halfway_is_no_overwriting(path: Path, soon: None) -> None:
    """A full disk leaves a file that is too short; its pages are in the log, and all goes on."""
    journal = await SqliteJournal.open(path)
    await journal.commit([say("x" * 3000) for _ in range(300)])
    fail_a_checkpoint(path)
    await journal.commit([say()])
    await journal.close()
    again = await SqliteJournal.open(path)
    assert await kept(again) == list(range(1, 302))
    await again.close()


def test_a_database_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    """In a line, with what the system says."""
    with closing(socket.socket(socket.AF_UNIX)) as other:
        other.bind(str(tmp_path / "chat.db"))
    with pytest.raises(JournalError, match="cannot be opened: No such device or address"):
        FileGuard(tmp_path / "chat.db")


def test_a_pipe_that_comes_in_the_last_moment_is_no_database(tmp_path: Path) -> None:
    """What was looked at by its name is looked at again when it is open."""
    os.mkfifo(tmp_path / "chat.db")
    with pytest.raises(JournalError, match="is no ordinary file"):
        FileGuard(tmp_path / "chat.db")


def test_a_file_that_may_not_be_read_is_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite itself would say no more than that it is unable to open it."""
    path = tmp_path / "chat.db"
    JournalFile(path).close()
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may read in spite of the mode
    with pytest.raises(JournalError, match=r"chat\.db cannot be opened: Permission denied"):
        open_beside(path)
