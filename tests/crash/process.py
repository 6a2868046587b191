"""The real server as a process that gets killed, and started again in the same place."""

import random
import re
from pathlib import Path

import trio

from tests.chat import NO_RATES
from tests.forked import Forked

ADDRESS = re.compile(r"http://(?:localhost|127\.0\.0\.1):(\d+)/")
PATIENCE = 300  # seconds for a server to start


class Server:
    """Starts the server with a database, always on the port that it had first.

    ``options`` are further ones of the command. With a ``url`` it keeps nothing in the file.
    """

    def __init__(self, database: Path, *options: str, url: str | None = None) -> None:
        self.database = database
        self.url = url
        self.port = 0
        self.log = database.with_suffix(".log")
        self._options = options
        self._process: Forked | None = None

    async def start(self) -> None:
        """Start it, and wait until it says where it is."""
        self._process = Forked(
            *(
                "--host",
                "127.0.0.1",
                "--port",
                str(self.port),
                "--database",
                self.url or str(self.database),
            ),
            *("--resume-limit", "20"),  # who missed more gets it from the file
            *NO_RATES,
            *self._options,
            stderr=self.log,
        )
        with trio.fail_after(PATIENCE):
            announced = await trio.to_thread.run_sync(
                self._process.stdout.readline, abandon_on_cancel=True
            )
        found = ADDRESS.search(announced)
        assert found, f"printed {announced!r}: {self.log.read_text(encoding='utf-8')}"
        self.port = int(found[1])

    def check(self) -> None:
        """See that it still runs: nobody has ended it but us."""
        assert self._process
        assert self._process.poll() is None, self.log.read_text(encoding="utf-8")

    async def kill(self) -> None:
        """End it at once, whatever it is doing."""
        assert self._process
        self._process.kill()
        await trio.to_thread.run_sync(self._process.wait)
        self._process.stdout.close()

    def signal(self, number: int) -> None:
        """Send it a signal."""
        assert self._process
        self._process.send_signal(number)

    async def live(self, crashes: int) -> None:
        """Let it crash so many times, each at some moment soon after its start."""
        for _ in range(crashes):
            await trio.sleep(random.uniform(0.02, 1.2))  # noqa: S311 - no secret
            await self.kill()
            await self.start()
