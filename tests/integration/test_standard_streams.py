"""What is behind the standard streams of a process never ends or slows its work."""

import fcntl
import json
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import pytest
import trio

from tests.frames import TEXT, masked, unmasked
from tests.integration.commands import COMMAND, ROOT, Command, command, environment, outcome
from tests.integration.running import PATIENCE, read_all, status
from trio_chat.errors import BAD_USAGE, FAILED

GET = b"GET /r/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
FOREIGN = b"GET / HTTP/1.1\r\nHost: evil%d.example\r\n\r\n"  # each is logged
SIZE = 4096  # bytes of the smallest pipe


@contextmanager
def full_pipe() -> Iterator[tuple[int, int]]:
    """Return both ends of a pipe that takes nothing more."""
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, SIZE)
    os.write(writer, b"." * SIZE)
    try:
        yield reader, writer
    finally:
        os.close(writer)
        os.close(reader)


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])


@asynccontextmanager
async def silent(port: int, *, stdout: int, stderr: int) -> AsyncIterator[Command]:
    """Run a server that cannot tell its address; its streams are those of a test."""
    process = await trio.lowlevel.open_process(
        [*COMMAND, "--port", str(port)],
        stdout=stdout,
        stderr=stderr,
        cwd=ROOT,
        env=environment(),
    )
    try:
        yield Command(process, port)
    finally:
        if process.poll() is None:
            process.kill()
        await process.wait()


async def exchange(port: int, wire: bytes) -> bytes:
    """Send a request to a server, which may not be there yet, and return what it answers."""
    with trio.fail_after(2 * PATIENCE):
        while True:
            with suppress(OSError):
                stream = await trio.open_tcp_stream("127.0.0.1", port)
                break
            await trio.sleep(0.05)
        async with stream:
            await stream.send_all(wire)
            return await read_all(stream)


async def chats(running: Command) -> None:
    """Prove that a server serves."""
    async with await running.shake_hands() as client:
        await client.send_all(masked(TEXT, b"hello"))
        with trio.fail_after(PATIENCE):
            assert await client.receive_some() == unmasked(TEXT, b"hello")


async def test_a_log_that_nobody_reads_stops_nobody() -> None:
    """Standard error is a full pipe; its lines wait, and the rest is dropped and counted."""
    with full_pipe() as (reader, writer):
        async with command("--log-lines", "10", "--log-rate", "0", stderr=writer) as running:
            for number in range(120):
                answer = await exchange(running.port, FOREIGN % (number % 30))
                assert status(answer) == 421
            await chats(running)
            running.signal(signal.SIGTERM)
            assert await running.exit_status() == 0
        del reader


async def test_the_lines_that_were_dropped_are_counted() -> None:
    """Once standard error is read again."""
    with full_pipe() as (reader, writer):
        async with command("--log-lines", "5", stderr=writer) as running:
            for number in range(30):
                await exchange(running.port, FOREIGN % number)
            os.read(reader, SIZE)
            text = b""
            with trio.fail_after(PATIENCE):
                while b"log lines dropped" not in text:
                    text += await trio.to_thread.run_sync(os.read, reader, SIZE)
            running.signal(signal.SIGTERM)
            assert await running.exit_status() == 0
    entries = [json.loads(line) for line in text.splitlines()]
    assert entries[0]["event"] == "listening"
    assert sum(entry.get("left_out", 0) for entry in entries) + len(entries) >= 1 + 10


async def test_lines_of_one_kind_are_few_and_the_others_are_counted() -> None:
    """Thirty names in a second are ten lines and one that counts."""
    async with command() as running:
        for number in range(30):
            await exchange(running.port, FOREIGN % number)
        running.signal(signal.SIGTERM)
        assert await running.exit_status() == 0
        entries = [json.loads(line) for line in (await running.errors()).splitlines()]
    refused = [entry for entry in entries if entry["event"].startswith("unknown host name")]
    counted = sum(entry.get("left_out", 0) for entry in refused)
    assert 0 < counted == 30 - sum("name" in entry for entry in refused)
    assert any(re.search(r": \d+ more like this$", entry["event"]) for entry in refused)


