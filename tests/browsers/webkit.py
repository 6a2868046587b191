"""WebKit, the engine of Safari, as Debian has it: driven by Selenium, on a screen of its own."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from selenium.webdriver import Remote, WebKitGTKOptions
from selenium.webdriver.remote.client_config import ClientConfig
from selenium.webdriver.remote.remote_connection import RemoteConnection
from selenium.webdriver.webkitgtk.service import Service

from tests.browsers.machine import Machine

WINDOW = Path(__file__).with_name("webkit_window.py")
PYTHON = "/usr/bin/python3"  # Debian's; no other sees what Debian packages for Python
PROBE = "import gi; gi.require_version('WebKit2', '4.1')"
PACKAGES = "'webkit2gtk-driver', 'gir1.2-webkit2-4.1', 'python3-gi' and 'xvfb'"


class WebKit(Machine):
    """A window with WebKit in it."""

    def __init__(self, driver: Remote, log: Path) -> None:
        super().__init__(driver)
        self._log = log
        self._read = 0  # bytes

    def faults(self) -> list[str]:
        told = self._log.read_bytes()[self._read :]
        self._read += len(told)
        lines = told.decode(errors="replace").splitlines()
        return [line for line in lines if " CONSOLE " in line and " ERROR " in line]

    def resize(self, width: int, height: int) -> None:
        self.driver.set_window_rect(width=width, height=height)


@contextmanager
def webkit(folder: Path) -> Iterator[Machine]:
    """Open a window that keeps what it stores in a folder."""
    driver = shutil.which("WebKitWebDriver")
    if not (driver and shutil.which("Xvfb") and has_bindings()):
        pytest.fail(f"no WebKit: install the packages {PACKAGES}", pytrace=False)
    options = WebKitGTKOptions()
    options.binary_location = str(WINDOW)
    options.add_argument(str(folder))
    with screen() as display:
        service = Service(driver, env=os.environ | {"DISPLAY": display}, log_output=os.devnull)
        service.start()
        try:
            server = RemoteConnection(client_config=ClientConfig(service.service_url))
            window = Remote(command_executor=server, options=options)
            yield WebKit(window, folder / "log")
            window.quit()
        finally:
            service.stop()


def has_bindings() -> bool:
    return not subprocess.run([PYTHON, "-c", PROBE], check=False, capture_output=True).returncode


@contextmanager
def screen() -> Iterator[str]:
    """Start a screen that nobody sees, and return its name."""
    command = ["Xvfb", "-displayfd", "1", "-screen", "0", "1280x1024x24", "-nolisten", "tcp"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout
        try:
            yield f":{process.stdout.readline().strip()}"
        finally:
            process.terminate()
