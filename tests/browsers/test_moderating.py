"""Somebody makes a room, and moderates it."""

from tests.browsers.conftest import OpenPage
from tests.browsers.page import Page
from tests.chat import Chat
from tests.e2e.guest import enter


def make_room(page: Page, name: str, kind: str) -> None:
    """Make a room for those whom its kind lets in, and go there."""
    page.click(".new-room-button", "New room")
    page.write(".new-room input:not([type])", name)
    page.click(".new-room label", kind)
    page.click(".new-room button", "Make the room")
    page.find(".new-room li", "To moderate")
    page.click(".new-room button", "Go to the room")
    page.find("h1", name)
    page.find("#room-settings")


def scroll_to(page: Page, css: str) -> None:
    """Scroll a dialog to an element, as not every driver does before a click."""
    page.run("document.querySelector(arguments[0]).scrollIntoView()", css)


def test_a_class_is_closed_and_a_raid_undone(open_page: OpenPage, chat: Chat) -> None:
    """By the settings of the room, and by the menu of a person."""
    page = open_page(name="Ann")
    make_room(page, "class", "Everybody")
    with enter(chat.ws, "Eve", "class") as eve:
        eve.ask(t="send", room="class", text="spam")
        page.kept("spam")
        page.click("#room-settings")
        page.click(".settings-of-room label", "Only moderators speak")
        page.click(".settings-of-room button", "Set the rules")
        page.find(".told", "The rules are set.")
        page.click(".settings-of-room button", "Close")
        page.click(".person-menu", "Eve")
        page.click(".menu button", "Undo a raid")
        page.find(".raid p", "1 message will be cleared")
        page.click(".raid button", "Undo it")
        page.find("#log .note", "banned")
        page.find("#log .text", "1 message removed")


def test_a_private_room_has_links(open_page: OpenPage) -> None:
    """Its title is shown; its links are listed, and a new one has a QR code."""
    page = open_page(name="Ann")
    make_room(page, "Secret tea", "Only who has a link")
    page.click("#room-settings")
    page.click(".settings-of-room summary", "Links")
    page.find(".links li", "1 person came by it")
    scroll_to(page, ".links form > button")
    page.click(".links button", "Make a link")
    page.find(".made summary", "As a QR code")
    scroll_to(page, ".made summary")
    page.click(".made summary", "As a QR code")
    page.find(".qr")
