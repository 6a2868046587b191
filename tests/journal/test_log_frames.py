"""Whether a write-ahead log has what its index tells of."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from trio_chat.journal.sqlite.log_frames import (
    FRAME_HEADER,
    INDEX,
    INDEX_VERSION,
    LOG_HEADER,
    LOG_MAGIC,
    is_whole,
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


def test_an_index_that_is_none_tells_nothing(files: tuple[int, int]) -> None:
    """SQLite makes it anew from the log."""
    log, index = files
    header = INDEX.pack(INDEX_VERSION, 4096, 3)
    for content in (b"", header, header + b"x" * INDEX.size, os.urandom(4096)):
        os.truncate(index, 0)
        os.pwrite(index, content, 0)
        assert is_whole(log, index)
