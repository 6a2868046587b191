"""Trouble that a database file gets into: other programs, full disks, damage."""

import resource
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

WATCH = """while True:
        await trio.sleep(0.2)
        try:
            await journal.has_changed()
        except Exception:
            print("noticed", flush=True)
"""
LOCKER = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
"""
SERVER = """
import sys
from pathlib import Path
from trio_chat.journal.sqlite.file import JournalFile
file = JournalFile(Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.read()
"""
WRITER = """
import sys, trio
from pathlib import Path
from trio_chat.journal.types import Write
from trio_chat.protocol.events import Message
from trio_chat.journal.sqlite.journal import SqliteJournal

async def main():
    journal = await SqliteJournal.open(Path(sys.argv[1]))
    print("open", flush=True)
    sys.stdin.readline()
    for _ in range(500):
        await journal.commit([Write(Message(room="tea", text="y" * 3000))])
    print("committed", flush=True)
    sys.stdin.read()

trio.run(main)
"""
WATCHED = WRITER.replace("sys.stdin.read()", WATCH)
READER = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("BEGIN")
database.execute("SELECT count(*) FROM events").fetchone()
print("reading", flush=True)
sys.stdin.read()
"""

OTHER = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
for number in range(20):
    database.execute("INSERT INTO meta (key, value) VALUES ('other ' || ?, ?)", (number, "x" * 900))
print("written", flush=True)
sys.stdin.read()
"""


@contextmanager
def running(program: str, path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program that says a word when it is ready, until the end of the block."""
    with subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        try:
            assert process.stdout
            assert process.stdout.readline().strip()
            yield process
        finally:
            process.kill()


def let_write(server: subprocess.Popen[bytes]) -> None:
    """Let a writer commit what it has to, and wait until it has."""
    assert server.stdin
    assert server.stdout
    server.stdin.write(b"go on\n")
    server.stdin.flush()
    assert server.stdout.readline().strip() == b"committed"


def notice(server: subprocess.Popen[bytes]) -> None:
    """Wait until a writer that watches its files has noticed that one is not the right one."""
    assert server.stdout
    assert b"noticed\n" in server.stdout


@contextmanager
def full(writer: sqlite3.Connection) -> Iterator[None]:
    """Let the file not grow by a page for the block, as on a full disk."""
    (pages,) = writer.execute("PRAGMA page_count").fetchone()
    writer.execute(f"PRAGMA max_page_count = {pages}")
    yield
    writer.execute("PRAGMA max_page_count = 1000000000")


@contextmanager
def mounted(directory: Path, options: str) -> Iterator[Path]:
    """Mount a file system in memory for the block; the test is skipped if that is not allowed."""
    directory.mkdir()
    try:
        _run("mount", "-t", "tmpfs", "-o", options, "tmpfs", str(directory))
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"needs to mount a tmpfs: {error}")
    try:
        yield directory
    finally:
        _run("umount", "--lazy", str(directory))


@contextmanager
def hidden(directory: Path) -> Iterator[None]:
    """Mount an empty file system over one for the block."""
    _run("mount", "-t", "tmpfs", "tmpfs", str(directory))
    try:
        yield
    finally:
        _run("umount", str(directory))


@contextmanager
def damaged_later(folder: Path) -> Iterator[tuple[Path, Callable[[], None]]]:
    """Mount a file system in a file for the block, and lend a call that has an error found in it.

    The test is skipped if that is not allowed.
    """
    image, directory = folder / "image", folder / "disk"
    directory.mkdir()
    with image.open("wb") as file:
        file.truncate(64 * 1024 * 1024)
    try:
        _run("mkfs.ext4", "-q", "-e", "remount-ro", str(image))
        _run("mount", "-o", "loop", str(image), str(directory))
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"needs to mount an ext4: {error}")
    device = Path(_run("findmnt", "-no", "SOURCE", str(directory)).strip()).name
    try:
        yield directory, lambda: _find_error(device)
    finally:
        _run("umount", "--lazy", str(directory))


def _find_error(device: str) -> None:
    Path("/sys/fs/ext4", device, "trigger_fs_error").write_text("1")


def make_read_only(directory: Path) -> None:
    """Let nobody write to a mounted file system, not even root."""
    _run("mount", "-o", "remount,ro", str(directory))


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def fill_up(filler: Path) -> None:
    """Write a file until the disk is full."""
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)


@contextmanager
def limited(size: int) -> Iterator[None]:
    """Let this process make files only so large for the block."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def overwrite(path: Path, offset: int, data: bytes) -> None:
    """Damage a file."""
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(data)


def descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())
