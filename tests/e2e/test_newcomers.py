"""Two people who have never been here, one with a phone and one with a desktop, and no manual."""

from base64 import b64encode

from playwright.sync_api import Page, expect

from tests.chat import Chat
from tests.e2e.conftest import OpenPage
from tests.e2e.looking import DESKTOP, PHONE, say, wait_for, wait_until
from tests.e2e.test_access import faults
from tests.e2e.test_files import PASTE, photo, shown
from tests.e2e.test_finding_rooms import expect_room
from tests.png import png

# A browser that has not asked yet, whose user allows what is asked for; and a tab that can be left.
ASKS = """
    window.noted = [];
    window.Notification = class { constructor(title) { noted.push(title); } };
    Notification.permission = "default";
    Notification.requestPermission = async () => (Notification.permission = "granted");
    Object.defineProperty(document, "hidden", { get: () => window.away ?? false });
"""


def test_two_newcomers_need_nothing_explained(open_page: OpenPage, chat: Chat) -> None:
    """They come by a link cut badly, exchange photos, find a room, and are notified there."""
    phone = open_page(
        name=None,
        wait=False,
        viewport=PHONE,
        has_touch=True,
        is_mobile=True,
        prepare=lambda page: page.add_init_script(ASKS),
    )
    desktop = open_page(name=None, wait=False, viewport=DESKTOP)
    _come(phone, f"{chat.url}r/tea),", "Mira")
    _come(desktop, f"{chat.url}r/tea/", "Ben")

    phone.get_by_role("button", name="Add pictures or files").tap()
    with phone.expect_file_chooser() as choosing:
        phone.get_by_role("button", name="Take a photo").tap()
    choosing.value.set_files([photo(phone, 1200, 900)])
    expect(phone.locator(".chips .done")).to_have_count(1)
    phone.get_by_role("button", name="Send").tap()
    expect(shown(desktop)).to_have_count(1)
    picture = b64encode(png(60, 40)).decode()
    desktop.evaluate(PASTE, [[["cat.png", "image/png", picture]], ""])
    expect(desktop.locator(".chips .done")).to_have_count(1)
    desktop.get_by_role("button", name="Send").click()
    expect(shown(phone)).to_have_count(2)

    _find(desktop, "cake", is_new=True)
    say(desktop, "who bakes?")
    wait_for(desktop, "who bakes?")
    _find(phone, "cake")
    wait_for(phone, "who bakes?")

    phone.get_by_role("button", name="People").tap()
    phone.get_by_label("Notify me").tap()
    expect(phone.get_by_label("Notify me")).to_be_checked()
    assert faults(phone) == []
    phone.get_by_role("button", name="Close").last.tap()
    phone.evaluate("window.away = true")
    phone.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    say(desktop, "@Mira?")
    wait_until(phone, "noted.length === 1")
    assert phone.evaluate("noted") == ["Ben mentions you in cake"]


def _come(page: Page, link: str, name: str) -> None:
    """Follow a link for the first time, and answer the one question."""
    page.goto(link)
    page.get_by_role("textbox", name="What shall we call you?").fill(name)
    page.get_by_role("button", name="Join the chat").click()
    page.wait_for_selector("#status.open")
    expect_room(page, "tea")
    assert faults(page) == []


def _find(page: Page, room: str, *, is_new: bool = False) -> None:
    """Look for a room in the list of all; one that nobody has made is begun."""
    if not page.get_by_role("navigation").is_visible():
        page.get_by_role("button", name="Rooms", exact=True).click()
    page.get_by_role("button", name="Find a room").click()
    dialog = page.get_by_role("dialog", name="Find a room")
    dialog.get_by_role("combobox").first.fill(room)
    name = f"Join \u2068{room}\u2069" if is_new else room
    dialog.get_by_role("option").locator("bdi", has_text=name).first.click()
    expect(dialog).to_be_hidden()
    expect_room(page, room)
