"""Names: asked for once, unique, and changeable."""

import re

import pytest
from playwright.sync_api import Page, Route, WebSocketRoute, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.looking import say, wait_for

NO_LETTER = (
    "A name has up to 32 characters, with a letter or a digit among them, and none that cannot be"
    " seen."
)


def introduce(page: Page, name: str) -> None:
    """Answer the question for a name."""
    page.get_by_role("textbox", name="What shall we call you?").fill(name)
    page.get_by_role("button", name=re.compile("Join the chat|Take this name")).click()


def expect_to_be(page: Page, name: str) -> None:
    """Expect a page to be connected as somebody."""
    expect(page.get_by_role("status")).to_have_text("Connected")
    expect(page.locator("#people li").first).to_have_text(f"{name} (you)")


def test_the_name_is_asked_once_and_remembered(open_page: OpenPage) -> None:
    """One field, and the person is in the lobby; the next time they are there at once."""
    page = open_page(name=None, wait=False)
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.get_by_role("textbox", name="What shall we call you?")).to_be_focused()
    introduce(page, "  Ann   Smith ")
    expect_to_be(page, "Ann Smith")
    expect(page.get_by_role("heading", level=1)).to_have_text("lobby")
    expect(page.locator("#text")).to_be_focused()
    page.reload()
    expect_to_be(page, "Ann Smith")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_who_is_quicker_than_the_page_can_write_at_once(open_page: OpenPage) -> None:
    """The field gets the focus after the name, also if it never had it and little is loaded."""

    def hold_up(page: Page) -> None:
        page.route("**/deferred.js", lambda route: None)

        def without_autofocus(route: Route) -> None:
            answer = route.fetch()
            route.fulfill(response=answer, body=answer.text().replace(" autofocus", ""))

        page.route("**/r/*", without_autofocus)

    page = open_page(name=None, wait=False, room="lobby", prepare=hold_up)
    introduce(page, "Ann")
    expect(page.locator("#text")).to_be_focused()


def test_nobody_is_in_their_own_way(open_page: OpenPage) -> None:
    """If the first welcome is lost, the name is held for the same person, also after a reload."""
    is_lossy = True

    def connect(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        if is_lossy:
            server.on_message(lambda _: socket.close(code=1001))

    page = open_page(
        name=None, wait=False, prepare=lambda page: page.route_web_socket("**/ws", connect)
    )
    introduce(page, "Ann")
    expect(page.get_by_role("alert")).to_contain_text(re.compile("Attempt [2-9]"))  # each is short
    is_lossy = False
    page.reload()
    introduce(page, "Ann")
    expect_to_be(page, "Ann")


def test_without_a_name_there_is_no_way_in(open_page: OpenPage) -> None:
    """Neither Escape nor an empty field closes the question, and nothing connects meanwhile."""
    page = open_page(name=None, wait=False)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_visible()
    introduce(page, "   ")
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.locator("#status")).to_be_hidden()  # that there is no connection is no fault


@pytest.mark.parametrize(
    ("nick", "reason"),
    [("ANN", "Somebody else is called that."), ("?!", NO_LETTER)],
)
def test_a_name_that_cannot_be_had_is_asked_for_again(
    open_page: OpenPage, nick: str, reason: str
) -> None:
    """With the reason; the connection is closed meanwhile, so it cannot time out."""
    open_page(name="Ann")
    page = open_page(name=None, wait=False)
    introduce(page, nick)
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("alert")).to_have_text(reason)
    expect(dialog.get_by_role("textbox")).to_have_value(nick)
    page.wait_for_timeout(1000)
    introduce(page, "Bob")
    expect_to_be(page, "Bob")
    expect(dialog).to_be_hidden()


def test_a_name_can_be_changed(open_page: OpenPage) -> None:
    """Everybody sees it, and it is stored; a refused name leaves the old one."""
    page, other = open_page(name="Ann"), open_page(name="Bob")
    page.get_by_role("button", name="Change name").click()
    introduce(page, "Bob")
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("Somebody else")
    introduce(page, "Anna")
    expect_to_be(page, "Anna")
    expect(other.locator("#people li")).to_have_text(["Bob (you)", "Anna⋯"])
    say(page, "I am Anna")
    wait_for(other, "I am Anna")
    expect(other.locator("#log .author")).to_have_text(["Anna"])
    page.reload()
    expect_to_be(page, "Anna")


@pytest.mark.parametrize("by", ["Escape", "a button"])
def test_changing_the_name_can_be_called_off(open_page: OpenPage, by: str) -> None:
    """There is a name already."""
    page = open_page(name="Ann")
    page.get_by_role("button", name="Change name").click()
    if by == "Escape":
        page.keyboard.press("Escape")
    else:
        page.get_by_role("button", name="Keep the old one").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect_to_be(page, "Ann")


def test_a_second_tab_is_the_same_person(open_page: OpenPage) -> None:
    """The browser remembers the session, so the name is not taken, but theirs."""
    page = open_page(name="Ann")
    tab = page.context.new_page()
    tab.goto(page.url)
    expect_to_be(tab, "Ann")
    expect(tab.locator("#people li")).to_have_count(1)
    say(tab, "from the second tab")
    wait_for(page, "from the second tab")
