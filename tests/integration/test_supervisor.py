"""The server under a supervisor: what it tells, and how it drains."""

import signal
import socket
from pathlib import Path

import pytest
import trio

from tests.integration.commands import command
from tests.integration.running import PATIENCE, goodbye, serving
from trio_chat.metrics.health import DRAINING
from trio_chat.protocol.close import GOING_AWAY, RESTARTING


async def test_systemd_is_told_of_start_watchdog_reload_and_stop(tmp_path: Path) -> None:
    """In this order, by the process itself."""
    path = f"{tmp_path}/notify"
    with trio.socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        await systemd.bind(path)

        async def told(word: str) -> str:
            with trio.fail_after(PATIENCE):
                while not (found := (await systemd.recv(1000)).decode()).startswith(word):
                    assert found == "WATCHDOG=1"
            return found

        async with command(NOTIFY_SOCKET=path, WATCHDOG_USEC="1000000") as running:
            assert f"STATUS=Listening at http://localhost:{running.port}/" in await told("READY=1")
            await told("WATCHDOG=1")
            running.signal(signal.SIGUSR1)
            await told("RELOADING=1")
            await told("READY=1")
            running.signal(signal.SIGTERM)
            await told("STOPPING=1")
            assert await running.exit_status() == 0


@pytest.mark.parametrize(("reason", "waits"), [(RESTARTING, True), (GOING_AWAY, False)])
async def test_a_load_balancer_has_time_to_notice(reason: tuple[int, str], *, waits: bool) -> None:
    """The server says that it drains, and serves on for a while; not for a person's Ctrl-C."""
    async with serving(drain_delay=0.5 if waits else 1000.0) as server:
        stream = await server.shake_hands()
        assert await server.server.health.ready() is None
        server.server.stop(GOING_AWAY if reason == GOING_AWAY else RESTARTING)
        assert await server.server.health.ready() == DRAINING
        if waits:
            await (await trio.open_tcp_stream("127.0.0.1", server.port)).aclose()
        assert (await goodbye(stream))[-1].close_code == reason[0]
        await stream.aclose()
