"""Files that people name: whatever is in their place is told in one line, and stays as it is."""

import ctypes
import os
import resource
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
import trio

from tests.journal.drafts import say
from trio_chat import cli
from trio_chat.commands import files
from trio_chat.errors import BAD_USAGE, FAILED
from trio_chat.journal.sqlite.journal import SqliteJournal

Commands = Callable[[Path], list[str]]

LONG = "n" * 256  # characters; a name has 255 at most
FULL = 40_000  # bytes that a file may have; what is written has more
DROP_BOUND = 24  # an operation of ``prctl``
OVERRIDES = 1, 2  # capabilities by which root reads and writes in spite of modes
PATIENCE = 60  # seconds for a process

NONE = "No such file or directory"
LOOP = "Too many levels of symbolic links"
DENIED = "Permission denied"
TOO_LONG = "File name too long"


def read_by(*command: str) -> Commands:
    """Return what has a command read the file, with other troubles out of the way."""
    return lambda path: [*command, str(path), "--port", "0", "--database", ":memory:"]


ROLES: dict[str, Commands] = {
    "config": read_by("serve", "--config"),
    "certfile": read_by("serve", "--certfile"),
    "keyfile": read_by("serve", "--certfile", "good.pem", "--keyfile"),
    "password": read_by("serve", "--access", "password", "--access-password-file"),
    "token key": read_by(
        *("serve", "--access", "token", "--token-audience", "here", "--token-key")
    ),
    "token keys": read_by(
        *("serve", "--access", "token", "--token-audience", "here", "--token-jwks")
    ),
    "import": lambda path: ["import", str(path)],
    "export": lambda path: ["export", "-o", str(path)],
    "export --force": lambda path: ["export", "--force", "-o", str(path)],
    "backup": lambda path: ["backup", str(path)],
    "backup --force": lambda path: ["backup", "--force", str(path)],
    "database": lambda path: ["serve", "--port", "0", "--database", str(path)],
    "database to check": lambda path: ["check", "--database", str(path)],
    "database to mend": lambda path: ["check", "--repair", "--database", str(path)],
    "database to import to": lambda path: ["import", "x.jsonl", "--database", str(path)],
}
SECRETS = ("password", "token key", "token keys")
SOURCES = ("config", "certfile", "keyfile", "import", *SECRETS)
TARGETS = ("export", "export --force", "backup", "backup --force")
DATABASES = ("database", "database to check", "database to mend", "database to import to")


def pipe(path: Path) -> None:
    os.mkfifo(path)


def folder(path: Path) -> None:
    path.mkdir()
    (path / "inside").touch()


def loop(path: Path) -> None:
    path.symlink_to(path.name)


def dangling(path: Path) -> None:
    path.symlink_to("nothing")


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def listening(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(path.name)


class Row(NamedTuple):
    """What is in a file's place, and what is said of it."""

    roles: tuple[str, ...]
    put: Callable[[Path], None]
    told: str
    status: int = BAD_USAGE


READ, WRITE = "cannot read target: ", "cannot write target: "
TABLE = [
    Row(("config", "import", *SECRETS), pipe, f"{READ}it is a pipe to which nobody writes"),
    Row(("certfile", "keyfile"), pipe, f"{READ}it is no ordinary file"),
    Row(SOURCES, folder, f"{READ}Is a directory"),
    Row(SOURCES, loop, f"{READ}{LOOP}"),
    Row(SOURCES, dangling, f"{READ}{NONE}"),
    Row(("config",), endless, f"{READ}it is larger than 1,000,000 bytes"),
    Row(SECRETS, endless, f"{READ}it is larger than 65,536 bytes"),
    Row(("certfile", "keyfile"), endless, f"{READ}it is no ordinary file"),
    Row(("config", "import", *SECRETS), listening, f"{READ}No such device or address"),
    Row(TARGETS, pipe, "target is no ordinary file"),
    Row(TARGETS, folder, "target is a directory"),
    Row(TARGETS, loop, f"{WRITE}{LOOP}", FAILED),
    Row(TARGETS, dangling, "target is a link to nothing"),
    Row(TARGETS, endless, "target is no ordinary file"),
    Row(TARGETS, listening, "target is no ordinary file"),
    Row(DATABASES, pipe, "target is no ordinary file"),
    Row(DATABASES, folder, "target is a directory, not a file"),
    Row(DATABASES, loop, "target is a link to itself"),
    Row(DATABASES[1:3], dangling, "there is no database target"),
    Row(DATABASES, endless, "target is no ordinary file"),
    Row(DATABASES, listening, "target is no ordinary file"),
]
CASES = [
    pytest.param(role, row.put, row.told, row.status, id=f"{role}, {row.put.__name__}")
    for row in TABLE
    for role in row.roles
]


async def fill(path: Path) -> None:
    """Make a database with more than a full disk takes."""
    journal = await SqliteJournal.open(path)
    await journal.commit([say("x" * 1000) for _ in range(100)])
    await journal.close()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Go to a folder with a database, an export of it, and a file for a certificate."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("TRIO_CHAT")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TRIO_CHAT_DATABASE", "chat.db")
    trio.run(fill, tmp_path / "chat.db")
    assert cli.main(["export", "-o", "x.jsonl"]) == 0
    Path("good.pem").touch()
    return tmp_path


