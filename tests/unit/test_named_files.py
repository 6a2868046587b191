"""Rules of files that people name: how large they may be, and whose."""

import os
from pathlib import Path

import pytest

from trio_chat.named_files import check_ordinary, open_to_read, read

LIMIT = 100  # bytes


def test_a_file_may_be_as_large_as_the_limit(tmp_path: Path) -> None:
    """One byte more is too much, and is told with the limit."""
    path = tmp_path / "file"
    path.write_bytes(b"x" * LIMIT)
    assert read(path, LIMIT) == b"x" * LIMIT
    path.write_bytes(b"x" * (LIMIT + 1))
    with pytest.raises(OSError, match="it is larger than 100 bytes"):
        read(path, LIMIT)


def test_a_file_of_others_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before somebody else opens it who does not say which file it was."""
    path = tmp_path / "file"
    path.touch()
    check_ordinary(path)
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(PermissionError) as caught:
        check_ordinary(path)
    assert caught.value.filename == str(path)


def test_what_is_in_a_pipe_already_is_read(tmp_path: Path) -> None:
    """Without waiting for whoever has written it."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    os.write(writer, b"port = 80")
    file, content = open_to_read(path)
    file.close()
    os.close(writer)
    assert content == b"port = 80"
