"""Rules of the operator's commands when something is wrong: each says what, and harms nothing."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.journal import trouble
from tests.journal.old import restore
from trio_chat import cli
from trio_chat.commands.importer import Importer
from trio_chat.errors import BAD_USAGE, FAILED
from trio_chat.journal.sqlite.file import JournalFile
from trio_chat.journal.sqlite.schema import SCHEMA

Row = dict[str, Any]
Run = Callable[..., tuple[int, str, str]]

ANN = {"id": "a1", "nick": "Ann"}


def message(seq: int, **fields: object) -> Row:
    said = {"t": "msg", "room": "tea", "seq": seq, "ts": seq, "text": f"line {seq}", "from": ANN}
    return {**said, "cid": f"some-cid-{seq}", **fields}


def export_of(*events: Row, **room: object) -> str:
    """Return an export of one room."""
    first, last = (events[0]["seq"], events[-1]["seq"]) if events else (1, 0)
    lines = [
        {"t": "export", "format": 1, "ts": 1, "epoch": "e", "rooms": 1, "events": len(events)},
        {"t": "room", "room": "tea", "first": first, "last": last, "ts": last, **room},
        *events,
    ]
    return "".join(json.dumps(line) + "\n" for line in lines)


THREE = [message(1), message(2), message(3)]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return what runs a command on a database, and returns its status and what it printed."""
    for name in [name for name in os.environ if name.startswith("TRIO_CHAT")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)

    def run(command: str, *arguments: str) -> tuple[int, str, str]:
        status = cli.main([command, "--database", "chat.db", *arguments])
        printed = capsys.readouterr()
        return status, printed.out, printed.err.removeprefix("trio-chat: ").rstrip("\n")

    return run


def take_in(run: Run, *events: Row, **room: object) -> tuple[int, str, str]:
    """Import a room with these events."""
    Path("x.jsonl").write_text(export_of(*events, **room), encoding="utf-8")
    return run("import", "x.jsonl")


def contents(run: Run) -> list[str]:
    """Return what is exported, without the header."""
    status, out, _ = run("export")
    assert status == 0
    return out.splitlines()[1:]


def test_a_database_that_is_not_there_is_not_made(run: Run) -> None:
    """A slip in its name must not look like an empty chat."""
    assert run("export")[::2] == (BAD_USAGE, "there is no database chat.db")
    assert not Path("chat.db").exists()


@pytest.mark.parametrize(
    "command",
    [
        "rooms",
        "stats",
        "check",
        "export",
        "backup x",
        "import x",
        "prune --keep-days 1",
        "restore x",
    ],
)
def test_a_chat_in_a_postgresql_of_its_own_is_not_missed(run: Run, command: str) -> None:
    """A command that finds no file names the folder beside it and the URL, and makes nothing."""
    Path("x").write_text(export_of(*THREE), encoding="utf-8")
    Path("chat.db.postgres").mkdir()
    status, _, error = run(*command.split())
    folder = Path("chat.db.postgres").absolute()
    url = f"postgresql://trio-chat@/postgres?host={folder}&port=5432"
    told = f"the chat is in {folder}, which is reached while it runs by --database '{url}'"
    assert status == BAD_USAGE
    assert error.startswith(f"there is no database chat.db: {told}")
    assert ("; pg_dump" in error) == (command == "backup x")
    assert sorted(path.name for path in Path().iterdir()) == ["chat.db.postgres", "x"]


