"""Rules of the operator's commands that need no server: what they read, show and write."""

import io
import json
import os
import signal
from pathlib import Path

import pytest

from trio_chat.cli import main
from trio_chat.commands import check_config, progress, tables
from trio_chat.commands.files import database_path, new_file, trial
from trio_chat.commands.lines import told_as
from trio_chat.commands.reading import LINE_LIMIT, ExportedFile
from trio_chat.config import Config, ConfigError
from trio_chat.errors import BAD_USAGE, Failed

HEAD = '{"t":"export","format":1,"ts":1,"epoch":"e","rooms":1,"events":1}\n'
ROOM = '{"t":"room","room":"tea","first":1,"last":1,"ts":5}\n'
EVENT = '{"t":"msg","room":"tea","seq":1,"ts":5,"text":"x"}\n'
TWO = ROOM.replace('"last":1', '"last":2')


def read(text: str) -> list[object]:
    """Read an exported file to its end."""
    return list(ExportedFile(io.BytesIO(text.encode()), Config()))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no export"),
        (ROOM, "no export"),
        (HEAD.replace('"format":1', '"format":9'), "format 9 is of a newer"),
        (HEAD + HEAD, "line 2: another header"),
        (HEAD + ROOM, "line 2: room tea lacks events from number 1"),
        (HEAD + ROOM + EVENT[:-1], "cut short"),
        (HEAD + ROOM + " " * LINE_LIMIT + "\n", "line 3: the line is too long"),
        (HEAD + "[" * 100_000 + "\n", "line 2: "),
        (HEAD + ROOM.replace("tea", "t e"), "room 't e'"),
        (HEAD + ROOM.replace("tea", "TEA"), "cannot be, or comes twice"),
        (HEAD + ROOM + EVENT + ROOM, "cannot be, or comes twice"),
        (HEAD + ROOM.replace('"first":1', '"first":0'), "numbers that cannot be"),
        (HEAD + ROOM + EVENT.replace('"seq":1', '"seq":2'), "number 1 was to come here"),
        (HEAD + ROOM + EVENT.replace("tea", "pub"), "number 1 was to come here"),
        (HEAD + ROOM + EVENT.replace('"ts":5', '"ts":999999999999999'), "time cannot be"),
        (
            HEAD
            + TWO
            + EVENT.replace("}", ',"cid":"the-same"}')
            + EVENT.replace("}", ',"cid":"the-same"}').replace('"seq":1', '"seq":2'),
            "'the-same' comes twice",
        ),
        (HEAD.replace('"rooms":1', '"rooms":2') + ROOM + EVENT, "rooms are missing"),
    ],
)
def test_a_file_that_cannot_be_is_refused(text: str, reason: str) -> None:
    """The message says in which line, and why."""
    with pytest.raises(Failed, match="line ") as failed:
        read(text)
    assert reason in str(failed.value)


def test_a_file_that_can_be_is_read() -> None:
    """The room, and its events."""
    assert len(read(HEAD + ROOM + EVENT)) == len((ROOM, EVENT))


class Terminal(io.StringIO):
    """What is written to it is for people."""

    def isatty(self) -> bool:
        return True


