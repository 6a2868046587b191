"""A guest window: somebody else in the same browser, for as long as the window is open."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.chat import Chat
from tests.e2e.conftest import OpenPage
from tests.e2e.looking import PHONE, expect_field, join, open_room, post, say, wait_for, wait_while
from tests.e2e.test_access import faults

LINK = "Chat as somebody else"
QUESTION = "What shall we call you?"
STORED = "(area) => ({ ...globalThis[area] })"
READY = "() => navigator.serviceWorker.controller !== null"


def arrive(page: Page, nick: str) -> None:
    """Say a name, and wait until the page is complete."""
    page.get_by_role("textbox", name=QUESTION).fill(nick)
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_have_text("Connected")
    page.wait_for_selector("#text[aria-autocomplete]", state="attached")


def first_visit(open_page: OpenPage, nick: str, **options: object) -> Page:
    """Come to a browser that knows nobody, as somebody."""
    page = open_page(name=None, wait=False, **options)
    arrive(page, nick)
    return page


def be_guest(page: Page, nick: str) -> Page:
    """Open a guest window by keys, and be somebody there."""
    if not page.locator("#people").is_visible():
        page.locator("#open-people").press("Enter")
    with page.expect_popup() as opened:
        page.get_by_role("link", name=LINK).press("Enter")
    guest = opened.value
    expect(guest.locator("#name-hint")).to_contain_text("In this window you are somebody else")
    arrive(guest, nick)
    return guest


def kinds(page: Page) -> set[str]:
    """Return what kinds of things the window stores."""
    names = page.evaluate(STORED, "sessionStorage")
    return {name.split(".")[1] for name in names if "." in name}


def expect_guest(page: Page, nick: str) -> None:
    """Expect that a window says whose it is."""
    told = re.compile(f"^Guest window: here you are .?{nick}.?, until you close it")
    expect(page.locator(".guest")).to_have_text(told)
    expect(page).to_have_title(re.compile(f"^{nick} · "))
    expect(page.locator("#people li").first).to_have_text(f"{nick} (you)")


def test_a_guest_window_is_somebody_else(open_page: OpenPage) -> None:
    """In the same room; it says who, also after a reload, and can open another one."""
    ann = first_visit(open_page, "Ann", room="tea")
    expect(ann.locator(".guest")).to_have_count(0)
    bob = be_guest(ann, "Bob")
    expect(bob).to_have_url(ann.url)
    expect_guest(bob, "Bob")
    say(bob, "I am Bob")
    wait_for(ann, "I am Bob")
    expect(ann.locator("#log .author").last).to_have_text("Bob")
    assert faults(bob) == []
    bob.reload()
    expect_guest(bob, "Bob")
    wait_for(bob, "I am Bob")
    eve = be_guest(bob, "Eve")
    expect_guest(eve, "Eve")
    expect(ann.locator("#people li")).to_have_text(["Ann (you)", "Bob⋯", "Eve⋯"])


def test_neither_has_anything_of_the_other(open_page: OpenPage) -> None:
    """Not drafts, rooms, what is not sent, or what is stored; and it ends with the window."""
    ann = first_visit(open_page, "Ann", room="tea")
    bob = be_guest(ann, "Bob")
    before = ann.evaluate(STORED, "localStorage")
    join(bob, "milk")
    open_room(bob, "tea")
    bob.fill("#text", "a draft of Bob")
    bob.reload()
    expect_field(bob, "a draft of Bob")
    bob.context.set_offline(True)
    bob.press("#text", "Enter")
    expect(bob.locator("#log .outgoing .text")).to_have_text("a draft of Bob")
    assert ann.evaluate(STORED, "localStorage") == before
    kept = {"session", "outbox", "room"}
    wait_while(bob, lambda: not kept <= kinds(bob))
    assert kept <= kinds(bob)
    bob.context.set_offline(False)
    ann.fill("#text", "a draft of Ann")
    ann.reload()
    expect_field(ann, "a draft of Ann")
    wait_for(ann, "a draft of Bob")
    expect(ann.locator("#log .author").last).to_have_text("Bob")
    expect(ann.get_by_role("navigation").get_by_role("link")).to_have_count(1)
    bob.close()
    again = be_guest(ann, "Bob the second")
    expect_field(again, "")
    expect_guest(again, "Bob the second")


def test_what_a_guest_wrote_offline_outlives_a_reload(open_page: OpenPage, chat: Chat) -> None:
    """The page is the worker's; the lines of others come with the connection."""
    ann = first_visit(open_page, "Ann", room="tea", service_workers="allow")
    ann.wait_for_function(READY)
    bob = be_guest(ann, "Bob")
    post(ann, "said before")
    wait_for(bob, "said before")
    chat.stop()
    bob.context.set_offline(True)
    say(bob, "written offline")
    bob.reload()
    expect(bob.locator(".guest")).to_contain_text("Bob")
    expect(bob.locator("#log .outgoing .text")).to_have_text("written offline")
    bob.context.set_offline(False)
    chat.start()
    wait_for(ann, "written offline")
    expect(ann.locator("#log .author").last).to_have_text("Bob")
    wait_for(bob, "said before")


def test_a_guest_who_signs_out_forgets_only_themselves(open_page: OpenPage) -> None:
    """The window is a guest's still, and the first person stays who they are."""
    ann = first_visit(open_page, "Ann", room="tea", service_workers="allow")
    ann.wait_for_function(READY)
    bob = be_guest(ann, "Bob")
    before = ann.evaluate(STORED, "localStorage")
    bob.get_by_role("button", name="Sign out", exact=True).press("Enter")
    bob.get_by_role("button", name="Sign out here and forget me").press("Enter")
    expect(bob.get_by_role("textbox", name=QUESTION)).to_have_value("")
    assert ann.evaluate(STORED, "localStorage") == before
    assert ann.evaluate("async () => (await caches.keys()).length") == 1
    arrive(bob, "Bob")
    expect_guest(bob, "Bob")
    ann.reload()
    expect(ann.locator("#people li").first).to_have_text("Ann (you)")


def test_a_notification_opens_no_guest_window(open_page: OpenPage) -> None:
    """The worker knows by their lock which windows are those of guests."""
    ann = first_visit(open_page, "Ann", room="tea", service_workers="allow")
    ann.wait_for_function(READY)
    bob = be_guest(ann, "Bob")
    held = "async () => (await navigator.locks.query()).held.map(({ name }) => name)"
    assert "trio-chat guest" in bob.evaluate(held)
    bob.close()
    wait_while(ann, lambda: "trio-chat guest" in ann.evaluate(held))
    assert "trio-chat guest" not in ann.evaluate(held)


@pytest.mark.parametrize(
    ("locale", "link", "told"),
    [
        ("de", "Als jemand anderer chatten", "Gastfenster"),
        ("fr", "Discuter sous une autre identité", "Fenêtre d"),
    ],
)
def test_a_guest_window_speaks_other_languages(
    open_page: OpenPage, locale: str, link: str, told: str
) -> None:
    """As all else does, and fits a phone."""
    page = open_page(locale=locale, viewport=PHONE, room="tea")
    page.locator("#open-people").click()
    with page.expect_popup() as opened:
        page.get_by_role("link", name=link).click()
    guest = opened.value
    # The name of an earlier visit is written into each window of this browser.
    expect(guest.locator(".guest, #name[open]").first).to_be_visible()
    if guest.locator("#name[open]").count():
        guest.locator("#nick").fill("Zoé")
        guest.keyboard.press("Enter")
    expect(guest.locator(".guest")).to_contain_text(told)
    assert guest.evaluate("document.documentElement.scrollWidth <= innerWidth")
