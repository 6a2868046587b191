"""The bar stays on its message."""

from playwright.sync_api import expect

from tests.chat import Chat
from tests.e2e.conftest import OpenPage
from tests.e2e.looking import fill, post, wait_for
from tests.e2e.test_actions import row


def test_the_bar_stays_on_its_message_when_lines_move(open_page: OpenPage, chat: Chat) -> None:
    """When rows move under a resting pointer, a click still acts on the same message."""
    page, other = open_page(), open_page()
    fill(page, chat)
    post(page, "meant")
    row(page, "meant").hover()
    bar = page.get_by_role("toolbar", name="Actions")
    expect(row(page, "meant").locator(".bar")).to_be_visible()
    for text in ("one", "two", "three"):
        post(other, text)
        wait_for(page, text)
        expect(row(page, "meant").locator(".bar")).to_be_visible()
    box = row(page, "two").bounding_box()
    assert box
    page.mouse.move(box["x"] + 200, box["y"] + box["height"] / 2)
    expect(row(page, "two").locator(".bar")).to_be_visible()
    expect(bar).to_have_count(1)


def test_the_bar_is_there_again_after_a_question(open_page: OpenPage) -> None:
    """Although the pointer has not moved."""
    page = open_page()
    post(page, "tea?")
    for _ in range(2):
        row(page, "tea?").hover()
        page.get_by_role("toolbar", name="Actions").get_by_role("button", name="Delete").click()
        expect(page.get_by_role("dialog")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
