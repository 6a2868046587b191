"""Commands beside a server of which a file was removed, moved away or replaced."""

from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest

from tests.journal import trouble
from tests.journal.drafts import fill, kept
from trio_chat.cli import main
from trio_chat.errors import BAD_USAGE
from trio_chat.journal.offline import prepare
from trio_chat.journal.sqlite.guard import inodes
from trio_chat.journal.sqlite.journal import SqliteJournal
from trio_chat.journal.types import JournalError
from trio_chat.server_file import ServerFile


def remove(file: Path) -> None:
    file.unlink()


def content(file: Path) -> bytes:
    return file.read_bytes()


def replace(file: Path) -> None:
    content = file.read_bytes()
    file.rename(f"{file}.away")
    file.write_bytes(content)


COMMANDS = [
    ["backup", "y.db"],
    ["check"],
    ["check", "--repair"],
    ["export", "-o", "y.jsonl"],
    ["import", "in.jsonl"],
    ["import", "in.jsonl", "--dry-run"],
    ["migrate", "chat.db", "y.db"],
    ["migrate", "x.db", "chat.db"],
    ["operator-link"],
    ["prune", "--keep-messages", "1"],
    ["restore", "x.db"],
    ["rooms"],
    ["stats"],
]


def writes(command: Sequence[str]) -> bool:
    return command[0] not in ("backup", "export", "rooms", "stats") and command not in (
        ["check"],
        ["import", "in.jsonl", "--dry-run"],
    )


@pytest.fixture
async def server(path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SqliteJournal]:
    """Have a server, which tells commands that it has the database."""
    monkeypatch.chdir(path.parent)
    monkeypatch.setenv("TRIO_CHAT_DATABASE", str(path))
    journal = await SqliteJournal.open(path)
    await fill(journal, 3)
    file = ServerFile(path, None, inodes(path))
    assert main(["export", "-o", "in.jsonl"]) == main(["backup", "x.db"]) == 0
    yield journal
    file.close()
    await journal.close()


@pytest.mark.parametrize("change", [remove, replace])
@pytest.mark.parametrize("ending", ["", "-wal", "-shm", "-lock"])
async def test_a_command_does_not_begin_other_files(
    server: SqliteJournal,
    path: Path,
    ending: str,
    change: Callable[[Path], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It says which one is not that of the server, and what to do, and makes nothing."""
    change(path.with_name(path.name + ending))
    before = sorted(path.parent.glob("chat.db*"))
    capsys.readouterr()
    for command in COMMANDS:
        assert main(command) == BAD_USAGE
        told = capsys.readouterr().err
        assert f"chat.db{ending} was {change.__name__}d while a server has it: stop" in told
        assert told.count("\n") == 1
        assert sorted(path.parent.glob("chat.db*")) == before
    assert await kept(server) == [1, 2, 3]


@pytest.mark.parametrize("endings", [["-lock"], ["-lock", "-server"]], ids=" ".join)
@pytest.mark.parametrize("command", [one for one in COMMANDS if writes(one)], ids=" ".join)
async def test_a_database_whose_lock_file_was_removed_is_still_in_use(
    server: SqliteJournal,
    path: Path,
    command: list[str],
    endings: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nor does anybody take it from its server."""
    for ending in endings:
        path.with_name(f"chat.db{ending}").unlink()
    before = content(path)
    capsys.readouterr()
    assert main(command) == BAD_USAGE
    assert capsys.readouterr().err.count("\n") == 1
    assert content(path) == before
    assert await kept(server) == [1, 2, 3]


async def test_the_right_files_are_used(
    server: SqliteJournal, capsys: pytest.CaptureFixture[str]
) -> None:
    """A command reads and writes beside a server as long as nothing is in another place."""
    for command in (["import", "in.jsonl"], ["check", "--repair"], ["operator-link"], ["rooms"]):
        assert main(command) == 0, capsys.readouterr().err
    assert await kept(server) == [1, 2, 3]


async def test_a_file_of_an_earlier_server_says_nothing(path: Path) -> None:
    """What a server that was killed has left is no server's."""
    with trouble.running(trouble.SERVER, path):
        file = ServerFile(path, None, {"-wal": 1})
        content = path.with_name("chat.db-server").read_bytes()
        file.close()
    path.with_name("chat.db-server").write_bytes(content)
    assert main(["rooms", "--database", str(path)]) == 0


def test_a_database_that_was_moved_away_under_a_server(path: Path) -> None:
    """Nobody writes to it by its other name, as the newest messages are in a log elsewhere."""
    with trouble.running(trouble.SERVER, path):
        moved = path.rename(path.with_name("moved.db"))
        with pytest.raises(JournalError, match="in use by a server"):
            prepare(moved)
