"""Writing privately in the page: from the menu at a person to a room for two."""

from playwright.sync_api import Page, expect

from tests.chat import Chat
from tests.e2e.conftest import OpenPage
from tests.e2e.guest import enter
from tests.e2e.looking import leave_room, post, wait_for
from tests.e2e.test_access import faults


def write_to(page: Page, nick: str) -> None:
    """Go to the private room with somebody who is in the room that is shown."""
    page.get_by_role("button", name="What to do with").first.wait_for()
    page.locator("#people li", has_text=nick).get_by_role("button").click()
    assert faults(page) == []
    page.get_by_role("button", name="Write privately").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(nick)


def test_the_menu_at_a_person_opens_a_room_for_two(open_page: OpenPage, chat: Chat) -> None:
    """The other one is told, and sees what was said; there is no link to copy."""
    ann, bob = open_page(name="Ann"), open_page(name="Bob")
    write_to(ann, "Bob")
    expect(ann.get_by_role("button", name="Copy the link to this room")).to_be_hidden()
    expect(bob.locator("#notice")).to_contain_text("writes to you privately.")
    post(ann, "only for you")
    entry = bob.locator("#rooms").get_by_role("link", name="Ann")
    expect(entry.locator(".unread")).to_contain_text("1")
    entry.click()
    wait_for(bob, "only for you")
    leave_room(bob, "Ann")
    expect(entry).to_be_hidden()
    bob.reload()
    expect(bob.locator("#status")).to_have_text("Connected")
    expect(entry).to_be_hidden()
    write_to(bob, "Ann")
    wait_for(bob, "only for you")


def test_who_was_away_finds_the_room(open_page: OpenPage, chat: Chat) -> None:
    """In the list, with what is unread."""
    bob = open_page(name="Bob")
    me = bob.evaluate("JSON.parse(localStorage['trio-chat.me']).id")
    bob.goto("about:blank")
    with enter(chat.ws, "Ann") as ann:
        room = ann.ask(t="create", private=True, **{"with": me})["room"]
        ann.ask(t="join", room=room)
        ann.ask(t="send", room=room, text="where are you?")
    bob.goto(chat.url)
    entry = bob.locator("#rooms").get_by_role("link", name="Ann")
    expect(entry.locator(".unread")).to_contain_text("1")
    entry.click()
    wait_for(bob, "where are you?")
