"""Rules of opening a folder of files: what is wrong with it is told in a line."""

import os
import sqlite3
from contextlib import closing
from errno import ENOSPC
from pathlib import Path

import pytest

from trio_chat.files.blobs import Blobs
from trio_chat.files.index import NAME, Index
from trio_chat.files.opening import opened, telling
from trio_chat.journal.types import JournalError


def test_what_is_wrong_with_a_folder_is_told_in_a_line(tmp_path: Path) -> None:
    """Whether it is the index that lacks a table, or the system that refuses; with its name."""
    Index(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / NAME)) as index:
        index.execute("DROP TABLE meta")
    with pytest.raises(JournalError) as caught, telling(tmp_path):
        opened(Blobs(tmp_path), "mark", 1.0)
    assert str(caught.value) == f"{tmp_path} cannot be used: no such table: meta"
    with pytest.raises(JournalError) as caught, telling(tmp_path):
        raise OSError(ENOSPC, os.strerror(ENOSPC))
    assert str(caught.value) == f"{tmp_path} cannot be used: {os.strerror(ENOSPC)}"
