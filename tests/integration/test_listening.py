"""Every way to listen, by the command: Unix sockets, and sockets that are passed on to it."""

import re
import socket
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio

from tests import frames
from tests.frames import TEXT, masked
from tests.integration.commands import COMMAND, ROOT, environment
from tests.integration.running import END_OF_HEAD, PATIENCE, goodbye, read_answer, status
from trio_chat.delivery.ring import FEWEST, NoRing, open_ring
from trio_chat.net.activation import FIRST
from trio_chat.protocol.close import RESTARTING

PAGE = b"GET /r/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
STARTS = 3  # of the server, while somebody connects all the time


@asynccontextmanager
async def server(
    *arguments: str, passed: Sequence[socket.socket] = (), **variables: str
) -> AsyncIterator[tuple[trio.Process, bytes]]:
    """Run the command for the block; give it, and what it has printed when it was ready.

    Sockets are passed on as systemd does it.
    """
    moved = " ".join(f"{FIRST + place}<&{one.fileno()}" for place, one in enumerate(passed))
    told = f"exec {moved}; export LISTEN_FDS={len(passed)} LISTEN_PID=$$; " if passed else ""
    process = await trio.lowlevel.open_process(
        ["bash", "-c", f'{told}exec "$@"', "bash", *COMMAND, *arguments],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=environment(**variables),
        pass_fds=[one.fileno() for one in passed],
        start_new_session=True,
    )
    try:
        assert process.stdout
        with trio.fail_after(PATIENCE):
            printed = b""
            while b"shown once" not in printed:
                data = await process.stdout.receive_some()
                assert data, printed
                printed += data
        yield process, printed
        if process.poll() is None:
            process.terminate()
        with trio.fail_after(2 * PATIENCE):
            assert await process.wait() == 0
    finally:
        with trio.CancelScope(shield=True):
            if process.poll() is None:
                process.kill()
                await process.wait()
            if process.stdout:
                await process.stdout.aclose()


async def refusal(*arguments: str) -> str:
    """Return the line with which the command ends."""
    done = await trio.run_process(
        [*COMMAND, *arguments], capture_stderr=True, check=False, cwd=ROOT, env=environment()
    )
    assert done.returncode == 2
    return done.stderr.decode()


async def ask(stream: trio.SocketStream) -> int:
    """Ask for the page, and return the status of the answer."""
    async with stream:
        await stream.send_all(PAGE)
        return status(await read_answer(stream))


async def enter(stream: trio.SocketStream) -> None:
    """Become a nameless client."""
    await stream.send_all(frames.upgrade())
    head = b""
    while END_OF_HEAD not in head:
        data = await stream.receive_some(1)
        assert data, head
        head += data
    assert head.startswith(b"HTTP/1.1 101 ")


def ring_or_loop() -> list[str]:
    """Return the ways to write to many that there are here."""
    try:
        with open_ring():
            return ["loop", "ring"]
    except NoRing:
        return ["loop"]


@pytest.mark.parametrize("fan_out", ring_or_loop())
async def test_people_talk_by_a_unix_socket(fan_out: str, tmp_path: Path) -> None:
    """As by TCP, many at once too; beside it there is an address for a browser."""
    path = tmp_path / "chat.sock"
    where = ("--listen", f"unix:{path}", "--listen", "localhost:0", "--fan-out", fan_out)
    async with server(*where) as (process, printed):
        found = re.match(
            rb"Chat is open at (http://localhost:(\d+)/) \(Ctrl-C stops it\)\n"
            rb"It listens at unix:(.+), too\n"
            rb"To moderate all rooms, open \1#operator=[\w-]{32} \(shown once\)\n",
            printed,
        )
        assert found
        assert found[3].decode() == str(path)
        assert await ask(await trio.open_unix_socket(path)) == 200
        assert await ask(await trio.open_tcp_stream("127.0.0.1", int(found[2]))) == 200
        crowd = [await trio.open_unix_socket(path) for _ in range(2 * FEWEST)]
        for each in crowd:
            await enter(each)
        await crowd[0].send_all(masked(TEXT, b"tea"))
        for each in crowd:
            assert (await each.receive_some()).endswith(b"tea")
        process.terminate()
        for each in crowd:
            assert (await goodbye(each))[-1].close_code == RESTARTING.code
            await each.aclose()
        with trio.fail_after(PATIENCE):
            await process.wait()
    assert not path.exists()


