"""Who asks for too much is told so calmly, and loses nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.chat import NO_RATES, Chat
from tests.e2e.conftest import OpenPage
from tests.e2e.looking import post, say, wait_for_kept
from tests.forked import ForkedChat
from trio_chat.protocol.close import FLOODING


@pytest.fixture
def chat(tmp_path: Path) -> Iterator[Chat]:
    """Start a server that takes a second message after some seconds, and says so."""
    rates = ("--send-rate", "12/min:1", "--rate-patience", "0.1")
    chat = ForkedChat(tmp_path / "chat.db", *NO_RATES, *rates)
    yield chat
    chat.stop()


def test_a_page_that_is_too_fast_says_so_and_sends_all(open_page: OpenPage) -> None:
    """Where it says that it is connected; no word when that is over."""
    page = open_page()
    status = page.get_by_role("status").first
    post(page, "one")
    say(page, "two")
    expect(status).to_contain_text("A little slower")
    wait_for_kept(page, "two")
    expect(status).to_have_text("Connected")


def test_a_page_that_was_ended_for_a_flood_says_what_to_do(open_page: OpenPage) -> None:
    """In the user's language; what the server says is for who writes clients."""
    page = open_page(
        prepare=lambda page: page.route_web_socket(
            "**/ws", lambda socket: socket.close(code=FLOODING.code, reason=FLOODING.reason)
        ),
        wait=False,
    )
    banner = page.get_by_role("alert")
    expect(banner).to_contain_text("Wait a little, then reconnect.")
    expect(banner.get_by_role("button", name="Reconnect now")).to_be_visible()
