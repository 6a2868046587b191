"""Rules of the keys by which the terminal is the same person each time: none is destroyed."""

import os
import resource
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import Mock

import pytest

from trio_chat.remote.address import parse
from trio_chat.terminal.identity_store import IdentityStore

FOLDER = "trio-chat/localhost_80"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return the folder of a server's keys."""
    folder = tmp_path / FOLDER
    folder.mkdir(parents=True)
    return folder


def store(place: Path) -> IdentityStore:
    state = place.parent.parent
    return IdentityStore(parse("http://localhost/"), {"XDG_STATE_HOME": str(state)})


def test_a_key_is_made_once(place: Path) -> None:
    """And only its owner may read it; an empty file, as a full disk leaves it, holds none."""
    key = store(place).key("Ann")
    assert store(place).key("ann") == key
    path = place / "ann.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_text("")
    assert store(place).key("Ann") != key
    assert [one.name for one in place.iterdir()] == ["ann.key"]


@pytest.mark.parametrize("given", ["", "state", "./state"])
def test_a_folder_is_a_whole_path(tmp_path: Path, given: str) -> None:
    """As the rule for that variable says; keys would be found again in one directory alone."""
    variables = {"XDG_STATE_HOME": given, "HOME": str(tmp_path)}
    IdentityStore(parse("http://localhost/"), variables).key("Ann")
    assert list((tmp_path / ".local/state").rglob("*.key"))


@pytest.mark.parametrize("variables", [{}, {"HOME": ""}, {"HOME": "home"}])
def test_a_home_that_is_none_is_looked_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    """Where the system has it; nothing is kept at the root, or wherever a program is started."""
    user = Mock(pw_dir=str(tmp_path))
    monkeypatch.setattr("trio_chat.terminal.identity_store.pwd.getpwuid", lambda _: user)
    IdentityStore(parse("http://localhost/"), variables).key("Ann")
    assert list((tmp_path / ".local/state").rglob("*.key"))


def test_the_longest_nick_has_a_key(place: Path) -> None:
    """Its name may be longer than that of a file can be."""
    nick = "मीना" * 20
    assert store(place).key(nick) == store(place).key(nick) != store(place).key(nick + "x")


def garbage(path: Path) -> None:
    path.write_bytes(b"\xff\xfe")


def large(path: Path) -> None:
    path.write_bytes(b"x" * 5000)


def dangling(path: Path) -> None:
    path.symlink_to("nothing")


def loop(path: Path) -> None:
    path.symlink_to(path.name)


def inode(path: Path) -> tuple[int, int, int]:
    """Return what tells a file from another one, and its contents from others."""
    found = path.lstat()
    return found.st_ino, found.st_mode, found.st_mtime_ns


@pytest.mark.parametrize(
    ("put", "reason"),
    [
        (os.mkfifo, "it is a pipe to which nobody writes"),
        (Path.mkdir, "Is a directory"),
        (dangling, "No such file or directory"),
        (loop, "Too many levels of symbolic links"),
        (garbage, "it holds no key"),
        (large, "it is larger than 4,096 bytes"),
    ],
)
def test_what_is_no_key_stays(place: Path, put: Callable[[Path], None], reason: str) -> None:
    """It is told with its name; the same for a nick that is changed to."""
    path = place / "ann.key"
    put(path)
    before = inode(path)
    with pytest.raises(OSError, match=reason) as caught:
        store(place).key("Ann")
    assert caught.value.filename == str(path)
    assert inode(path) == before


@pytest.mark.parametrize("put", [os.mkfifo, Path.mkdir, dangling, loop])
def test_a_key_replaces_nothing_else(place: Path, put: Callable[[Path], None]) -> None:
    """Of a nick to which somebody changes."""
    path = place / "ann.key"
    put(path)
    before = inode(path)
    with pytest.raises(OSError, match=str(path)) as caught:
        store(place).save("Ann", "key")
    assert caught.value.filename == str(path)
    assert inode(path) == before
    assert [one.name for one in place.iterdir()] == ["ann.key"]


@contextmanager
def full_disk() -> Iterator[None]:
    """Let no file grow in the block."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_leaves_nothing(place: Path) -> None:
    """It is told for the key, and no part of one is left, nor is another one lost."""
    key = store(place).key("Ben")
    with full_disk(), pytest.raises(OSError, match="File too large") as caught:
        store(place).key("Ann")
    assert caught.value.filename == str(place / "ann.key")
    assert [one.name for one in place.iterdir()] == ["ben.key"]
    assert store(place).key("Ben") == key


def test_what_a_killed_run_has_left_is_in_nobodys_way(place: Path) -> None:
    """Neither of this release nor of the one before it."""
    for name in ("ann.123", "0.part"):
        (place / name).write_text("half")
    assert store(place).key("Ann") == store(place).key("Ann")
