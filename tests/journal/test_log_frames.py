"""Whether a write-ahead log has what its index tells of."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from trio_chat.journal.sqlite.log_frames import (
    FRAME_HEADER,
    INDEX,
    INDEX_SALT,
    INDEX_VERSION,
    LOG_HEADER,
    LOG_MAGIC,
    SALT,
    is_whole,
    uncopied,
)

LARGEST = 65536  # bytes of a page; two bytes have no room for it, so that 1 stands for it


@pytest.fixture
def files(tmp_path: Path) -> Iterator[tuple[int, int]]:
    """Open a log and its index."""
    found = [os.open(tmp_path / name, os.O_RDWR | os.O_CREAT) for name in ("log", "index")]
    yield found[0], found[1]
    for one in found:
        os.close(one)


@pytest.mark.parametrize(
    ("version", "size", "count", "frames", "expected"),
    [
        (INDEX_VERSION, 4096, 3, 3, True),
        (INDEX_VERSION, 4096, 3, 5, True),  # a writer is on its way
        (INDEX_VERSION, 4096, 3, 2, False),
        (INDEX_VERSION, 4096, 0, 0, True),
        (INDEX_VERSION, 1, 1, 1, True),
        (INDEX_VERSION + 1, 4096, 3, 2, True),  # of another SQLite: nobody knows what it means
    ],
)
def test_a_log_has_the_frames_of_its_index(
    files: tuple[int, int], version: int, size: int, count: int, frames: int, *, expected: bool
) -> None:
    """As many as there are, of the size of the database's pages."""
    log, index = files
    os.write(index, 2 * INDEX.pack(version, size, count))
    os.write(log, LOG_MAGIC)
    os.truncate(log, LOG_HEADER + frames * (FRAME_HEADER + (LARGEST if size == 1 else size)))
    assert is_whole(log, index) is expected
    os.pwrite(log, b"no", 0)
    assert is_whole(log, index) is (count == 0 or version != INDEX_VERSION)


def test_a_log_that_was_begun_at_another_time_is_not_that_of_its_index(
    files: tuple[int, int],
) -> None:
    """It has as many frames, of the same size, and other pages in them."""
    log, index = files
    header = bytearray(INDEX.pack(INDEX_VERSION, 4096, 3))
    header[INDEX_SALT] = b"12345678"
    os.write(index, 2 * header)
    os.write(log, LOG_MAGIC)
    os.truncate(log, LOG_HEADER + 5 * (FRAME_HEADER + 4096))
    assert not is_whole(log, index)
    os.pwrite(log, b"12345678", SALT.start)
    assert is_whole(log, index)


def test_a_look_while_a_writer_begins_the_log_anew(
    files: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log is compared with an index that is the same before and after the look."""
    log, index = files
    os.write(index, 2 * INDEX.pack(INDEX_VERSION, 4096, 3))
    fstat = os.fstat

    def begin_anew(descriptor: int) -> os.stat_result:
        os.pwrite(index, 2 * INDEX.pack(INDEX_VERSION, 4096, 0), 0)
        return fstat(descriptor)

    monkeypatch.setattr("trio_chat.journal.sqlite.log_frames.os.fstat", begin_anew)
    assert is_whole(log, index)


def test_an_index_that_is_none_tells_nothing(files: tuple[int, int]) -> None:
    """SQLite makes it anew from the log."""
    log, index = files
    header = INDEX.pack(INDEX_VERSION, 4096, 3)
    for content in (b"", header, header + b"x" * INDEX.size, os.urandom(4096)):
        os.truncate(index, 0)
        os.pwrite(index, content, 0)
        assert is_whole(log, index)


def test_an_index_without_a_header_tells_of_no_pages_to_copy(tmp_path: Path) -> None:
    """SQLite makes it anew."""
    for content in (b"", bytes(48) + bytes([1]) * 48, bytes(96)):
        index = tmp_path / "index"
        index.write_bytes(content)
        descriptor = os.open(index, os.O_RDONLY)
        assert uncopied(descriptor) == 0
        os.close(descriptor)
