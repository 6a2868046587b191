"""The people in a room: a card for each, a list with a filter, and whom one ignores."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from websockets.sync.client import connect

from tests.chat import NO_RATES, Chat
from tests.e2e.conftest import OpenPage
from tests.e2e.guest import enter
from tests.e2e.looking import PHONE, expect_field, expect_lines, post, wait_for
from tests.e2e.test_access import faults
from tests.forked import ForkedChat

LISTED = 30  # people whom the server lists
IGNORED = "From somebody whom you ignore"


@pytest.fixture
def chat(tmp_path: Path) -> Iterator[Chat]:
    """Start a server that lists few people."""
    options = ("--members-listed", str(LISTED), "--presence-grace", "1")
    running = ForkedChat(tmp_path / "chat.db", *NO_RATES, *options)
    yield running
    running.stop()


def in_list(page: Page) -> list[str]:
    """Return the names in the list of people."""
    return page.locator("#people li bdi").all_text_contents()


def test_a_name_opens_a_card(open_page: OpenPage, chat: Chat) -> None:
    """By a click in the log, or in the list by keys; it tells since when, and mentions."""
    page = open_page(room="tea", name="Ann")
    with enter(chat.ws, "Ben", "tea") as ben:
        ben.ask(t="send", room="tea", text="hello")
        wait_for(page, "hello")
        page.locator("#log .author", has_text="Ben").click()
        dialog = page.get_by_role("dialog")
        expect(dialog.locator(".card")).to_contain_text("Here since")
        expect(dialog.locator(".card")).to_contain_text("Last message:")
        assert faults(page) == []
        page.keyboard.press("Escape")
        page.fill("#text", "well")
        page.locator("#people").locator(".person-menu").press("Enter")
        dialog.get_by_role("button", name="Mention").press("Enter")
        expect_field(page, "well @Ben ")
        expect(page.locator("#text")).to_be_focused()
    expect(page.locator("#people li")).to_have_count(1)
    page.locator("#log .author", has_text="Ben").click()
    expect(dialog.locator(".card")).to_contain_text("Not here just now")


def test_nothing_is_seen_of_whom_one_ignores(open_page: OpenPage, chat: Chat) -> None:
    """Neither what they said nor what they say, also after a reload, until one heeds them again."""
    page = open_page(room="tea", name="Ann")
    with enter(chat.ws, "Ben", "tea") as ben:
        ben.ask(t="send", room="tea", text="one @Ann")
        post(page, "mine")
        page.locator("#log .author", has_text="Ben").click()
        page.get_by_role("dialog").get_by_role("button", name="Ignore").click()
        expect(page.locator("#notice")).to_contain_text("You see nothing of")
        expect_lines([IGNORED, "mine"], page)
        ben.ask(t="send", room="tea", text="two @Ann", reply=1)
        expect_lines([IGNORED, "mine", IGNORED], page)
        expect(page.locator("#log .quote")).to_have_count(0)
        page.reload()
        expect_lines([IGNORED, "mine", IGNORED], page)
        page.locator("#people").locator(".person-menu").click()
        page.get_by_role("dialog").get_by_role("button", name="Ignore no longer").click()
        expect_lines(["one @Ann", "mine", "two @Ann"], page)


def test_a_long_list_is_filtered_and_opens_at_its_top(open_page: OpenPage, chat: Chat) -> None:
    """On a phone, too; it tells how many there are, and twelve people have twelve colours."""
    page = open_page(room="tea", name="Ann", viewport=PHONE)
    with ExitStack() as stack:
        for number in range(24):
            stack.enter_context(enter(chat.ws, f"guest {number:02}", "tea"))
        page.locator("#open-people").click()
        expect(page.locator("#people h2")).to_have_text("People: 25")
        expect(page.locator("#people h2")).to_be_in_viewport()
        assert page.locator("#people").evaluate("(list) => list.scrollTop") == 0
        assert faults(page) == []
        worn = page.locator("#people li").evaluate_all("(all) => all.map((one) => one.className)")
        assert len(set(worn)) == 12
        field = page.get_by_role("searchbox", name="Filter people")
        field.fill("ST 1")
        expect(page.locator("#people li bdi")).to_have_count(10)
        expect(page.locator("#people li bdi").first).to_have_text("guest 10")
        field.fill("")
        expect(page.locator("#people li bdi")).to_have_count(25)


def test_who_is_not_in_the_list_is_told(open_page: OpenPage, chat: Chat) -> None:
    """People whom the server does not list, and those without a name."""
    with ExitStack() as stack:
        stack.enter_context(connect(f"{chat.ws}?room=tea", max_queue=None))
        for number in range(LISTED + 3):
            stack.enter_context(enter(chat.ws, f"guest {number:02}", "tea"))
        page = open_page(room="tea", name="Ann")
        expect(page.locator("#people h2")).to_have_text(f"People: {LISTED + 4}")
        told = page.locator("#people .others")
        expect(told).to_contain_text("more are here, whom the server does not list.")
        expect(told).to_contain_text("When you came, 1 was here with a simple program")
        page.get_by_role("searchbox", name="Filter people").fill("guest")
        expect(told).to_have_text("")
