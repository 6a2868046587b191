"""Rules of reloads at their edges: files that hang or vanish, and servers that are stopping."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
import trio

from trio_chat import reloading, server_file
from trio_chat.auth.gate import Gate, load_ways
from trio_chat.auth.grant import ANYBODY, Denied, Grant
from trio_chat.auth.password import PasswordCheck
from trio_chat.auth.shown import Shown
from trio_chat.cli import main
from trio_chat.commands import reload
from trio_chat.config import Config
from trio_chat.core.people import People
from trio_chat.core.sessions import Sessions
from trio_chat.hub import Hub
from trio_chat.journal.memory import MemoryJournal
from trio_chat.journal.sqlite.journal import SqliteJournal
from trio_chat.journal.sqlite.space import SpaceLimits
from trio_chat.journal.views import ChangeLimits
from trio_chat.limits.attempts import Attempts
from trio_chat.limits.limits import Limits
from trio_chat.log_rate import LogRate
from trio_chat.logs import Logging
from trio_chat.protocol.close import GOING_AWAY
from trio_chat.reloading import Reloader, contents_of
from trio_chat.server import Server
from trio_chat.server_file import ServerFile
from trio_chat.standard_streams import LineWriter

PEOPLE = People(Sessions(b"secret"), Config())
OLD, NEW = "the old one", "the new one"
INVITATIONS = Hub(MemoryJournal(), Config()).invitations
PASSWORD = Config(access=("password",), access_password=OLD)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "chat.db"


@pytest.fixture
def file(database: Path) -> Iterator[ServerFile]:
    """Stand for a server."""
    file = ServerFile(database, "http://localhost/")
    yield file
    file.close()


def ask(database: Path, *more: str) -> int:
    """Run the command."""
    return main(["reload", "--database", str(database), *more])


class Reloads:
    """What stands for a server does at the signal."""

    def __init__(self, file: ServerFile, refused: str | None) -> None:
        self._file = file
        self._refused = refused

    def __call__(self, *_: object) -> None:
        self._file.begin()
        self._file.end(self._refused)


@pytest.fixture
def signals() -> Iterator[None]:
    """Put back what is done at the signal."""
    before = signal.getsignal(signal.SIGUSR1)
    yield
    signal.signal(signal.SIGUSR1, before)


@pytest.mark.usefixtures("signals")
@pytest.mark.parametrize(("refused", "status"), [(None, 0), ("x" * 5000, 1)])
def test_the_status_is_what_the_server_tells(
    database: Path, file: ServerFile, refused: str | None, status: int
) -> None:
    """However long the reason is."""
    signal.signal(signal.SIGUSR1, Reloads(file, refused))
    assert ask(database) == status


@pytest.mark.usefixtures("signals")
@pytest.mark.parametrize(
    ("differs", "told"), [(False, "nothing has changed"), (True, "others may have changed")]
)
def test_it_is_told_whether_anybody_has_taken_what_is_refused(
    database: Path,
    file: ServerFile,
    capsys: pytest.CaptureFixture[str],
    differs: bool,
    told: str,
) -> None:
    """Of several workers, some may have."""

    def answer(*_: object) -> None:
        file.begin()
        file.end("worker 2 did not answer", differs=differs)

    signal.signal(signal.SIGUSR1, answer)
    assert ask(database) == 1
    assert f"{told}: worker 2 did not answer" in capsys.readouterr().err


@pytest.mark.usefixtures("signals")
def test_an_earlier_reload_is_not_taken_for_the_one_that_was_asked_for(
    database: Path,
    file: ServerFile,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It may have read the files before they were changed."""
    file.begin()
    signal.signal(signal.SIGUSR1, lambda *_: file.end(None))
    monkeypatch.setattr(reload, "TIMEOUT", 0.1)
    assert ask(database) == 1
    assert "did not tell within" in capsys.readouterr().err


