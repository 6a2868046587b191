"""A chat server in a process of its own."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import IO, Protocol

from websockets.sync.client import connect

# All but that of typing, which is how the protocol says that typing is told.
RATES = (
    *("send", "change", "topic", "nick", "join", "history", "search", "list", "invalid"),
    *(
        "room",
        "byte",
        "frame",
        "control",
        "address-byte",
        "address-write",
        "connect",
        "tls",
        "handshake",
        "http",
        "resume",
        "upload",
        "file-byte",
        "address-file",
        "new-room",
        "govern",
        "moderate",
        "link-guess",
        "new-name",
        "password",
    ),
)
NO_RATES = tuple(f"--{rate}-rate=off" for rate in RATES)  # for tests whose matter is another one
PATIENCE = 60  # seconds until what should have happened counts as not happening


class Process(Protocol):
    """What a chat needs of ``subprocess.Popen``."""

    @property
    def stdout(self) -> IO[str] | None: ...
    def send_signal(self, sig: int, /) -> None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def kill(self) -> None: ...


class Chat:
    """A server as its user starts it; port and history are the same when it is started again.

    ``options`` are further ones of the command.
    """

    def __init__(self, database: Path, *options: str, port: int = 0) -> None:
        self._database = database
        self._options = options
        self._process: Process | None = None
        self.port = port
        self.start()

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}/"

    @property
    def database(self) -> Path:
        return self._database

    @property
    def ws(self) -> str:
        return f"ws://localhost:{self.port}/ws"

    def start(self) -> None:
        place = ("--port", str(self.port), "--database", str(self._database))
        self._process = self.launch(*place, *self._options)
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert line.startswith("Chat is open at "), line
        self.port = self.port or int(line.split("/ ")[0].rpartition(":")[2])

    def launch(self, *arguments: str) -> Process:
        """Run the command with these arguments."""
        command = (sys.executable, "-m", "trio_chat", *arguments)
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        assert self._process
        assert self._process.stdout
        self._process.send_signal(how)
        status = self._process.wait(timeout=2 * PATIENCE)
        self._process.stdout.close()
        assert status == (-how if how is signal.SIGKILL else 0)

    def kill(self) -> None:
        """End the server at once, unless the system has."""
        assert self._process
        assert self._process.stdout
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()

    def forget(self) -> None:
        """Lose all that was kept, while the server is stopped."""
        for file in self._database.parent.glob(f"{self._database.name}*"):
            file.unlink()

    def say(self, *lines: str) -> None:
        """Say lines, and return when they have come back from the server."""
        with connect(self.ws) as client:
            for line in lines:
                client.send(line)
            heard: list[str] = []
            while len(heard) < len(lines):
                heard += str(client.recv(timeout=PATIENCE)).split("\n")
            assert heard == list(lines)
