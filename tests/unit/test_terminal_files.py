"""Files in the terminal: how they are shown, named and saved."""

from pathlib import Path

import pytest

from trio_chat.remote import File
from trio_chat.terminal.files import free_place, size_in_words, split_path, with_files


@pytest.mark.parametrize(
    ("size", "words"),
    [
        *[(0, "0 bytes"), (999, "999 bytes"), (48_211, "48.2 kB"), (10**7, "10.0 MB")],
        (10**13, "10000.0 GB"),
    ],
)
def test_sizes_are_read_by_people(size: int, words: str) -> None:
    """In the largest unit that fits."""
    assert size_in_words(size) == words


def test_files_are_shown_behind_the_text() -> None:
    """Without what a terminal would obey."""
    files = [File("1", "a\x1b[31m.txt", "x/y", 5), File("2", "b", "x/y", 5, alt="a cat")]
    assert with_files("see", files) == "see [a␛[31m.txt, 5 bytes] [b, 5 bytes, a cat]"
    assert with_files("", []) == ""


def test_a_path_ends_where_the_text_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In quotes, at a blank, or never, if there is such a file."""
    monkeypatch.chdir(tmp_path)
    assert split_path("a.txt look at this") == (Path("a.txt"), "look at this")
    assert split_path("'my cat.jpg' look") == (Path("my cat.jpg"), "look")
    assert split_path('"my cat.jpg"') == (Path("my cat.jpg"), "")
    (tmp_path / "my cat.jpg").touch()
    assert split_path("my cat.jpg") == (Path("my cat.jpg"), "")
    assert split_path("") == (Path(), "")


@pytest.mark.parametrize("name", ["../../x.txt", "/etc/x.txt", "..\\x.txt", ".x.txt."])
def test_a_name_leads_nowhere_else(tmp_path: Path, name: str) -> None:
    """And replaces nothing."""
    first = free_place(tmp_path, name)
    assert first.parent == tmp_path
    assert not first.name.startswith(".")
    first.touch()
    second = free_place(tmp_path, name)
    assert second.name == f"{first.stem} (2){first.suffix}"
    assert free_place(tmp_path, "..").name == "file"
