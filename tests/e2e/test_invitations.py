"""A server that is entered by links, as the page shows it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.chat import NO_RATES, Chat
from tests.e2e.conftest import OpenPage
from tests.e2e.guest import enter
from tests.e2e.looking import post, wait_for
from tests.e2e.test_access import faults
from tests.forked import ForkedChat

NEEDED = "You need an invitation link"
INVITE = ("--access", "invite", "--presence-grace", "0", "--nick-keep-days", "0")


@pytest.fixture
def links(tmp_path: Path) -> dict[str, str]:
    """Make a room on a server that is open yet; return its links by their right."""
    chat = ForkedChat(tmp_path / "chat.db", *NO_RATES)
    with enter(chat.ws, "Ann") as ann:
        made = ann.ask(t="create", name="Secret tea", private=True)
    chat.stop()
    return {link["right"]: f"r/{made['room']}#{link['secret']}" for link in made["links"]}


@pytest.fixture
def chat(tmp_path: Path, links: dict[str, str]) -> Iterator[Chat]:
    """Run a server that is entered by links."""
    assert links
    chat = ForkedChat(tmp_path / "chat.db", *NO_RATES, *INVITE)
    yield chat
    chat.stop()


def test_the_page_says_that_a_link_is_needed(
    open_page: OpenPage, chat: Chat, links: dict[str, str]
) -> None:
    """One that is put into its address lets in, and needs not be shown again."""
    page = open_page(name="Bob", wait=False)
    expect(page.get_by_role("heading", name=NEEDED)).to_be_visible()
    assert faults(page) == []
    with page.expect_event("load"):
        page.evaluate("location.hash = '#no-good'")
    expect(page.get_by_role("heading", name=NEEDED)).to_be_visible()
    page.goto("about:blank")
    page.goto(chat.url + links["speak"])
    expect(page.get_by_role("heading", level=1)).to_have_text("Secret tea")
    post(page, "hello")
    page.goto(f"{chat.url}r/tea")
    expect(page.locator("#status")).to_have_text("Connected")
    page.goto(f"{chat.url}{links['speak'].partition('#')[0]}")
    wait_for(page, "hello")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_who_came_by_a_link_that_is_revoked_needs_another_one(
    open_page: OpenPage, chat: Chat, links: dict[str, str]
) -> None:
    """The page says so, and takes the other one where it is."""
    page = open_page(name="Cem", wait=False)
    page.goto("about:blank")
    page.goto(chat.url + links["speak"])
    expect(page.get_by_role("heading", level=1)).to_have_text("Secret tea")
    room, _, secret = links["moderate"].removeprefix("r/").partition("#")
    with enter(chat.ws, "Ann", link=secret) as ann:
        ann.ask(t="join", room=room)
        listed = ann.ask(t="links", room=room)["links"]
        [theirs] = [one["link"] for one in listed if one["right"] == "speak"]
        ann.ask(t="unlink", room=room, link=theirs)
        expect(page.get_by_role("heading", name=NEEDED)).to_be_visible()
    page.evaluate(f"location.hash = '#{links['read'].partition('#')[2]}'")
    expect(page.locator("#status")).to_have_text("Connected")
    expect(page.get_by_role("dialog")).to_be_hidden()
