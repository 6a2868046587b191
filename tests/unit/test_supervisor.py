"""Rules of what systemd is told."""

import os
import socket
from pathlib import Path

import pytest
import structlog
import trio
from trio.testing import MockClock

from trio_chat.supervisor import Supervisor


class Systemd:
    """Its socket."""

    def __init__(self, address: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.socket.settimeout(60)

    def told(self) -> list[str]:
        """Return all that has been told by now."""
        self.socket.setblocking(False)  # noqa: FBT003 - it has no name
        told: list[str] = []
        while True:
            try:
                told.append(self.socket.recv(1000).decode())
            except BlockingIOError:
                return told


@pytest.mark.parametrize("prefix", ["path", "@"])
def test_it_is_told_how_the_server_is(prefix: str, tmp_path: Path) -> None:
    """At a path or a name without a file; what is started later does not find it."""
    name = f"{tmp_path}/notify" if prefix == "path" else f"@trio-chat-test-{os.getpid()}"
    systemd = Systemd(name.replace("@", "\0"))
    environment = {"NOTIFY_SOCKET": name, "OTHER": "x"}
    supervisor = Supervisor(environment)
    supervisor.ready("http://localhost:8080/")
    supervisor.reloading()
    supervisor.stopping()
    supervisor.reloading()
    supervisor.ready("http://localhost:8080/")
    ready, reloading, stopping = systemd.told()
    assert ready == "READY=1\nSTATUS=Listening at http://localhost:8080/"
    assert reloading.startswith("RELOADING=1\nMONOTONIC_USEC=")
    assert stopping == "STOPPING=1\nSTATUS=Saying goodbye"
    assert environment == {"OTHER": "x"}
    systemd.socket.close()


@pytest.mark.parametrize("address", ["", "/nowhere/notify"])
async def test_nobody_has_to_listen(address: str) -> None:
    """The server serves all the same."""
    supervisor = Supervisor({"NOTIFY_SOCKET": address})
    supervisor.ready("x")
    await supervisor.watch(trio.sleep_forever)


@pytest.mark.parametrize(
    "more",
    [{}, {"WATCHDOG_USEC": "x"}, {"WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "1"}],
)
async def test_without_a_watchdog_nothing_is_looked_at(more: dict[str, str]) -> None:
    """Also if it is meant for another process."""

    async def alive() -> str | None:
        raise AssertionError

    await Supervisor({"NOTIFY_SOCKET": "/nowhere/notify", **more}).watch(alive)


async def test_the_watchdog_is_told_only_while_the_hub_turns(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    """Twice in its time; a hub that hangs is one that systemd has to end."""
    systemd = Systemd(f"{tmp_path}/notify")
    environment = {
        "NOTIFY_SOCKET": f"{tmp_path}/notify",
        "WATCHDOG_USEC": "2000000",
        "WATCHDOG_PID": str(os.getpid()),
    }
    hangs, fault = False, None

    async def alive() -> str | None:
        if hangs:
            await trio.sleep_forever()
        return fault

    async with trio.open_nursery() as nursery:
        nursery.start_soon(Supervisor(environment).watch, alive)
        await trio.sleep(3.5)
        assert systemd.told() == ["WATCHDOG=1"] * 4
        hangs = True
        with structlog.testing.capture_logs() as logged:
            await trio.sleep(3)
        assert systemd.told() == []
        assert {line["reason"] for line in logged} == {"the hub takes no turn"}
        hangs, fault = False, "it is stuck"
        await trio.sleep(3)
        assert systemd.told() == []
        fault = None
        await trio.sleep(1)
        assert "WATCHDOG=1" in systemd.told()
        nursery.cancel_scope.cancel()
    systemd.socket.close()
