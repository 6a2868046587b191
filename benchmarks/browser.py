"""Drives a Chromium by a few DevTools commands.

A driver for tests subscribes to events of every request, and on two cores these events take as much
time as the page itself. A user's browser sends none, and neither does this one.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.e2e.conftest import CHROMIUM_FLAGS

PATIENCE = 60  # seconds for the browser to answer


class Chromium:
    """A browser; ``profile`` is a folder for its files."""

    def __init__(self, profile: Path) -> None:
        found = shutil.which("chromium")
        if not found:
            raise SystemExit("no Chromium: install the package 'chromium'")
        flags = ["--headless", "--remote-debugging-port=0", f"--user-data-dir={profile}"]
        self._process = subprocess.Popen(
            [found, *CHROMIUM_FLAGS, *flags], stderr=subprocess.PIPE, text=True
        )
        self._line = self._connect()
        self._count = 0

    def _connect(self) -> ClientConnection:
        assert self._process.stderr
        for line in self._process.stderr:
            if address := re.search(r"ws://\S+", line):
                return connect(address[0], max_size=None)
        raise SystemExit("Chromium did not start")

    def close(self) -> None:
        """End it, and wait until it no longer uses its folder."""
        self.call("Browser.close")
        self._line.close()
        self._process.wait(PATIENCE)
        assert self._process.stderr
        self._process.stderr.close()

    def call(self, method: str, session: str | None = None, **params: object) -> Any:  # noqa: ANN401 - whatever it is
        """Send a command, and return the answer."""
        self._count += 1
        command = {"id": self._count, "method": method, "params": params}
        self._line.send(json.dumps(command | ({"sessionId": session} if session else {})))
        while (answer := json.loads(self._line.recv(PATIENCE))).get("id") != self._count:
            pass
        if "error" in answer:
            raise RuntimeError(answer["error"]["message"])
        return answer["result"]

    @contextmanager
    def page(self, script: str) -> Iterator["Page"]:
        """Open a page with a new profile for the block; ``script`` runs first in each page."""
        context = self.call("Target.createBrowserContext")["browserContextId"]
        made = self.call("Target.createTarget", url="about:blank", browserContextId=context)
        attached = self.call("Target.attachToTarget", targetId=made["targetId"], flatten=True)
        session = attached["sessionId"]
        self.call("Page.enable", session)
        self.call("Page.addScriptToEvaluateOnNewDocument", session, source=script)
        yield Page(self, session)
        self.call("Target.disposeBrowserContext", browserContextId=context)


class Page:
    """One page."""

    def __init__(self, browser: Chromium, session: str) -> None:
        self._browser = browser
        self._session = session

    def open(self, url: str) -> None:
        """Go to an address."""
        self._browser.call("Page.navigate", self._session, url=url)

    def evaluate(self, expression: str) -> Any:  # noqa: ANN401 - whatever the page has
        """Return the value of an expression, or that of the promise it returns."""
        answer = self._browser.call(
            "Runtime.evaluate",
            self._session,
            expression=expression,
            awaitPromise=True,
            returnByValue=True,
        )
        return answer["result"].get("value")
