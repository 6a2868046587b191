"""A server that asks who comes, as the page shows it."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.chat import NO_RATES, Chat
from tests.e2e.conftest import OpenPage
from tests.e2e.looking import say
from tests.e2e.test_access import faults
from tests.e2e.test_files import picture, send, shown
from tests.forked import ForkedChat
from tests.tokens import AUDIENCE, secret_file, signed

PASSWORD = "open sesame"  # noqa: S105 - of a test


@pytest.fixture
def chat(tmp_path: Path) -> Iterator[Chat]:
    """Run a server that asks for a password or a token."""
    file = tmp_path / "password"
    file.write_text(PASSWORD)
    chat = ForkedChat(
        tmp_path / "chat.db",
        *NO_RATES,
        *("--access", "password,token", "--access-password-file", str(file)),
        *("--token-key", str(secret_file(tmp_path)), "--token-audience", AUDIENCE),
        *("--presence-grace", "0"),
        *("--nick-keep-days", "0"),
    )
    yield chat
    chat.stop()


def answer(page: Page, password: str) -> None:
    """Answer the question for the password."""
    page.get_by_label("Password of this chat").last.fill(password)
    page.get_by_role("button", name="Come in").click()


def test_the_password_is_asked_for_once(open_page: OpenPage) -> None:
    """A wrong one is told; the right one is remembered by the session, and stored nowhere."""
    page = open_page(name="Ann", wait=False)
    answer(page, "wrong")
    expect(page.get_by_text("That is not the password.")).to_be_visible()
    assert faults(page) == []
    answer(page, PASSWORD)
    expect(page.get_by_role("status").first).to_have_text("Connected")
    say(page, "hello")
    page.reload()
    expect(page.get_by_role("status").first).to_have_text("Connected")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert PASSWORD not in page.evaluate("JSON.stringify(localStorage)")


def test_a_link_with_a_token_says_who_comes(open_page: OpenPage, chat: Chat) -> None:
    """Its nick is taken; the token is out of the address at once, and kept for later visits."""
    token = signed(nick="Zoë", rooms={"tea": "speak"})
    page = open_page(name=None, wait=False)
    page.goto("about:blank")
    page.goto(f"{chat.url}r/tea#token={token}")
    expect(page.locator("#people li").first).to_have_text("Zoë (you)")
    assert page.evaluate("location.href") == f"{chat.url}r/tea"
    page.reload()
    expect(page.locator("#people li").first).to_have_text("Zoë (you)")
    expect(page.get_by_role("dialog")).to_be_hidden()
    send(page, "", picture())
    expect(shown(page)).to_have_count(1)


def test_a_token_that_has_expired_is_no_way_in(open_page: OpenPage, chat: Chat) -> None:
    """Its end is told; then the page asks for what else there is."""
    page = open_page(name=None, wait=False)
    page.goto("about:blank")
    page.goto(f"{chat.url}r/#token={signed(nick='Ann', exp=int(time.time()) + 3)}")
    expect(page.get_by_role("status").first).to_have_text("Connected")
    expect(page.locator("#banner")).to_contain_text(re.compile("has expired"))
    page.get_by_role("button", name="Reconnect now").click()
    answer(page, PASSWORD)
    expect(page.get_by_role("status").first).to_have_text("Connected")
