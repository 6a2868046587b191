"""Folders of files that people sent: copied with a database, put back, counted and checked."""

import os
import shutil
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from trio_chat.config import Config
from trio_chat.errors import Failed
from trio_chat.files.blobs import PRIVATE_FOLDER, Blobs
from trio_chat.files.index import NAME, Index, Row
from trio_chat.files.place import folder_beside
from trio_chat.journal.sqlite.reports import find_files
from trio_chat.journal.types import Place

AT_ONCE = 200  # files of which the messages are looked at
STEP = 1000  # pages of the index that are copied while the server cannot write there
PATIENCE = 60.0  # seconds for the steps, which begin anew whenever it is written to


def folder_at(config: Config, database: Path) -> Path:
    """Return the folder for the files of a database, which need not be there."""
    return config.files or folder_beside(database)


def copy_files(database: Path, source: Path, target: Path) -> int:
    """Copy the files that messages in a copy of the database have, and those that none has yet.

    Contents never change, so on one file system a copy is another name for the same.

    Args:
        database: The copy of the database.
        source: The folder of the server, which may run.
        target: The folder of the copy; what was there is replaced.

    Returns:
        How many files there are.

    Raises:
        Failed: they cannot be copied.
    """
    try:
        shutil.rmtree(target, ignore_errors=True)
        if not (source / NAME).exists():
            return 0
        part = target.with_name(f"{target.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(PRIVATE_FOLDER)
        _copy_index(source / NAME, part / NAME)
        with _index(part) as index:
            count = _copy_contents(database, index, Blobs(source), Blobs(part))
        part.rename(target)
    except (OSError, sqlite3.Error) as error:
        raise Failed(f"cannot copy the files in {source}: {error}") from None
    return count


def _copy_index(source: Path, target: Path) -> None:
    """Copy the index in steps, between which the server can write, or else all of it at once."""
    until = time.monotonic() + PATIENCE

    def look(*_: int) -> None:
        if time.monotonic() > until:
            raise TimeoutError

    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        try:
            old.backup(new, pages=STEP, progress=look)
        except TimeoutError:
            old.backup(new)


@contextmanager
def _index(folder: Path) -> Iterator[Index]:
    index = Index(folder)
    try:
        yield index
    finally:
        index.close()


def _copy_contents(database: Path, index: Index, source: Blobs, target: Blobs) -> int:
    """Copy what is named and there, and forget the rest; return how many files stay."""
    count = 0
    with closing(sqlite3.connect(database)) as messages:
        for rows in _batches(index):
            places = {Place(row.room, row.seq) for row in rows if row.seq}
            named = find_files(messages, places)
            gone = []
            for row in rows:
                is_wanted = not row.seq or row.id in named[Place(row.room, row.seq)]
                if is_wanted and link(source.place(row.digest), target.place(row.digest)):
                    count += 1
                else:
                    gone.append(row.id)
            index.remove(gone)
    return count


def _batches(index: Index) -> Iterator[Sequence[Row]]:
    after = ""
    while rows := index.some(after, AT_ONCE):
        yield rows
        after = rows[-1].id


def link(source: Path, target: Path) -> bool:
    """Give a content another name, or copy it; return whether it is there."""
    if target.exists():
        return True
    target.parent.mkdir(PRIVATE_FOLDER, exist_ok=True)
    try:
        os.link(source, target)
    except FileNotFoundError:
        return False  # deleted meanwhile
    except OSError:  # another file system, or one without links
        shutil.copyfile(source, target)
        target.chmod(0o600)
    return True


def put_back(backup: Path, target: Path, stamp: str) -> None:
    """Put the files of a backup in the place of others, which are kept under another name.

    Raises:
        OSError: they cannot be put there.
    """
    complete = target.with_name(f"{target.name}.restored")
    shutil.rmtree(complete, ignore_errors=True)
    if (backup / NAME).exists():
        shutil.copytree(backup, complete, copy_function=_link_or_copy)
    if target.exists():
        target.rename(target.with_name(f"{target.name}.before-{stamp}"))
    if complete.exists():
        complete.rename(target)


def _link_or_copy(source: str, target: str) -> str:
    if Path(source).name == NAME:  # which changes
        shutil.copyfile(source, target)
        Path(target).chmod(0o600)
    else:
        link(Path(source), Path(target))
    return target


def totals(folder: Path) -> tuple[int, int]:
    """Return how many files are in a folder, and the bytes of all contents."""
    if not (folder / NAME).exists():
        return 0, 0
    with _index(folder) as index:
        return index.totals()


def wrong_files(folder: Path) -> list[str]:
    """Return what is wrong with the files in a folder, a line for each."""
    found = []
    if (folder / NAME).exists():
        blobs = Blobs(folder)
        with _index(folder) as index:
            for rows in _batches(index):
                found += [fault for row in rows if (fault := _fault(blobs, row))]
    return found


def _fault(blobs: Blobs, row: Row) -> str:
    place = blobs.place(row.digest)
    if not place.exists():
        return f"the content of file {row.id} is not there"
    digest, _ = blobs.measure(place)
    return "" if digest == row.digest else f"the content of file {row.id} is damaged"
