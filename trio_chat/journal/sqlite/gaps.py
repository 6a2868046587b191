"""Clears the unused space inside the pages of a database file.

When SQLite divides a page or joins two, it leaves bytes of rows between the list of cells and the
cells, where ``secure_delete`` does not reach. Nothing reads them, so they can be overwritten in
place, while the write-ahead log is empty and nobody else can write to the file.
"""

import os
import sqlite3
from pathlib import Path

STEP = 1024 * 1024  # bytes of the file that are looked at in one go
FILE_HEADER = 100  # bytes before the header of the first page
HEADERS = {2: 12, 5: 12, 10: 8, 13: 8}  # bytes of a page's header, by the kind of the page
# Pages of other kinds begin with the number of a page. From this one on it may look like a kind.
LAST_PAGE = 2 << 24
LARGEST = 65536  # bytes of a page; written as 0


def clear(database: sqlite3.Connection, descriptor: int, begin: int) -> int | None:
    """Clear the pages from a place in the file on, about ``STEP`` bytes of them.

    Args:
        database: The file, open to write; its cache is dropped, as it has the old bytes.
        descriptor: Of the same file, to read and write. To close it drops the locks of SQLite.
        begin: Where the last step ended; 0 at first.

    Returns:
        Where the next step begins, or the end of the file.
        ``None`` if nothing could be done, as others read or write just now.

    Raises:
        OSError: the file cannot be written.
    """
    (is_busy, *_) = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if is_busy:
        return None
    database.execute("BEGIN IMMEDIATE")
    try:
        if log_of(database).stat().st_size:  # somebody has written since
            return None
        return _clear(descriptor, begin, _page_size(database))
    finally:
        database.execute("ROLLBACK")
        database.execute("PRAGMA shrink_memory")


def log_of(database: sqlite3.Connection) -> Path:
    """Return the path of a database's write-ahead log."""
    # A name may have any bytes, also such as are no UTF-8.
    query = "SELECT CAST(file AS BLOB) FROM pragma_database_list WHERE name = 'main'"
    (path,) = database.execute(query).fetchone()
    return Path(f"{os.fsdecode(path)}-wal")


def _page_size(database: sqlite3.Connection) -> int:
    (size,) = database.execute("PRAGMA page_size").fetchone()
    return int(size)


def _clear(descriptor: int, begin: int, size: int) -> int:
    data = os.pread(descriptor, STEP, begin)
    for place in range(0, len(data), size):
        number = (begin + place) // size + 1
        if number < LAST_PAGE:
            start, end = gap(data[place : place + size], FILE_HEADER if number == 1 else 0)
            if any(data[place + start : place + end]):
                os.pwrite(descriptor, bytes(end - start), begin + place + start)
    return begin + len(data)


def gap(page: bytes, offset: int = 0) -> tuple[int, int]:
    """Return where the unused space of a page begins and ends; the same place if it has none.

    Args:
        page: The whole page.
        offset: Where its header begins.
    """
    header = HEADERS.get(page[offset])
    if header is None:
        return 0, 0
    cells = int.from_bytes(page[offset + 3 : offset + 5], "big")
    start = offset + header + 2 * cells
    end = int.from_bytes(page[offset + 5 : offset + 7], "big") or LARGEST
    return (start, end) if start <= end <= len(page) else (0, 0)
