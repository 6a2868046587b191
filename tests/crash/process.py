"""The real server as a process that gets killed, and started again in the same place."""

import os
import random
import re
import sys
from pathlib import Path

import trio

import trio_chat
from tests.chat import NO_RATES

ROOT = Path(trio_chat.__file__).parent.parent
ADDRESS = re.compile(rb"http://localhost:(\d+)/")
PATIENCE = 300  # seconds for a server to start


class Server:
    """Starts the server with a database, always on the port that it had first.

    ``options`` are further ones of the command.
    """

    def __init__(self, database: Path, *options: str) -> None:
        self.database = database
        self.port = 0
        self.log = database.with_suffix(".log")
        self._options = options
        self._process: trio.Process | None = None

    async def start(self) -> None:
        """Start it, and wait until it says where it is."""
        ours = {k: v for k, v in os.environ.items() if not k.startswith("TRIO_CHAT")}
        with self.log.open("ab") as log:
            self._process = await trio.lowlevel.open_process(
                [
                    *(sys.executable, "-m", "trio_chat", "--host", "127.0.0.1"),
                    *("--port", str(self.port), "--database", str(self.database)),
                    *("--resume-limit", "20"),  # who missed more gets it from the file
                    *NO_RATES,
                    *self._options,
                ],
                stdout=-1,
                stderr=log,
                cwd=ROOT,
                env=ours,
            )
        with trio.fail_after(PATIENCE):
            self.port = await self._announced_port()

    def check(self) -> None:
        """See that it still runs: nobody has ended it but us."""
        assert self._process
        assert self._process.poll() is None, self.log.read_text(encoding="utf-8")

    async def kill(self) -> None:
        """End it at once, whatever it is doing."""
        assert self._process
        self._process.kill()
        await self._process.wait()
        assert self._process.stdout
        await trio.aclose_forcefully(self._process.stdout)

    async def live(self, crashes: int) -> None:
        """Let it crash so many times, each at some moment soon after its start."""
        for _ in range(crashes):
            await trio.sleep(random.uniform(0.02, 1.2))  # noqa: S311 - no secret
            await self.kill()
            await self.start()

    async def _announced_port(self) -> int:
        assert self._process
        assert self._process.stdout
        printed = b""
        while not printed.endswith(b"\n"):
            data = await self._process.stdout.receive_some()
            assert data, f"ended: {self.log.read_text(encoding='utf-8')}"
            printed += data
        found = ADDRESS.search(printed)
        return int(found[1]) if found else int(printed.rsplit(b":", 1)[1].split(b"/")[0])
