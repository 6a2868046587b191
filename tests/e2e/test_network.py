"""What the page shows while the network is lost."""

import re

from playwright.sync_api import Page, expect

from tests.chat import Chat
from tests.e2e.conftest import OpenPage
from tests.e2e.looking import (
    come_back_unnoticed,
    expect_lines,
    post,
    say,
    take_endless_pauses,
    take_the_slowest_pauses,
    wait_for,
    wait_for_kept,
)

FIVE = [f"offline {count}" for count in range(5)]


def with_a_clock_of_its_own(page: Page) -> None:
    """Let the test control the clock."""
    take_the_slowest_pauses(page)
    page.clock.install()


def test_a_minute_without_a_network_loses_nothing(open_page: OpenPage) -> None:
    """Five messages are typed meanwhile; the page notices, counts down, and reconnects at once."""
    page, other = open_page(prepare=with_a_clock_of_its_own), open_page()
    post(page, "before")
    page.context.set_offline(True)
    for text in FIVE:
        say(page, text)
        page.clock.run_for(12_000)
    banner = page.get_by_role("alert")
    expect(banner).to_contain_text("You are offline. You can go on writing.")
    expect(banner).to_contain_text(re.compile(r"Attempt \d+ in \d+ s\."))
    expect(page.locator("#log .outgoing .text")).to_have_text(FIVE)
    page.context.set_offline(False)
    for text in FIVE:
        wait_for_kept(page, text)
    expect(banner).to_be_hidden()
    wait_for(other, FIVE[-1])
    expect_lines(["before", *FIVE], page, other)


def test_a_line_that_goes_dead_is_noticed_although_nothing_is_said(open_page: OpenPage) -> None:
    """No close comes, but no ping either."""
    page = open_page(prepare=with_a_clock_of_its_own)
    # The browser then takes the network away without a word to the page.
    page.evaluate("addEventListener('offline', (event) => event.stopImmediatePropagation(), true)")
    page.context.set_offline(True)
    page.clock.run_for(70_000)
    expect(page.get_by_role("alert")).to_be_visible()
    page.context.set_offline(False)
    expect(page.get_by_role("status")).to_have_text("Connected")


def test_the_banner_counts_the_attempts_and_the_seconds(open_page: OpenPage, chat: Chat) -> None:
    """Pauses grow, and one can see how long each is."""
    page = open_page(prepare=with_a_clock_of_its_own)
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 1)
    chat.stop()
    banner = page.get_by_role("alert")
    page.wait_for_selector("#status:not(.open)")
    page.clock.run_for(1_000)  # no banner is shown for a short loss
    expect(banner).to_contain_text("The server is restarting. You can go on writing.")
    for attempt, pause in enumerate([1, 1, 2, 4, 8, 16, 20, 20], 1):
        expect(banner).to_contain_text(f"Attempt {attempt} in {pause} s.")
        page.clock.run_for(pause * 1000)
    chat.start()
    for _ in range(20):  # s; at one go, the attempt would count as hanging at once
        page.clock.run_for(1_000)
        page.wait_for_timeout(50)
    expect(page.get_by_role("status")).to_have_text("Connected")


def test_looking_at_the_page_connects_at_once(open_page: OpenPage, chat: Chat) -> None:
    """A visible page does not wait for a pause that began while it was hidden."""
    page = open_page(prepare=take_endless_pauses)
    come_back_unnoticed(page, chat)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_role("status")).to_have_text("Connected")


def test_a_page_that_the_browser_brings_back_connects_at_once(
    open_page: OpenPage, chat: Chat
) -> None:
    """By the back button, for one."""
    page = open_page(prepare=take_endless_pauses)
    come_back_unnoticed(page, chat)
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    expect(page.get_by_role("status")).to_have_text("Connected")
