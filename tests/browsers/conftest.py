"""Firefox and WebKit, and people in them; nothing may go wrong there unseen."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.browsers.firefox import firefox
from tests.browsers.machine import Machine
from tests.browsers.page import Page
from tests.browsers.webkit import webkit
from tests.chat import Chat

BROWSERS = {"firefox": firefox, "webkit": webkit}
SIZE = (1000, 700)
# What a browser logs by itself when a server is away, as some tests want it to be; and that WebKit
# does not know what we say about a keyboard on the screen.
EXPECTED = re.compile(
    r".* Viewport argument key \"interactive-widget\" not recognized"
    r"|Firefox can.t establish a connection to the server at ws://"
    r"|The connection to ws://\S+ was interrupted"
    r"|.* WebSocket connection to 'ws://\S+' failed"
)

Machines = Callable[[int], Machine]
OpenPage = Callable[..., Page]


@pytest.fixture(scope="session", params=BROWSERS)
def machines(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Machines]:
    """Return a function that returns the browser of the first person, the second and so on."""
    running: list[Machine] = []
    with ExitStack() as stack:

        def machine(number: int) -> Machine:
            while len(running) <= number:
                folder = tmp_path_factory.mktemp(request.param)
                running.append(stack.enter_context(BROWSERS[request.param](folder)))
            return running[number]

        yield machine


@pytest.fixture
def open_page(request: pytest.FixtureRequest, machines: Machines, chat: Chat) -> Iterator[OpenPage]:
    """Return a function that opens the chat for one more person, on their first visit.

    Each server has a port of its own, so browsers remember nothing of other tests. ``name`` is what
    the person answers when the page asks for it; with ``None`` that is left to the test.
    """
    pages: list[Page] = []
    numbers = count()

    def open_it(name: str | None = "", room: str = "", size: tuple[int, int] = SIZE) -> Page:
        number = next(numbers)
        page = Page(machines(number))
        pages.append(page)
        page.open(f"{chat.url}r/{quote(room)}" if room else chat.url, *size)
        if name is not None:
            page.write("#nick", f"{name or f'person {number + 1}'}\n")
            page.find("#status.open")
            page.expect_all()
        return page

    yield open_it
    if folder := request.config.getoption("--screenshots"):
        for number, page in enumerate(pages):
            page.picture(Path(folder) / f"{request.node.name}-{number}.png")
    for page in pages:
        page.leave()
    faults = [fault for number in range(len(pages)) for fault in machines(number).faults()]
    assert [fault for fault in faults if not EXPECTED.match(fault)] == []