@pytest.mark.parametrize("name", ["stdout", "stderr"])
async def test_a_server_whose_streams_take_nothing_serves_and_ends(name: str) -> None:
    """A full pipe, from the start to the end; the end waits a moment for it, no longer."""
    port = free_port()
    with full_pipe() as (_, writer):
        nothing = os.open(os.devnull, os.O_WRONLY)
        stdout, stderr = (writer if name == which else nothing for which in ("stdout", "stderr"))
        async with silent(port, stdout=stdout, stderr=stderr) as running:
            os.close(nothing)
            assert status(await exchange(port, GET)) == 200
            await chats(running)
            running.signal(signal.SIGTERM)
            assert await running.exit_status() == 0


@pytest.mark.parametrize("redirection", ["", ">&- 2>&-", "<&-", "<&- >&- 2>&-", ">/dev/full 2>&1"])
async def test_a_server_without_standard_streams_serves_and_ends(
    redirection: str, tmp_path: Path
) -> None:
    """Whatever of them is closed or leads to a full disk; nothing is written into another file."""
    port, database = free_port(), tmp_path / "chat.db"
    line = f'exec "$@" {redirection}'
    process = await trio.lowlevel.open_process(
        ["sh", "-c", line, "sh", *COMMAND, "--port", str(port)],
        cwd=ROOT,
        env=environment(TRIO_CHAT_DATABASE=str(database)),
    )
    running = Command(process, port)
    assert status(await exchange(port, GET)) == 200
    await chats(running)
    running.signal(signal.SIGTERM)
    assert await running.exit_status() == 0
    assert database.read_bytes().startswith(b"SQLite format 3\0")
    assert (await outcome("rooms", "--database", str(database))).returncode == 0


async def test_a_server_whose_output_has_no_reader_serves_and_ends() -> None:
    """Its address is of no use to anybody then, that is all."""
    port = free_port()
    reader, writer = os.pipe()
    os.close(reader)
    async with silent(port, stdout=writer, stderr=writer) as running:
        os.close(writer)
        assert status(await exchange(port, GET)) == 200
        running.signal(signal.SIGTERM)
        assert await running.exit_status() == 0


@pytest.mark.parametrize(
    ("arguments", "expected"), [(("--prot", "80"), BAD_USAGE), (("rooms", "--database", "/"), None)]
)
async def test_a_command_whose_complaint_nobody_reads_ends(
    arguments: tuple[str, ...], expected: int | None
) -> None:
    """With the status that it has otherwise, whether standard error is full, closed or gone."""
    usual = (await outcome(*arguments)).returncode
    assert usual == (expected or usual) != 0
    with full_pipe() as (_, writer), trio.fail_after(3 * PATIENCE):
        done = await trio.run_process(
            [*COMMAND, *arguments], stderr=writer, check=False, cwd=ROOT, env=environment()
        )
        assert done.returncode == usual
    for redirection in ("2>&-", "2>/dev/full"):
        done = await trio.run_process(
            ["sh", "-c", f'exec "$@" {redirection}', "sh", *COMMAND, *arguments],
            check=False,
            cwd=ROOT,
            env=environment(),
        )
        assert done.returncode == usual


WITH_OUTPUT = ["rooms", "export", "check", "check-config", "operator-link", "--help"]


@pytest.mark.parametrize("argument", WITH_OUTPUT)
async def test_a_command_says_that_its_output_cannot_be_written(
    argument: str, tmp_path: Path
) -> None:
    """In one line, with the status of failure; without a word if its reader has left."""
    database = str(tmp_path / "chat.db")
    async with command("--database", database) as running:
        await chats(running)
    for redirection, complaint in (
        (">/dev/full", b"No space left on device"),
        (">&-", b"Bad file descriptor"),
        ("|true", b""),
    ):
        done = await trio.run_process(
            [
                "sh",
                "-c",
                f'"$@" {redirection}; exit $?',
                "sh",
                sys.executable,
                "-c",
                SLOW,
                argument,
            ],
            capture_stderr=True,
            check=False,
            cwd=ROOT,
            env=environment(TRIO_CHAT_DATABASE=database),
        )
        assert b"Traceback" not in done.stderr
        assert b"Exception ignored" not in done.stderr
        if complaint:
            assert done.returncode == FAILED
            assert complaint in done.stderr
            assert done.stderr.count(b"\n") == 1


# The command, once the reader of its output has had the time to leave.
SLOW = "import sys, time; from trio_chat.cli import main; time.sleep(0.3); sys.exit(main())"


