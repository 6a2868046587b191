"""The page as its modules are, one by one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chat import NO_RATES, Chat
from tests.e2e.conftest import OpenPage
from tests.e2e.looking import say, wait_for


@pytest.fixture
def chat(tmp_path: Path) -> Iterator[Chat]:
    """Start a server that serves the page's modules one by one."""
    chat = Chat(tmp_path / "chat.db", *NO_RATES, "--debug")
    yield chat
    chat.stop()


def test_with_debug_the_page_does_the_same(open_page: OpenPage) -> None:
    """An error then tells the place in the module itself."""
    asked: list[str] = []
    one = open_page(prepare=lambda page: page.on("request", lambda sent: asked.append(sent.url)))
    two = open_page()
    say(one, "hello")
    wait_for(two, "hello")
    assert {"log.js", "deferred.js", "people.js"} <= {url.rpartition("/")[2] for url in asked}
