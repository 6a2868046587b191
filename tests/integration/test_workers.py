"""Several workers on one machine, as their operator starts them: one chat, whatever ends."""

import json
import os
import pwd
import re
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
import trio

from tests import frames
from tests.chat import NO_RATES
from tests.integration.chatters import Chatter, chatting
from tests.integration.commands import COMMAND, ROOT, environment, outcome
from tests.integration.proxying import free_port
from tests.integration.running import PATIENCE, header, read_answer, status
from tests.integration.test_metrics import body, figures, get, value
from tests.postgres import programs
from trio_chat.errors import INTERRUPTED
from trio_chat.net.activation import FIRST
from trio_chat.protocol.close import RESTARTING

SENT = {"t": "send", "room": "tea", "text": "kept", "cid": str(uuid4())}
PAGE = b"GET /r/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


@dataclass
class Family:
    """A parent and its workers. ``trust`` is there as of any server."""

    process: trio.Process
    log: Path
    announced: str
    trust: None = None

    @property
    def port(self) -> int:
        found = re.search(r"http://[\w.]+:(\d+)/", self.announced)
        assert found
        return int(found[1])

    @property
    def ws(self) -> str:
        return f"ws://localhost:{self.port}/ws"

    def children(self) -> list[int]:
        """Return the numbers of the processes that it has started, in their order."""
        pid = self.process.pid
        told = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        return sorted(map(int, told.split()))

    def workers(self) -> list[int]:
        return [pid for pid in self.children() if b"\0serve\0" in command_of(pid)]

    def stop_all(self) -> None:
        """Have all end at once, as systemd does if nobody tells it otherwise."""
        for pid in (self.process.pid, *self.children()):
            with suppress(ProcessLookupError):  # the parent has told it already
                os.kill(pid, signal.SIGTERM)

    def lines(self) -> list[dict[str, object]]:
        """Return what it has logged."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    async def logged(self, event: str, times: int = 1) -> None:
        """Wait until something is logged so often."""
        await until(lambda: [one["event"] for one in self.lines()].count(event) >= times)


def command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


async def until(holds: object) -> None:
    """Wait until something holds."""
    assert callable(holds)
    with trio.fail_after(3 * PATIENCE):
        while not holds():
            await trio.sleep(0.02)


@asynccontextmanager
async def parent(
    folder: Path, *arguments: str, passed: Sequence[socket.socket] = (), **variables: str
) -> AsyncIterator[Family]:
    """Run two workers for the block, in a folder; sockets are passed on as systemd does it."""
    moved = " ".join(f"{FIRST + place}<&{one.fileno()}" for place, one in enumerate(passed))
    told = f"exec {moved}; export LISTEN_FDS={len(passed)} LISTEN_PID=$$; " if passed else ""
    given = environment(PYTHONPATH=str(ROOT), **variables)
    if not variables:
        del given["TRIO_CHAT_DATABASE"]
    command = [*COMMAND, "--workers", "2", *NO_RATES, *arguments]
    log = folder / "log"
    with log.open("ab") as stderr:
        process = await trio.lowlevel.open_process(
            ["bash", "-c", f'{told}exec "$@"', "bash", *command],
            stdout=subprocess.PIPE,
            stderr=stderr,
            cwd=folder,
            env=given,
            pass_fds=[one.fileno() for one in passed],
            start_new_session=True,
        )
    assert process.stdout
    try:
        announced = b""
        with trio.fail_after(3 * PATIENCE):
            while not announced.endswith(b"\n"):
                data = await process.stdout.receive_some()
                assert data, log.read_text()
                announced += data
        yield Family(process, log, announced.decode())
    finally:
        with trio.CancelScope(shield=True):
            if process.poll() is None:
                process.kill()
                await process.wait()
            await process.stdout.aclose()


async def ended(family: Family) -> int:
    with trio.fail_after(3 * PATIENCE):
        return await family.process.wait()


async def answer_of(path: Path) -> int:
    """Return the status of the page by a Unix socket."""
    async with await trio.open_unix_socket(str(path)) as stream:
        await stream.send_all(PAGE)
        return status(await read_answer(stream))


async def titles(port: int) -> set[str]:
    """Return the titles of pages, of whichever workers answer."""
    found = set()
    for _ in range(16):
        async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
            await stream.send_all(PAGE)
            answer = await read_answer(stream)
            assert header(answer, b"content-type").startswith(b"text/html")
            found |= set(re.findall(r"<title>(.*?)</title>", body(answer)))
    return found


async def hear_and_outlive(family: Family, ann: Chatter, metrics: int) -> None:
    """Ann is at the second worker; Ben comes to the first one, which is killed then."""
    one, other = family.workers()
    os.kill(other, signal.SIGSTOP)  # nobody is left unanswered, so Ben comes to the first one
    async with chatting(family, "Ben", "tea") as ben:
        os.kill(other, signal.SIGCONT)
        assert await ann.send("tea", "one") == 1
        assert (await ben.until("msg"))["text"] == "one"
        assert await ben.send("tea", "two") == 2
        assert [(await ann.until("msg"))["text"] for _ in range(2)] == ["one", "two"]
        found = await figures(metrics)
        assert value(found, "workers") == 2
        assert value(found, "connections", way_in="socket") == 2
        assert value(found, "events_total", kind="msg") == 2
        os.kill(one, signal.SIGKILL)
        assert await ann.send("tea", "three") == 3
        wish = {"room": "tea", "last": 2, "epoch": ben.epoch}
    async with chatting(family, "Ben", wish, session=ben.session) as ben:
        assert (await ben.until("msg"))["text"] == "three"


async def see_replaced(family: Family, metrics: int) -> None:
    """See that there is a successor, and that counts are as if there had been one server."""
    await family.logged("a worker has ended, and is replaced")
    with trio.fail_after(3 * PATIENCE):
        while value(found := await figures(metrics), "workers") != 2 or not found:
            await trio.sleep(0.05)
    assert value(found, "worker_ends_total") == 1
    assert value(found, "ready") == 1
    assert value(found, "events_total", kind="msg") == 3
    for path in ("/healthz", "/readyz"):
        assert status(await get(metrics, path)) == 200


async def test_workers_are_one_chat_and_the_parent_is_all_that_is_seen_of_them(
    postgres_url: str, tmp_path: Path
) -> None:
    """One is stopped, one is killed; signals, settings, systemd and figures go by the parent."""
    settings, unix, metrics = tmp_path / "chat.toml", tmp_path / "chat.sock", free_port()
    settings.write_text('title = "Tea"')
    arguments = (
        *("--config", str(settings), "--metrics-listen", f"127.0.0.1:{metrics}"),
        *("--listen", "systemd", "--listen", f"unix:{unix}"),
    )
    variables = {"NOTIFY_SOCKET": f"{tmp_path}/notify", "WATCHDOG_USEC": "60000000"}
    variables["TRIO_CHAT_DATABASE"] = postgres_url
    systemd = trio.socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    await systemd.bind(f"{tmp_path}/notify")

    async def told(word: str) -> str:
        with trio.fail_after(3 * PATIENCE):
            while not (found := (await systemd.recv(1000)).decode()).startswith(word):
                assert found == "WATCHDOG=1"
        return found

    async def reload(text: str, number: signal.Signals) -> None:
        settings.write_text(text)
        family.process.send_signal(number)
        await told("RELOADING=1")
        await told("READY=1")

    with systemd, socket.create_server(("127.0.0.1", 0)) as passed:
        async with parent(tmp_path, *arguments, passed=[passed], **variables) as family:
            assert re.fullmatch(
                r"Chat is open at (http://127.0.0.1:\d+/) \(Ctrl-C stops it\)\n"
                rf"It listens at unix:{unix}, too\n"
                r"To moderate all rooms, open \1#operator=[\w-]{32} \(shown once\)\n",
                family.announced,
            )
            assert "with 2 workers" in await told("READY=1")
            assert await answer_of(unix) == 200
            os.kill(family.workers()[0], signal.SIGSTOP)
            async with chatting(family, "Ann", "tea") as ann:
                os.kill(family.workers()[0], signal.SIGCONT)
                await hear_and_outlive(family, ann, metrics)
                await see_replaced(family, metrics)
                await reload('title = "Coffee"', signal.SIGHUP)
                assert await titles(family.port) == {"Coffee"}
                await reload('title = ""', signal.SIGUSR1)
                await family.logged("settings not reloaded: nothing has changed")
                family.process.send_signal(signal.SIGUSR2)
                await family.logged("budgets in use", 2)
                family.stop_all()
                assert (await ann.ending())[1] == RESTARTING.code
            await told("STOPPING=1")
            assert await ended(family) == 0
    assert not unix.exists()
    assert {one["worker"] for one in family.lines() if one["event"] == "stopped"} == {1, 2}


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Return a folder that the user is led into who runs PostgreSQL, whoever we are."""
    if not programs():
        pytest.skip("needs PostgreSQL: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="trio-workers-"))
    folder.chmod(0o755)
    yield folder
    wait_for_none(folder)
    shutil.rmtree(folder)


def wait_for_none(folder: Path) -> None:
    """Wait until no process has to do with a folder, also where a test has failed."""
    give_up_at = time.monotonic() + PATIENCE
    while of(folder) and time.monotonic() < give_up_at:
        time.sleep(0.05)


def of(folder: Path) -> list[int]:
    """Return the processes that have to do with a folder."""
    numbers = (int(path.name) for path in Path("/proc").glob("[0-9]*"))
    return [pid for pid in numbers if os.fsencode(folder) in command_of(pid)]


def see_private(folder: Path, postgres: int) -> None:
    """See that the folder and the socket are for one user alone, and that no port is open."""
    owner = pwd.getpwuid(folder.stat().st_uid).pw_name
    assert owner == ("postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name)
    places = (folder, folder / ".s.PGSQL.5432")
    assert [stat.S_IMODE(path.stat().st_mode) for path in places] == [0o700, 0o700]
    targets = " ".join(str(link.readlink()) for link in Path(f"/proc/{postgres}/fd").iterdir())
    listening = Path("/proc/net/tcp").read_text() + Path("/proc/net/tcp6").read_text()
    inodes = re.findall(r"socket:\[(\d+)\]", targets)
    assert not [inode for inode in inodes if f" {inode} " in listening]


async def test_one_command_has_a_postgresql_of_its_own(open_folder: Path) -> None:
    """Nobody else reaches it; it may be killed, and so may the parent: nothing is lost or left."""
    database = open_folder / "trio-chat.db"
    own = open_folder / "trio-chat.db.postgres"
    async with parent(open_folder, "--port", "0") as family:
        [postgres] = [pid for pid in family.children() if b"postgres\0-D" in command_of(pid)]
        see_private(own, postgres)
        second = await outcome("--workers", "2", "--port", "0", "--database", str(database))
        told = f"trio-chat: another server has {own}\n".encode()
        assert (second.returncode, second.stderr[-len(told) :]) == (1, told)
        assert "another server has the database, too" not in {
            one["event"] for one in family.lines()
        }
        [url] = [str(one["database"]) for one in family.lines() if "database" in one]
        listed = await outcome("rooms", "--database", url)
        assert (listed.returncode, listed.stderr) == (0, b"")
        reloaded = await outcome("reload", "--database", str(database))
        assert (reloaded.returncode, reloaded.stderr) == (0, b"")
        async with chatting(family, "Ann", "tea") as ann:
            os.kill(postgres, signal.SIGKILL)
            await family.logged("PostgreSQL has ended, and is started again")
            with trio.fail_after(3 * PATIENCE):
                while (answer := await ann.ask(**SENT))["t"] == "error":
                    assert answer["code"] == "unavailable"
                    await trio.sleep(answer["retry_ms"] / 1000)
        await family.logged("journal available again", 2)  # so that both end their runs in order
        family.stop_all()
        assert await ended(family) == 0
    assert of(open_folder) == []
    assert [one["event"] for one in family.lines()].count("stopped") == 2
    (open_folder / "trio-chat.db-server").mkdir()
    async with parent(open_folder, "--port", "0", "--workers", "1") as family:
        await family.logged("trio-chat reload cannot find this server")
        [worker] = family.workers()
        async with chatting(family, "Ben", "tea") as ben:
            page = await ben.ask(t="history", room="tea")
            assert [one["text"] for one in page["messages"]] == ["kept"]
            family.process.kill()
            assert (await ben.ending())[1] == RESTARTING.code
        await until(lambda: not command_of(worker) and not of(open_folder))
    await move_out(own, open_folder / "moved.db")
    assert of(open_folder) == []


async def move_out(own: Path, target: Path) -> None:
    """Move the chat to a file."""
    moved = await outcome("migrate", str(own), str(target))
    assert moved.returncode == 0, moved.stderr
    told = f"with --database {target}, and with the same --files if it had that\n"
    assert moved.stderr.endswith(told.encode())
    exported = await outcome("export", "--database", str(target))
    assert SENT["text"] in exported.stdout.decode()


async def test_settings_that_cannot_work_are_told_once(postgres_url: str, tmp_path: Path) -> None:
    """By the parent or by the first worker, in one line, and with its status."""
    arguments = ("--workers", "2", "--port", "0", "--database", postgres_url)
    (tmp_path / "chat.db").touch()
    for command in ((), ("check-config",)):
        refused = await outcome(*command, "--workers=2", "--database", f"{tmp_path}/chat.db")
        assert refused.returncode == 2
        assert b"2 workers need PostgreSQL, and " in refused.stderr
    for more, told in (
        (("--certfile", f"{tmp_path}/none"), f"trio-chat: cannot read {tmp_path}/none: No such"),
        (("--database", ":memory:"), "trio-chat: workers (2) need PostgreSQL; database is ':mem"),
        (("--files", "x"), "trio-chat: files cannot be given with workers (2)"),
    ):
        refused = await outcome(*arguments, *more)
        assert refused.returncode == 2
        lines = refused.stderr.decode().splitlines()
        assert [line[: len(told)] for line in lines if not line.startswith("{")] == [told]


async def test_a_second_signal_cuts_goodbyes_short(postgres_url: str, tmp_path: Path) -> None:
    """Somebody does not answer the goodbye, and the status says so."""
    arguments = ("--port", "0", "--drain-timeout", "1000")
    async with (
        parent(tmp_path, *arguments, TRIO_CHAT_DATABASE=postgres_url) as family,
        await trio.open_tcp_stream("127.0.0.1", family.port) as silent,
    ):
        await silent.send_all(frames.upgrade())
        assert (await silent.receive_some(100)).startswith(b"HTTP/1.1 101")
        family.process.send_signal(signal.SIGTERM)
        await family.logged("stopping", 2)
        family.process.send_signal(signal.SIGTERM)
        assert await ended(family) == INTERRUPTED