@pytest.mark.usefixtures("signals")
def test_a_server_that_ends_meanwhile_is_told(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It has not reloaded."""
    file = ServerFile(database, "http://localhost/")
    signal.signal(signal.SIGUSR1, lambda *_: file.close())
    assert ask(database) == 1
    assert "the server has ended" in capsys.readouterr().err


def test_a_file_of_somebody_else_is_none_of_a_server(database: Path, file: ServerFile) -> None:
    """Whatever holds it."""
    database.with_name("chat.db-server").write_text("what?".ljust(server_file.SIZE))
    assert server_file.read(database) is None


def test_two_servers_do_not_share_a_file(database: Path, file: ServerFile) -> None:
    """The lock of the database is before it; this one must not be overwritten either."""
    with pytest.raises(OSError, match="temporarily unavailable"):
        ServerFile(database, "http://localhost/")
    assert server_file.read(database)


def test_a_reload_goes_on_if_its_outcome_cannot_be_written(
    database: Path, file: ServerFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a disk that fails; the log has it, too."""

    def fail(*_: object) -> int:
        raise OSError

    monkeypatch.setattr(os, "pwrite", fail)
    file.begin()
    file.end(None)


@pytest.mark.parametrize(
    ("pid", "status", "message"),
    [
        ("0", 2, "is the number of no process"),
        ("-1", 2, "is the number of no process"),
        ("999999999", 1, "cannot reach process 999999999: No such process"),
    ],
)
def test_a_process_that_is_none(
    database: Path, pid: str, status: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Or that would be several."""
    assert ask(database, f"--pid={pid}") == status
    assert message in capsys.readouterr().err


def test_a_process_that_is_no_server_is_not_ended(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The signal would end it: a number may be an old one, or mistyped."""
    with subprocess.Popen(["sleep", "60"]) as other:
        assert ask(database, f"--pid={other.pid}") == 1
        told = f"trio-chat: process {other.pid} is no server: it does not take SIGUSR1\n"
        assert capsys.readouterr().err == told
        assert other.poll() is None
        other.kill()


@pytest.mark.usefixtures("signals")
def test_where_nothing_tells_what_a_process_takes_it_is_asked(
    database: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As on a system without ``/proc``."""
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)

    def fail(*_: object) -> str:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_text", fail)
    assert ask(database, f"--pid={os.getpid()}") == 0
    assert capsys.readouterr().out.startswith(f"asked process {os.getpid()} to reload")


def test_without_a_database_there_is_only_the_process(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The command says so."""
    assert ask(Path(":memory:")) == 2
    assert "reached by --pid alone" in capsys.readouterr().err


async def test_files_that_hang_are_given_up(
    file: ServerFile, database: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The server goes on as it was, and says so."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = os.open(pipe, os.O_RDWR)
    monkeypatch.setattr(reloading, "READ_TIMEOUT", 0.1)
    server = Server(Config(), MemoryJournal())

    def read() -> Config:
        pipe.read_bytes()
        return Config(text_limit=5)

    with structlog.testing.capture_logs() as logged, (tmp_path / "log").open("w") as output:
        logging = Logging(LineWriter(output, 1), LogRate(0))
        await Reloader(read, server, logging, file).reload()
    assert [line["log_level"] for line in logged] == ["error"]
    assert server.config.text_limit == Config().text_limit
    notice = server_file.read(database)
    assert notice
    assert notice.refused == logged[0]["reason"]
    os.close(writer)  # which lets the thread end


async def test_a_server_that_is_stopping_may_still_reload() -> None:
    """Its sockets are closed; nothing is asked of them."""
    server = Server(Config(port=0), MemoryJournal())
    await server.listen()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(server.run)
        await trio.testing.wait_all_tasks_blocked()
        server.stop(GOING_AWAY)
    server.reconfigure(Config(port=0, text_limit=5), load_ways(Config(), PEOPLE), None)
    assert server.config.text_limit == 5


async def test_sockets_take_what_is_theirs() -> None:
    """For connections that are accepted afterwards."""
    server = Server(Config(port=0), MemoryJournal())
    await server.listen()
    [sock, *_] = [listener.socket for place in server.places for listener in place.listeners]
    option = trio.socket.SOL_SOCKET, trio.socket.SO_SNDBUF
    before = sock.getsockopt(*option)
    server.reconfigure(Config(send_buffer=8192), load_ways(Config(), PEOPLE), None)
    assert sock.getsockopt(*option) < before
    for listener in server._listeners:
        await listener.aclose()


def test_files_that_cannot_be_read_have_no_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipe has been read already; another file may vanish at that moment."""
    pipe, there = tmp_path / "pipe", tmp_path / "key"
    os.mkfifo(pipe)
    there.write_text("key")
    assert contents_of(Config(certfile=pipe, keyfile=there)).keys() == {"keyfile"}

    def vanish(*_: object) -> bytes:
        raise FileNotFoundError

    monkeypatch.setattr(reloading, "read", vanish)
    assert contents_of(Config(certfile=there)) == {}


async def test_a_database_takes_what_is_its(database: Path) -> None:
    """From the next look, read and change on."""
    journal = await SqliteJournal.open(database)
    other = Config(
        read_timeout=7,
        erase_within=700,
        max_database=7_000_000,
        keep_free=7,
        changes_per_message=77,
    )
    journal.reconfigure(other)
    assert journal._writer._limits == ChangeLimits(50, 77)
    assert journal._writer._space.limits == SpaceLimits(7_000_000, 7)
    assert journal._upkeep.erase_within == 700
    assert {one.timeout for one in (journal._loader, journal._readers, journal._searchers)} == {7}
    await journal.close()


async def test_a_password_that_changes_while_it_is_checked_lets_nobody_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It was right, and is no more; whoever comes back is asked for the new one."""
    gate = Gate(PASSWORD, PEOPLE, Attempts(Limits(PASSWORD)), INVITATIONS)
    matches = PasswordCheck.matches

    async def change(check: PasswordCheck, shown: str) -> bool:
        new = Config(access=("password",), access_password=NEW)
        gate.change(load_ways(new, PEOPLE))
        return await matches(check, shown)

    monkeypatch.setattr(PasswordCheck, "matches", change)
    with pytest.raises(Denied) as denied:
        await gate.admit(Shown(password=OLD), "192.0.2.1")
    assert denied.value.code == "busy"


def test_whom_a_gate_still_admits() -> None:
    """That is asked of everybody who is there when the ways in have changed."""
    gate = Gate(PASSWORD, PEOPLE, Attempts(Limits(PASSWORD)), INVITATIONS)
    by_password = Grant(mark=PEOPLE.mark_for(OLD))
    by_proxy, by_token = Grant("proxy:ann"), Grant("token:ann", proof=b"key")
    by_link = Grant(invitation="link")
    everybody = (ANYBODY, by_password, by_proxy, by_token, by_link)
    assert [*map(gate.admits, everybody)] == [False, True, False, False, False]
    proxy = Config(access=("proxy",), access_header="X-User", trusted_proxy=("10.0.0.0/8",))
    gate.change(load_ways(proxy, PEOPLE))
    assert [*map(gate.admits, everybody)] == [False, False, True, False, False]
    gate.change(load_ways(Config(access=("invite",)), PEOPLE))
    assert [*map(gate.admits, everybody)] == [False, False, False, False, True]
    gate.change(load_ways(Config(), PEOPLE))
    assert [*map(gate.admits, everybody)] == [True, True, False, False, True]
