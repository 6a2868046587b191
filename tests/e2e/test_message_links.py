"""Links to messages."""

from playwright.sync_api import expect

from tests.chat import Chat
from tests.e2e.conftest import OpenPage
from tests.e2e.guest import enter
from tests.e2e.looking import PHONE, pasted, wait_for
from tests.e2e.test_access import faults

SAID = 300  # messages, more than a page of history


def test_a_link_leads_to_a_message_far_back(open_page: OpenPage, chat: Chat) -> None:
    """It is in sight, as what a search has found; the address is that of the room then."""
    with enter(chat.ws, "Bob", "tea") as bob:
        for number in range(1, SAID + 1):
            bob.ask(t="send", room="tea", text=f"number {number}.")
    page = open_page(name="Ann")
    page.goto(f"{chat.url}r/tea?at=17")
    expect(page.get_by_text("number 17.", exact=True)).to_be_in_viewport()
    page.wait_for_url("**/r/tea")
    assert faults(page) == []
    page.goto(f"{chat.url}r/tea?at={SAID + 1000}")
    wait_for(page, f"number {SAID}.")


def test_a_newcomer_follows_a_link_after_the_question(open_page: OpenPage, chat: Chat) -> None:
    """On a phone, too."""
    with enter(chat.ws, "Bob", "tea") as bob:
        for number in range(1, SAID + 1):
            bob.ask(t="send", room="tea", text=f"number {number}.")
    page = open_page(name=None, wait=False, viewport=PHONE)
    page.goto(f"{chat.url}r/tea?at=17")
    page.wait_for_selector("#text[aria-autocomplete]", state="attached")
    page.fill("#nick", "Ann")
    page.keyboard.press("Enter")
    expect(page.get_by_text("number 17.", exact=True)).to_be_in_viewport()


def test_the_link_of_a_message_is_copied_by_a_key(open_page: OpenPage, chat: Chat) -> None:
    """Or by its button in the bar."""
    with enter(chat.ws, "Bob", "tea") as bob:
        for text in ("one", "two"):
            bob.ask(t="send", room="tea", text=text)
    page = open_page(name="Ann", room="tea", permissions=["clipboard-write"])
    wait_for(page, "two")
    page.focus("#log")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("l")
    expect(page.locator("#notice")).to_contain_text("Link to this message copied.")
    assert faults(page) == []
    assert pasted(page) == f"{chat.url}r/tea?at=2"
