"""Rules of epochs: a file whose numbers may have been lost begins a new one, any other does not."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import structlog

from tests.journal.old import restore
from trio_chat.commands.backup import main as backup
from trio_chat.journal.offline import prepare
from trio_chat.journal.sqlite import runs
from trio_chat.journal.sqlite.file import JournalFile
from trio_chat.journal.types import JournalError

BOOT = "this-boot"


class Identity:
    """Opens a file as a server does, and tells its epoch and secret."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = path.with_name(path.name + "-lock")

    def open(self, *, boot: str = BOOT, sync: bool = False, ends: bool = True) -> str:
        """Run a server, which ends in order or not; return the epoch."""
        file = JournalFile(self.path, boot=boot, sync=sync)
        if not ends:
            file._is_served = False
        file.close()
        self.secret = file.secret
        return file.epoch


@pytest.fixture
def server(path: Path) -> Identity:
    return Identity(path)


@pytest.mark.parametrize("ends", [True, False])
@pytest.mark.parametrize("sync", [True, False])
def test_a_restart_is_the_same_epoch(server: Identity, *, ends: bool, sync: bool) -> None:
    """Whether the server ended in order or was killed, again and again."""
    epochs = {server.open(ends=ends, sync=sync) for _ in range(3)}
    assert len(epochs) == 1


@pytest.mark.parametrize(
    ("ends", "sync", "is_same"), [(True, False, True), (False, True, True), (False, False, False)]
)
def test_the_end_of_the_machine(server: Identity, *, ends: bool, sync: bool, is_same: bool) -> None:
    """Loses numbers only if the server was still there, and did not ask the disk each time."""
    before = server.open(ends=ends, sync=sync)
    secret = server.secret
    with structlog.testing.capture_logs() as logged:
        after = server.open(boot="another-boot")
    assert (after == before) is is_same
    assert server.secret == secret
    assert [entry["event"] for entry in logged] == [] if is_same else ["numbers begin a new epoch"]
    assert server.open(boot="another-boot") == after


@pytest.mark.parametrize(
    ("mark", "why"),
    [
        ("1", "this is a backup"),
        (runs.MOVED, runs.REASONS[runs.MOVED]),
        (runs.MENDED, runs.REASONS[runs.MENDED]),
    ],
)
def test_the_log_tells_why_numbers_end(server: Identity, mark: str, why: str) -> None:
    """What was moved elsewhere, or set right, is no backup; the next start has nothing to tell."""
    before = server.open()
    with closing(sqlite3.connect(server.path)) as database, database:
        runs.mark_copy(database, mark)
    with structlog.testing.capture_logs() as logged:
        after = server.open()
    assert [entry["reason"] for entry in logged] == [why]
    assert server.open() == after != before


def by_copying(saved: Path, server: Identity) -> None:
    shutil.copy(saved, server.path)


def by_moving(saved: Path, server: Identity) -> None:
    saved.replace(server.path)


@pytest.mark.parametrize("how", [by_copying, by_moving])
def test_a_plain_copy_that_is_restored(
    server: Identity, how: Callable[[Path, Identity], None]
) -> None:
    """Is another epoch, once: from then on that holds."""
    before = server.open()
    saved = server.path.with_name("saved.db")
    shutil.copy(server.path, saved)
    assert server.open() == before
    how(saved, server)
    after = server.open()
    assert after != before
    assert server.open() == after


@pytest.mark.parametrize("how", [by_copying, by_moving])
def test_a_backup_that_is_restored(
    server: Identity, how: Callable[[Path, Identity], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Is another epoch although the same server made it; the sessions are those of before."""
    monkeypatch.setenv("TRIO_CHAT_DATABASE", str(server.path))
    file = JournalFile(server.path, boot=BOOT)
    saved = server.path.with_name("saved.db")
    assert backup([str(saved)]) == 0
    file._is_served = False
    file.close()  # killed
    how(saved, server)
    after = server.open()
    assert after != file.epoch
    assert server.secret == file.secret
    assert server.open() == after


def test_a_lock_file_that_is_gone(server: Identity) -> None:
    """Nobody knows then where the file comes from."""
    before = server.open()
    server.lock.unlink()
    after = server.open()
    assert after != before
    assert server.open() == after


def test_commands_change_nothing(server: Identity) -> None:
    """They are no runs, neither the first nor one in between."""
    prepare(server.path)
    before = server.open()
    prepare(server.path)
    assert server.open() == before


@pytest.mark.parametrize("version", [1, 2])
def test_a_file_of_an_earlier_release(server: Identity, version: int) -> None:
    """Goes on in its epoch."""
    restore(version, server.path)
    assert {server.open() for _ in range(2)} == {"0011223344556677"}


@pytest.mark.parametrize(("step", "nth"), [("_write_run", 1), ("_write_lock", 2)])
def test_a_crash_between_the_two_files(
    server: Identity, monkeypatch: pytest.MonkeyPatch, step: str, nth: int
) -> None:
    """Whichever of them has the new run: the epoch is the same."""
    before = server.open()
    original = getattr(runs, step)
    left = [None] * nth

    def crash(*arguments: object, **more: object) -> None:
        left.pop()
        if not left:
            raise OSError(28, "No space left on device")
        original(*arguments, **more)

    monkeypatch.setattr(runs, step, crash)
    with pytest.raises(JournalError, match="No space left on device"):
        server.open()
    monkeypatch.undo()
    assert server.open() == before


def test_an_end_that_cannot_be_written_is_none(server: Identity) -> None:
    """As on a full disk; the file is closed all the same."""
    before = server.open()
    file = JournalFile(server.path, boot=BOOT)
    file.writer.execute("PRAGMA query_only = 1")
    file.close()
    assert server.open(boot="another-boot") != before


def test_a_system_without_an_id_of_its_boot(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    """Has the empty one, always."""
    assert len(runs.boot_id()) > 30
    monkeypatch.setattr(runs, "BOOT_ID", path)
    assert runs.boot_id() == ""
