"""The opening of a folder of files: what is there from before, and what goes on. It blocks."""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from trio_chat.files.blobs import Blobs
from trio_chat.files.index import Index, Row, file_of
from trio_chat.files.upload_notes import Unfinished, unfinished
from trio_chat.journal.sqlite.obstacles import refusal
from trio_chat.journal.types import JournalError
from trio_chat.protocol.events import File


@dataclass(frozen=True)
class Opened:
    """What is there.

    ``totals`` are how many files there are, and their bytes; ``unused`` those that no message has;
    ``unfinished`` the uploads in pieces that go on, with their files if all has come.
    """

    index: Index
    totals: tuple[int, int]
    unused: list[Row]
    unfinished: list[tuple[Unfinished, File | None]]


def opened(blobs: Blobs, mark: str, upload_timeout: float) -> Opened:
    """Open the index, and remove what nothing names any more.

    Args:
        blobs: The contents.
        mark: Of the journal to which the files have to belong.
        upload_timeout: After so many seconds without a piece an upload is given up.

    Raises:
        JournalError: the folder cannot be used; the message says why.
        OSError: likewise.
        sqlite3.Error: likewise.
    """
    with ExitStack() as stack:
        blobs.make_parts()
        index = Index(blobs.folder)
        stack.callback(index.close)
        if not index.bind(mark):
            raise JournalError(f"{blobs.folder} has the files of another database")
        blobs.remove_others(index.is_known)
        coming = list(_going_on(blobs, index, upload_timeout))
        blobs.clear_parts({one.part for one, _ in coming})
        found = Opened(index, index.totals(), index.unused(), coming)
        stack.pop_all()
    return found


def _going_on(
    blobs: Blobs, index: Index, upload_timeout: float
) -> Iterator[tuple[Unfinished, File | None]]:
    """Yield the uploads in pieces of the last run that go on, with the files of complete ones."""
    for one in unfinished(blobs):
        row = index.find(one.note.file_id) if one.note.file_id else None
        is_lost = row is None and one.note.file_id
        if not is_lost and one.age < upload_timeout:
            yield one, file_of(row) if row else None


@contextmanager
def telling(folder: Path) -> Iterator[None]:
    """Tell in a line what is wrong with a folder in the block."""
    try:
        yield
    except OSError as error:
        raise refusal(f"{folder} cannot be used", error) from None
    except sqlite3.Error as error:
        raise JournalError(f"{folder} cannot be used: {error}") from None
