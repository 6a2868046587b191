"""A chat server in a process of its own, and a real browser that nothing may go wrong in."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright
from websockets.sync.client import connect

PATIENCE = 10_000  # ms until what should have happened counts as not happening
CHROMIUM_FLAGS = (
    "--no-sandbox",  # the tests may run as root, in a container
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A page that a test puts in the place of ours has no address that this could judge.
    "--disable-features=LocalNetworkAccessChecks",
)
# What a browser logs by itself when a server is away, as some tests want it to be: it fetches the
# page's icon again when the address changes, as it does with the room, and a stream of events.
EXPECTED = re.compile(
    r"WebSocket connection to .*"
    r"|Failed to load resource: net::ERR_\S+ \S+/(favicon\.svg|events)"
)
# What a page remembers of an earlier visit; it is left alone if it has remembered more since.
KNOWN_AS = """
    const key = "trio-chat.nick";
    try { localStorage[key] ??= JSON.stringify(%s) } catch { /* not our page yet */ }
"""

OpenPage = Callable[..., Page]


class Chat:
    """A server as its user starts it; port and history are the same when it is started again."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._process: subprocess.Popen[str] | None = None
        self.port = 0
        self.start()

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}/"

    @property
    def ws(self) -> str:
        return f"ws://localhost:{self.port}/ws"

    def start(self) -> None:
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "trio_chat"),
                *("--port", str(self.port), "--database", str(self._database)),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert line.startswith("Chat is open at "), line
        self.port = int(line.split("/ ")[0].rpartition(":")[2])

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        assert self._process
        assert self._process.stdout
        self._process.send_signal(how)
        status = self._process.wait(timeout=20)
        self._process.stdout.close()
        assert status == (-how if how is signal.SIGKILL else 0)

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
                heard += str(client.recv(timeout=PATIENCE / 1000)).split("\n")
            assert heard == list(lines)


@pytest.fixture
def chat(tmp_path: Path) -> Iterator[Chat]:
    """Start a server."""
    running = Chat(tmp_path / "chat.db")
    yield running
    running.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, from the PATH."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not found:
        pytest.fail("no Chromium: install the package 'chromium', or set CHROMIUM", pytrace=False)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Browser, chat: Chat) -> Iterator[OpenPage]:
    """Return a function that opens the chat for one more person, in a context of their own.

    The person has been there before, under a ``name``; with ``None`` it is their first visit.
    At the end of the test no page may have logged an error or broken its security policy.
    """
    contexts: list[BrowserContext] = []
    faults: list[str] = []
    numbers = count(1)

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            faults.append(f"{message.text} {message.location['url']}")

    def open_it(
        *,
        wait: bool = True,
        prepare: Callable[[Page], object] = id,
        name: str | None = "",
        room: str = "",
        **options: object,
    ) -> Page:
        options = {"service_workers": "block"} | options  # most tests need none
        context = browser.new_context(**options)  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", note)
        if name is not None:
            page.add_init_script(KNOWN_AS % json.dumps(name or f"person {next(numbers)}"))
        prepare(page)
        page.goto(f"{chat.url}r/{quote(room)}" if room else chat.url)
        if wait:
            page.wait_for_selector("#status.open")
            # What helps with writing is loaded behind the rest.
            page.wait_for_selector("#text[aria-autocomplete]", state="attached")
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert [fault for fault in faults if not EXPECTED.match(fault)] == []
