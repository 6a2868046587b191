"""A chat server that the suite starts for itself."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

import trustme

from tests.hostile import long_room, token_keys
from tests.hostile.attack import Settings
from tests.hostile.meter import Meter
from tests.hostile.target import Problem, Target, network_address
from trio_chat.config import Config

STOP_TIMEOUT = 15.0  # seconds from SIGTERM until it is killed
KNOWN = {setting.name for setting in fields(Config)}
OURS = {"tls", "descriptors", "tokens"}  # settings that are none of the server: what the suite does


class Server:
    """A running server.

    Attributes:
        target: Where attackers find it: at an address that is not exempt from limits.
        inside: Where the good clients find it: at a loopback address.
        meter: Reads its process.
    """

    def __init__(
        self, process: subprocess.Popen[str], port: int, folder: Path, settings: Settings
    ) -> None:
        tls, keys = bool(settings.get("tls")), str(folder) if settings.get("tokens") else ""
        self._process = process
        self.target = Target(network_address(), port, tls, process.pid, keys=keys)
        self.inside = Target("127.0.0.1", port, tls, process.pid)
        self.meter = Meter(process.pid, folder)

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None


def missing(settings: Settings) -> list[str]:
    """Return those settings that this version of the server has not got."""
    return [name for name in settings if name not in KNOWN | OURS]


@contextmanager
def started(settings: Settings) -> Iterator[Server]:
    """Start a server with an empty database but for the long room; end it after the block.

    Raises:
        Problem: it does not start.
    """
    with tempfile.TemporaryDirectory(prefix="hostile-") as name:
        folder = Path(name)
        flags = [*_flags(settings), *_certificate(settings, folder)]
        flags += token_keys.make(folder) if settings.get("tokens") else []
        long_room.put_into(folder)
        process = _spawn(folder, int(str(settings.get("descriptors", 0))), flags)
        try:
            yield Server(process, _port(process, folder), folder, settings)
        finally:
            _end(process)


def _flags(settings: Settings) -> list[str]:
    pairs = ((name, value) for name, value in settings.items() if name not in OURS)
    return [part for key, value in pairs for part in ("--" + key.replace("_", "-"), str(value))]


def _certificate(settings: Settings, folder: Path) -> list[str]:
    """Make a certificate if TLS is asked for; return the flag for it."""
    if not settings.get("tls"):
        return []
    pem = folder / "server.pem"
    issued = trustme.CA().issue_cert("localhost", "127.0.0.1", network_address())
    issued.private_key_and_cert_chain_pem.write_to_path(str(pem))
    return ["--certfile", str(pem)]


def _spawn(folder: Path, descriptors: int, flags: list[str]) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "-m",
        "tests.hostile.observed",
        str(folder / "tasks"),
        str(descriptors),
    ]
    settings = ["--port", "0", "--host", "0.0.0.0", "--database", str(folder / "chat.db"), *flags]  # noqa: S104
    with (folder / "log").open("w") as log:
        return subprocess.Popen(
            [*command, *settings],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )


def _port(process: subprocess.Popen[str], folder: Path) -> int:
    """Return the port from the first line that the server prints.

    Raises:
        Problem: it printed another one, or none.
    """
    assert process.stdout
    line = process.stdout.readline()
    if not line.startswith("Chat is open at "):
        raise Problem(f"the server did not start: {(folder / 'log').read_text()[-500:]}")
    return int(line.split("/ ")[0].rpartition(":")[2])


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert process.stdout
    process.stdout.close()
