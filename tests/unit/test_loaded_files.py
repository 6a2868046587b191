"""A start, a reload and ``check-config`` refuse the same of what settings name on this machine."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from trio_chat.config import Config, ConfigError
from trio_chat.errors import Failed
from trio_chat.files.place import check_files_folder
from trio_chat.journal.memory import MemoryJournal
from trio_chat.journal.types import Unavailable
from trio_chat.lifetime import serve
from trio_chat.loaded_files import check
from trio_chat.logs import Logging
from trio_chat.reloading import prepare
from trio_chat.server import Server

NO_GROUP = "nobody-has-it"
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a certificate": ({"certfile": Path("no.pem")}, "cannot read no.pem: No such file"),
    "an icon": ({"icon": Path("no.png")}, "icon no.png: No such file"),
    "a password": (
        {"access": ("password",), "access_password_file": Path("no")},
        "no: No such file",
    ),
    "a folder for backups": (
        {"backup_every": 1.0, "backup_folder": Path("no")},
        "backup_folder no is no folder",
    ),
    "a folder for files that is a file": ({"files": Path("file")}, "/file is no folder"),
    "a folder for files in a file": ({"files": Path("file/a/b")}, "/file is no folder"),
    "a folder for files that is a device": ({"files": Path("/dev/null")}, "/dev/null is no folder"),
    "a folder for files that is a link to itself": ({"files": Path("loop")}, "/loop is no folder"),
    "a group": ({"socket_group": NO_GROUP}, f"this machine has no group '{NO_GROUP}'"),
    "a folder for a socket": ({"listen": ("unix:no/a.sock",)}, "there is no folder no"),
    "a file in the place of that": ({"listen": ("unix:file/a.sock",)}, "there is no folder file"),
    "a long path": ({"listen": ("unix:" + "a" * 108,)}, "its path has 108 bytes, and may have 107"),
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with a file, and a link that leads to itself."""
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("")
    Path("loop").symlink_to("loop")
    return tmp_path


def told(do: Callable[[], object]) -> str:
    """Return why something is refused."""
    with pytest.raises(ConfigError) as refused:
        do()
    return str(refused.value)


@pytest.mark.parametrize("what", WRONG)
async def test_all_refuse_the_same(what: str, folder: Path) -> None:
    """In the same words; a reload also what the next start alone would use."""
    settings, words = WRONG[what]
    port: dict[str, Any] = {} if "listen" in settings else {"port": 0}
    wanted = Config(database="chat.db", **settings, **port)
    server = Server(Config(port=0), MemoryJournal())
    by_check = told(partial(check, wanted))
    assert words in by_check
    assert told(partial(prepare, server, wanted)) == by_check
    logging: Any = Logging
    with pytest.raises(ConfigError) as refused:
        await serve(wanted, lambda: wanted, logging, lambda *_: None)
    assert str(refused.value) == by_check


def test_what_can_be_made_is_not_refused(folder: Path) -> None:
    """A folder for files need not be there yet; nothing is made for a look."""
    check(Config(files=Path("a/b"), listen=("unix:a.sock", "127.0.0.1:0")))
    assert sorted(path.name for path in folder.iterdir()) == ["file", "loop"]


def test_a_folder_that_cannot_be_written_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Be it the folder for files, or the one in which it would be made."""
    monkeypatch.setattr(os, "access", lambda *_: False)
    said = told(partial(check, Config(files=Path("a/b"))))
    assert said == f"files a/b: {folder} cannot be written"


async def test_a_reload_that_is_right_is_prepared_with_what_needs_a_restart(folder: Path) -> None:
    """It waits for that; the rest is taken."""
    server = Server(Config(port=0), MemoryJournal())
    prepared = prepare(server, Config(port=0, files=folder / "files", text_limit=5))
    assert (prepared.left_out, prepared.config.text_limit) == (["files"], 5)


@pytest.mark.parametrize("number", ["4294967295", "99999999999", "9" * 5000])
def test_a_group_beyond_the_systems_numbers_is_refused(number: str) -> None:
    """The one before is the last; leading zeros count for nothing."""
    with pytest.raises(ConfigError, match="socket_group must be a name or a number up to"):
        Config(socket_group=number)
    check(Config(socket_group="0004294967294"))


def test_a_folder_for_files_is_looked_for_where_we_are(folder: Path) -> None:
    """Which may have been removed meanwhile."""
    gone = folder / "gone"
    gone.mkdir()
    os.chdir(gone)
    gone.rmdir()
    config = Config(files=Path("files"))
    assert told(lambda: check_files_folder(config)) == "files files: No such file or directory"


class Damaged(MemoryJournal):
    """A journal of which the acts of moderators cannot be read."""

    async def after(
        self, room: str, seq: int, limit: int, max_bytes: int
    ) -> list[tuple[int, bytes]]:
        raise Unavailable(1000)


async def test_nobody_is_served_while_it_is_not_known_who_may_do_what() -> None:
    """Who is banned would come in."""
    with pytest.raises(Failed, match="what moderators did cannot be read"):
        await Server(Config(port=0), Damaged()).listen()
