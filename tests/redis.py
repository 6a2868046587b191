"""A Redis server of the tests' own, on a port of this machine, with nothing on any disk."""

import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import hiredis
import pytest

PATIENCE = 60  # seconds for a server to start; the machine may be busy


class RedisServer:
    """One server, which a test may kill, and start again at the same port.

    Args:
        options: Of its command line, such as ``--requirepass``.
        config: Of a file, which sentinels and clusters must have.
    """

    def __init__(self, *options: str, config: str | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="trio-redis-"))
        self.port = free_port()
        self.options = options
        self.tls: ssl.SSLContext | None = None
        self._config = [str(self.folder / "redis.conf")] if config is not None else []
        if config is not None:
            (self.folder / "redis.conf").write_text(config)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        port = "--tls-port" if self.tls else "--port"
        command = ["redis-server", *self._config, port, str(self.port), "--bind", "127.0.0.1"]
        command += [
            "--save",
            "",
            "--repl-diskless-sync-delay",
            "0",
            "--dir",
            str(self.folder),
            *(["--port", "0"] * bool(self.tls)),
        ]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen([*command, *self.options], stdout=log, stderr=log)
        give_up_at = time.monotonic() + PATIENCE
        while True:
            with suppress(OSError):
                self.ask("PING")
                return
            assert time.monotonic() < give_up_at, (self.folder / "log").read_text()
            assert self._process.poll() is None, (self.folder / "log").read_text()
            time.sleep(0.02)

    def ask(self, *command: str) -> object:
        """Return the answer to a command on a connection of its own; errors are answers, too."""
        reader = hiredis.Reader(notEnoughData=...)
        with self._connect() as end:
            end.sendall(hiredis.pack_command(command))  # type: ignore[arg-type]
            while (reply := reader.gets()) is ...:
                data = end.recv(65536)
                if not data:
                    raise ConnectionResetError
                reader.feed(data)
        return reply

    def _connect(self) -> socket.socket:
        plain = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
        return self.tls.wrap_socket(plain, server_hostname="127.0.0.1") if self.tls else plain

    @property
    def pid(self) -> int:
        """Of the process, once it is started."""
        assert self._process
        return self._process.pid

    def signal(self, number: int) -> None:
        """Let it stand still, or go on."""
        assert self._process
        self._process.send_signal(number)

    def kill(self) -> None:
        """End it at once."""
        self.signal(signal.SIGKILL)
        assert self._process
        self._process.wait()

    def remove(self) -> None:
        """End it, and delete what it has written."""
        if self._process and self._process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def free_port() -> int:
    """Return a port at which nobody listens, low enough for that of a cluster's own bus."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port: int = probe.getsockname()[1]
        if port < 55_000:  # a node of a cluster listens 10,000 above it, too
            return port


@contextmanager
def running_redis(*options: str, config: str | None = None) -> Iterator[RedisServer]:
    """Run a server; the test is skipped where there is no program to do so."""
    if not shutil.which("redis-server"):
        pytest.skip("needs Redis: apt-get install redis-server")
    server = RedisServer(*options, config=config)
    try:
        server.start()
        yield server
    finally:
        server.remove()
