"""Firefox, driven by Selenium over Firefox's own automation protocol, Marionette.

Between the two there is usually geckodriver, which neither Debian nor PyPI nor npm has. It does
little but pass on commands: Marionette has those of WebDriver under names of its own.
"""

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import FirefoxOptions, Remote
from selenium.webdriver.remote.command import Command
from selenium.webdriver.remote.remote_connection import RemoteConnection

from tests.browsers.machine import Machine

START_LIMIT = 30  # seconds
ANSWER_LIMIT = 40  # seconds; scripts and loading have limits of their own
FLAGS = (
    "--headless",
    "--no-remote",
    "--marionette",
    "--remote-allow-system-access",  # to read the console, and to set the size of the page
)
NAMES = {
    Command.NEW_SESSION: "WebDriver:NewSession",
    Command.QUIT: "WebDriver:DeleteSession",
    Command.GET: "WebDriver:Navigate",
    Command.GO_BACK: "WebDriver:Back",
    Command.CLICK_ELEMENT: "WebDriver:ElementClick",
    Command.SEND_KEYS_TO_ELEMENT: "WebDriver:ElementSendKeys",
    Command.W3C_EXECUTE_SCRIPT: "WebDriver:ExecuteScript",
    Command.W3C_EXECUTE_SCRIPT_ASYNC: "WebDriver:ExecuteAsyncScript",
    Command.W3C_ACTIONS: "WebDriver:PerformActions",
    Command.SCREENSHOT: "WebDriver:TakeScreenshot",
    "context": "Marionette:SetContext",
}
# What the browser's console has of web pages: errors, and all that their security policy forbade.
CONSOLE = """
    const told = Services.console.getMessageArray();
    Services.console.reset();
    return told
        .filter((message) => message instanceof Ci.nsIScriptError)
        .filter(({ sourceName }) => /^(http|file|blob|data)/.test(sourceName))
        .filter(({ category, flags }) =>
            /CSP/.test(category) || !(flags & Ci.nsIScriptError.warningFlag))
        .map(({ errorMessage, sourceName }) => `${errorMessage} ${sourceName}`);
"""
RESIZE = """
    for (const [side, length] of [["width", arguments[0]], ["height", arguments[1]]])
        for (const bound of ["min-", "max-"])
            gBrowser.selectedBrowser.style.setProperty(bound + side, `${length}px`);
"""


class Marionette(RemoteConnection):
    """Carries out Selenium's commands at a port of Firefox."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=ANSWER_LIMIT)
        self._file = self._socket.makefile("rb")
        self._number = 0
        self._receive()  # it greets

    def execute(self, command: str, params: dict[str, Any]) -> dict[str, Any]:
        self._number += 1
        data = json.dumps([0, self._number, NAMES[command], params]).encode()
        self._socket.sendall(b"%d:%b" % (len(data), data))
        _, _, error, result = self._receive()
        if error:
            return {"status": error["error"], "value": error}
        return {"value": result.get("value", result) if isinstance(result, dict) else result}

    def close(self) -> None:
        self._file.close()
        self._socket.close()

    def _receive(self) -> Any:  # noqa: ANN401 - JSON
        length = b""
        while (byte := self._file.read(1)) != b":":
            length += byte
        return json.loads(self._file.read(int(length)))


class Firefox(Machine):
    """A Firefox that is open."""

    def faults(self) -> list[str]:
        with self._inside():
            return list(self.driver.execute_script(CONSOLE))

    def resize(self, width: int, height: int) -> None:
        with self._inside():
            self.driver.execute_script(RESIZE, width, height)

    @contextmanager
    def _inside(self) -> Iterator[None]:
        """Let scripts act on the browser, in the place of the page."""
        self.driver.execute("context", {"value": "chrome"})
        yield
        self.driver.execute("context", {"value": "content"})


@contextmanager
def firefox(folder: Path) -> Iterator[Machine]:
    """Start one with a profile of its own in a folder."""
    found = os.environ.get("FIREFOX") or shutil.which("firefox-esr") or shutil.which("firefox")
    if not found:
        pytest.fail("no Firefox: install the package 'firefox-esr', or set FIREFOX", pytrace=False)
    (folder / "user.js").write_text('user_pref("marionette.port", 0);\n')
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            [found, *FLAGS, "--profile", str(folder)], stdout=output, stderr=output
        )
    try:
        with closing(Marionette(port_of(folder))) as connection:
            yield Firefox(Remote(command_executor=connection, options=FirefoxOptions()))
    finally:
        process.terminate()
        process.wait()


def port_of(profile: Path) -> int:
    """Return where Firefox listens, as soon as it does."""
    file = profile / "MarionetteActivePort"
    deadline = time.monotonic() + START_LIMIT
    while not (file.exists() and file.read_text()):
        assert time.monotonic() < deadline, "Firefox does not start"
        time.sleep(0.05)
    return int(file.read_text())
