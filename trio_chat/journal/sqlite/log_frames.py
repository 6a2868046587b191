"""The frames of a write-ahead log: which pages of the database it has.

The format is that of SQLite: https://www.sqlite.org/fileformat2.html#the_write_ahead_log
"""

import os
import struct

LOG_MAGIC = b"\x37\x7f\x06"  # at the beginning of a log
INDEX = struct.Struct("=I10xHI28x")  # of the index: version, page size, frames
COPIED = struct.Struct("=I")  # of the index, behind its headers: frames that are in the database
INDEX_VERSION = 3_007_000
LOG_HEADER = 32  # bytes
FRAME_HEADER = 24  # bytes, before each page
SALT = slice(16, 24)  # in the log's header; frames of before have another one in theirs
INDEX_SALT = slice(32, 40)  # in the index's header, of the log that it tells of
FRAME_SALT = slice(8, 16)


def logged_pages(descriptor: int) -> frozenset[int]:
    """Return the numbers of the pages that an open log has, from its last beginning on.

    It reads a few bytes of each page: of the largest log, with 16,000 pages, 20 ms long.
    """
    header = os.pread(descriptor, LOG_HEADER, 0)
    page_size = int.from_bytes(header[8:12], "big")
    found: set[int] = set()
    at = LOG_HEADER
    while len(frame := os.pread(descriptor, FRAME_HEADER, at)) == FRAME_HEADER:
        if frame[FRAME_SALT] != header[SALT]:
            break
        found.add(int.from_bytes(frame[:4], "big"))
        at += FRAME_HEADER + page_size
    return frozenset(found)


def is_whole(log: int, index: int) -> bool:
    """Whether an open log has the frames that its index tells of; it is empty if there are none.

    An index into which something else was written tells nothing: SQLite makes it anew. It has its
    header twice. The index is what SQLite goes by, which does not look at the log before it writes
    behind it. A writer puts a frame into the log first, and whoever begins the log anew does so in
    the index first, so that one is never ahead of the other in the wrong way. The salt is that of
    one beginning of one log: where a program has begun another file at the log's path, with the
    same index, SQLite would take the frames of the one at the places that the other has.
    """
    header = _header(index)
    while header is not None:
        version, size, count = INDEX.unpack(header)
        if version != INDEX_VERSION or not count:
            return True
        page_size = 65536 if size == 1 else size
        beginning, length = os.pread(log, LOG_HEADER, 0), os.fstat(log).st_size
        is_whole = (
            beginning.startswith(LOG_MAGIC)
            and beginning[SALT] == header[INDEX_SALT]
            and length >= LOG_HEADER + count * (FRAME_HEADER + page_size)
        )
        before, header = header, _header(index)
        if header == before:  # else a writer was on its way, which may have begun the log anew
            return is_whole
    return True


def uncopied(index: int) -> int:
    """Return how many frames of a log are not in the database, as its open index tells.

    0 if that cannot be told now.
    """
    header = _header(index)
    copied = os.pread(index, COPIED.size, 2 * INDEX.size)
    if header is None or len(copied) < COPIED.size:
        return 0
    left: int = INDEX.unpack(header)[2] - COPIED.unpack(copied)[0]
    return max(0, left)


def _header(index: int) -> bytes | None:
    """Return the header of an open index; ``None`` if what is there is none."""
    header, copy = os.pread(index, INDEX.size, 0), os.pread(index, INDEX.size, INDEX.size)
    return header if header == copy and len(copy) == INDEX.size else None
