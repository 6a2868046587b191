"""What somebody sees before they have said a name: whose chat it is, and who is there."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.chat import NO_RATES, Chat
from tests.e2e.conftest import OpenPage
from tests.e2e.guest import enter
from tests.e2e.looking import PHONE
from tests.e2e.test_access import faults
from tests.forked import ForkedChat

SIGN = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><circle cx="4" cy="4" r="4"/></svg>'
)


@pytest.fixture
def chat(tmp_path: Path) -> Iterator[Chat]:
    """Start a server that says whose it is."""
    icon = tmp_path / "sign.svg"
    icon.write_text(SIGN)
    look = ("--title", "Tea club", "--icon", str(icon), "--color", "#ffd400")
    words = ("--welcome", "Every **Friday**. Rules: https://tea.example/rules")
    running = ForkedChat(tmp_path / "chat.db", *NO_RATES, *look, *words)
    yield running
    running.stop()


def test_the_question_says_whose_chat_it_is(open_page: OpenPage, chat: Chat) -> None:
    """And who is there, and what the room is about; not that there is no connection."""
    with enter(chat.ws, "Bob", "tea") as guest:
        guest.ask(t="topic", room="tea", text="green and black")
        page = open_page(name=None, wait=False, room="tea")
        dialog = page.locator("#name")
        expect(dialog).to_contain_text("Tea club")
        expect(dialog.get_by_role("link", name="https://tea.example/rules")).to_be_visible()
        expect(dialog.locator("strong")).to_have_text("Friday")
        expect(dialog.locator("#there")).to_contain_text("1 person is in tea just now.")
        expect(dialog.locator("#there")).to_contain_text("It is about: green and black")
        expect(page.locator("#status")).to_be_hidden()
        expect(page.get_by_role("textbox", name="What shall we call you?")).to_be_focused()
        assert faults(page) == []
        page.keyboard.type("Ann")
        page.keyboard.press("Enter")
        expect(page.locator("#status")).to_be_visible()
        expect(page).to_have_title("tea · Tea club")
        page.get_by_role("button", name="Change name").click()
        expect(dialog.get_by_text("Tea club")).to_be_hidden()
        manifest = json.loads(page.evaluate(MANIFEST))
        assert (manifest["name"], manifest["theme_color"]) == ("Tea club", "#ffd400")


MANIFEST = "async () => (await fetch(document.querySelector('link[rel=manifest]').href)).text()"


def test_a_nameless_visitor_hears_nothing_of_a_private_room(
    open_page: OpenPage, chat: Chat
) -> None:
    """Not even whether it is there."""
    with enter(chat.ws, "Bob") as guest:
        made = guest.ask(t="create", private=True, name="Secret")
        guest.ask(t="join", room=made["room"])
        for room in (made["room"], "~nothing-like-it"):
            page = open_page(name=None, wait=False, room=room)
            with page.expect_response("**/api/v1/rooms"):
                pass
            page.wait_for_timeout(200)
            expect(page.locator("#there")).to_have_text("")
            page.context.close()


@pytest.mark.parametrize(
    ("locale", "told"),
    [("de", "In tea ist gerade 1 Person."), ("fr", "1 personne est dans tea")],
)
def test_it_is_said_in_other_languages_and_fits_a_phone(
    open_page: OpenPage, chat: Chat, locale: str, told: str
) -> None:
    """With the keyboard on the screen, the dialog scrolls."""
    with enter(chat.ws, "Bob", "tea") as guest:
        guest.ask(t="send", room="tea", text="hello")
    page = open_page(name=None, wait=False, room="tea", locale=locale, viewport=PHONE)
    expect(page.locator("#there")).to_contain_text(told)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_server_that_asks_who_comes_tells_nothing(tmp_path: Path, open_page: OpenPage) -> None:
    """The page does not even ask, as the list of rooms is not for everybody."""
    secret = tmp_path / "password"
    secret.write_text("open sesame")
    access = ("--access", "password", "--access-password-file", str(secret))
    closed = ForkedChat(tmp_path / "closed.db", *NO_RATES, *access)
    page = open_page(name=None, wait=False)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{closed.url}r/tea")
    page.wait_for_selector("#text[aria-autocomplete]", state="attached")
    expect(page.locator("#there")).to_have_text("")
    assert [url for url in asked if "/api/" in url] == []
    closed.stop()
