"""The list of one's rooms: favourites, mute, filter, and quiet ones."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.chat import NO_RATES, Chat
from tests.e2e.conftest import OpenPage
from tests.e2e.guest import enter
from tests.e2e.looking import PHONE, join, open_room, wait_until
from tests.e2e.test_access import faults
from tests.forked import ForkedChat

LONG_AGO = 1_000_000_000_000  # ms
MANY = 300
NAMES = "#rooms li a bdi"


@pytest.fixture
def chat(tmp_path: Path) -> Iterator[Chat]:
    """Start a server that lets one be in many rooms."""
    running = ForkedChat(tmp_path / "chat.db", *NO_RATES, "--rooms-per-connection", "400")
    yield running
    running.stop()


def menu(page: Page, room: str) -> Locator:
    """Open the menu at a room by keys alone."""
    page.get_by_role("button", name=f"Options for {room}").press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("checkbox")).to_be_focused()
    return dialog


def be_in_many(page: Page) -> None:
    """Have joined many rooms long ago, at earlier visits."""
    rooms = {f"trio-chat.room.r{number}": LONG_AGO + number for number in range(MANY)}
    page.add_init_script(
        f"for (const [k, v] of Object.entries({json.dumps(rooms)})) localStorage[k] ??= v"
    )


def test_a_favourite_is_on_top_and_stays_there(open_page: OpenPage) -> None:
    """Also after a reload; the focus stays where it was."""
    page = open_page(room="tea")
    join(page, "milk")
    dialog = menu(page, "milk")
    page.keyboard.press("Space")
    expect(page.locator(NAMES)).to_have_text(["milk", "tea"])
    assert faults(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("button", name="Options for milk")).to_be_focused()
    page.reload()
    expect(page.locator(NAMES)).to_have_text(["milk", "tea"])
    menu(page, "milk")
    page.keyboard.press("Space")
    expect(page.locator(NAMES)).to_have_text(["tea", "milk"])


def test_a_muted_room_is_not_counted(open_page: OpenPage, chat: Chat) -> None:
    """Its own number is shown beside it, and no mention rings."""
    page = open_page(name="Ann", room="tea", viewport=PHONE)
    page.locator("#open-rooms").click()
    join(page, "milk")
    page.locator("#open-rooms").click()
    dialog = menu(page, "tea")
    dialog.get_by_role("radio", name="muted").press("Space")
    page.keyboard.press("Escape")
    with enter(chat.ws, "Bob", "tea", "milk") as bob:
        bob.ask(t="send", room="tea", text="@Ann, look")
        entry = page.locator("#rooms li", has_text="tea")
        expect(entry.locator(".unread")).to_contain_text("1")
        expect(page).to_have_title("milk · Chat")
        expect(page.locator("#open-rooms.news")).to_have_count(0)
        assert faults(page) == []
        menu(page, "tea").get_by_role("radio", name="All messages").press("Space")
        page.keyboard.press("Escape")
        expect(page).to_have_title("(1) milk · Chat")
        expect(page.locator("#open-rooms.news")).to_have_count(1)


NOTED = """
    window.noted = [];
    window.Notification = class { constructor(title) { noted.push(title); } };
    Notification.permission = "granted";
    Object.defineProperty(document, "hidden", { get: () => window.away ?? false });
    localStorage["trio-chat.notify"] = "true";
