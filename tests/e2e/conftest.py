"""Chromium, and pages in which no error may be logged."""

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    sync_playwright,
)

from tests.chat import NO_RATES, PATIENCE, Chat
from tests.forked import ForkedChat

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
# page's icon again when the address changes, as it does with the room, and a stream of events. The
# page itself asks why there is no connection.
EXPECTED = re.compile(
    r"WebSocket connection to .*"
    r"|Failed to load resource: net::ERR_\S+ \S+/(favicon\.svg|events|reachable\?\S*|v1/rooms|ws)"
    r"|Failed to load resource: .* 426 .*/ws"
    r"|Failed to load resource: .* 507 .*/files"  # a test answers so
    r"|Service Worker registration blocked by Playwright"
)
# What a page remembers of an earlier visit; it is left alone if it has remembered more since.
KNOWN_AS = """
    const key = "trio-chat.nick";
    try { localStorage[key] ??= JSON.stringify(%s) } catch { /* not our page yet */ }
"""

OpenPage = Callable[..., Page]


def find_chromium(*names: str) -> str:
    """Return the path of Chromium: by default of the one without windows, if it is there."""
    names = names or ("chromium-headless-shell", "chromium")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if not found:
        pytest.fail("no Chromium: install the package 'chromium', or set CHROMIUM", pytrace=False)
    return found


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Have what drives browsers."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Chromium, from the PATH."""
    with playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_FLAGS) as one:
        yield one


@pytest.fixture(scope="session")
def browser_with_windows(playwright: Playwright) -> Iterator[Browser]:
    """Chromium as people have it: the other one shows no notifications."""
    found = find_chromium("chromium")
    with playwright.chromium.launch(executable_path=found, args=CHROMIUM_FLAGS) as one:
        yield one


@pytest.fixture
def chat(tmp_path: Path) -> Iterator[Chat]:
    """Start a server without rates."""
    running = ForkedChat(tmp_path / "chat.db", *NO_RATES)
    yield running
    running.stop()


@pytest.fixture
def open_page(browser: Browser, chat: Chat, request: pytest.FixtureRequest) -> Iterator[OpenPage]:
    """Return a function that opens the chat for one more person, in a context of their own.

    The person has been there before, under a ``name``; with ``None`` it is their first visit.
    ``within`` is the fixture of another browser.
    At the end of the test no page may have logged an error or a warning, or broken its security
    policy.
    """
    contexts: list[BrowserContext] = []
    faults: list[str] = []
    numbers = count(1)

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            faults.append(f"{message.text} {message.location['url']}")

    def open_it(
        *,
        wait: bool = True,
        prepare: Callable[[Page], object] = id,
        name: str | None = "",
        room: str = "",
        within: str = "",
        **options: object,
    ) -> Page:
        options = {"service_workers": "block"} | options  # most tests need none
        other: Browser = request.getfixturevalue(within) if within else browser
        context = other.new_context(**options)  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE * 1000)
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
