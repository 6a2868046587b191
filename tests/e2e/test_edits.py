"""The texts that a message had before it was edited, in the page."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.chat import NO_RATES, Chat
from tests.e2e.conftest import OpenPage
from tests.e2e.looking import post, say, wait_for, wait_for_kept
from tests.e2e.test_actions import act, answer, row
from tests.forked import ForkedChat


@pytest.fixture
def chat(tmp_path: Path) -> Iterator[Chat]:
    """Start a server with short pages."""
    running = ForkedChat(tmp_path / "chat.db", *NO_RATES, "--history-page", "3")
    yield running
    running.kill()


def edit(page: Page, before: str, after: str) -> None:
    act(page, before, "Edit")
    page.fill("#text", after)
    page.press("#text", "Enter")
    wait_for(page, after)


def opener(page: Page, text: str) -> Locator:
    """Return the button at an edited message."""
    return row(page, text).get_by_role("button", name="edited: show earlier texts")


def test_earlier_texts_are_shown_by_a_click_and_by_keys(open_page: OpenPage) -> None:
    """With their times, as plain text, until the message is deleted; the focus comes back."""
    page, other = open_page(name="Ann"), open_page(name="Bob")
    say(page, "<b>mlik</b> and\n  sugar")
    wait_for_kept(page, "mlik")
    edit(page, "mlik", "milk")
    edit(page, "milk", "Milk!")
    dialog = other.get_by_role("dialog", name="Earlier texts")
    opener(other, "Milk!").click()
    expect(dialog.locator("li p")).to_have_text(["<b>mlik</b> and\n  sugar", "milk"])
    expect(dialog.locator("li time")).to_have_count(2)
    other.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(opener(other, "Milk!")).to_be_focused()
    other.keyboard.press("Enter")
    expect(dialog.locator("li p")).to_have_count(2)
    act(page, "Milk!", "Delete")
    answer(page, "Delete")
    expect(dialog).to_have_count(0)
    expect(other.locator("#log .message.deleted .edited")).to_have_text("edited")
    expect(other.locator("#log button.edited")).to_have_count(0)


def test_many_texts_come_in_parts_and_none_without_a_connection(
    open_page: OpenPage, chat: Chat
) -> None:
    """More of them by a button; the dialog says why there are none."""
    page = open_page()
    post(page, "0")
    for number in range(4):
        edit(page, f"{number}", f"{number + 1}")
    opener(page, "4").click()
    dialog = page.get_by_role("dialog", name="Earlier texts")
    expect(dialog.locator("li p")).to_have_text(["0", "1", "2"])
    dialog.get_by_role("button", name="Show more").click()
    expect(dialog.locator("li p")).to_have_text(["0", "1", "2", "3"])
    expect(dialog.get_by_role("button", name="Show more")).to_have_count(0)
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_have_count(0)
    chat.stop()
    expect(page.locator("#status.open")).to_have_count(0)
    opener(page, "4").click()
    expect(dialog.get_by_role("alert")).to_contain_text("connection")