def seen(path: Path) -> list[tuple[str, int, str, bytes]]:
    """Return all that is in a folder, but for the files beside databases."""
    found = [one for one in sorted(path.rglob("*")) if not one.name.endswith(("-lock", "-shm"))]
    return [
        (
            one.name,
            one.lstat().st_mode,
            str(one.readlink()) if one.is_symlink() else "",
            one.read_bytes() if one.is_file() and not one.is_symlink() else b"",
        )
        for one in found
        if not one.name.endswith("-wal")
    ]


@pytest.mark.parametrize(("role", "put", "told", "status"), CASES)
def test_what_is_in_the_place_of_a_file_is_told(
    place: Path,
    capsys: pytest.CaptureFixture[str],
    role: str,
    put: Callable[[Path], None],
    told: str,
    status: int,
) -> None:
    """In one line with its name, at once; and it stays what it is."""
    put(place / "target")
    before = seen(place)
    capsys.readouterr()
    assert cli.main(ROLES[role](Path("target"))) == status
    assert capsys.readouterr().err == f"trio-chat: {told}\n"
    assert seen(place) == before


@pytest.mark.parametrize("role", ROLES)
def test_a_name_that_is_too_long_is_told(
    place: Path, capsys: pytest.CaptureFixture[str], role: str
) -> None:
    """As what it is."""
    before = seen(place)
    capsys.readouterr()
    assert cli.main(ROLES[role](Path(LONG))) == (FAILED if role in TARGETS else BAD_USAGE)
    [line] = capsys.readouterr().err.splitlines()
    assert LONG in line
    assert line.endswith(f": {TOO_LONG}")
    assert seen(place) == before


@pytest.mark.parametrize("role", TARGETS)
def test_a_name_as_long_as_can_be_is_no_trouble(place: Path, role: str) -> None:
    """The file that is written first has a shorter one."""
    name = Path(LONG[:-1])
    assert cli.main(ROLES[role](name)) == 0
    assert name.stat().st_size > FULL


@pytest.mark.parametrize("ending", ["-lock", "-wal", "-shm", "-journal"])
@pytest.mark.parametrize("put", [pipe, folder, loop, dangling])
def test_what_is_beside_a_database_is_a_file(
    place: Path, capsys: pytest.CaptureFixture[str], ending: str, put: Callable[[Path], None]
) -> None:
    """Or neither a server nor a command opens it."""
    beside = Path(f"chat.db{ending}")
    beside.unlink(missing_ok=True)
    put(beside)
    capsys.readouterr()
    for command in (["serve", "--port", "0"], ["check"], ["check", "--repair"], ["export"]):
        assert cli.main(command) == BAD_USAGE
        assert capsys.readouterr().err == f"trio-chat: {place / beside} is no ordinary file\n"


def powerless() -> None:
    """Let modes hold for this process, be it root's."""
    for capability in OVERRIDES:
        ctypes.CDLL(None).prctl(DROP_BOUND, capability, 0, 0, 0)


