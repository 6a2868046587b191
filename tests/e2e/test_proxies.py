"""The page says what is wrong with a proxy in front of the server, and what to change."""

import re
import signal

import pytest
from playwright.sync_api import Page, expect

from tests.chat import Chat
from tests.e2e.conftest import OpenPage
from tests.e2e.fronts import drop_upgrade, proxy, rewrite_host


def test_a_proxy_that_drops_the_upgrade_is_named_with_what_to_change(
    open_page: OpenPage, chat: Chat
) -> None:
    """The page comes by it, and its WebSocket does not."""
    page = open_page()
    with proxy(chat.port, drop_upgrade) as url:
        page.goto(url)
        banner = page.get_by_role("alert")
        expect(banner).to_contain_text("does not pass WebSockets on")
        expect(banner).to_contain_text("have the proxy pass on Upgrade and Connection")
        expect(banner).to_contain_text("docs/operating.md, “Behind a proxy”")


def test_a_proxy_that_rewrites_the_host_is_named_with_both_hosts(
    open_page: OpenPage, chat: Chat
) -> None:
    """What the server sees, and what the browser shows."""
    page = open_page()
    inside = f"localhost:{chat.port}"
    with proxy(chat.port, rewrite_host(inside)) as url:
        page.goto(url)
        outside = url.split("/")[2]
        banner = page.get_by_role("alert")
        expect(banner).to_contain_text(f"it sees {inside} and not {outside}")
        expect(banner).to_contain_text("--allow-origin")


@pytest.mark.parametrize(
    ("language", "words"),
    [("de-DE", "lässt keine WebSockets durch"), ("fr-FR", "ne laisse pas passer les WebSockets")],
)
def test_it_is_said_in_the_language_of_the_browser(
    open_page: OpenPage, chat: Chat, language: str, words: str
) -> None:
    """As all that the page says."""
    page = open_page(locale=language)
    with proxy(chat.port, drop_upgrade) as url:
        page.goto(url)
        expect(page.get_by_role("alert")).to_contain_text(words)


def test_the_words_are_gone_once_there_is_a_connection(open_page: OpenPage, chat: Chat) -> None:
    """Whoever runs the proxy has mended it; the page tries again by itself."""
    page = open_page()
    page.add_init_script("localStorage['trio-chat.nick'] = '\"Ann\"'")  # the other one is taken
    faults = [drop_upgrade]
    with proxy(chat.port, lambda lines: faults[0](lines) if faults else lines) as url:
        page.goto(url)
        expect(page.get_by_role("alert")).to_contain_text("does not pass WebSockets on")
        faults.clear()
        expect(page.get_by_role("status").first).to_have_text("Connected")
        expect(page.get_by_role("alert")).to_be_hidden()


def wait_out(page: Page) -> None:
    """Wait until attempts have failed, and the page has asked why."""
    expect(page.get_by_role("alert")).to_contain_text(re.compile("Attempt ([4-9]|[1-9][0-9])"))


@pytest.mark.parametrize(
    ("how", "words"),
    [
        (signal.SIGTERM, "The server is restarting. You can go on writing."),
        (signal.SIGINT, "The server was stopped."),
        (signal.SIGKILL, "The connection is lost. You can go on writing."),
    ],
)
def test_the_page_says_how_the_server_went(
    open_page: OpenPage, chat: Chat, how: signal.Signals, words: str
) -> None:
    """Also when it has tried to connect again, as long as nothing else is known."""
    page = open_page()
    chat.stop(how)
    expect(page.get_by_role("alert")).to_contain_text(words)
    wait_out(page)
    expect(page.get_by_role("alert")).to_contain_text(words)
    chat.start()