EXPORTED = (
    '{"t":"export","format":1,"ts":1,"epoch":"e","rooms":1,"events":1}\n'
    '{"t":"room","room":"tée","first":1,"last":1,"ts":5,"topic":"🍋"}\n'
    '{"t":"msg","room":"tée","seq":1,"ts":5,"cid":"cid-12345","text":"é🍋"}\n'
)


async def imported(data: bytes, database: Path) -> tuple[int, bytes]:
    """Import from a pipe; return the status and what it complained of."""
    done = await trio.run_process(
        [*COMMAND, "import", "--database", str(database), "-"],
        stdin=data,
        capture_stdout=True,
        capture_stderr=True,
        check=False,
        cwd=ROOT,
        env=environment(),
    )
    return done.returncode, done.stderr


async def test_an_import_is_utf_8_with_or_without_a_mark(tmp_path: Path) -> None:
    """Any other encoding is refused, with the line."""
    for encoding in ("utf-8", "utf-8-sig"):
        assert await imported(EXPORTED.encode(encoding), tmp_path / f"{encoding}.db") == (0, b"")
    for encoding, line in (("latin-1", 2), ("utf-16", 1)):
        data = EXPORTED.replace("🍋", "").encode(encoding)
        code, complaint = await imported(data, tmp_path / f"{encoding}.db")
        assert code == FAILED
        assert complaint.startswith(b"trio-chat: line %d: " % line)
        assert complaint.count(b"\n") == 1


VARIABLES = [
    {"LC_ALL": "xx_YY"},
    {"LC_ALL": "C"},
    {"PYTHONIOENCODING": "ascii"},
    {"PYTHONIOENCODING": "latin-1"},
    {"COLUMNS": "0"},
    {"COLUMNS": "-1"},
    {"TERM": ""},
]


@pytest.mark.parametrize("variables", VARIABLES, ids=str)
async def test_commands_work_in_any_environment(variables: dict[str, str], tmp_path: Path) -> None:
    """What a stream cannot encode is escaped; JSON can be read everywhere."""
    database = str(tmp_path / "a.db")
    assert await imported(EXPORTED.encode(), Path(database)) == (0, b"")
    for arguments in (("rooms",), ("rooms", "--json"), ("check-config",), ("--help",)):
        done = await outcome(*arguments, **{"TRIO_CHAT_DATABASE": database, **variables})
        assert (done.returncode, done.stderr) == (0, b"")
        assert done.stdout.count(b"\n") >= 1
    shown = await outcome("rooms", "--json", "--database", database, **variables)
    assert json.loads(shown.stdout)["topic"] == "🍋"
    missing = await outcome("export", "--database", database, "nö", **variables)
    assert missing.returncode == FAILED
    assert missing.stderr.startswith(b"trio-chat: there is no room 'n")


async def test_an_export_is_done_though_nobody_hears_of_it(tmp_path: Path) -> None:
    """Standard error without a reader makes it no failure."""
    database, file = str(tmp_path / "a.db"), tmp_path / "a.jsonl"
    assert await imported(EXPORTED.encode(), Path(database)) == (0, b"")
    reader, writer = os.pipe()
    os.close(reader)
    done = await trio.run_process(
        [*COMMAND, "export", "--database", database, "-o", str(file)],
        stderr=writer,
        check=False,
        cwd=ROOT,
        env=environment(),
    )
    os.close(writer)
    assert done.returncode == 0
    assert file.read_bytes().count(b"\n") == 3


async def test_a_sender_whose_warnings_nobody_reads_goes_on(tmp_path: Path) -> None:
    """Standard error is a full pipe: all lines are sent, and the status tells that some failed."""
    async with command() as running:
        with full_pipe() as (_, writer), trio.fail_after(3 * PATIENCE):
            done = await trio.run_process(
                [*COMMAND, "connect", f"http://localhost:{running.port}/", "--send"],
                stdin=b"\xff\n" * 300 + b"last\n",
                stderr=writer,
                check=False,
                cwd=ROOT,
                env=environment(XDG_STATE_HOME=str(tmp_path)),
            )
        assert done.returncode == FAILED
        answer = await exchange(
            running.port,
            b"GET /api/v1/rooms/lobby/messages HTTP/1.1\r\nHost: localhost\r\n\r\n",
        )
        assert b'"text":"last"' in answer