async def test_with_unix_sockets_alone_the_operators_link_is_what_follows_the_page(
    tmp_path: Path,
) -> None:
    """The server does not know by which address the page is opened."""
    path = tmp_path / "chat.sock"
    database = tmp_path / "chat.db"
    async with server("--listen", f"unix:{path}", TRIO_CHAT_DATABASE=str(database)) as (_, printed):
        assert re.fullmatch(
            rb"Chat is open at unix:.+ \(Ctrl-C stops it\)\nTo moderate all rooms, open the page's "
            rb"address with #operator=[\w-]{32} behind it \(shown once\)\n",
            printed,
        )
        made = await trio.run_process(
            [*COMMAND, "operator-link", "--database", str(database)],
            capture_stdout=True,
            capture_stderr=True,
            cwd=ROOT,
            env=environment(),
        )
        assert made.stdout.startswith(b"http://localhost:8080/#operator=")
        assert b"no running server tells its address" in made.stderr


async def test_what_cannot_be_listened_on_is_one_line(tmp_path: Path) -> None:
    """Without a traceback, and with the status of bad usage."""
    missing = tmp_path / "missing" / "a.sock"
    said = await refusal("--listen", f"unix:{missing}")
    assert said.splitlines()[-1] == (
        f"trio-chat: cannot listen on unix:{missing}: there is no folder {missing.parent}"
    )
    assert "systemd has passed no socket" in await refusal("--listen", "systemd")


@pytest.mark.parametrize("kind", [socket.AF_INET, socket.AF_UNIX])
async def test_an_upgrade_refuses_nobody_if_the_socket_is_passed_on(
    kind: socket.AddressFamily, tmp_path: Path
) -> None:
    """Whoever connects while one server ends and the next one starts waits, and is answered."""
    with socket.socket(kind) as listening, trio.fail_after(6 * PATIENCE):
        listening.bind(("127.0.0.1", 0) if kind == socket.AF_INET else str(tmp_path / "a.sock"))
        listening.listen(1000)
        answered = 0
        is_over = False

        async def connect_all_the_time() -> None:
            nonlocal answered
            while not is_over:
                sock = trio.socket.socket(kind)
                await sock.connect(listening.getsockname())
                assert await ask(trio.SocketStream(sock)) == 200
                answered += 1

        async with trio.open_nursery() as nursery:
            for _ in range(4):
                nursery.start_soon(connect_all_the_time)
            for _ in range(STARTS):
                async with server(passed=[listening]):
                    before = answered
                    while answered < before + 20:
                        await trio.sleep(0.01)
            async with server(passed=[listening]):  # answers those who still wait
                is_over = True
                while nursery.child_tasks:
                    await trio.sleep(0.01)


@pytest.mark.parametrize(("trusted", "address"), [(["unix"], "203.0.113.5"), ([], "unix")])
async def test_who_connects_by_a_unix_socket_is_believed_only_if_that_is_asked_for(
    trusted: list[str], address: str, tmp_path: Path
) -> None:
    """A proxy tells who is behind it; without the flag its word counts for nothing."""
    path = tmp_path / "chat.sock"
    flags = [flag for name in trusted for flag in ("--trusted-proxy", name)]
    told = b"X-Forwarded-For: 203.0.113.5\r\nConnection: close"
    async with server("--listen", f"unix:{path}", *flags):
        stream = await trio.open_unix_socket(path)
        async with stream:
            await stream.send_all(
                b"GET /api/v1/reachable HTTP/1.1\r\nHost: localhost\r\n%b\r\n\r\n" % told
            )
            answer = await read_answer(stream)
        assert f'"address":"{address}"'.encode() in answer