def show_to_people(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Let both standard output and standard error be a terminal."""
    shown = Terminal()
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr("sys.stdout", shown)
    monkeypatch.setattr("sys.stderr", shown)
    return shown


ROWS = [{"room": "tea", "bytes": 12_345, "events": 1_000, "topic": None}]


def test_people_get_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """With numbers as people like to read them; an empty one is no table at all."""
    terminal = show_to_people(monkeypatch)
    tables.show(ROWS)
    shown = terminal.getvalue()
    assert all(text in shown for text in ("room", "tea", "12.3 kB", "1,000"))
    tables.show([])


def test_programs_get_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """Of values between tabs, or of JSON."""
    tables.show(ROWS)
    tables.show(ROWS, as_json=True)
    plain, as_json = capsys.readouterr().out.splitlines()
    assert plain == "tea\t12345\t1000\t"
    assert json.loads(as_json) == ROWS[0]


def test_sizes_and_times_are_readable() -> None:
    """In a unit that suits, in UTC."""
    assert tables.size(5) == "5 B"
    assert tables.size(7 * 10**15) == "7,000 TB"
    assert tables.moment(0) == "1970-01-01T00:00:00Z"
    assert tables.moment(None) is None


def test_people_see_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal; unless something else goes there."""
    terminal = show_to_people(monkeypatch)
    with progress.progress("copying", 4) as advance:
        advance(2)
    assert "copying" in terminal.getvalue()
    before = terminal.getvalue()
    with progress.progress("copying", 4, hidden=True) as advance:
        advance(2)
    assert terminal.getvalue() == before


def test_programs_get_a_line_when_it_takes_long(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not one for each step."""
    with progress.progress("copying", 4) as advance:
        advance(1)
        assert capsys.readouterr().err == ""
        monkeypatch.setattr(progress, "LINE_INTERVAL", 0.0)
        advance(1)
    assert capsys.readouterr().err == "copying: 50%\n"


def test_settings_are_shown_with_their_sources(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """From a flag, a variable, or nowhere."""
    for name in [name for name in os.environ if name.startswith("TRIO_CHAT")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TRIO_CHAT_TEXT_LIMIT", "99")
    folder = str(tmp_path)
    flags = ("--port", "81", "--allow-origin", "https://a.example", "--backup-folder", folder)
    assert check_config.main(flags) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "port\t81\t--port" in lines
    assert "text_limit\t99\tTRIO_CHAT_TEXT_LIMIT" in lines
    assert "nick_limit\t32\tdefault" in lines
    assert f"backup_folder\t{folder}\t--backup-folder" in lines
    assert check_config.main((*flags, "--json")) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    [origins] = [row["value"] for row in found if row["setting"] == "allow_origin"]
    assert origins == ["https://a.example"]


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--certfile", "no.pem"], "cannot read no.pem: No such file or directory"),
        (["--icon", "no.png"], "icon no.png: No such file or directory"),
        (["--access", "password", "--access-password-file", "no"], "no: No such file"),
        (["--backup-every", "1", "--backup-folder", "no"], "backup_folder no is no folder"),
    ],
)
def test_check_config_says_which_file_cannot_be_used(
    flags: list[str],
    told: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """As the server would at its start; the settings are shown all the same."""
    monkeypatch.chdir(tmp_path)
    assert main(["check-config", *flags]) == BAD_USAGE
    shown = capsys.readouterr()
    assert "text_limit\t4000\tdefault" in shown.out
    assert told in shown.err
    assert shown.err.count("\n") == 1


def test_what_is_in_memory_alone_cannot_be_reached() -> None:
    """There is no file to open."""
    with pytest.raises(ConfigError, match="only its server can read"):
        database_path(Config(database=":memory:"), "rooms")


@pytest.mark.parametrize(
    "command",
    [
        ["backup", "x.db"],
        ["reload"],
        ["restore", "x.db"],
    ],
)
def test_what_is_for_files_tells_what_is_for_postgresql(
    command: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In one line, in which there is no password."""
    monkeypatch.setenv("TRIO_CHAT_DATABASE", "postgresql://ann:secret@db/chat")
    assert main(command) == BAD_USAGE
    told = capsys.readouterr().err
    assert "with PostgreSQL " in told
    assert told.count("\n") == 1
    assert "secret" not in told


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_check_config_hides_the_password_of_a_database(
    more: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """All else of its URL is shown."""
    url = "postgresql://ann:secret@db/chat?sslpassword=secret&sslmode=require"
    assert check_config.main(["--database", url, *more]) == 0
    told = capsys.readouterr().out
    assert "postgresql://ann:***@db/chat?sslpassword=***&sslmode=require" in told
    assert "secret" not in told


def test_a_new_file_takes_no_place_that_is_taken(tmp_path: Path) -> None:
    """A directory's, a device's, that of a database in use, or without --force any file's."""
    taken = tmp_path / "taken"
    taken.write_text("before")
    (tmp_path / "used-wal").write_text("")
    for path, reason in (
        (tmp_path, "is a directory"),
        (Path("/dev/null"), "no ordinary file"),
        (tmp_path / "used", "in use"),
        (taken, "there already"),
    ):
        with pytest.raises(ConfigError, match=reason), new_file(path, force=False):
            pass
    with new_file(taken, force=True) as part:
        part.write_text("after")
        assert taken.read_text() == "before"
    assert taken.read_text() == "after"


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    """With the system's reason."""
    with pytest.raises(Failed, match="cannot write"), new_file(tmp_path / "a" / "b", force=False):
        pass


def test_nothing_is_left_of_a_file_that_was_begun(tmp_path: Path) -> None:
    """Also if the command is told to end."""
    with pytest.raises(SystemExit) as ended, new_file(tmp_path / "x", force=False):
        os.kill(os.getpid(), signal.SIGTERM)
    assert ended.value.code == 128 + signal.SIGTERM
    assert list(tmp_path.iterdir()) == []


def test_callers_without_a_name_may_have_used_the_same_key() -> None:
    """For different messages; then both are right."""
    said = EVENT.replace("}", ',"cid":"the-same"}')
    other = said.replace('"seq":1', '"seq":2').replace('"x"', '"y"')
    assert len(read(HEAD + TWO + said + other)) == 3


def test_a_database_that_cannot_be_read_in_a_trial_is_told(tmp_path: Path) -> None:
    """In one line, with its name."""
    path = tmp_path / "chat.db"
    with pytest.raises(Failed, match=r"chat\.db cannot be used: no such"), trial(path) as found:
        found.execute("SELECT * FROM nobody")


def test_a_name_that_no_room_can_have_is_told_as_it_is() -> None:
    """Where a damaged file has it, an import says so."""
    assert told_as("a b") == "a b"
    assert told_as("TEA", {"tea", "tea-2"}) == "tea-3"