@pytest.mark.parametrize(
    "command",
    [
        ["rooms", "--database", "loop"],
        ["operator-link", "--database", "loop"],
        ["reload", "--database", "loop"],
        ["reload", "--database", "folder/loop"],
        ["migrate", "loop", "other.db"],
        ["migrate", "other.db", "loop"],
        ["migrate", "loop.postgres", "other.db"],
        ["serve", "--workers", "2", "--port", "0", "--database", "loop"],
        ["check-config", "--workers", "2", "--database", "loop"],
    ],
    ids=" ".join,
)
def test_a_link_to_itself_is_no_database(
    command: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each command says so in the same words, and makes nothing beside it."""
    monkeypatch.chdir(tmp_path)
    for loop in ("loop", "folder", "loop.postgres"):
        Path(loop).symlink_to(loop)
    assert cli.main(command) == BAD_USAGE
    named = next(word for word in command if "loop" in word)
    assert capsys.readouterr().err == f"trio-chat: {named} is a link to itself\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "loop", "loop.postgres"]


def test_a_file_that_is_no_chat_is_refused(run: Run) -> None:
    """Be it empty, or of a server of an older release that runs."""
    with closing(sqlite3.connect("chat.db")) as database:
        database.execute("PRAGMA user_version = 0")
        database.execute("VACUUM")
    assert run("export")[::2] == (BAD_USAGE, "chat.db is empty")


def test_a_server_of_an_older_release_is_not_disturbed(run: Run) -> None:
    """Its file is not written to in a way that it does not know."""
    file = JournalFile(Path("chat.db"))
    file.writer.execute("PRAGMA user_version = 1")
    status, _, error = run("prune", "--keep-messages", "1")
    file.close()
    assert (status, error) == (BAD_USAGE, f"chat.db has schema 1, this trio-chat writes {SCHEMA}")


def test_a_file_of_an_older_release_is_backed_up_as_it_is(run: Run) -> None:
    """It has no clearings that could be taken back."""
    restore(3, Path("chat.db"))
    status, printed, _ = run("backup", "copy.db")
    assert (status, printed.startswith("backed up ")) == (0, True)


def test_a_room_that_is_not_there_cannot_be_exported(run: Run) -> None:
    """Nor one whose name cannot be."""
    take_in(run, *THREE)
    assert run("export", "milk")[::2] == (FAILED, "there is no room 'milk'")
    assert run("export", "a b")[0] == BAD_USAGE
    assert len(run("export", "Tea")[1].splitlines()) == 5


def test_a_damaged_event_is_exported_as_deleted(run: Run) -> None:
    """So that the others are; status and message say what was damaged, or is missing."""
    take_in(run, *(message(seq) for seq in range(1, 10)))
    change("UPDATE events SET data = x'00' WHERE seq = 2")
    change("UPDATE events SET data = 'text' WHERE seq = 3")
    change("DELETE FROM events WHERE seq IN (5, 9)")
    status, out, error = run("export", "-o", "y.jsonl")
    assert (status, out) == (FAILED, "")
    assert error.splitlines()[-1] == (
        "trio-chat: room tea, number 2 is damaged; room tea, number 3 is damaged; "
        "room tea, number 5 is damaged; and 1 more; exported as deleted"
    )
    Path("chat.db").unlink()
    assert run("import", "y.jsonl")[:2] == (0, "tea\t9\t0\t\n")
    deleted = [json.loads(line).get("deleted", False) for line in contents(run)[1:]]
    assert [number for number, is_deleted in enumerate(deleted, 1) if is_deleted] == [2, 3, 5, 9]


def change(statement: str, *values: object) -> None:
    """Do something to the database that no program of ours does."""
    with closing(sqlite3.connect("chat.db")) as database, database:
        database.execute(statement, values)


@pytest.mark.parametrize(
    "column",
    ["last = 'x'", "last = 2", "last = 2e9", "last = -5", "topic = x'ff'", "ts = 'x'", "ts = -1"],
)
def test_a_damaged_head_keeps_nothing_from_being_told(run: Run, column: str) -> None:
    """SQLite keeps values of any type; what is exported can be imported."""
    take_in(run, *THREE)
    change(f"UPDATE rooms SET {column}")  # noqa: S608 - of a test
    told = [run(command) for command in ("rooms", "check", "export")]
    assert [status for status, _, _ in told] == [0, 1, 0]
    Path("x.jsonl").write_text(told[2][1], "utf-8")
    assert run("import", "--database", "b.db", "x.jsonl")[:2] == (0, "tea\t3\t0\t\n")


@pytest.mark.parametrize("column", ["ts = 'x' WHERE seq = 2", "seq = -3 WHERE seq = 3"])
def test_a_damaged_place_of_an_event_stops_no_command(run: Run, column: str) -> None:
    """What is left is exported so that it can be imported."""
    take_in(run, *THREE)
    change(f"UPDATE events SET {column}")  # noqa: S608 - of a test
    assert run("rooms")[0] == 0
    assert run("check")[0] == 1
    Path("x.jsonl").write_text(run("export")[1], "utf-8")
    assert run("import", "--database", "b.db", "x.jsonl")[0] == 0


def test_an_export_needs_no_epoch(run: Run) -> None:
    """It may be missing, or be something else, in a damaged file."""
    take_in(run, *THREE)
    for statement in ("UPDATE meta SET value = 'x'", "DELETE FROM meta"):
        change(f"{statement} WHERE key = 'epoch'")
        assert '"epoch":""' in run("export")[1]


def test_a_check_writes_no_control_characters(run: Run) -> None:
    """A damaged file may have any; terminals obey them."""
    take_in(run, *THREE)
    change("UPDATE rooms SET name = char(27) || '[2J'")
    assert "room \\x1b[2J: number 1 is damaged" in run("check")[1]


def test_a_time_that_no_calendar_has_is_listed(run: Run) -> None:
    """As in a damaged file: all rooms are."""
    take_in(run, *THREE)
    change("UPDATE rooms SET ts = ?", 2**62)
    assert "9999-12-31T" in run("rooms")[1]


def test_a_damaged_file_is_told(run: Run) -> None:
    """Whatever is to be done with it."""
    take_in(run, *(message(seq, text="x" * 3000) for seq in range(1, 200)))
    begin = 20 * 4096  # behind the schema
    size = Path("chat.db").stat().st_size
    trouble.overwrite(Path("chat.db"), begin, os.urandom(size - begin))
    assert run("rooms")[::2] == (FAILED, "chat.db is damaged")
    status, _, error = run("backup", "copy.db")
    assert status == FAILED
    assert error.startswith(("the copy is not sound: ", "copy.db is damaged"))
    assert not Path("copy.db").exists()


def test_a_copy_that_is_not_sound_is_not_kept(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever has become of it."""
    take_in(run, *THREE)
    monkeypatch.setattr("trio_chat.commands.copying.checks.pages", lambda _: ["page 3: torn"])
    told = run("backup", "copy.db")
    assert (told[0], told[2]) == (FAILED, "the copy is not sound: page 3: torn")
    assert not Path("copy.db").exists()


def test_a_disk_that_is_full_is_told(run: Run, tmp_path: Path) -> None:
    """And nothing is left of the copy."""
    take_in(run, *(message(seq, text="x" * 3000) for seq in range(1, 200)))
    with trouble.mounted(tmp_path / "mount", "size=256k") as directory:
        status, _, error = run("backup", str(directory / "copy.db"))
        assert status == FAILED
        assert error == f"{directory / 'copy.db'} cannot be written: the disk is full"
        assert list(directory.iterdir()) == []


def test_a_database_on_a_read_only_file_system_is_read(run: Run, tmp_path: Path) -> None:
    """As on a disk that the system has remounted; what needs to write is told why it cannot."""
    take_in(run, *THREE)
    with trouble.mounted(tmp_path / "a b%20?#", "size=3m") as directory:
        copy = directory / "chat.db"
        shutil.copyfile("chat.db", copy)
        trouble.make_read_only(directory)
        for name in ("rooms", "check"):
            assert run(name, "--database", str(copy)) == run(name)
        assert run("export", "--database", str(copy))[1].count("line") == len(THREE)
        assert run("backup", "--database", str(copy), "b.db")[0] == 0
        for command in (("operator-link",), ("check", "--repair")):
            status, _, said = run(command[0], "--database", str(copy), *command[1:])
            assert (status, said.endswith("Read-only file system")) == (BAD_USAGE, True)


def test_what_waits_in_a_log_is_not_left_out(run: Run, tmp_path: Path) -> None:
    """On a read-only file system SQLite cannot read it without the file of its index."""
    take_in(run, *THREE)
    with trouble.mounted(tmp_path / "mount", "size=3m") as directory:
        copy = directory / "chat.db"
        shutil.copyfile("chat.db", copy)
        (directory / "chat.db-wal").write_bytes(b"log")
        trouble.make_read_only(directory)
        status, _, said = run("rooms", "--database", str(copy))
        assert (status, said) == (BAD_USAGE, f"{copy} cannot be opened: Read-only file system")


def test_a_disk_without_room_for_another_file_is_told(run: Run, tmp_path: Path) -> None:
    """Although it has space: that is why SQLite cannot make its log."""
    take_in(run, *THREE)
    with trouble.mounted(tmp_path / "mount", "size=3m,nr_inodes=2") as directory:
        copy = directory / "chat.db"
        shutil.copyfile("chat.db", copy)
        status, _, said = run("rooms", "--database", str(copy))
        assert (status, said) == (BAD_USAGE, f"{copy} cannot be opened: No space left on device")


def test_a_backup_does_not_replace_what_it_copies(run: Run) -> None:
    """Not even with --force, or by another name."""
    take_in(run, *THREE)
    Path("link.db").symlink_to("chat.db")
    for name in ("chat.db", "link.db"):
        status, _, error = run("backup", "--force", name)
        assert (status, error) == (BAD_USAGE, f"{name} is the database itself")
    assert run("backup", "--force", "copy.db")[0] == 0


def test_standard_output_that_takes_no_more_is_told(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the system's reason."""
    take_in(run, *THREE)
    with Path("/dev/full").open("wb", buffering=0) as full, monkeypatch.context() as patch:
        patch.setattr("sys.stdout", SimpleNamespace(buffer=full, flush=full.flush))
        status, _, error = run("export")
    assert (status, error) == (FAILED, "cannot write: No space left on device")


def test_a_reader_that_has_ended_is_no_error(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Like ``head``, which has seen enough."""
    take_in(run, *THREE)
    out, in_ = os.pipe()
    os.close(out)
    with os.fdopen(in_, "wb", buffering=0) as pipe, monkeypatch.context() as patch:
        stdout = SimpleNamespace(buffer=pipe, flush=pipe.flush, fileno=pipe.fileno)
        patch.setattr("sys.stdout", stdout)
        status, _, error = run("export")
    assert (status, error) == (FAILED, "")


def test_what_is_imported_may_come_through_a_pipe(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is read twice nevertheless: checked before anything is written."""
    out, in_ = os.pipe()
    with os.fdopen(in_, "wb") as pipe:
        pipe.write(export_of(*THREE).encode())
    with os.fdopen(out, "rb") as pipe:
        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=pipe))
        assert run("import", "-")[:2] == (0, "tea\t3\t0\t\n")


def test_a_file_that_cannot_be_read_is_told(run: Run) -> None:
    """With the system's reason."""
    assert run("import", "nowhere")[::2] == (
        BAD_USAGE,
        "cannot read nowhere: No such file or directory",
    )


def test_a_dry_run_changes_nothing(run: Run) -> None:
    """It tells what would be done."""
    Path("x.jsonl").write_text(export_of(*THREE), encoding="utf-8")
    assert run("import", "--dry-run", "x.jsonl")[:2] == (0, "tea\t3\t0\t\n")
    assert names() == ["x.jsonl"]
    take_in(run, message(1))
    before = contents(run)
    Path("x.jsonl").write_text(export_of(*THREE), encoding="utf-8")
    assert run("import", "--dry-run", "x.jsonl")[:2] == (0, "tea\t2\t1\t\n")
    assert contents(run) == before


def names() -> list[str]:
    """Return which files there are."""
    return sorted(path.name for path in Path().iterdir())


@pytest.mark.parametrize("schema", range(1, SCHEMA))
def test_a_dry_run_leaves_a_file_of_an_older_release_as_it_is(run: Run, schema: int) -> None:
    """It is compared with what that would become."""
    restore(schema, Path("chat.db"))
    before = Path("chat.db").read_bytes()
    Path("x.jsonl").write_text(export_of(*THREE), encoding="utf-8")
    status, told, _ = run("import", "--dry-run", "x.jsonl")
    assert (status, told) == take_in(run, *THREE)[:2]
    restore(schema, Path("other.db"))
    run("import", "--dry-run", "x.jsonl", "--database", "other.db")
    assert Path("other.db").read_bytes() == before
    assert "other.db-lock" not in names()


def test_what_belongs_to_another_program_gets_nothing_beside_it(run: Run) -> None:
    """Whichever command it was named to by mistake, or the server."""
    with closing(sqlite3.connect("theirs.db")) as database:
        database.execute("CREATE TABLE mine (a)")
    Path("x.jsonl").write_text(export_of(*THREE), encoding="utf-8")
    for name, reason in (("x.jsonl", "is not a database"), ("theirs.db", "belongs to another")):
        for command in (
            ["import", "x.jsonl"],
            ["import", "--dry-run", "x.jsonl"],
            ["operator-link"],
            ["prune", "--keep-messages", "1"],
            ["check", "--repair"],
            ["serve", "--port", "0"],
        ):
            status, _, error = run(*command, "--database", name)
            assert (status, reason in error) == (BAD_USAGE, True)
    assert names() == ["theirs.db", "x.jsonl"]


@pytest.mark.parametrize("command", ["operator-link", "prune", "check", "rooms"])
def test_an_empty_file_is_not_made_a_chat_by_a_command(run: Run, command: str) -> None:
    """It is as likely a slip in the name as a file that is not there."""
    more = {"prune": ["--keep-messages", "1"], "check": ["--repair"]}.get(command, [])
    Path("chat.db").write_bytes(b"")
    assert run(command, *more)[::2] == (BAD_USAGE, "chat.db is empty")
    assert Path("chat.db").stat().st_size == 0
    assert names() == ["chat.db"]


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        ([message(5)], "its number 5 would follow number 3 here"),
        ([message(4, cid="some-cid-2")], "number 4 has the cid of number 2 here"),
        ([message(3, text="other")], "number 3 is something else here"),
        ([message(3, text="other"), message(4)], "number 3 is something else here"),
    ],
)
def test_what_does_not_fit_is_refused(run: Run, events: list[Row], reason: str) -> None:
    """The room stays as it was."""
    take_in(run, *THREE)
    before = contents(run)
    status, _, error = take_in(run, *events)
    assert status == FAILED
    assert error == f"room tea: {reason}"
    assert contents(run) == before