"""


def test_all_messages_of_a_room_can_be_notified(open_page: OpenPage, chat: Chat) -> None:
    """In others only mentions are, unless they are muted."""
    page = open_page(name="Ann", room="tea", prepare=lambda page: page.add_init_script(NOTED))
    join(page, "milk")
    join(page, "rum")
    for room, what in (("tea", "All messages"), ("rum", "muted")):
        menu(page, room).get_by_role("radio", name=what).press("Space")
        page.keyboard.press("Escape")
    page.evaluate("window.away = true")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    with enter(chat.ws, "Bob", "tea", "milk", "rum") as bob:
        for room, text in (("rum", "@Ann"), ("milk", "hello"), ("tea", "hello"), ("milk", "@Ann")):
            bob.ask(t="send", room=room, text=text)
        wait_until(page, "noted.length === 2")
    assert page.evaluate("noted") == ["Bob writes in tea", "Bob mentions you in milk"]


def test_hundreds_of_rooms_can_be_used(open_page: OpenPage) -> None:
    """Quiet ones are folded; the filter finds any, and keeps the one that is shown in sight."""
    page = open_page(room="r7", prepare=be_in_many)
    fold = page.get_by_role("button", name="quiet rooms")
    expect(fold).to_have_attribute("aria-expanded", "false")
    expect(fold).to_have_css("opacity", "1")
    expect(page.locator(f"{NAMES}:visible")).to_have_text(["r7"])
    assert faults(page) == []
    page.get_by_role("searchbox", name="Filter rooms").press_sequentially("r11")
    expect(page.locator(f"{NAMES}:visible")).to_have_count(12)
    expect(page.get_by_role("link", name="r7", exact=False).first).to_be_visible()
    open_room(page, "r111")
    expect(page.locator("#rooms [aria-current]")).to_be_in_viewport()
    page.get_by_role("searchbox", name="Filter rooms").fill("")
    fold.press("Enter")
    expect(fold).to_have_attribute("aria-expanded", "true")
    expect(page.locator("#rooms li a:visible")).not_to_have_count(1)


@pytest.mark.parametrize(
    ("locale", "name", "told"),
    [("de", "Optionen für tea", "Favorit"), ("fr", "Options de tea", "Favori")],
)
def test_the_menu_speaks_other_languages(
    open_page: OpenPage, locale: str, name: str, told: str
) -> None:
    """As all else."""
    page = open_page(room="tea", locale=locale)
    page.get_by_role("button", name=name).press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text(told)


def more(page: Page) -> Locator:
    """Open the dialog about notifications by keys."""
    page.get_by_role("button", name="More about notifications").press("Enter")
    dialog = page.get_by_role("dialog", name="Notifications")
    expect(dialog.get_by_role("checkbox")).to_be_focused()
    return dialog


def test_words_count_like_a_mention_unless_one_is_not_to_be_disturbed(
    open_page: OpenPage, chat: Chat
) -> None:
    """Both are kept, and a try shows a notification and what helps if it is not seen."""
    page = open_page(name="Ann", room="tea", prepare=lambda page: page.add_init_script(NOTED))
    dialog = more(page)
    assert faults(page) == []
    dialog.get_by_role("textbox").fill("deploy, on call")
    dialog.get_by_role("button", name="Try it").press("Enter")
    expect(dialog.get_by_role("status")).to_contain_text("should be on your screen now")
    page.keyboard.press("Escape")
    page.reload()
    page.wait_for_selector("#text[aria-autocomplete]", state="attached")
    join(page, "milk")
    page.evaluate("window.away = true")
    with enter(chat.ws, "Bob", "tea") as bob:
        bob.ask(t="send", room="tea", text="redeployed")
        bob.ask(t="send", room="tea", text="The DEPLOY begins")
        wait_until(page, "noted.length === 1")
        expect(page.locator("#rooms li", has_text="tea").locator(".mention")).to_contain_text("@ 2")
        dialog = more(page)
        dialog.get_by_role("checkbox").press("Space")
        page.keyboard.press("Escape")
        expect(page.get_by_role("group", name="do not disturb")).to_be_visible()
        bob.ask(t="send", room="tea", text="deploy, again")
        expect(page.locator("#rooms li", has_text="tea").locator(".mention")).to_contain_text("@ 3")
    assert page.evaluate("noted") == ["Bob mentions you in tea"]
    open_room(page, "tea")
    expect(page.locator("#log .mentioned .name.me")).to_have_text(["DEPLOY", "deploy"])


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("delete window.Notification", "no notifications for this page"),
        ("delete window.Notification; window.isSecureContext = false", "with https alone"),
        (f"{NOTED}; Notification.permission = 'denied'", "Allow them in the menu"),
        (f"{NOTED}; Notification.permission = 'default'", "has not been asked yet"),
    ],
)
def test_why_there_are_no_notifications_is_said(
    open_page: OpenPage, script: str, told: str
) -> None:
    """And what helps."""
    defined = "Object.defineProperty(window, 'isSecureContext', { value: true, writable: true });"
    page = open_page(prepare=lambda page: page.add_init_script(defined + script))
    expect(more(page).get_by_role("status")).to_contain_text(told)