def without_space() -> None:
    """Let files become only so large, as on a full disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (FULL, FULL))


def run(arguments: list[str], prepare: Callable[[], None]) -> tuple[int, str]:
    """Run a command in a process of its own; return its status and what it says."""
    done = subprocess.run(
        [sys.executable, "-m", "trio_chat", *arguments],
        capture_output=True,
        check=False,
        text=True,
        timeout=PATIENCE,
        preexec_fn=prepare,
        stdin=subprocess.DEVNULL,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("role", ROLES)
def test_what_may_not_be_opened_is_told(place: Path, role: str) -> None:
    """A folder in which nothing may be looked at."""
    secret = place / "secret"
    secret.mkdir(mode=0)
    try:
        status, said = run(ROLES[role](Path("secret/target")), powerless)
    finally:
        secret.chmod(0o700)
    assert status == (FAILED if role in TARGETS else BAD_USAGE)
    assert said in (
        f"trio-chat: cannot read secret/target: {DENIED}\n",
        f"trio-chat: cannot write secret/target: {DENIED}\n",
        f"trio-chat: secret/target cannot be opened: {DENIED}\n",
    )


@pytest.mark.parametrize("role", [*SOURCES, *DATABASES])
def test_what_may_not_be_read_is_told(place: Path, role: str) -> None:
    """A file of somebody else."""
    (place / "target").touch(mode=0)
    status, said = run(ROLES[role](Path("target")), powerless)
    assert status == BAD_USAGE
    assert said in (
        f"trio-chat: cannot read target: {DENIED}\n",
        f"trio-chat: target cannot be opened: {DENIED}\n",
        f"trio-chat: {place}/target cannot be opened: {DENIED}\n",
    )


@pytest.mark.parametrize("role", TARGETS)
@pytest.mark.parametrize("is_there", [False, True])
def test_a_folder_that_is_read_only_is_told(place: Path, role: str, *, is_there: bool) -> None:
    """What is in it stays there."""
    locked = place / "locked"
    locked.mkdir()
    if is_there:
        (locked / "target").write_text("mine")
    locked.chmod(0o500)
    before = seen(locked)
    status, said = run(ROLES[role](Path("locked/target")), powerless)
    assert seen(locked) == before
    locked.chmod(0o700)
    if is_there and "--force" not in role:
        assert (status, said) == (
            BAD_USAGE,
            "trio-chat: locked/target is there already (--force replaces it)\n",
        )
    else:
        assert (status, said) == (FAILED, f"trio-chat: cannot write locked/target: {DENIED}\n")


@pytest.mark.parametrize("role", TARGETS)
def test_a_disk_that_is_full_is_told(
    place: Path, role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was there is there, and nothing else."""
    if "--force" in role:
        (place / "target").write_text("mine")
    before = seen(place)
    for name in [name for name in os.environ if name.startswith("COVERAGE")]:
        monkeypatch.delenv(name)  # which would have a file written, too
    status, said = run(ROLES[role](Path("target")), without_space)
    assert status == FAILED
    assert said.splitlines()[-1] in (
        "trio-chat: cannot write target: File too large",
        "trio-chat: target cannot be used: File too large (ulimit -f)",
    )
    assert seen(place) == before


@pytest.mark.parametrize("role", TARGETS)
def test_what_a_killed_run_has_left_is_in_nobodys_way(
    place: Path, role: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nor is it touched: it may be of one that runs. The same name twice is told."""
    monkeypatch.setattr(files, "token_hex", lambda _: "0")
    left = place / "target.0.part"
    left.write_text("half of it")
    capsys.readouterr()
    assert cli.main(ROLES[role](Path("target"))) == FAILED
    assert capsys.readouterr().err == "trio-chat: cannot write target: File exists\n"
    assert left.read_text() == "half of it"
    monkeypatch.undo()
    monkeypatch.chdir(place)
    monkeypatch.setenv("TRIO_CHAT_DATABASE", "chat.db")
    assert cli.main(ROLES[role](Path("target"))) == 0
    assert left.read_text() == "half of it"
    assert [one.name for one in place.glob("*.part")] == [left.name]


@pytest.mark.parametrize("role", ["export --force", "backup --force"])
def test_a_link_stays_one(place: Path, role: str) -> None:
    """The file to which it leads is replaced."""
    (place / "real").write_text("old")
    (place / "target").symlink_to("real")
    assert cli.main(ROLES[role](Path("target"))) == 0
    assert (place / "target").is_symlink()
    assert (place / "real").stat().st_size > FULL


@pytest.mark.parametrize("command", ["config", "import"])
def test_a_pipe_is_read_as_a_file_is(place: Path, command: str) -> None:
    """As of ``<(…)`` in a shell; be what is in it written before or after it is opened."""
    content = b"colour = 1\n" if command == "config" else Path("x.jsonl").read_bytes()
    for pause in (0, 0.5):
        script = "import sys,time; time.sleep(float(sys.argv[1])); "
        script += "sys.stdout.write(open(sys.argv[2]).read())"
        (place / "content").write_bytes(content)
        with subprocess.Popen(
            [sys.executable, "-c", script, str(pause), "content"], stdout=subprocess.PIPE
        ) as writer:
            assert writer.stdout
            path = Path(f"/dev/fd/{writer.stdout.fileno()}")
            status = cli.main(ROLES[command](path))
        assert status == (BAD_USAGE if command == "config" else 0)