def test_times_need_not_be_in_order(run: Run) -> None:
    """As the clock was set back in between, here or there."""
    take_in(run, *THREE)
    assert take_in(run, message(4, ts=2), message(5, ts=1))[:2] == (0, "tea\t2\t0\t\n")


def test_what_retention_has_deleted_is_known(run: Run) -> None:
    """It does not come back, and is no contradiction."""
    take_in(run, *THREE)
    assert run("prune", "--keep-messages", "1")[1] == "tea\t2\t3\n"
    assert take_in(run, *THREE, message(4))[:2] == (0, "tea\t1\t3\t\n")


def test_a_text_that_was_deleted_on_one_side_is_no_contradiction(run: Run) -> None:
    """Whichever side that is."""
    deletion = {"t": "delete", "room": "tea", "seq": 4, "ts": 4, "from": ANN, "target": 2}
    take_in(run, *THREE)
    bare = message(2, text="", deleted=True)
    assert take_in(run, THREE[0], bare, THREE[2], deletion)[:2] == (0, "tea\t1\t3\t\n")


def test_what_is_said_while_an_import_runs_is_not_overwritten(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest of the room is refused then."""
    take_in(run, *THREE)
    begin = Importer._begin

    def begin_late(importer: Importer, line: Any) -> None:  # noqa: ANN401 - passed on
        change("UPDATE rooms SET last = 4")
        begin(importer, line)

    monkeypatch.setattr(Importer, "_begin", begin_late)
    status, _, error = take_in(run, *THREE, message(4), message(5))
    assert (status, error) == (
        FAILED,
        "room tea: number 4 was given to something else meanwhile",
    )


def test_a_long_import_is_written_in_batches(run: Run) -> None:
    """A server can write in between; refused batches end their room."""
    assert take_in(run, *(message(seq) for seq in range(1, 451)))[:2] == (0, "tea\t450\t0\t\n")
    assert len(contents(run)) == 451


def test_an_import_tells_of_few_refused_rooms(run: Run) -> None:
    """And counts the others."""
    lines = [{"t": "export", "format": 1, "ts": 1, "epoch": "e", "rooms": 5, "events": 0}]
    names = [f"room{number}" for number in range(5)]
    Path("x.jsonl").write_text(rooms_of(lines, names, last=1), encoding="utf-8")
    run("import", "x.jsonl")
    Path("x.jsonl").write_text(rooms_of(lines, names, last=9), encoding="utf-8")
    status, _, error = run("import", "x.jsonl")
    assert status == FAILED
    assert error.endswith("and 2 more rooms")


def rooms_of(lines: list[Row], names: list[str], *, last: int) -> str:
    rooms = [
        {"t": "room", "room": name, "first": last + 1, "last": last, "ts": 5} for name in names
    ]
    return "".join(json.dumps(line) + "\n" for line in [*lines, *rooms])


def test_nothing_is_pruned_by_default(run: Run) -> None:
    """One has to say how much is to be kept."""
    status, _, error = run("prune")
    assert status == BAD_USAGE
    assert error.startswith("nothing is to be deleted")


COMMANDS = {
    "rooms": (),
    "export": (),
    "stats": (),
    "backup": ("copy.db",),
    "operator-link": (),
    "prune": ("--keep-messages", "1"),
    "serve": ("--port", "0"),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_file_that_was_cut_short_has_failed(run: Run, command: str) -> None:
    """It was named rightly, so this is no bad usage; the server's start says the same."""
    cut_short(run)
    told = run(command, *COMMANDS[command])
    assert (told[0], told[2].splitlines()[-1:]) == (FAILED, ["chat.db is damaged"])


def cut_short(run: Run) -> None:
    """Have a database of which the end is gone."""
    take_in(run, *THREE)
    os.truncate("chat.db", 30_000)


@pytest.mark.parametrize("more", [[], ["--repair"]])
def test_a_check_tells_of_a_file_that_was_cut_short_as_of_other_faults(
    run: Run, more: list[str]
) -> None:
    """Where results go: it is one."""
    cut_short(run)
    expected = "pages\t1 fault\npages\t\tchat.db is damaged\n"
    assert run("check", *more) == (FAILED, expected, "")


def test_a_backup_that_was_cut_short_is_not_restored(run: Run) -> None:
    """Restoring it has failed; what is there stays as it is."""
    cut_short(run)
    status, _, error = run("restore", "chat.db", "--database", "other.db")
    assert (status, error) == (FAILED, "chat.db is damaged")
    assert not Path("other.db").exists()


def test_a_restore_that_cannot_be_written_blames_no_backup(run: Run, tmp_path: Path) -> None:
    """The database is named that is to be made."""
    take_in(run, *(message(seq, text="x" * 3000) for seq in range(1, 200)))
    assert run("backup", "copy.db")[0] == 0
    with trouble.mounted(tmp_path / "mount", "size=256k") as directory:
        there = directory / "new.db"
        status, _, error = run("restore", "copy.db", "--database", str(there))
        assert (status, error) == (FAILED, f"{there} cannot be written: the disk is full")


def test_a_restore_of_a_damaged_backup_blames_that(run: Run) -> None:
    """Not the database that it would have become."""
    take_in(run, *(message(seq, text="x" * 3000) for seq in range(1, 200)))
    assert run("backup", "copy.db")[0] == 0
    begin = 20 * 4096
    size = Path("copy.db").stat().st_size
    trouble.overwrite(Path("copy.db"), begin, os.urandom(size - begin))
    status, _, error = run("restore", "copy.db", "--database", "new.db")
    assert status == FAILED
    assert error.startswith(("the copy is not sound: ", "copy.db is damaged"))
    assert not Path("new.db").exists()


DESCRIPTORS = """
import os, resource, sys
from trio_chat import cli
from trio_chat.commands import COMMANDS
from trio_chat.lifetime import serve
most = len(os.listdir("/proc/self/fd")) - 1 + int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
sys.exit(cli.main(sys.argv[2:]))
"""


@pytest.mark.parametrize("free", [1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21])
def test_a_start_with_few_descriptors_is_told_in_one_line(tmp_path: Path, free: int) -> None:
    """With the system's reason, whatever is opened when there is none left."""
    done = subprocess.run(
        [sys.executable, "-c", DESCRIPTORS, str(free), "--port=0", f"--database={tmp_path}/a.db"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr.count("\n") == 1
    assert done.stderr.endswith("Too many open files\n")
    assert done.stdout == ""
    assert done.returncode == FAILED or "cannot listen" in done.stderr
